-- Planned revenue beside what the level below it was given in all: company to
-- departments, department to persons, person to products (S4-07). What the level below
-- was given without a figure above it stands there with no planned amount.
with

plans as (

    select * from {{ ref('int_revenue__plans_summed') }}

),

-- Each figure as its level above would name it.
parts as (

    select
        month,
        case plan_level
            when 'department' then 'company'
            when 'person' then 'department'
            when 'product' then 'person'
        end as plan_level,
        case plan_level when 'department' then 'all' else department_id end
            as department_id,
        case plan_level when 'product' then manager_id else 'all' end as manager_id,
        revenue_class,
        sum(planned_amount) as cascaded_amount

    from plans

    where plan_level <> 'company'

    group by 1, 2, 3, 4, 5

),

final as (

    select
        coalesce(plans.month, parts.month) as month,
        coalesce(plans.plan_level, parts.plan_level) as plan_level,
        coalesce(plans.department_id, parts.department_id) as department_id,
        coalesce(plans.manager_id, parts.manager_id) as manager_id,
        coalesce(plans.product_code, 'all') as product_code,
        coalesce(plans.revenue_class, parts.revenue_class) as revenue_class,
        plans.planned_amount,
        plans.planned_amount_ytd,
        plans.planned_amount_year,
        case
            when plans.plan_level = 'product' then null
            else coalesce(parts.cascaded_amount, 0)
        end as cascaded_amount

    from plans

    full join parts
        on
            plans.month = parts.month
            and plans.plan_level = parts.plan_level
            and plans.department_id = parts.department_id
            and plans.manager_id = parts.manager_id
            and plans.revenue_class = parts.revenue_class

    -- Figures of other months of the year are no figure of this one.
    where
        plans.month is not null
        or parts.cascaded_amount <> 0

)

select * from final
