-- One row per source record of the month: the tier of its account as published, and the
-- tier it would have alone.
create temporary table dividend_records as
with

bands as (

    select
        scorecard_id,
        scorecard_version,
        tier,
        tier_band,
        min(tier_order) over (partition by scorecard_id, scorecard_version, tier_band)
            as band_order,
        tier_order = max(tier_order) filter (
            where coalesce(share_to_pct, score_from, score_to) is not null
        ) over (partition by scorecard_id, scorecard_version) as is_lowest

    from marts.dim_scorecard_tiers

),

scores as (

    select
        scores.group_account_id,
        scores.raw_tier as tier,
        scores.total_points,
        scores.population is not null as is_ranked,
        bands.tier_band,
        bands.band_order,
        bands.is_lowest

    from marts.fct_account_scores as scores

    inner join bands
        on
            scores.scorecard_id = bands.scorecard_id
            and scores.scorecard_version = bands.scorecard_version
            and scores.raw_tier = bands.tier

    where
        scores.scorecard_id = %(scorecard)s
        and scores.month = %(month)s

),

single_scores as (

    select
        singles.group_account_id,
        singles.raw_tier as tier,
        singles.total_points,
        singles.population is not null as is_ranked,
        bands.tier_band,
        bands.band_order,
        bands.is_lowest

    from {scores} as singles

    inner join bands
        on
            singles.scorecard_id = bands.scorecard_id
            and singles.scorecard_version = bands.scorecard_version
            and singles.raw_tier = bands.tier

    where
        singles.scorecard_id = %(scorecard)s
        and singles.month = %(month)s

)

select
    bridge.group_account_id,
    accounts.account_name,
    coalesce(accounts.branch_id, 'unknown') as branch_id,
    bridge.source_record_id,
    bridge.account_id_crm,
    bridge.account_name_crm,
    bridge.is_senior,
    bridge.match_basis,
    scores.is_ranked,
    scores.tier,
    scores.total_points,
    scores.tier_band,
    scores.band_order,
    coalesce(indicators.total_amount, 0) as amount,
    single_scores.is_ranked as single_is_ranked,
    single_scores.tier as single_tier,
    single_scores.total_points as single_points,
    single_scores.tier_band as single_band,
    single_scores.band_order as single_order,
    single_scores.is_lowest as single_is_lowest,
    coalesce(single_indicators.total_amount, 0) as single_amount

from marts.bridge_account_records as bridge

inner join marts.dim_group_accounts as accounts
    on
        bridge.month = accounts.month
        and bridge.group_account_id = accounts.group_account_id

inner join marts.fct_account_indicators as indicators
    on
        bridge.month = indicators.month
        and bridge.group_account_id = indicators.group_account_id

inner join scores
    on bridge.group_account_id = scores.group_account_id

left join single_scores
    on 'g' || substr(bridge.source_record_id, 2) = single_scores.group_account_id

left join {indicators} as single_indicators
    on
        'g' || substr(bridge.source_record_id, 2) = single_indicators.group_account_id
        and bridge.month = single_indicators.month

where bridge.month = %(month)s
