"""Which published months no longer show what the warehouse knows, and why.

A month is stale if building it again could give another content: facts arrived that it
reads, an entity changed for it, people decided, the rules in force are others, or the
month before ends in another state. What a change of identity touches is known once a
publication has seen it: it leaves marks.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from jinta.landing.raw_tables import LOOK_BACK_MONTHS
from jinta.settings import CHECKOUT

_STALE = """
with

-- What each published month was built from.
published as (

    select
        built.month,
        built.publication_id,
        publications.landed_through_load_id,
        coalesce(publications.known_at, publications.published_at) as known_at
    from (
        select
            month,
            max(publication_id) as publication_id
        from control.pointers
        where month is not null
        group by month
    ) as built
    inner join control.publications as publications
        on built.publication_id = publications.publication_id

),

latest as (

    select
        max(publication_id) as publication_id,
        max(coalesce(known_at, published_at)) filter (where kind = 'publish')
            as known_at
    from control.publications

),

-- A fact without a first touched month is read by its month and those looking back.
late_facts as (

    select
        published.month,
        'late facts for '
        || string_agg(
            distinct to_char(load_months.month, 'YYYY-MM'), ', '
            order by to_char(load_months.month, 'YYYY-MM')
        )
        || ' in ' || loads.table_name || ' (load '
        || string_agg(distinct loads.load_id::text, ', ' order by loads.load_id::text)
        || ')' as reason
    from published
    inner join control.load_months as load_months
        on
            load_months.load_id > published.landed_through_load_id
            and load_months.month between
            (published.month - make_interval(months => %(look_back)s))::date
            and published.month
    inner join control.loads as loads
        on load_months.load_id = loads.load_id
    where
        loads.touched_from is null
        and load_months.rows_new + load_months.rows_changed
        + load_months.rows_ended > 0
    group by published.month, loads.table_name

),

late_changes as (

    select
        published.month,
        loads.table_name || ' changed '
        || case
            when min(loads.touched_from) = '-infinity' then 'for all months'
            else 'from ' || to_char(min(loads.touched_from), 'YYYY-MM') || ' on'
        end
        || ' (load '
        || string_agg(distinct loads.load_id::text, ', ' order by loads.load_id::text)
        || ')' as reason
    from published
    inner join control.loads as loads
        on
            loads.load_id > published.landed_through_load_id
            and loads.touched_from <= published.month
    group by published.month, loads.table_name

),

-- What a decision changes is known once a run has seen it: then marks tell the months.
late_decisions as (

    select
        published.month,
        'a decision on two records was recorded since' as reason
    from published
    cross join latest
    where
        exists (
            select 1 from control.steward_decisions
            where decided_at > latest.known_at
        )

),

late_overrides as (

    select
        published.month,
        'an override of a tier was recorded since' as reason
    from published
    where
        exists (
            select 1 from control.tier_overrides
            where
                recorded_at > published.known_at
                and published.month between
                date_trunc('month', valid_from) and valid_to
        )

),

late_lead_updates as (

    {late_lead_updates}

),

marked as (

    select
        stale_marks.month,
        stale_marks.reason
    from control.stale_marks
    inner join latest
        on stale_marks.publication_id = latest.publication_id

),

-- The versions that hold now, by month.
in_force as (

    select
        published.month,
        published.publication_id,
        versions.family,
        versions.rule_id,
        versions.version
    from published
    inner join jsonb_to_recordset(%(versions)s) as versions (
        family text, rule_id text, version text, valid_from date, valid_to date
    )
        on
            published.month between versions.valid_from
            and coalesce(versions.valid_to, 'infinity'::date)

),

-- A card that scores nobody in a month is not among the versions that its scores show:
-- then it counts that the publication of the month knew the version.
shown_scorecards as (

    select
        published.month,
        published.publication_id,
        scores.rule_versions
    from published
    inner join control.pointers as shown
        on published.month = shown.month and shown.mart = 'fct_account_scores'
    inner join control.slices as scores
        on shown.slice_id = scores.slice_id
    where scores.rule_versions <> '{{}}'

),

other_scorecards as (

    select
        in_force.month,
        'other scorecard versions are in force: '
        || string_agg(
            in_force.rule_id || ' ' || in_force.version, ', '
            order by in_force.rule_id
        ) as reason
    from in_force
    inner join shown_scorecards
        on in_force.month = shown_scorecards.month
    left join control.rule_versions as recorded
        on
            recorded.rule_set = 'scorecard ' || in_force.rule_id
            and in_force.version = recorded.version
            and recorded.publication_id <= in_force.publication_id
    where
        in_force.family = 'scorecard'
        and in_force.rule_id || ' ' || in_force.version
        <> all(shown_scorecards.rule_versions)
        and (
            recorded.version is null
            or exists (
                select 1 from unnest(shown_scorecards.rule_versions) as shown (version)
                where starts_with(shown.version, in_force.rule_id || ' ')
            )
        )
    group by in_force.month

),

ended_scorecards as (

    select distinct
        shown_scorecards.month,
        'a scorecard that was shown is not in force' as reason
    from shown_scorecards
    cross join lateral unnest(shown_scorecards.rule_versions) as shown (rule_version)
    left join in_force
        on
            shown_scorecards.month = in_force.month
            and in_force.family = 'scorecard'
            and starts_with(shown.rule_version, in_force.rule_id || ' ')
    where in_force.rule_id is null

),

-- A version is recorded by the first publication that went by it.
other_rules as (

    select
        in_force.month,
        'other ' || in_force.family || ' rules are in force: '
        || string_agg(
            in_force.rule_id || ' ' || in_force.version, ', '
            order by in_force.rule_id
        ) as reason
    from in_force
    left join control.rule_versions as recorded
        on
            recorded.rule_set = in_force.family || ' ' || in_force.rule_id
            and in_force.version = recorded.version
            and recorded.publication_id <= in_force.publication_id
    where in_force.family <> 'scorecard' and recorded.version is null
    group by in_force.month, in_force.family

),

ended_lead_rules as (

    {ended_lead_rules}

),

-- Which value survives is decided by rules of the run's day, for all months alike.
other_survivors as (

    select
        published.month,
        'other rules decide which values of an account''s records survive' as reason
    from published
    where
        exists (
            select 1 from control.rule_versions
            where
                rule_set = 'matching survivorship_rules'
                and publication_id > published.publication_id
        )

),

-- A month whose tiers go on from another state than the month before now ends in.
restated as (

    select
        published.month,
        'the month before was restated' as reason
    from published
    inner join control.publication_seeds as seeds
        on
            published.publication_id = seeds.publication_id
            and published.month = seeds.month
    left join control.pointers as before
        on
            before.mart = 'fct_tier_latches'
            and (published.month - interval '1 month')::date = before.month
    left join control.slices as latches
        on before.slice_id = latches.slice_id
    where
        seeds.seed_hash is distinct from case
            when latches.row_count > 0 then latches.content_hash else ''
        end

),

reasons as (

    select month, reason from late_facts
    union all
    select month, reason from late_changes
    union all
    select month, reason from late_decisions
    union all
    select month, reason from late_overrides
    union all
    select month, reason from late_lead_updates
    union all
    select month, reason from marked
    union all
    select month, reason from other_scorecards
    union all
    select month, reason from ended_scorecards
    union all
    select month, reason from other_rules
    union all
    select month, reason from ended_lead_rules
    union all
    select month, reason from other_survivors
    union all
    select month, reason from restated

)

select
    month,
    string_agg(distinct reason, '; ' order by reason) as reason
from reasons
group by month
order by month
"""

# An update holds in every month that shows the lead, of whatever record of the account.
_LATE_LEAD_UPDATES = """
    select distinct
        published.month,
        'the status of a lead was recorded since' as reason
    from published
    inner join control.lead_updates as updates
        on published.known_at < updates.updated_at
    inner join archive.{bridge} as records
        on updates.account_id = records.{key}
    inner join control.pointers as bridges
        on
            records._slice_id = bridges.slice_id
            and bridges.mart = '{bridge}'
    inner join archive.fct_leads as leads
        on
            updates.lead_rule_id = leads.lead_rule_id
            and records.group_account_id = leads.group_account_id
    inner join control.pointers as shown
        on
            leads._slice_id = shown.slice_id
            and published.month = shown.month
            and shown.mart = 'fct_leads'
"""

# The mart that tells which records stand for an account or a prospect, and its key.
_BRIDGES = {
    "bridge_account_records": "account_id_crm",
    "bridge_prospect_records": "prospect_id",
}

_ENDED_LEAD_RULES = """
    select distinct
        published.month,
        'a lead rule that was shown is not in force' as reason
    from published
    inner join control.pointers as shown
        on published.month = shown.month and shown.mart = 'fct_leads'
    inner join archive.fct_leads as leads
        on shown.slice_id = leads._slice_id
    left join in_force
        on
            published.month = in_force.month
            and in_force.family = 'lead'
            and leads.lead_rule_id = in_force.rule_id
            and leads.lead_rule_version = in_force.version
    where in_force.rule_id is null
"""

_NOTHING = "select month, '' as reason from published where false"


def list_stale_months(
    connection: psycopg.Connection[Any], dbt_project: Path | None = None
) -> dict[date, str]:
    """Published months that no longer show what the warehouse knows, with the reasons.

    Args:
        connection: As a role that reads `control` and `archive`.
        dbt_project: Where the rule rows lie that the next run will go by.

    Returns:
        By month, in order, all reasons, separated by semicolons.
    """
    row = connection.execute(
        "select to_regclass('archive.fct_leads') is not null"
    ).fetchone()
    has_leads = row == (True,)
    query = _STALE.format(
        late_lead_updates=_find_lead_updates(connection) if has_leads else _NOTHING,
        ended_lead_rules=_ENDED_LEAD_RULES if has_leads else _NOTHING,
    )
    rows = connection.execute(
        query,  # type: ignore[arg-type]
        {
            "look_back": LOOK_BACK_MONTHS,
            "versions": Jsonb(_read_versions(dbt_project or CHECKOUT / "dbt_project")),
        },
    ).fetchall()
    return dict(rows)


def _find_lead_updates(connection: psycopg.Connection[Any]) -> str:
    """What finds late steps on leads, by each bridge that has been published."""
    rows = connection.execute(
        "select name from unnest(%s::text[]) as names (name) "
        "where to_regclass('archive.' || name) is not null",
        [list(_BRIDGES)],
    ).fetchall()
    found = [
        _LATE_LEAD_UPDATES.format(bridge=bridge, key=_BRIDGES[bridge])
        for (bridge,) in rows
    ]
    return "\n    union\n".join(found) or _NOTHING


def _read_versions(dbt_project: Path) -> list[dict[str, str | None]]:
    """Validity of every version of the rules by which months are computed."""
    from jinta.report.rule_families import RULE_FAMILIES
    from jinta.report.rules import read_files

    families = [family for family in RULE_FAMILIES.values() if family.is_monthly]
    rules = read_files(
        dbt_project / "seeds" / "rules",
        {family.head: family.seeds[0].key for family in families},
    )
    versions = {
        (family.name, row[family.id_column], row["version"]): row
        for family in families
        for row in rules[family.head]
    }
    return [
        {
            "family": name,
            "rule_id": rule_id,
            "version": version,
            "valid_from": row["valid_from"],
            "valid_to": row["valid_to"] or None,
        }
        for (name, rule_id, version), row in versions.items()
    ]
