-- Planned revenue as the reported month knows it: of the month, of the year so far and
-- of the whole year (S2-21, S4-07).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

placed as (

    select * from {{ ref('int_revenue__plans_placed') }}

),

final as (

    select
        months.month,
        placed.plan_level,
        placed.department_id,
        placed.manager_id,
        placed.product_code,
        placed.revenue_class,
        coalesce(
            sum(placed.planned_amount) filter (where placed.plan_month = months.month),
            0
        ) as planned_amount,
        coalesce(
            sum(placed.planned_amount) filter (where placed.plan_month <= months.month),
            0
        ) as planned_amount_ytd,
        sum(placed.planned_amount) as planned_amount_year

    from months

    inner join placed
        on
            date_trunc('year', months.month) = date_trunc('year', placed.plan_month)
            and months.month_end_date >= placed.approved_date

    group by 1, 2, 3, 4, 5, 6

)

select * from final
