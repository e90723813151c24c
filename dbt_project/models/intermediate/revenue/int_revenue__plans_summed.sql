-- Planned revenue as the reported month knows it: of the month, of the year so far and
-- of the whole year (S2-21, S4-07).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

plan_figures as (

    select * from {{ ref('stg_finance__plan_figures') }}

),

managers as (

    select * from {{ ref('stg_crm__managers') }}

),

placed as (

    select
        plan_figures.plan_month,
        plan_figures.approved_date,
        plan_figures.plan_level,
        case
            when plan_figures.plan_level = 'company' then 'all'
            else
                coalesce(
                    plan_figures.department_id,
                    managers.department_id,
                    managers.branch_id,
                    'unassigned'
                )
        end as department_id,
        case
            when plan_figures.plan_level in ('company', 'department') then 'all'
            else coalesce(plan_figures.manager_id, 'unassigned')
        end as manager_id,
        case
            when plan_figures.plan_level <> 'product' then 'all'
            else coalesce(plan_figures.product_code, 'unknown')
        end as product_code,
        plan_figures.revenue_class,
        plan_figures.planned_amount

    from plan_figures

    left join managers
        on plan_figures.manager_id = managers.manager_id

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
