-- Raw by rule, suggested after stability (S0-26, F34): the best band that is held,
-- where the raw tier lies in a worse one. X and Y choose the sub-tier as by rule.
with

tiers as (

    select * from {{ ref('int_scoring__tiers_assigned') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

latches as (

    select * from {{ ref('int_scoring__latches_held') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

-- Bands are ordered by their last tier, so the order is total.
latches_ordered as (

    select
        scorecard_id,
        month,
        group_account_id,
        tier_band,
        last_tier_order,
        months_outside,
        exit_months,
        exit_rank,
        exit_points,
        row_number() over (
            partition by scorecard_id, month, group_account_id
            order by last_tier_order
        ) as row_number

    from latches

),

-- Who is held is the last of the band: its last tier, by sub-tier.
bands as (

    select
        scorecard_id,
        version,
        tier_band,
        max(tier_order) filter (where coalesce(sub_tier_rule, 'x_ge_y') = 'x_ge_y')
            as x_ge_y_tier_order,
        max(tier_order) filter (where coalesce(sub_tier_rule, 'x_lt_y') = 'x_lt_y')
            as x_lt_y_tier_order

    from tier_rules

    group by scorecard_id, version, tier_band

),

placed as (

    select
        tiers.scorecard_id,
        scores.scorecard_version,
        tiers.month,
        tiers.group_account_id,
        tiers.partition_id,
        tiers.population,
        tiers.value_rank,
        tiers.raw_tier,
        latches_ordered.tier_band as held_band,
        latches_ordered.months_outside,
        latches_ordered.exit_months,
        latches_ordered.exit_rank,
        latches_ordered.exit_points,
        case
            when tiers.raw_tier_order <= latches_ordered.last_tier_order then null
            when scores.x_points >= scores.y_points then bands.x_ge_y_tier_order
            else bands.x_lt_y_tier_order
        end as kept_tier_order

    from tiers

    inner join scores
        on
            tiers.scorecard_id = scores.scorecard_id
            and tiers.month = scores.month
            and tiers.group_account_id = scores.group_account_id

    left join latches_ordered
        on
            tiers.scorecard_id = latches_ordered.scorecard_id
            and tiers.month = latches_ordered.month
            and tiers.group_account_id = latches_ordered.group_account_id
            and latches_ordered.row_number = 1

    left join bands
        on
            scores.scorecard_id = bands.scorecard_id
            and scores.scorecard_version = bands.version
            and latches_ordered.tier_band = bands.tier_band

),

final as (

    select
        placed.scorecard_id,
        placed.month,
        placed.group_account_id,
        placed.partition_id,
        placed.population,
        placed.value_rank,
        placed.raw_tier,
        coalesce(kept_tiers.tier, placed.raw_tier) as suggested_tier,
        placed.held_band,
        placed.months_outside,
        placed.exit_months,
        placed.exit_rank,
        placed.exit_points

    from placed

    left join tier_rules as kept_tiers
        on
            placed.scorecard_id = kept_tiers.scorecard_id
            and placed.scorecard_version = kept_tiers.version
            and placed.kept_tier_order = kept_tiers.tier_order

)

select * from final
