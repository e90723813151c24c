-- One row per reported month and account: the golden record. The account of what can't
-- be identified stands beside the others, one per branch.
with

records as (

    select * from {{ ref('int_accounts__records_versioned') }}

),

values_survived as (

    select * from {{ ref('int_accounts__values_survived') }}

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
{%- set columns = {
    'account_name': 'text', 'branch_id': 'text', 'county_name': 'text',
    'industry': 'text', 'ownership': 'text', 'credit_code': 'text',
    'employees': 'integer', 'informatization_level': 'integer',
    'signed_date': 'date', 'former_grade': 'text', 'manager_id': 'text',
    'has_oa': 'boolean', 'competitor_share_pct': 'numeric(5, 2)',
    'competitor_offer': 'text', 'created_date': 'date',
} %}

members_counted as (

    select
        records.*,
        row_number() over (
            partition by records.month, records.group_account_id
            order by records.seniority
        ) as member_rank,
        count(*) over same_account as record_count,
        bool_or(records.is_active) over same_account as is_account_active,
        case
            when count(*) over same_account = count(records.closed_date) over same_account
                then max(records.closed_date) over same_account
        end as account_closed_date,
        bool_or(records.is_earliest_known) over same_account as has_earliest_known,
        max(records.attributes_as_of_date) over same_account as latest_as_of_date

    from records

    window same_account as (partition by records.month, records.group_account_id)

),

survivors as (

    select
        values_survived.month,
        values_survived.group_account_id,
        {%- for column, type in columns.items() %}
        max(values_survived.cell_value) filter (
            where values_survived.column_name = '{{ column }}'
        )::{{ type }} as {{ column }},
        {%- endfor %}
        jsonb_object_agg(
            values_survived.column_name, values_survived.source_record_id
        ) as survivorship

    from values_survived

    group by
        values_survived.month,
        values_survived.group_account_id

),

-- An account of one record is that record: nothing had to be chosen.
accounts_mastered as (

    select
        members_counted.month,
        members_counted.group_account_id,
        members_counted.record_count,
        members_counted.is_account_active as is_active,
        members_counted.account_closed_date as closed_date,
        members_counted.has_earliest_known as is_earliest_known,
        members_counted.latest_as_of_date as attributes_as_of_date,
        {%- for column in columns %}
        case
            when members_counted.record_count = 1 then members_counted.{{ column }}
            else survivors.{{ column }}
        end as {{ column }},
        {%- endfor %}
        coalesce(survivors.survivorship, '{}') as survivorship

    from members_counted

    left join survivors
        on
            members_counted.month = survivors.month
            and members_counted.group_account_id = survivors.group_account_id

    where members_counted.member_rank = 1

),

identified as (

    select
        accounts_mastered.month,
        accounts_mastered.group_account_id,
        accounts_mastered.account_name,
        names.normalised_name,
        names.brand_word,
        accounts_mastered.branch_id,
        accounts_mastered.county_name,
        case
            when names.is_government
                or accounts_mastered.ownership = 'government'
                and names.legal_form is null
                then 'B_GOV'
            else 'C_OTHER'
        end as initial_class,
        accounts_mastered.industry,
        accounts_mastered.ownership,
        accounts_mastered.credit_code,
        accounts_mastered.employees,
        accounts_mastered.informatization_level,
        accounts_mastered.signed_date,
        accounts_mastered.former_grade,
        accounts_mastered.manager_id,
        accounts_mastered.has_oa,
        accounts_mastered.competitor_share_pct,
        accounts_mastered.competitor_offer,
        accounts_mastered.created_date,
        accounts_mastered.closed_date,
        heads.parent_group_account_id,
        accounts_mastered.is_active,
        true as is_identified,
        accounts_mastered.record_count::integer as record_count,
        coalesce(standings.has_needs_informatization, false)
            as has_needs_informatization,
        standings.influence_grade,
        standings.tax_rank,
        accounts_mastered.is_earliest_known,
        accounts_mastered.attributes_as_of_date,
        accounts_mastered.survivorship

    from accounts_mastered

    left join names
        on accounts_mastered.account_name = names.name_text

    left join heads
        on accounts_mastered.group_account_id = heads.group_account_id

    left join standings
        on
            accounts_mastered.month = standings.month
            and accounts_mastered.group_account_id = standings.group_account_id

),

final as (

    select * from identified

    union all

    select
        months.month,
        'unidentified-' || branches.branch_id as group_account_id,
        'unidentified' as account_name,
        null as normalised_name,
        null as brand_word,
        nullif(branches.branch_id, 'unknown') as branch_id,
        null as county_name,
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

)

select * from final
