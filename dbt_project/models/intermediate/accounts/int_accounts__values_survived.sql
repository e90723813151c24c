-- One row per reported month, account of several records and column that any of them
-- fills: the value that survives and the record it comes from.
{%- set no_size = 'null::numeric' %}
{%- set columns = {
    'account_name': '(records.credit_code is not null)::integer * 2000000'
    ~ ' + records.has_legal_form::integer * 1000000 + length(records.account_name)',
    'branch_id': no_size,
    'county_name': no_size,
    'address': no_size,
    'office_phone': no_size,
    'industry': no_size,
    'ownership': no_size,
    'credit_code': no_size,
    'former_grade': no_size,
    'manager_id': no_size,
    'competitor_offer': no_size,
    'employees': 'records.employees',
    'informatization_level': 'records.informatization_level',
    'competitor_share_pct': 'records.competitor_share_pct',
    'signed_date': "records.signed_date - '2000-01-01'::date",
    'created_date': "records.created_date - '2000-01-01'::date",
    'has_oa': 'records.has_oa::integer',
} %}
with

records as (

    select * from {{ ref('int_accounts__records_versioned') }}

),

rules as (

    select * from {{ ref('survivorship_rules') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

rules_in_force as (

    select
        rules.column_name,
        rules.strategy

    from rules

    inner join limits
        on {{ is_rule_in_force('rules', 'limits.as_of_date') }}

),

values_listed as (

    select
        records.month,
        records.group_account_id,
        records.source_record_id,
        records.seniority,
        records.is_active,
        records.attributes_as_of_date,
        cells.column_name,
        cells.cell_value,
        cells.size_order

    from records

    cross join
        lateral unnest(
            array[{{ "'" ~ columns | join("', '") ~ "'" }}],
            array[records.{{ columns | join('::text, records.') }}::text],
            -- What the largest or earliest is told by; of names, how full they are.
            array[{{ columns.values() | join(', ') }}]
        ) as cells (column_name, cell_value, size_order)

    where
        records.cluster_size > 1
        and cells.cell_value is not null

),

-- Living records come before closed ones, except where the past is what is asked for;
-- after the rule, seniority is a total order within an account.
values_ranked as (

    select
        values_listed.month,
        values_listed.group_account_id,
        values_listed.source_record_id,
        values_listed.column_name,
        values_listed.cell_value,
        row_number() over (
            partition by
                values_listed.month,
                values_listed.group_account_id,
                values_listed.column_name
            order by
                values_listed.is_active or rules_in_force.strategy = 'earliest' desc,
                case rules_in_force.strategy
                    when 'latest'
                        then values_listed.attributes_as_of_date - '2000-01-01'::date
                    when 'largest' then values_listed.size_order
                    when 'registered' then values_listed.size_order
                    when 'earliest' then -values_listed.size_order
                    else 0
                end desc nulls last,
                values_listed.seniority
        ) as survival_rank

    from values_listed

    inner join rules_in_force
        on values_listed.column_name = rules_in_force.column_name

),

final as (

    select
        values_ranked.month,
        values_ranked.group_account_id,
        values_ranked.column_name,
        values_ranked.cell_value,
        values_ranked.source_record_id

    from values_ranked

    where values_ranked.survival_rank = 1

)

select * from final
