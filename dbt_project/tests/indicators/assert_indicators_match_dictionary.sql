{#
    What takes its window from elsewhere: indicators of one model that are made of the
    same tables have that of the row which SQL reads, those of bills that of the macro,
    and those of payments that of the rule. All others look at their own month.
-#}
{%- set window_rows = ['transaction_amount', 'related_tasks', 'complaint_count'] -%}
{%- set own_windows = ['profit_contribution_amount'] -%}
{#- Looks at the first sale ever, whatever the window. -#}
{%- set unwindowed = ['transaction_age_months'] -%}
{%- set delivered_models = [
    'int_indicators__group_value_measured', 'int_indicators__transactions_measured',
    'int_indicators__receivables_measured', 'int_indicators__contacts_measured',
    'int_indicators__features_measured', 'int_indicators__assessments_measured',
    'int_indicators__prospects_measured',
] -%}
-- SQL is written from the dictionary's file: the seed must say the same, each indicator
-- at its place, and over as many months as SQL takes.
with

dictionary as (

    select * from {{ ref('indicators') }}

),

revenue_rules as (

    select * from {{ ref('revenue_rules') }}

),

columns as (

    select
        listed.indicator_id,
        listed.position

    from (
        values
        {%- for indicator in indicator_columns().split() %}
        ('{{ indicator }}', {{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (indicator_id, position)

),

-- The rule has versions, the dictionary holds for all of them.
payments as (

    select
        min(rule_value) as least_months,
        max(rule_value) as most_months

    from revenue_rules

    where revenue_rule_id = 'receivable_months'

),

expected as (

    select
        dictionary.indicator_id,
        case
            when dictionary.measured_by = 'int_indicators__receivables_measured'
                then payments.least_months
            when
                dictionary.indicator_id in (
                    'unified_payment_amount',
                    'member_bill_amount',
                    'informatization_amount',
                    'off_net_rate_pct'
                )
                then {{ window_months() }}
            else coalesce(windows.window_months, 1)
        end as least_months,
        case
            when dictionary.measured_by = 'int_indicators__receivables_measured'
                then payments.most_months
        end as most_months

    from dictionary

    cross join payments

    left join dictionary as windows
        on
            dictionary.measured_by = windows.measured_by
            and dictionary.source_tables = windows.source_tables
            and windows.indicator_id in (
                {%- for name in window_rows %}
                '{{ name }}'{{ ',' if not loop.last }}
                {%- endfor %}
            )
            and dictionary.indicator_id not in (
                {%- for name in unwindowed %}
                '{{ name }}'{{ ',' if not loop.last }}
                {%- endfor %}
            )

    where
        dictionary.measured_by in (
            {%- for name in delivered_models %}
            '{{ name }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
        and dictionary.indicator_id not in (
            {%- for name in own_windows %}
            '{{ name }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

)

select
    coalesce(dictionary.indicator_id, columns.indicator_id) as indicator_id,
    dictionary.position as position_in_dictionary,
    columns.position as position_in_macro,
    dictionary.window_months,
    expected.least_months as window_in_sql

from dictionary

full join columns
    on dictionary.indicator_id = columns.indicator_id

left join expected
    on dictionary.indicator_id = expected.indicator_id

where
    dictionary.position is distinct from columns.position
    or dictionary.window_months <> expected.least_months
    or dictionary.window_months <> expected.most_months
