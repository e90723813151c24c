with

plans as (

    select * from {{ ref('int_revenue__plans_foreseen') }}

),

expected as (

    select * from {{ ref('int_revenue__expected_grouped') }}

),

compared as (

    select
        coalesce(plans.month, expected.month) as month,
        coalesce(plans.planned_month, expected.planned_month) as planned_month,
        coalesce(plans.plan_level, expected.plan_level) as plan_level,
        coalesce(plans.department_id, expected.department_id) as department_id,
        coalesce(plans.manager_id, expected.manager_id) as manager_id,
        coalesce(plans.product_code, expected.product_code) as product_code,
        plans.planned_amount,
        expected.expected_amount,
        bool_or(expected.month is not null) over (
            partition by coalesce(plans.month, expected.month)
        ) as has_agreements

    from plans

    full join expected
        on
            plans.month = expected.month
            and plans.planned_month = expected.planned_month
            and plans.plan_level = expected.plan_level
            and plans.department_id = expected.department_id
            and plans.manager_id = expected.manager_id
            and plans.product_code = expected.product_code

),

known as (

    select
        month,
        planned_month,
        plan_level,
        department_id,
        manager_id,
        product_code,
        planned_amount,
        case when has_agreements then coalesce(expected_amount, 0) end
            as expected_amount

    from compared

),

final as (

    select
        month,
        planned_month,
        {{ month_number('planned_month') }} - {{ month_number('month') }}
            as months_ahead,
        plan_level,
        department_id,
        manager_id,
        product_code,
        planned_amount,
        expected_amount,
        planned_amount - expected_amount as gap_amount,
        round(100 * expected_amount / nullif(planned_amount, 0), 2) as covered_pct

    from known

)

select * from final
