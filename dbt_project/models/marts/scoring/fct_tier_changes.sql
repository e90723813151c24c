{{ config(materialized='view') }}

-- Whose tier changed from one published month to the next, and what moved it: its own
-- points, the others', the rules, stability or an override.
with

changes as (

    select * from {{ ref('fct_score_changes') }}

),

scores as {{ computed_in_place() }} (

    select * from {{ ref('fct_account_scores') }}

),

cut_offs as {{ computed_in_place() }} (

    select * from {{ ref('fct_tier_cut_offs') }}

),

tiers_compared as (

    select
        changes.scorecard_id,
        changes.month,
        changes.group_account_id,
        changes.old_month,
        changes.account_change,
        changes.old_scorecard_version <> changes.scorecard_version as is_other_version,
        changes.old_total_points,
        changes.new_total_points,
        -- What the rules before would have made of the account's values.
        changes.new_total_points - changes.old_total_points - changes.rules_points
            as own_points,
        {%- for side in ['old_', 'new_'] %}
        {{ side }}scores.partition_id as {{ side }}partition_id,
        {{ side }}scores.value_rank as {{ side }}value_rank,
        {{ side }}scores.population as {{ side }}population,
        {{ side }}scores.raw_tier as {{ side }}raw_tier,
        {{ side }}scores.suggested_tier as {{ side }}suggested_tier,
        {{ side }}scores.effective_tier as {{ side }}effective_tier,
        {{ side }}scores.override_id as {{ side }}override_id,
        {{ side }}cut_offs.tier_band as {{ side }}tier_band,
        {{ side }}cut_offs.tier_order as {{ side }}tier_order,
        {%- endfor %}
        -- Both months are held against the bar of the better of its two tiers.
        case
            when
                new_cut_offs.tier_order is null
                or old_cut_offs.tier_order <= new_cut_offs.tier_order
                then old_scores.raw_tier
            else new_scores.raw_tier
        end as bar_tier

    from changes

    left join scores as old_scores
        on
            changes.scorecard_id = old_scores.scorecard_id
            and changes.old_month = old_scores.month
            and changes.group_account_id = old_scores.group_account_id

    left join scores as new_scores
        on
            changes.scorecard_id = new_scores.scorecard_id
            and changes.month = new_scores.month
            and changes.group_account_id = new_scores.group_account_id

    left join cut_offs as old_cut_offs
        on
            changes.scorecard_id = old_cut_offs.scorecard_id
            and changes.old_month = old_cut_offs.month
            and old_scores.partition_id = old_cut_offs.partition_id
            and old_scores.raw_tier = old_cut_offs.tier

    left join cut_offs as new_cut_offs
        on
            changes.scorecard_id = new_cut_offs.scorecard_id
            and changes.month = new_cut_offs.month
            and new_scores.partition_id = new_cut_offs.partition_id
            and new_scores.raw_tier = new_cut_offs.tier

    where
        old_scores.effective_tier is distinct from new_scores.effective_tier
        or old_scores.raw_tier is distinct from new_scores.raw_tier

),

final as (

    select
        tiers.scorecard_id,
        tiers.month,
        tiers.group_account_id,
        tiers.old_month,
        tiers.old_raw_tier,
        tiers.new_raw_tier,
        tiers.old_suggested_tier,
        tiers.new_suggested_tier,
        tiers.old_effective_tier,
        tiers.new_effective_tier,
        case
            when tiers.account_change <> 'both' then tiers.account_change
            when
                tiers.old_effective_tier <> tiers.new_effective_tier
                and coalesce(tiers.old_override_id, 0)
                <> coalesce(tiers.new_override_id, 0)
                then 'override'
            when tiers.old_effective_tier = tiers.new_effective_tier then 'held'
            when tiers.old_raw_tier = tiers.new_raw_tier then 'stability'
            when tiers.old_population is null then 'ranked'
            when tiers.new_population is null then 'not_ranked'
            when tiers.old_partition_id <> tiers.new_partition_id then 'partition'
            when tiers.is_other_version and tiers.own_points = 0 then 'rules'
            when tiers.old_tier_band = tiers.new_tier_band then 'points'
            when
                tiers.is_other_version
                and tiers.old_total_points = tiers.new_total_points
                then 'rules'
            when
                tiers.new_tier_order > tiers.old_tier_order
                and tiers.new_total_points >= tiers.old_total_points
                then 'overtaken'
            when
                tiers.new_tier_order < tiers.old_tier_order
                and tiers.new_total_points <= tiers.old_total_points
                then 'others_fell'
            -- Its total went the way of the tier, its own values the other way.
            when
                tiers.is_other_version
                and tiers.own_points
                * (tiers.new_total_points - tiers.old_total_points) < 0
                then 'rules'
            else 'points'
        end as tier_change_cause,
        tiers.old_total_points,
        tiers.new_total_points,
        tiers.old_value_rank,
        tiers.new_value_rank,
        tiers.old_population,
        tiers.new_population,
        tiers.bar_tier,
        old_bars.points_needed as old_bar_points,
        new_bars.points_needed as new_bar_points

    from tiers_compared as tiers

    left join cut_offs as old_bars
        on
            tiers.scorecard_id = old_bars.scorecard_id
            and tiers.old_month = old_bars.month
            and tiers.old_partition_id = old_bars.partition_id
            and tiers.bar_tier = old_bars.tier

    left join cut_offs as new_bars
        on
            tiers.scorecard_id = new_bars.scorecard_id
            and tiers.month = new_bars.month
            and tiers.new_partition_id = new_bars.partition_id
            and tiers.bar_tier = new_bars.tier

)

select * from final
