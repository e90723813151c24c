with

stages as (

    select * from {{ ref('int_sales__funnel_judged') }}

),

final as (

    select
        month,
        branch_id,
        stage,
        stage_order,
        stage_name,
        stage_name_zh,
        funnel_rule_version,
        win_probability_pct,
        open_opportunities,
        open_from_prospects,
        open_amount,
        weighted_amount,
        entered_in_month,
        mean_days_in_stage,
        most_days_in_stage,
        mean_age_days,
        entered_count,
        gone_on_count,
        ended_count,
        conversion_pct,
        is_top,
        branch_open_opportunities,
        branch_top_opportunities,
        branch_top_share_pct,
        min_top_share_pct,
        min_top_opportunities,
        is_thin_top,
        alarm_action

    from stages

)

select * from final
