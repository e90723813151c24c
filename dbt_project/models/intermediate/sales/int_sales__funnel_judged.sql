-- The top is thin when too few of the open opportunities, or too few at all, stand in
-- its stages. Where nobody ever noted an opportunity, there is no funnel to be thin.
with

stages as (

    select * from {{ ref('int_sales__funnel_joined') }}

),

summed as (

    select
        stages.*,
        sum(open_opportunities) over place as branch_open_opportunities,
        sum(open_opportunities) filter (where is_top) over place
            as branch_top_opportunities,
        sum(open_opportunities + entered_count) over (partition by month) > 0
        and branch_id <> 'unknown' as has_funnel

    from stages

    window place as (partition by month, branch_id)

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
        round(100.0 * gone_on_count / nullif(entered_count, 0), 2) as conversion_pct,
        is_top,
        branch_open_opportunities::integer as branch_open_opportunities,
        branch_top_opportunities::integer as branch_top_opportunities,
        round(
            100.0 * branch_top_opportunities / nullif(branch_open_opportunities, 0), 2
        ) as branch_top_share_pct,
        min_top_share_pct,
        min_top_opportunities,
        has_funnel
        and (
            branch_top_opportunities < min_top_opportunities
            or 100 * branch_top_opportunities
            < min_top_share_pct * branch_open_opportunities
        ) as is_thin_top,
        alarm_action

    from summed

)

select * from final
