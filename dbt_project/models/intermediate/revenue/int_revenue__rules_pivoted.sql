-- The rules of money in force in each reported month, one column each.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

revenue_rules as (

    select * from {{ ref('revenue_rules') }}

),

final as (

    select
        months.month,
        {%- for rule in [
            'expected_months',
            'receivable_months',
            'new_customer_months',
            'new_product_months',
        ] %}
        max(revenue_rules.rule_value) filter (
            where revenue_rules.revenue_rule_id = '{{ rule }}'
        )::integer as {{ rule }},
        {%- endfor %}
        months.month_end_date

    from months

    left join revenue_rules
        on {{ is_rule_in_force('revenue_rules', 'months.month') }}

    group by months.month, months.month_end_date

)

select * from final
