{{ config(materialized='view') }}

-- Changes of grade with their driver: the indicator whose values moved points most in
-- that direction. Without one, others or the rules moved the account. The sub-tiers of
-- a band have no order: X against Y parts them, so their driver moved X against Y.
with

tier_changes as (

    select * from {{ ref('fct_tier_changes') }}

),

point_changes as (

    select * from {{ ref('fct_point_changes') }}

),

-- What another version makes of the same values is no driver.
own_changes as (

    select
        scorecard_id,
        month,
        group_account_id,
        indicator_id,
        position,
        scorecard_version,
        changed_points - rules_points as own_points,
        old_value,
        new_value

    from point_changes

),

bands as (

    select * from {{ ref('dim_scorecard_bands') }}

),

card_indicators as (

    select distinct
        scorecard_id,
        scorecard_version,
        indicator_id,
        dimension

    from bands

),

pyramid as (

    select * from {{ ref('fct_value_pyramid') }}

),

tiers as (

    select * from {{ ref('dim_scorecard_tiers') }}

),

versions as (

    select distinct
        scorecard_id,
        month,
        scorecard_version

    from pyramid

),

month_tiers as (

    select
        versions.scorecard_id,
        versions.month,
        versions.scorecard_version,
        tiers.tier,
        tiers.tier_band,
        tiers.tier_order,
        tiers.sub_tier_rule,
        min(tiers.tier_order) over (
            partition by versions.scorecard_id, versions.month, tiers.tier_band
        ) as first_order_of_band

    from versions

    inner join tiers
        on
            versions.scorecard_id = tiers.scorecard_id
            and versions.scorecard_version = tiers.scorecard_version
            -- Who is not ranked has the tier without shares and scores.
            and coalesce(tiers.share_to_pct, tiers.score_from, tiers.score_to)
            is not null

),

-- Sub-tiers have no order: a step is from band to band.
month_bands as (

    select
        *,
        dense_rank() over (
            partition by scorecard_id, month
            order by first_order_of_band
        ) as band_order

    from month_tiers

),

-- A grade that came or went with the account, its closing or its conversion is no
-- change of grade.
graded as (

    select
        tier_changes.scorecard_id,
        tier_changes.month,
        tier_changes.group_account_id,
        tier_changes.old_month,
        tier_changes.old_effective_tier,
        tier_changes.new_effective_tier,
        tier_changes.tier_change_cause,
        tier_changes.new_total_points - tier_changes.old_total_points
            as changed_points,
        old_tiers.tier_band <> new_tiers.tier_band as is_band_changed,
        case
            when old_tiers.tier_band <> new_tiers.tier_band
                then old_tiers.band_order - new_tiers.band_order
        end as bands_gained,
        -- Which way a driver moves all points, or those of X against those of Y.
        case
            when old_tiers.tier_band <> new_tiers.tier_band
                then sign(old_tiers.tier_order - new_tiers.tier_order)
            when new_tiers.sub_tier_rule = 'x_ge_y' then 1
            when new_tiers.sub_tier_rule = 'x_lt_y' then -1
        end as direction

    from tier_changes

    inner join month_bands as old_tiers
        on
            tier_changes.scorecard_id = old_tiers.scorecard_id
            and tier_changes.old_month = old_tiers.month
            and tier_changes.old_effective_tier = old_tiers.tier

    inner join month_bands as new_tiers
        on
            tier_changes.scorecard_id = new_tiers.scorecard_id
            and tier_changes.month = new_tiers.month
            and tier_changes.new_effective_tier = new_tiers.tier

    where old_tiers.tier_order <> new_tiers.tier_order

),

-- One list of both, read account by account: Postgres can't know how few accounts are
-- graded, and in a join would hold each of them against every point.
listed as (

    select
        scorecard_id,
        month,
        group_account_id,
        true as is_account,
        old_month,
        old_effective_tier,
        new_effective_tier,
        tier_change_cause,
        changed_points,
        is_band_changed,
        bands_gained,
        direction,
        null as indicator_id,
        null::integer as position,
        null as dimension,
        null::integer as own_points,
        null::numeric as old_value,
        null::numeric as new_value

    from graded

    union all

    select
        own_changes.scorecard_id,
        own_changes.month,
        own_changes.group_account_id,
        false as is_account,
        null as old_month,
        null as old_effective_tier,
        null as new_effective_tier,
        null as tier_change_cause,
        null as changed_points,
        null as is_band_changed,
        null as bands_gained,
        null as direction,
        own_changes.indicator_id,
        own_changes.position,
        card_indicators.dimension,
        own_changes.own_points,
        own_changes.old_value,
        own_changes.new_value

    from own_changes

    left join card_indicators
        on
            own_changes.scorecard_id = card_indicators.scorecard_id
            and own_changes.scorecard_version = card_indicators.scorecard_version
            and own_changes.indicator_id = card_indicators.indicator_id

    where own_changes.own_points <> 0

),

directed as (

    select
        *,
        max(direction) over account * own_points * case
            when bool_or(is_band_changed) over account or dimension = 'x' then 1
            when dimension = 'y' then -1
            else 0
        end as points_forward

    from listed

    window account as (partition by scorecard_id, month, group_account_id)

),

-- The driver follows the account.
followed as (

    select
        *,
        lead(indicator_id) over following as driver_indicator_id,
        lead(own_points) over following as driver_points,
        lead(old_value) over following as driver_old_value,
        lead(new_value) over following as driver_new_value

    from directed

    where is_account or points_forward > 0

    window following as (
        partition by scorecard_id, month, group_account_id
        order by is_account desc, points_forward desc, position asc
    )

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        old_month,
        case
            when not is_band_changed then 'sub_tier'
            when bands_gained > 0 then 'upgrade'
            else 'downgrade'
        end as grade_change,
        is_band_changed,
        old_effective_tier,
        new_effective_tier,
        bands_gained,
        tier_change_cause,
        changed_points,
        driver_indicator_id,
        driver_points,
        driver_old_value,
        driver_new_value

    from followed

    where is_account

)

select * from final
