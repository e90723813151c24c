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
        tiers.sub_tier_rule

    from versions

    inner join tiers
        on
            versions.scorecard_id = tiers.scorecard_id
            and versions.scorecard_version = tiers.scorecard_version
            -- Who is not ranked has the tier without shares and scores.
            and coalesce(tiers.share_to_pct, tiers.score_from, tiers.score_to)
            is not null

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
        new_tiers.scorecard_version,
        old_tiers.tier_band <> new_tiers.tier_band as is_band_changed,
        case
            when old_tiers.tier_band <> new_tiers.tier_band
                then old_tiers.tier_order - new_tiers.tier_order
        end as tiers_gained,
        -- Which way a driver moves all points, or those of X against those of Y.
        case
            when old_tiers.tier_band <> new_tiers.tier_band
                then sign(old_tiers.tier_order - new_tiers.tier_order)
            when new_tiers.sub_tier_rule = 'x_ge_y' then 1
            when new_tiers.sub_tier_rule = 'x_lt_y' then -1
        end as direction

    from tier_changes

    inner join month_tiers as old_tiers
        on
            tier_changes.scorecard_id = old_tiers.scorecard_id
            and tier_changes.old_month = old_tiers.month
            and tier_changes.old_effective_tier = old_tiers.tier

    inner join month_tiers as new_tiers
        on
            tier_changes.scorecard_id = new_tiers.scorecard_id
            and tier_changes.month = new_tiers.month
            and tier_changes.new_effective_tier = new_tiers.tier

    where old_tiers.tier_order <> new_tiers.tier_order

),

moves as (

    select
        graded.scorecard_id,
        graded.month,
        graded.group_account_id,
        own_changes.indicator_id,
        own_changes.position,
        own_changes.own_points,
        own_changes.old_value,
        own_changes.new_value,
        graded.direction * own_changes.own_points * case
            when graded.is_band_changed or card_indicators.dimension = 'x' then 1
            when card_indicators.dimension = 'y' then -1
            else 0
        end as points_forward

    from graded

    inner join own_changes
        on
            graded.scorecard_id = own_changes.scorecard_id
            and graded.month = own_changes.month
            and graded.group_account_id = own_changes.group_account_id

    left join card_indicators
        on
            graded.scorecard_id = card_indicators.scorecard_id
            and graded.scorecard_version = card_indicators.scorecard_version
            and own_changes.indicator_id = card_indicators.indicator_id

),

drivers as (

    select
        *,
        row_number() over (
            partition by scorecard_id, month, group_account_id
            order by points_forward desc, position asc
        ) as row_number

    from moves

    where points_forward > 0

),

final as (

    select
        graded.scorecard_id,
        graded.month,
        graded.group_account_id,
        graded.old_month,
        case
            when not graded.is_band_changed then 'sub_tier'
            when graded.tiers_gained > 0 then 'upgrade'
            else 'downgrade'
        end as grade_change,
        graded.is_band_changed,
        graded.old_effective_tier,
        graded.new_effective_tier,
        graded.tiers_gained,
        graded.tier_change_cause,
        graded.changed_points,
        drivers.indicator_id as driver_indicator_id,
        drivers.own_points as driver_points,
        drivers.old_value as driver_old_value,
        drivers.new_value as driver_new_value

    from graded

    left join drivers
        on
            graded.scorecard_id = drivers.scorecard_id
            and graded.month = drivers.month
            and graded.group_account_id = drivers.group_account_id
            and drivers.row_number = 1

)

select * from final
