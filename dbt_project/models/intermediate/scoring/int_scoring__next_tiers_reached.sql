-- The tier by the rule that the smallest change leads to: the best band whose bar it
-- beats, and within it the sub-tier by X and Y as they would be.
with

changes as (

    select * from {{ ref('int_scoring__single_changes_found') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

ladders as (

    select * from {{ ref('int_scoring__ladders_built') }}

),

ranks as (

    select * from {{ ref('int_scoring__accounts_ranked') }}

),

bars as (

    select * from {{ ref('int_scoring__tier_bars_found') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

changed as (

    select
        changes.scorecard_id,
        changes.month,
        changes.group_account_id,
        changes.target_band,
        scores.scorecard_version,
        ranks.partition_id,
        ladders.indicator_id,
        ladders.dimension,
        ladders.scale,
        ladders.is_manual,
        ladders.is_changeable,
        changes.smallest_change[2] as band_steps,
        changes.smallest_change[4] as points_gained,
        scores.bands[ladders.position] as band,
        ladders.ladder_band[changes.smallest_change[6]] as needed_band,
        ladders.ladder_lower_bound[changes.smallest_change[6]] as needed_from,
        ladders.ladder_upper_bound[changes.smallest_change[6]] as needed_to,
        {%- for name in dimensions().split() %}
        scores.{{ name }}_points,
        {%- endfor %}
        scores.total_points,
        scores.total_amount,
        scores.total_amount_3m

    from changes

    inner join scores
        on
            changes.scorecard_id = scores.scorecard_id
            and changes.month = scores.month
            and changes.group_account_id = scores.group_account_id

    inner join ranks
        on
            changes.scorecard_id = ranks.scorecard_id
            and changes.month = ranks.month
            and changes.group_account_id = ranks.group_account_id

    inner join ladders
        on
            scores.scorecard_id = ladders.scorecard_id
            and scores.scorecard_version = ladders.scorecard_version
            and changes.smallest_change[5] = ladders.position

),

reached as (

    select
        changed.scorecard_id,
        changed.month,
        changed.group_account_id,
        changed.target_band,
        min(bars.last_tier_order) as last_tier_order

    from changed

    inner join bars
        on
            changed.scorecard_id = bars.scorecard_id
            and changed.month = bars.month
            and changed.partition_id = bars.partition_id
            and {{ beats_bar(
                rank_keys(
                    'changed', 'bars.rank_order', 'changed.points_gained',
                    'changed.dimension'
                ),
                'changed.group_account_id',
                'bars'
            ) }}

    group by
        changed.scorecard_id,
        changed.month,
        changed.group_account_id,
        changed.target_band

),

final as (

    select
        changed.scorecard_id,
        changed.month,
        changed.group_account_id,
        changed.target_band,
        changed.indicator_id,
        changed.scale,
        changed.is_manual,
        changed.is_changeable,
        changed.band_steps,
        changed.points_gained,
        changed.band,
        changed.needed_band,
        changed.needed_from,
        changed.needed_to,
        sub_tiers.tier as reached_tier

    from changed

    inner join reached
        on
            changed.scorecard_id = reached.scorecard_id
            and changed.month = reached.month
            and changed.group_account_id = reached.group_account_id
            and changed.target_band = reached.target_band

    inner join tier_rules as bands
        on
            changed.scorecard_id = bands.scorecard_id
            and changed.scorecard_version = bands.version
            and reached.last_tier_order = bands.tier_order

    inner join tier_rules as sub_tiers
        on
            bands.scorecard_id = sub_tiers.scorecard_id
            and bands.version = sub_tiers.version
            and bands.tier_band = sub_tiers.tier_band
            and case sub_tiers.sub_tier_rule
                when 'x_ge_y'
                    then {{ points_with_gain('x') }} >= {{ points_with_gain('y') }}
                when 'x_lt_y'
                    then {{ points_with_gain('x') }} < {{ points_with_gain('y') }}
                else true
            end

)

select * from final
