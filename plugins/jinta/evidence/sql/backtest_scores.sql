-- One row per month and ranked account: what ranked it, and the tier it was given.
-- {scores}, {indicators} and {bridge} are the marts as known now or as first shown.
create temporary table backtest_scores as
with

bands as (

    select
        scorecard_id,
        scorecard_version,
        tier,
        tier_band,
        min(tier_order) over (partition by scorecard_id, scorecard_version, tier_band)
            as band_order

    from marts.dim_scorecard_tiers

),

scores as (

    select * from {scores} as shown_rows where {shown}

),

indicators as (

    select * from {indicators} as shown_rows where {shown}

)

select
    scores.month,
    scores.scorecard_version,
    scores.group_account_id,
    scores.partition_id,
    scores.total_points::numeric as score,
    coalesce(indicators.total_amount_3m, 0) as revenue,
    -- Sixty bits of a hash: the same order on every machine, another one each month.
    (
        'x' || left(
            md5(
                concat_ws(
                    '|', %(seed)s::text, scores.month::text, scores.group_account_id
                )
            ),
            15
        )
    )::bit(60)::bigint::numeric as random,
    scores.raw_tier,
    scores.effective_tier,
    bands.tier_band,
    bands.band_order

from scores

inner join indicators
    on
        scores.month = indicators.month
        and scores.group_account_id = indicators.group_account_id

inner join bands
    on
        scores.scorecard_id = bands.scorecard_id
        and scores.scorecard_version = bands.scorecard_version
        and scores.raw_tier = bands.tier

where
    scores.scorecard_id = %(scorecard)s
    and scores.population is not null
    and scores.month = any(%(months)s)
