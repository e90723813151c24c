with

stages as (

    select * from {{ ref('int_sales__stages_dated') }}

),

final as (

    select
        month,
        system_name,
        opportunity_id,
        step_number,
        group_account_id,
        branch_id,
        is_from_prospect,
        manager_id,
        product_code,
        opened_date,
        expected_amount,
        weighted_amount,
        funnel_rule_version,
        stage,
        stage_order,
        stage_kind,
        win_probability_pct,
        entered_date,
        left_date,
        next_stage,
        is_current,
        days_in_stage,
        age_days

    from stages

)

select * from final
