-- A change that is enough gains at least what is missing and leads to the band that is
-- asked for or a better one; every target lies above the account's own tier.
with

next_tiers as (

    select * from {{ ref('fct_next_tiers') }}

),

tiers as (

    select * from {{ ref('dim_scorecard_tiers') }}

),

bands as (

    select
        scorecard_id,
        scorecard_version,
        tier_band,
        max(tier_order) as last_tier_order

    from tiers

    group by scorecard_id, scorecard_version, tier_band

)

select
    next_tiers.scorecard_id,
    next_tiers.month,
    next_tiers.group_account_id,
    next_tiers.raw_tier,
    next_tiers.target_band,
    next_tiers.points_short,
    next_tiers.points_gained,
    next_tiers.reached_tier

from next_tiers

inner join bands
    on
        next_tiers.scorecard_id = bands.scorecard_id
        and next_tiers.scorecard_version = bands.scorecard_version
        and next_tiers.target_band = bands.tier_band

left join tiers as own_tiers
    on
        next_tiers.scorecard_id = own_tiers.scorecard_id
        and next_tiers.scorecard_version = own_tiers.scorecard_version
        and next_tiers.raw_tier = own_tiers.tier

left join tiers as reached_tiers
    on
        next_tiers.scorecard_id = reached_tiers.scorecard_id
        and next_tiers.scorecard_version = reached_tiers.scorecard_version
        and next_tiers.reached_tier = reached_tiers.tier

where
    next_tiers.points_short <= 0
    or bands.last_tier_order >= own_tiers.tier_order
    or (
        next_tiers.is_one_change_enough
        and coalesce(
            next_tiers.points_gained < next_tiers.points_short
            or reached_tiers.tier_order > bands.last_tier_order
            or next_tiers.needed_value is null
            or next_tiers.band_steps < 1,
            true
        )
    )
