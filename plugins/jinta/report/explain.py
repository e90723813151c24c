"""Why an account has its tier: the exact decomposition of a stored score (F68)."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from jinta.errors import UsageError
from jinta.settings import Settings
from jinta.warehouse import connect

DEFAULT_SCORECARD = "group_account_value"


def explain_account(
    settings: Settings,
    account: str,
    month: date | None = None,
    scorecard_id: str = DEFAULT_SCORECARD,
) -> dict[str, Any]:
    """Collect all that made an account's published score, from the marts alone.

    Args:
        settings: Where the warehouse is; the reporter's rights are enough.
        account: A group account id, an account record's number, or part of a name.
        month: The month to explain; None takes the last published one.
        scorecard_id: The scorecard whose score is explained.

    Returns:
        The account, its score, one entry per indicator, its records, its leads and the
        ranks that surround the next cut-off.

    Raises:
        UsageError: No account, or more than one, answers to that name.
    """
    with (
        connect(settings, "reporter", stage="explain") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        month = month or _find_last_month(cursor)
        group_account_id = find_account(cursor, account, month)
        key = {"id": group_account_id, "month": month, "scorecard": scorecard_id}
        score = _fetch(cursor, _SCORE, key)
        if not score:
            check_scorecard(cursor, scorecard_id)
        return {
            "month": month,
            "account": _fetch(cursor, _ACCOUNT, key)[0],
            "score": score[0] if score else None,
            "points": _fetch(cursor, _POINTS, key),
            "records": _fetch(cursor, _RECORDS, key),
            "leads": _fetch(cursor, _LEADS, key),
            "next_tier": _fetch(cursor, _NEXT_TIER, key),
        }


def render_explanation(explanation: dict[str, Any], console: Console) -> None:
    """Print an explanation as an account manager would read it."""
    account, score = explanation["account"], explanation["score"]
    parts: list[Any] = [
        Text(f"{account['account_name']}  {account['group_account_id']}", style="bold"),
        Text(
            f"{explanation['month']:%Y-%m} · branch {account['branch_id']} · "
            f"{account['initial_class']} · manager {account['manager_id'] or '-'}"
        ),
    ]
    if score is None:
        parts.append(Text("This account has no score in this month.", style="yellow"))
    else:
        parts += [_render_points(explanation["points"]), _render_score(score)]
    parts += [_render_next(row) for row in explanation["next_tier"][:1]]
    parts.append(_render_records(explanation["records"]))
    parts += [_render_lead(lead) for lead in explanation["leads"]]
    console.print(Group(*parts))


_ACCOUNT = """
select *
from marts.dim_group_accounts
where month = %(month)s and group_account_id = %(id)s
"""

_SCORE = """
select *
from marts.fct_account_scores
where
    month = %(month)s
    and group_account_id = %(id)s
    and scorecard_id = %(scorecard)s
"""

_POINTS = """
select
    points.*,
    indicators.indicator_name,
    indicators.indicator_name_zh,
    indicators.unit
from marts.fct_account_points as points
inner join marts.dim_indicators as indicators
    on points.indicator_id = indicators.indicator_id
where
    points.month = %(month)s
    and points.group_account_id = %(id)s
    and points.scorecard_id = %(scorecard)s
order by points.dimension, indicators.position
"""

_RECORDS = """
select
    source_record_id, system_name, account_id_crm, account_name_crm, is_senior,
    match_basis
from marts.bridge_account_records
where month = %(month)s and group_account_id = %(id)s
order by is_senior desc, account_id_crm
"""

_LEADS = """
select
    lead_rule_id, lead_name, lead_name_zh, priority, lead_status, outcome, evidence
from marts.fct_leads
where month = %(month)s and group_account_id = %(id)s
order by lead_rule_id
"""

# The lowest account of each better tier of the same partition: its points are the bar.
# Sub-tiers share it: what parts them is X against Y, not the total.
_NEXT_TIER = """
select
    left(others.raw_tier, 1) as tier,
    min(others.total_points) as total_points_needed,
    max(others.value_rank) as last_rank,
    min(others.total_points) - max(own.total_points) as points_missing
from marts.fct_account_scores as own
inner join marts.fct_account_scores as others
    on
        own.scorecard_id = others.scorecard_id
        and own.month = others.month
        and own.partition_id = others.partition_id
        and left(others.raw_tier, 1) < left(own.raw_tier, 1)
        and others.value_rank is not null
where
    own.month = %(month)s
    and own.group_account_id = %(id)s
    and own.scorecard_id = %(scorecard)s
    and own.value_rank is not null
group by left(others.raw_tier, 1)
order by total_points_needed, tier
"""


def _fetch(
    cursor: psycopg.Cursor, query: str, key: dict[str, Any]
) -> list[dict[str, Any]]:
    return [dict(row) for row in cursor.execute(query, key).fetchall()]


def _find_last_month(cursor: psycopg.Cursor) -> date:
    row = cursor.execute(
        "select max(month) as month from marts.dim_group_accounts"
    ).fetchone()
    if row is None or row["month"] is None:
        raise UsageError(
            "Nothing has been published yet.", cure="Run `make nightly` first."
        )
    return row["month"]


def check_scorecard(cursor: psycopg.Cursor, scorecard_id: str) -> None:
    """Refuse a scorecard that was never published.

    Raises:
        UsageError: There is no such scorecard.
    """
    known = cursor.execute("select distinct scorecard_id from marts.dim_scorecards")
    names = sorted(row["scorecard_id"] for row in known.fetchall())
    if scorecard_id not in names:
        raise UsageError(
            f"There is no scorecard {scorecard_id}.",
            f"Published are {', '.join(names) or 'none'}.",
        )


def find_account(cursor: psycopg.Cursor, account: str, month: date) -> str:
    """Resolve an id, a record's number or a name; old ids resolve for ever."""
    found = cursor.execute(
        """
        with

        matches as (

            select group_account_id, account_name, 1 as closeness
            from marts.dim_group_accounts
            where month = %(month)s and group_account_id = %(account)s
            union all
            select bridge.group_account_id, bridge.account_name_crm, 2
            from marts.bridge_account_records as bridge
            where
                bridge.month = %(month)s
                and (
                    bridge.account_id_crm = %(account)s
                    or bridge.source_record_id = 'r' || substr(%(account)s, 2)
                )
            union all
            select bridge.group_account_id, bridge.account_name_crm, 3
            from marts.bridge_account_records as bridge
            where
                bridge.month = %(month)s and bridge.account_name_crm = %(account)s
            union all
            select bridge.group_account_id, bridge.account_name_crm, 4
            from marts.bridge_account_records as bridge
            where
                bridge.month = %(month)s
                and strpos(bridge.account_name_crm, %(account)s) > 0

        )

        select group_account_id, min(account_name) as account_name
        from matches
        where closeness = (select min(closeness) from matches)
        group by group_account_id
        order by group_account_id
        limit 11
        """,
        {"month": month, "account": account},
    ).fetchall()
    if len(found) == 1:
        return found[0]["group_account_id"]
    if not found:
        raise UsageError(
            f"No account in {month:%Y-%m} answers to {account!r}.",
            cure="Give a group account id, a CRM number or part of the name.",
        )
    listed = "; ".join(
        f"{row['group_account_id']} {row['account_name']}" for row in found[:10]
    )
    raise UsageError(
        f"More than one account answers to {account!r}: {listed}"
        + (" …" if len(found) > 10 else ""),
        cure="Give one of these ids.",
    )


def _render_lead(lead: dict[str, Any]) -> Text:
    """A lead with each condition, what was found and whether it is met."""
    head = (
        f"\nLead {lead['lead_rule_id']}: {lead['lead_name']} ({lead['lead_name_zh']}), "
        f"priority {lead['priority']}, {lead['lead_status']}"
    )
    conditions = [
        f"  {'✓' if found['is_met'] else '·'} {found['metric']} {found['value']}, "
        f"{found['comparison'].replace('_', ' ')} {found['threshold']}"
        for found in lead["evidence"]
    ]
    return Text("\n".join([head, *conditions]))


def _show_value(row: dict[str, Any]) -> str:
    """A value as people read it; known to be none is not the same as missing."""
    if row["is_missing"]:
        return "missing"
    value = row["indicator_value"]
    return "none" if value is None else f"{value.normalize():,f}"


def _points(hundredths: int | None) -> str:
    return "-" if hundredths is None else f"{hundredths / 100:.2f}"


def _render_points(points: list[dict[str, Any]]) -> Table:
    table = Table(box=None, title="\nPoints", title_justify="left")
    for name, justify in (
        ("indicator", "left"),
        ("value", "right"),
        ("unit", "left"),
        ("band", "left"),
        ("points", "right"),
        ("of", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in points:
        low = "-∞" if row["band_from"] is None else f"{row['band_from']:,}"
        high = "∞" if row["band_to"] is None else f"{row['band_to']:,}"
        table.add_row(
            f"{row['dimension'].upper()} {row['indicator_name']} "
            f"({row['indicator_name_zh']})",
            _show_value(row),
            row["unit"],
            "" if row["is_missing"] else f"[{low}, {high})".replace("[", r"\["),
            _points(row["points"]),
            _points(row["max_points"]),
        )
    return table


def _render_score(score: dict[str, Any]) -> Text:
    tiers = score["effective_tier"]
    if score["effective_tier"] != score["raw_tier"]:
        tiers = (
            f"{score['raw_tier']} by the rule, {score['effective_tier']} by override: "
            f"{score['override_reason']} (until {score['override_valid_to']})"
        )
    text = (
        f"\nX {_points(score['x_points'])} + Y {_points(score['y_points'])} + "
        f"Z {_points(score['z_points'])} = {_points(score['total_points'])} "
        f"by {score['scorecard_id']} {score['scorecard_version']}; "
        f"{score['completeness_pct']:.0f} % of the weights known"
        f"{' (provisional)' if score['is_provisional'] else ''}"
        f"\nRank {score['value_rank'] or '-'} of {score['population'] or '-'} in "
        f"{score['partition_id']}: tier {tiers}; former grade "
        f"{score['former_grade'] or '-'}"
    )
    return Text(text, style="bold")


def _render_next(row: dict[str, Any]) -> Text:
    return Text(
        f"{row['tier']} begins at {_points(row['total_points_needed'])} points "
        f"(rank {row['last_rank']}): {_points(row['points_missing'])} points away"
    )


def _render_records(records: list[dict[str, Any]]) -> Table:
    table = Table(box=None, title="\nSource records", title_justify="left")
    for name in ("record", "system", "name", "joined by"):
        table.add_column(name)
    for row in records:
        table.add_row(
            row["account_id_crm"],
            row["system_name"],
            row["account_name_crm"],
            "senior" if row["is_senior"] else row["match_basis"],
        )
    return table
