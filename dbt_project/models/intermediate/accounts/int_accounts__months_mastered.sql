-- One row per reported month and account: the golden record with its class, head office
-- and standing. The account of what can't be identified stands beside, one per branch,
-- and so do prospects, which are no customers yet (S3-02).
with

accounts as (

    select * from {{ ref('int_accounts__accounts_survived') }}

),

names as (

    select * from {{ ref('int_accounts__names_normalised') }}

),

heads as (

    select * from {{ ref('int_accounts__heads_linked') }}

),

standings as (

    select * from {{ ref('int_accounts__standings_dated') }}

),

branches as (

    select * from {{ ref('int_accounts__branches_listed') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

prospects as (

    select * from {{ ref('int_accounts__prospects_mastered') }}

),

identified as (

    select
        accounts.month,
        accounts.group_account_id,
        'account' as account_kind,
        accounts.account_name,
        names.normalised_name,
        names.brand_word,
        accounts.branch_id,
        accounts.county_name,
        -- Where a person lives and is reached is no data of an organisation.
        case when not accounts.is_sole_trader then accounts.address end as address,
        case
            when not accounts.is_sole_trader then accounts.office_phone
        end as office_phone,
        case
            when names.is_government
                -- Schools, hospitals and institutions are the government's and no part
                -- of it: whose name tells the body's kind is what it says.
                or accounts.ownership = 'government'
                and names.legal_form is null
                and names.organ_type is null
                then 'B_GOV'
            else 'C_OTHER'
        end as initial_class,
        accounts.industry,
        accounts.ownership,
        accounts.credit_code,
        accounts.employees,
        accounts.informatization_level,
        accounts.signed_date,
        accounts.former_grade,
        accounts.manager_id,
        accounts.has_oa,
        accounts.competitor_share_pct,
        accounts.competitor_offer,
        accounts.created_date,
        accounts.closed_date,
        heads_in_month.group_account_id as parent_group_account_id,
        accounts.is_active,
        true as is_identified,
        accounts.record_count::integer as record_count,
        coalesce(standings.has_needs_informatization, false)
            as has_needs_informatization,
        standings.influence_grade,
        standings.tax_rank,
        accounts.is_earliest_known,
        accounts.attributes_as_of_date,
        accounts.survivorship

    from accounts

    left join names
        on accounts.account_name = names.name_text

    left join heads
        on accounts.group_account_id = heads.group_account_id

    -- A head office may be younger than its branch.
    left join accounts as heads_in_month
        on
            accounts.month = heads_in_month.month
            and heads.parent_group_account_id = heads_in_month.group_account_id

    left join standings
        on
            accounts.month = standings.month
            and accounts.group_account_id = standings.group_account_id

),

final as (

    select * from identified

    union all

    select
        months.month,
        'unidentified-' || branches.branch_id as group_account_id,
        'account' as account_kind,
        'unidentified' as account_name,
        null as normalised_name,
        null as brand_word,
        nullif(branches.branch_id, 'unknown') as branch_id,
        null as county_name,
        null as address,
        null as office_phone,
        'C_OTHER' as initial_class,
        null as industry,
        null as ownership,
        null as credit_code,
        null as employees,
        null as informatization_level,
        null as signed_date,
        null as former_grade,
        null as manager_id,
        null as has_oa,
        null as competitor_share_pct,
        null as competitor_offer,
        null as created_date,
        null as closed_date,
        null as parent_group_account_id,
        true as is_active,
        false as is_identified,
        0 as record_count,
        false as has_needs_informatization,
        null as influence_grade,
        null as tax_rank,
        false as is_earliest_known,
        null as attributes_as_of_date,
        '{}'::jsonb as survivorship

    from months

    cross join branches

    union all

    select
        month,
        group_account_id,
        'prospect' as account_kind,
        prospect_name as account_name,
        normalised_name,
        brand_word,
        branch_id,
        county_name,
        null as address,
        null as office_phone,
        case when is_government then 'B_GOV' else 'C_OTHER' end as initial_class,
        industry,
        enterprise_nature as ownership,
        credit_code,
        employees,
        null as informatization_level,
        null as signed_date,
        null as former_grade,
        manager_id,
        null as has_oa,
        null as competitor_share_pct,
        null as competitor_offer,
        created_date,
        closed_date,
        null as parent_group_account_id,
        is_active,
        true as is_identified,
        record_count,
        false as has_needs_informatization,
        null as influence_grade,
        null as tax_rank,
        false as is_earliest_known,
        null as attributes_as_of_date,
        '{}'::jsonb as survivorship

    from prospects

)

select * from final
