with

source as (

    select * from {{ source('crm', 'accounts') }}
    where {{ is_known_row() }}

),

tax_numbers_cleaned as (

    select
        *,
        {{ clean_code('tax_number') }} as clean_tax_number

    from source

),

final as (

    select
        ---------- ids
        {{ record_id('_system', 'account_id') }} as source_record_id,
        _system as system_name,
        account_id,
        branch_id,
        head_account_id,
        manager_id,
        {{ clean_code('credit_code') }} as credit_code,
        -- A sole trader's is a person's identity number: its fingerprint goes on.
        case
            when not {{ is_person_tax_number('clean_tax_number') }}
                then clean_tax_number
        end as tax_number,
        case
            when {{ is_person_tax_number('clean_tax_number') }}
                then md5(substr(clean_tax_number, 1, 18))
        end as person_tax_fingerprint,
        {{ clean_code('organisation_code') }} as organisation_code,
        ---------- text
        account_name,
        county_name,
        address,
        nullif(trim(office_phone), '') as office_phone,
        {{ phone_key('office_phone') }} as office_phone_key,
        industry,
        ownership,
        former_grade,
        competitor_offer,
        ---------- numerics
        employees,
        informatization_level,
        competitor_share_pct,
        ---------- booleans
        has_oa,
        ---------- dates
        signed_date,
        created_date,
        closed_date,
        ---------- landing
        _first_load_id,
        {{ known_end('_last_load_id') }} as _last_load_id,
        _first_as_of,
        {{ known_end('_last_as_of') }} as _last_as_of

    from tax_numbers_cleaned

)

select * from final
