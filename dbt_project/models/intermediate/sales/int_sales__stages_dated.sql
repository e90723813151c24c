-- Where opportunities stood in each month, as known at its end. What was won, lost or
-- withdrawn stands in the month of that, and no longer.
with

rules as (

    select * from {{ ref('int_sales__stages_in_force') }}

),

steps as (

    select * from {{ ref('int_sales__stages_stepped') }}

),

placed as (

    select * from {{ ref('int_sales__opportunities_placed') }}

),

final as (

    select
        rules.month,
        steps.system_name,
        steps.opportunity_id,
        steps.step_number,
        placed.group_account_id,
        placed.branch_id,
        steps.is_from_prospect,
        coalesce(steps.manager_id, placed.manager_id) as manager_id,
        steps.product_code,
        steps.opened_date,
        steps.expected_amount,
        round(steps.expected_amount * rules.win_probability_pct / 100, 2)
            as weighted_amount,
        rules.funnel_rule_version,
        steps.stage,
        rules.stage_order,
        rules.stage_kind,
        rules.win_probability_pct,
        steps.entered_date,
        case when steps.left_date <= rules.month_end_date then steps.left_date end
            as left_date,
        case when steps.left_date <= rules.month_end_date then steps.next_stage end
            as next_stage,
        coalesce(steps.left_date > rules.month_end_date, true) as is_current,
        coalesce(least(steps.left_date, rules.month_end_date), rules.month_end_date)
        - steps.entered_date as days_in_stage,
        rules.month_end_date - steps.opened_date as age_days

    from steps

    inner join rules
        on
            steps.stage = rules.stage
            and steps.entered_date <= rules.month_end_date
            and coalesce(steps.left_date >= rules.month, true)

    inner join placed
        on
            rules.month = placed.month
            and steps.system_name = placed.system_name
            and steps.opportunity_id = placed.opportunity_id

    where rules.stage_kind = 'open' or steps.entered_date >= rules.month

)

select * from final
