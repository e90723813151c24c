with

plans as (

    select * from {{ ref('int_revenue__plans_cascaded') }}

),

completions as (

    select * from {{ ref('int_revenue__completions_grouped') }}

),

compared as (

    select
        coalesce(plans.month, completions.month) as month,
        coalesce(plans.plan_level, completions.plan_level) as plan_level,
        coalesce(plans.department_id, completions.department_id) as department_id,
        coalesce(plans.manager_id, completions.manager_id) as manager_id,
        coalesce(plans.product_code, completions.product_code) as product_code,
        coalesce(plans.revenue_class, completions.revenue_class) as revenue_class,
        plans.planned_amount,
        plans.planned_amount_ytd,
        plans.planned_amount_year,
        plans.cascaded_amount,
        completions.completed_amount,
        completions.completed_amount_ytd,
        bool_or(completions.month is not null) over (
            partition by coalesce(plans.month, completions.month)
        ) as has_landed

    from plans

    full join completions
        on
            plans.month = completions.month
            and plans.plan_level = completions.plan_level
            and plans.department_id = completions.department_id
            and plans.manager_id = completions.manager_id
            and plans.product_code = completions.product_code
            and plans.revenue_class = completions.revenue_class

),

completed as (

    select
        month,
        plan_level,
        department_id,
        manager_id,
        product_code,
        revenue_class,
        planned_amount,
        planned_amount_ytd,
        planned_amount_year,
        cascaded_amount,
        case when has_landed then coalesce(completed_amount, 0) end
            as completed_amount,
        case when has_landed then coalesce(completed_amount_ytd, 0) end
            as completed_amount_ytd

    from compared

),

final as (

    select
        month,
        plan_level,
        department_id,
        manager_id,
        product_code,
        revenue_class,
        planned_amount,
        completed_amount,
        round(100 * completed_amount / nullif(planned_amount, 0), 2) as completion_pct,
        planned_amount_ytd,
        completed_amount_ytd,
        round(100 * completed_amount_ytd / nullif(planned_amount_ytd, 0), 2)
            as completion_ytd_pct,
        planned_amount_year,
        round(100 * completed_amount_ytd / nullif(planned_amount_year, 0), 2)
            as completion_year_pct,
        cascaded_amount,
        coalesce(planned_amount, 0) - cascaded_amount as cascade_gap_amount

    from completed

)

select * from final
