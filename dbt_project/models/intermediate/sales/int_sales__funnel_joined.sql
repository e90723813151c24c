-- Every stage of every branch has a row, an empty one too: a thin top is one where
-- nothing is.
with

rules as (

    select * from {{ ref('int_sales__stages_in_force') }}
    where stage_kind = 'open'

),

branches as (

    select * from {{ ref('int_accounts__branches_listed') }}

),

counted as (

    select * from {{ ref('int_sales__funnel_counted') }}

),

conversions as (

    select * from {{ ref('int_sales__conversions_counted') }}

),

places as (

    select branch_id from branches

    union all

    select 'all' as branch_id

),

final as (

    select
        rules.month,
        places.branch_id,
        rules.funnel_rule_version,
        rules.stage,
        rules.stage_order,
        rules.stage_name,
        rules.stage_name_zh,
        rules.win_probability_pct,
        coalesce(counted.open_opportunities, 0) as open_opportunities,
        coalesce(counted.open_from_prospects, 0) as open_from_prospects,
        coalesce(counted.open_amount, 0) as open_amount,
        coalesce(counted.weighted_amount, 0) as weighted_amount,
        coalesce(counted.entered_in_month, 0) as entered_in_month,
        counted.mean_days_in_stage,
        counted.most_days_in_stage,
        counted.mean_age_days,
        coalesce(conversions.entered_count, 0) as entered_count,
        coalesce(conversions.gone_on_count, 0) as gone_on_count,
        coalesce(conversions.ended_count, 0) as ended_count,
        rules.is_top,
        rules.min_top_share_pct,
        rules.min_top_opportunities,
        rules.alarm_action

    from rules

    cross join places

    left join counted
        on
            rules.month = counted.month
            and places.branch_id = counted.branch_id
            and rules.stage = counted.stage

    left join conversions
        on
            rules.month = conversions.month
            and places.branch_id = conversions.branch_id
            and rules.stage = conversions.stage

)

select * from final
