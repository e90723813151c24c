-- One row per reported month, account of several records and column that any of them
-- fills: the value that survives and the record it comes from.
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

records_counted as (

    select
        records.*,
        count(*) over (
            partition by records.month, records.group_account_id
        ) as record_count

    from records

),

values_listed as (

    select
        records_counted.month,
        records_counted.group_account_id,
        records_counted.source_record_id,
        records_counted.seniority,
        records_counted.is_active,
        records_counted.attributes_as_of_date,
        cells.column_name,
        cells.cell_value,
        cells.size_order

    from records_counted

    cross join lateral (
        values
        (
            'account_name',
            records_counted.account_name,
            (records_counted.credit_code is not null)::integer * 2000000
            + records_counted.has_legal_form::integer * 1000000
            + length(records_counted.account_name)
        ),
        {%- for column in [
            'branch_id', 'county_name', 'industry', 'ownership', 'credit_code',
            'former_grade', 'manager_id', 'competitor_offer'
        ] %}
        ('{{ column }}', records_counted.{{ column }}, 0),
        {%- endfor %}
        {%- for column in [
            'employees', 'informatization_level', 'competitor_share_pct'
        ] %}
        (
            '{{ column }}',
            records_counted.{{ column }}::text,
            records_counted.{{ column }}
        ),
        {%- endfor %}
        {%- for column in ['signed_date', 'created_date'] %}
        (
            '{{ column }}',
            records_counted.{{ column }}::text,
            records_counted.{{ column }} - '2000-01-01'::date
        ),
        {%- endfor %}
        ('has_oa', records_counted.has_oa::text, records_counted.has_oa::integer)
    ) as cells (column_name, cell_value, size_order)

    where
        records_counted.record_count > 1
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
                end desc,
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
