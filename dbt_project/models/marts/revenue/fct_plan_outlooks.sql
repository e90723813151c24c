with

plans as (

    select * from {{ ref('int_revenue__plans_foreseen') }}

),

expected as (

    select * from {{ ref('int_revenue__expected_grouped') }}

),

agreements as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

-- Where no agreement was known by a month's end, what they bring is unknown, not zero.
beginning as (

    select min(known_from_date) as known_from_date

    from agreements

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
        expected.expected_amount

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
        compared.month,
        compared.planned_month,
        compared.plan_level,
        compared.department_id,
        compared.manager_id,
        compared.product_code,
        compared.planned_amount,
        case
            when
                beginning.known_from_date
                < compared.month + make_interval(months => 1)
                then coalesce(compared.expected_amount, 0)
        end as expected_amount

    from compared

    cross join beginning

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
