-- Opportunities that ended in the months that the win rate looks back on. One that was
-- opened again by the end of the month has not ended.
with

rules as (

    select * from {{ ref('int_sales__stages_in_force') }}
    where stage_kind <> 'open'

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
        placed.branch_id,
        coalesce(steps.manager_id, 'nobody') as manager_id,
        coalesce(steps.product_code, 'unknown') as product_code,
        rules.funnel_rule_version,
        rules.stage_kind as outcome,
        steps.entered_date as ended_date,
        steps.entered_date - steps.opened_date as days_to_end,
        steps.expected_amount,
        steps.is_from_prospect

    from steps

    inner join rules
        on
            steps.stage = rules.stage
            and steps.entered_date <= rules.month_end_date
            and steps.entered_date >= rules.win_rate_from_date
            and coalesce(steps.left_date > rules.month_end_date, true)

    inner join placed
        on
            rules.month = placed.month
            and steps.system_name = placed.system_name
            and steps.opportunity_id = placed.opportunity_id

)

select * from final
