"""The queries of the change bridge: what is copied, posed and added up."""

from __future__ import annotations

from typing import Final

# One mart of a state, as it was known then.
COPIED_STATE: Final = """
create temporary table {table} as
select *
from {mart}
where
    month = {month}
    and shown_from <= {shown_at}
    and (shown_until is null or shown_until > {shown_at})
    and {is_wanted}
"""

# The old records in the accounts of the new state. A record that the new state doesn't
# know stays where it was; one that neither knows is an account of its own.
REGROUPED_RECORDS: Final = """
with

placed as (

    select
        records.source_record_id,
        records.system_name,
        records.account_id,
        records.is_only_system,
        records.other_systems,
        records.branch_id,
        records.county_name,
        records.birth_load_id,
        coalesce(
            new_records.group_account_id,
            old_records.group_account_id,
            'g' || substr(records.source_record_id, 2)
        ) as group_account_id,
        coalesce(new_records.match_basis, old_records.match_basis, 'single')
            as match_basis
    from {records} as records
    left join new_records
        on records.source_record_id = new_records.source_record_id
    left join old_records
        on records.source_record_id = old_records.source_record_id

)

select
    source_record_id,
    system_name,
    account_id,
    is_only_system,
    other_systems,
    group_account_id,
    branch_id,
    county_name,
    row_number() over seniority = 1 as is_senior,
    row_number() over seniority as seniority,
    match_basis,
    count(*) over (partition by group_account_id) as cluster_size
from placed
window seniority as (
    partition by group_account_id
    order by birth_load_id, system_name collate "C", account_id collate "C"
)
"""

# What the marts of changes read, so that they compare the old facts under the new
# identity (the old month) with the new state (the month).
POSED_POINTS: Final = {
    "fct_account_scores": """
        select
            {card} as scorecard_id,
            {old} as month,
            group_account_id,
            points,
            bands
        from replayed_scores
        union all
        select {card}, {new}, group_account_id, points, bands
        from new_scores
    """,
    "fct_account_indicators": """
        select
            {old} as month,
            group_account_id,
            missing_indicators,
            {values}
        from replayed_indicators
        union all
        select {new}, group_account_id, missing_indicators, {values}
        from new_indicators
    """,
    # One identity for both: what is left to tell apart is not identity.
    "bridge_account_records": """
        select
            {new} as month,
            source_record_id,
            group_account_id
        from new_records
    """,
    "fct_value_pyramid": """
        select *
        from (
            values ({card}, {old}, {old_version}), ({card}, {new}, {new_version})
        ) as cards (scorecard_id, month, scorecard_version)
    """,
}

# For the tiers, the old month is the old state as it was shown.
POSED_TIERS: Final = {
    "fct_account_scores": """
        select
            {card} as scorecard_id,
            {old} as month,
            group_account_id,
            partition_id,
            value_rank,
            population,
            raw_tier,
            suggested_tier,
            effective_tier,
            override_id
        from old_scores
        union all
        select
            {card},
            {new},
            group_account_id,
            partition_id,
            value_rank,
            population,
            raw_tier,
            suggested_tier,
            effective_tier,
            override_id
        from new_scores
    """,
    "fct_tier_cut_offs": """
        select
            {card} as scorecard_id,
            {old} as month,
            partition_id,
            tier,
            tier_band,
            tier_order,
            points_needed
        from old_cut_offs
        union all
        select
            {card},
            {new},
            partition_id,
            tier,
            tier_band,
            tier_order,
            points_needed
        from new_cut_offs
    """,
    "fct_score_changes": """
        select
            {card} as scorecard_id,
            {new} as month,
            group_account_id,
            {old} as old_month,
            {old_version} as old_scorecard_version,
            {new_version} as scorecard_version,
            account_change,
            old_total_points,
            new_total_points,
            rules_points
        from score_bridge
        where account_change <> 'passing'
    """,
}

# The old state as it was stored, against the steps that were computed from it.
POINT_BRIDGE: Final = """
create temporary table point_bridge as
with

on_card as (

    select distinct
        indicators.indicator_id,
        indicators.position
    from {bands} as bands
    inner join {indicators} as indicators
        on bands.indicator_id = indicators.indicator_id
    where
        bands.scorecard_id = {card}
        and bands.scorecard_version = any({versions})

),

stored as (

    select
        old_scores.group_account_id,
        on_card.indicator_id,
        on_card.position,
        old_scores.bands[on_card.position] as band,
        old_scores.points[on_card.position] as points
    from old_scores
    cross join on_card

)

select
    coalesce(stored.group_account_id, changes.group_account_id) as group_account_id,
    coalesce(stored.indicator_id, changes.indicator_id) as indicator_id,
    coalesce(stored.position, changes.position) as position,
    stored.band as old_band,
    changes.old_value as regrouped_value,
    changes.new_value,
    changes.is_old_missing as is_regrouped_missing,
    changes.is_new_missing,
    changes.new_band,
    coalesce(stored.points, 0) as old_points,
    coalesce(changes.old_points, 0) as regrouped_points,
    coalesce(changes.new_points, 0) as new_points,
    coalesce(changes.facts_points, 0) as facts_points,
    coalesce(changes.missingness_points, 0) as missingness_points,
    coalesce(changes.rules_points, 0) as rules_points,
    coalesce(changes.old_points, 0) - coalesce(stored.points, 0) as identity_points
from stored
full join {changes} as changes
    on
        stored.group_account_id = changes.group_account_id
        and stored.indicator_id = changes.indicator_id
"""

# The indicators of each account added up, and what became of the account.
SCORE_BRIDGE: Final = """
create temporary table score_bridge as
with

summed as (

    select
        group_account_id,
        sum(facts_points)::integer as facts_points,
        sum(missingness_points)::integer as missingness_points,
        sum(rules_points)::integer as rules_points,
        sum(identity_points)::integer as identity_points
    from point_bridge
    group by group_account_id

)

select
    summed.group_account_id,
    case
        when
            old_scores.total_points is not null
            and new_scores.total_points is not null
            then 'both'
        when new_scores.total_points is not null
            and replayed.points is not null
            then 'split_off'
        when new_scores.total_points is not null then 'new'
        when old_scores.total_points is null then 'passing'
        when replayed.points is null then 'merged_away'
        else 'left'
    end as account_change,
    coalesce(old_scores.total_points, 0) as old_total_points,
    coalesce(new_scores.total_points, 0) as new_total_points,
    coalesce(new_scores.total_points, 0)
    - coalesce(old_scores.total_points, 0) as changed_points,
    summed.facts_points,
    summed.missingness_points,
    summed.rules_points,
    summed.identity_points
from summed
left join old_scores
    on summed.group_account_id = old_scores.group_account_id
left join new_scores
    on summed.group_account_id = new_scores.group_account_id
left join replayed_scores as replayed
    on summed.group_account_id = replayed.group_account_id
"""

# Accounts whose parts are not the difference of what was published.
WRONG_SUMS: Final = """
with

published as (

    select
        coalesce(old_scores.group_account_id, new_scores.group_account_id)
            as group_account_id,
        coalesce(new_scores.total_points, 0)
        - coalesce(old_scores.total_points, 0) as changed_points
    from old_scores
    full join new_scores
        on old_scores.group_account_id = new_scores.group_account_id

)

select coalesce(published.group_account_id, bridge.group_account_id) as account
from published
full join score_bridge as bridge
    on published.group_account_id = bridge.group_account_id
where
    coalesce(published.changed_points, 0) is distinct from
    bridge.facts_points + bridge.missingness_points + bridge.rules_points
    + bridge.identity_points
"""
