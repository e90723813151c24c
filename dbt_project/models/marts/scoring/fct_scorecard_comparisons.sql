{{ config(materialized='view') }}

-- Two cards on the same accounts and month, of each pair the one whose id comes first
-- on the left. Points of two cards don't compare, places among the ranked do.
with

scores as {{ computed_in_place() }} (

    select * from {{ ref('fct_account_scores') }}

),

indicators as {{ computed_in_place() }} (

    select * from {{ ref('fct_account_indicators') }}

),

tiers as (

    select * from {{ ref('dim_scorecard_tiers') }}

),

placed as {{ computed_in_place() }} (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        scores.scorecard_version,
        scores.total_points,
        scores.effective_tier,
        tiers.tier_order,
        tiers.tier_band,
        100.0 * (scores.population - scores.value_rank)
        / nullif(scores.population - 1, 0) as percentile

    from scores

    inner join tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.scorecard_version = tiers.scorecard_version
            and scores.effective_tier = tiers.tier

    where scores.value_rank is not null

),

final as (

    select
        lefts.scorecard_id,
        rights.scorecard_id as other_scorecard_id,
        lefts.month,
        lefts.group_account_id,
        lefts.scorecard_version,
        rights.scorecard_version as other_scorecard_version,
        lefts.effective_tier as tier,
        rights.effective_tier as other_tier,
        lefts.tier_order,
        rights.tier_order as other_tier_order,
        lefts.tier_band,
        rights.tier_band as other_tier_band,
        lefts.total_points,
        rights.total_points as other_total_points,
        round(lefts.percentile, 2) as percentile,
        round(rights.percentile, 2) as other_percentile,
        round(rights.percentile - lefts.percentile, 2) as percentile_deviation,
        indicators.total_amount as revenue

    from placed as lefts

    inner join placed as rights
        on
            lefts.month = rights.month
            and lefts.group_account_id = rights.group_account_id
            and lefts.scorecard_id < rights.scorecard_id

    inner join indicators
        on
            lefts.month = indicators.month
            and lefts.group_account_id = indicators.group_account_id

)

select * from final
