-- What tells that two prospects are one: a valid credit code, or the same comparable
-- name in the same branch.
with

prospects as (

    select * from {{ ref('stg_crm__prospects') }}

),

names as (

    select * from {{ ref('int_accounts__names_normalised') }}

),

final as (

    select
        prospects.source_record_id,
        prospects.system_name,
        prospects.prospect_id,
        prospects.branch_id,
        case
            when {{ is_credit_code('prospects.credit_code') }}
                then prospects.credit_code
        end as credit_code,
        names.normalised_name,
        names.brand_word,
        coalesce(names.is_government, false) as is_government,
        prospects.created_date

    from prospects

    left join names
        on prospects.prospect_name = names.name_text

)

select * from final
