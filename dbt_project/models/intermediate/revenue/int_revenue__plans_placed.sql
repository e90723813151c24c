-- Whose each figure of the plan is; a level has `all` in what it doesn't tell apart.
with

plan_figures as (

    select * from {{ ref('stg_finance__plan_figures') }}

),

managers as (

    select * from {{ ref('stg_crm__managers') }}

),

-- A figure names a manager by number alone. Where systems share a number, whoever is in
-- post or was so last goes first, as in int_customers__managers_posted.
managers_ranked as (

    select
        manager_id,
        department_id,
        branch_id,
        row_number() over (
            partition by manager_id
            order by left_date desc nulls first, system_name asc
        ) as row_number

    from managers

),

final as (

    select
        plan_figures.plan_id,
        plan_figures.plan_month,
        plan_figures.approved_date,
        plan_figures.plan_level,
        case
            when plan_figures.plan_level = 'company' then 'all'
            else
                coalesce(
                    plan_figures.department_id,
                    managers_ranked.department_id,
                    managers_ranked.branch_id,
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

    left join managers_ranked
        on
            plan_figures.manager_id = managers_ranked.manager_id
            and managers_ranked.row_number = 1

)

select * from final
