-- Planned revenue of the months after the reported one, as far ahead as revenue is
-- expected and as it was approved by its end (S4-09, S4-07).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

rules as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

placed as (

    select * from {{ ref('int_revenue__plans_placed') }}

),

final as (

    select
        months.month,
        placed.plan_month as planned_month,
        placed.plan_level,
        placed.department_id,
        placed.manager_id,
        placed.product_code,
        sum(placed.planned_amount) as planned_amount

    from months

    inner join rules
        on months.month = rules.month

    inner join placed
        on
            months.month < placed.plan_month
            and months.month + make_interval(months => rules.expected_months)
            >= placed.plan_month
            and months.month_end_date >= placed.approved_date

    group by
        months.month,
        placed.plan_month,
        placed.plan_level,
        placed.department_id,
        placed.manager_id,
        placed.product_code

)

select * from final
