"""The summary of a run: what the terminal shows, and `--json` gives to machines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from jinta.report.rules import DEFAULT_SCORECARD
from jinta.runs.stale import list_stale_months
from jinta.settings import Settings
from jinta.warehouse import connect


def summarise_run(settings: Settings, run_id: str) -> dict[str, Any]:
    """Collect what a run landed, merged, checked, published and changed.

    Returns:
        A dict of plain values, ready for JSON; see `docs/operations.md`.
    """
    with (
        connect(settings, "transformer", run_id=run_id, stage="report") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        run = _fetch_one(
            cursor,
            "select run_id, kind, requested, status, error, as_of_date, sources_path, "
            "started_at, finished_at, publication_id, "
            "round(extract(epoch from coalesce(finished_at, clock_timestamp()) "
            "- started_at)::numeric, 1) as seconds "
            "from control.runs where run_id = %s",
            run_id,
        )
        summary: dict[str, Any] = {
            **run,
            "database": settings.database,
            "landed": _fetch_landed(cursor, run_id),
            "gates": _fetch_gates(cursor, run_id),
            "stages": _fetch_stages(cursor, run_id),
            "nodes": _fetch_nodes(cursor, run_id),
            "plan": _fetch_plan(cursor, run_id),
            "held": _fetch_held(cursor, run_id),
        }
        if run["publication_id"] is not None:
            summary |= _describe_publication(cursor, run["publication_id"])
    with connect(settings, "publisher", run_id=run_id, stage="report") as connection:
        summary["stale"] = {
            f"{month:%Y-%m}": reason
            for month, reason in list_stale_months(
                connection, settings.dbt_project
            ).items()
        }
    return summary


def encode_value(value: Any) -> int | float | str:
    """Write a value that JSON does not know: numbers as numbers, the rest as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def render_summary(summary: dict[str, Any], console: Console) -> None:
    """Print a run's summary for people."""
    parts: list[Any] = [_render_landed(summary["landed"])]
    if summary["gates"]:
        parts.append(_render_gates(summary["gates"]))
    if summary.get("accounts"):
        parts.append(_render_accounts(summary["accounts"]))
    if summary.get("pyramid"):
        parts.append(_render_pyramid(summary["pyramid"]))
    if summary.get("cards"):
        parts.append(_render_cards(summary["cards"], max(summary["months"])))
    if summary.get("changes") is not None:
        parts.append(_render_changes(summary))
    parts.append(_render_stages(summary["stages"]))
    if summary["stale"]:
        parts.append(_render_stale(summary["stale"]))
    if summary["held"]:
        parts.append(_render_held(summary["held"]))
    if summary["status"] == "empty":
        which = summary["requested"]["which"]
        parts.append(Text(f"\nNo month is {which}: nothing was built.", style="green"))
    if summary["publication_id"] is not None:
        parts.append(_render_verdict(summary))
    console.print(Group(*parts))


def _fetch_one(cursor: psycopg.Cursor, query: str, *arguments: Any) -> dict[str, Any]:
    row = cursor.execute(query, list(arguments)).fetchone()
    return dict(row) if row else {}


def _fetch_all(
    cursor: psycopg.Cursor, query: str, *arguments: Any
) -> list[dict[str, Any]]:
    """All rows; arguments are values in order, or one dict of named ones."""
    named = arguments and isinstance(arguments[0], dict)
    values = arguments[0] if named else list(arguments)
    return [dict(row) for row in cursor.execute(query, values).fetchall()]


def _fetch_landed(cursor: psycopg.Cursor, run_id: str) -> list[dict[str, Any]]:
    return _fetch_all(
        cursor,
        """
        select
            system_name, table_name, rows_extracted, rows_new, rows_changed,
            rows_unchanged, rows_ended, rows_quarantined,
            rows_collapsed + rows_excluded as rows_left_out
        from control.loads
        where run_id = %s
        order by system_name, table_name, load_id
        """,
        run_id,
    )


def _fetch_gates(cursor: psycopg.Cursor, run_id: str) -> list[dict[str, Any]]:
    return _fetch_all(
        cursor,
        """
        select
            gate,
            count(*) as checks,
            count(*) filter (where not passed and severity = 'critical') as critical,
            count(*) filter (where not passed and severity = 'warning') as warnings,
            coalesce(
                array_agg(severity || ': ' || message order by severity, month, message)
                filter (where not passed), '{}'
            ) as messages
        from control.gate_results
        where run_id = %s
        group by gate
        order by min(checked_at)
        """,
        run_id,
    )


def _fetch_stages(cursor: psycopg.Cursor, run_id: str) -> list[dict[str, Any]]:
    return _fetch_all(
        cursor,
        """
        select
            stage, status, attempts,
            round(extract(epoch from coalesce(finished_at, clock_timestamp())
            - started_at)::numeric, 2) as seconds
        from control.stages
        where run_id = %s
        order by started_at
        """,
        run_id,
    )


def _fetch_nodes(cursor: psycopg.Cursor, run_id: str) -> list[dict[str, Any]]:
    """What dbt built in each stage, and how long it took."""
    return _fetch_all(
        cursor,
        """
        select
            stages.stage,
            node ->> 'name' as name,
            node ->> 'type' as type,
            node ->> 'started_at' as started_at,
            (node ->> 'seconds')::float as seconds
        from control.stages as stages
        cross join lateral jsonb_array_elements(stages.detail -> 'nodes') as node
        where stages.run_id = %s and stages.detail ? 'nodes'
        order by started_at
        """,
        run_id,
    )


def _fetch_plan(cursor: psycopg.Cursor, run_id: str) -> list[dict[str, Any]]:
    """The months that the run meant to build, with chunk and reason."""
    return _fetch_all(
        cursor,
        """
        select
            run_plan.month,
            run_plan.chunk,
            coalesce(
                stages.detail -> 'reasons' ->> to_char(run_plan.month, 'YYYY-MM'),
                'the month before was restated'
            ) as reason
        from control.run_plan as run_plan
        left join control.stages as stages
            on run_plan.run_id = stages.run_id and stages.stage = 'plan'
        where run_plan.run_id = %s
        order by run_plan.month
        """,
        run_id,
    )


def _fetch_held(cursor: psycopg.Cursor, run_id: str) -> list[dict[str, Any]]:
    """The months that the run meant to build and did not publish with the others."""
    return _fetch_all(
        cursor,
        """
        with

        reasons as (

            select
                months.key as month,
                months.value as reason
            from control.stages as stages
            cross join lateral jsonb_each_text(stages.detail -> 'held') as months
            where stages.run_id = %(run_id)s and stages.detail ? 'held'

        ),

        first_held as (

            select min(month) as month
            from reasons

        )

        select
            run_plan.month,
            coalesce(reasons.reason, 'it follows ' || first_held.month) as reason
        from control.run_plan as run_plan
        inner join first_held
            on to_char(run_plan.month, 'YYYY-MM') >= first_held.month
        left join reasons
            on to_char(run_plan.month, 'YYYY-MM') = reasons.month
        where run_plan.run_id = %(run_id)s
        order by run_plan.month
        """,
        {"run_id": run_id},
    )


def _describe_publication(
    cursor: psycopg.Cursor, publication_id: int
) -> dict[str, Any]:
    slices = _fetch_all(
        cursor,
        "select mart, month, content_hash, row_count, is_stored "
        "from control.publication_slices where set_by_publication_id = %s "
        "and publication_id = set_by_publication_id order by mart, month nulls first",
        publication_id,
    )
    months = sorted({s["month"] for s in slices if s["month"] is not None})
    last = months[-1]
    return {
        "months": months,
        "slices": slices,
        "accounts": _fetch_one(
            cursor,
            """
            select
                count(*) as records,
                count(distinct group_account_id) as accounts,
                (select count(*) from marts.fct_review_pairs) as review_pairs
            from marts.bridge_account_records
            where month = %s
            """,
            last,
        ),
        "pyramid": _fetch_all(
            cursor,
            """
            select
                pyramid.month,
                cards.scorecard_name,
                cards.scorecard_name_zh,
                pyramid.tier,
                tiers.tier_order,
                sum(pyramid.accounts) as accounts,
                sum(pyramid.revenue) as revenue
            from marts.fct_value_pyramid as pyramid
            inner join marts.dim_scorecards as cards
                on
                    pyramid.scorecard_id = cards.scorecard_id
                    and pyramid.scorecard_version = cards.scorecard_version
            inner join marts.dim_scorecard_tiers as tiers
                on
                    pyramid.scorecard_id = tiers.scorecard_id
                    and pyramid.scorecard_version = tiers.scorecard_version
                    and pyramid.tier = tiers.tier
            where pyramid.month = any(%s) and pyramid.scorecard_id = %s
            group by 1, 2, 3, 4, 5
            order by pyramid.month, tiers.tier_order
            """,
            months[-3:],
            DEFAULT_SCORECARD,
        ),
        "cards": _fetch_cards(cursor, last),
        "changes": _fetch_tier_moves(cursor, last),
    }


def _fetch_cards(cursor: psycopg.Cursor, month: Any) -> list[dict[str, Any]]:
    """Accounts by tier of the scorecards beside the group account value."""
    return _fetch_all(
        cursor,
        """
        select
            scores.scorecard_id,
            cards.scorecard_name,
            cards.scorecard_name_zh,
            tiers.tier,
            count(*) as accounts
        from marts.fct_account_scores as scores
        inner join marts.dim_scorecards as cards
            on
                scores.scorecard_id = cards.scorecard_id
                and scores.scorecard_version = cards.scorecard_version
        inner join marts.dim_scorecard_tiers as tiers
            on
                scores.scorecard_id = tiers.scorecard_id
                and scores.scorecard_version = tiers.scorecard_version
                and scores.effective_tier = tiers.tier
        where
            scores.month = %s
            and scores.scorecard_id <> %s
            and scores.population is not null
        group by 1, 2, 3, 4, tiers.tier_order
        order by 1, tiers.tier_order
        """,
        month,
        DEFAULT_SCORECARD,
    )


def _fetch_tier_moves(cursor: psycopg.Cursor, month: Any) -> list[dict[str, Any]]:
    return _fetch_all(
        cursor,
        """
        select
            before.effective_tier as tier_before,
            after.effective_tier as tier_after,
            count(*) as accounts
        from marts.fct_account_scores as after
        inner join marts.fct_account_scores as before
            on
                after.scorecard_id = before.scorecard_id
                and after.group_account_id = before.group_account_id
                and before.month = (after.month - interval '1 month')::date
        where
            after.month = %s
            and after.scorecard_id = %s
            and after.effective_tier is distinct from before.effective_tier
        group by before.effective_tier, after.effective_tier
        order by accounts desc, tier_before, tier_after
        """,
        month,
        DEFAULT_SCORECARD,
    )


def _make_table(title: str, *columns: tuple[str, str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None)
    for name, justify in columns:
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    return table


def _render_landed(landed: list[dict[str, Any]]) -> Table:
    names = (
        "rows_extracted",
        "rows_new",
        "rows_changed",
        "rows_unchanged",
        "rows_ended",
        "rows_quarantined",
        "rows_left_out",
    )
    table = _make_table(
        "Landed",
        ("system", "left"),
        ("table", "left"),
        *((name.removeprefix("rows_").replace("_", " "), "right") for name in names),
    )
    for load in landed:
        table.add_row(
            load["system_name"],
            load["table_name"],
            *(f"{load[name]:,}" for name in names),
        )
    return table


def _render_gates(gates: list[dict[str, Any]]) -> Group:
    table = _make_table(
        "\nGates",
        ("gate", "left"),
        ("checks", "right"),
        ("critical", "right"),
        ("warnings", "right"),
    )
    messages = []
    for gate in gates:
        table.add_row(
            gate["gate"],
            str(gate["checks"]),
            Text(str(gate["critical"]), style="bold red" if gate["critical"] else ""),
            Text(str(gate["warnings"]), style="yellow" if gate["warnings"] else ""),
        )
        messages += gate["messages"]
    shown = [Text(f"  {message}", style="yellow") for message in messages[:12]]
    if len(messages) > 12:
        shown.append(
            Text(f"  … {len(messages) - 12} more: `jinta gates`", style="yellow")
        )
    return Group(table, *shown)


def _render_accounts(accounts: dict[str, Any]) -> Text:
    merged = accounts["records"] - accounts["accounts"]
    return Text(
        f"\nAccounts  {accounts['records']:,} records are {accounts['accounts']:,} "
        f"accounts ({merged:,} merged away), {accounts['review_pairs']:,} pairs wait "
        "in the review queue"
    )


def _render_pyramid(pyramid: list[dict[str, Any]]) -> Table:
    """Tiers in the order of the scorecard, under its name in the last month."""
    months = sorted({row["month"] for row in pyramid})
    last = pyramid[-1]
    table = _make_table(
        f"\n{last['scorecard_name']} ({last['scorecard_name_zh']})", ("tier", "left")
    )
    for month in months:
        table.add_column(f"{month:%Y-%m}", justify="right")
        table.add_column("revenue", justify="right")
        table.add_column("share", justify="right")
    ordered = sorted(pyramid, key=itemgetter("tier_order"))
    tiers = dict.fromkeys(row["tier"] for row in ordered)
    cells = {(row["month"], row["tier"]): row for row in pyramid}
    totals = {
        month: sum(row["revenue"] or 0 for row in pyramid if row["month"] == month)
        for month in months
    }
    for tier in tiers:
        line = []
        for month in months:
            row = cells.get((month, tier), {"accounts": 0, "revenue": 0})
            share = (
                100 * float(row["revenue"] or 0) / float(totals[month])
                if totals[month]
                else 0.0
            )
            line += [
                f"{row['accounts']:,}",
                f"{row['revenue'] or 0:,.0f}",
                f"{share:.1f} %",
            ]
        table.add_row(tier, *line)
    return table


def _render_cards(cards: list[dict[str, Any]], month: date) -> Table:
    table = _make_table(
        f"\nOther scorecards, {month:%Y-%m}",
        ("scorecard", "left"),
        ("ranked accounts by tier", "left"),
    )
    for _, rows in groupby(cards, key=itemgetter("scorecard_id")):
        tiers = list(rows)
        table.add_row(
            f"{tiers[0]['scorecard_name']} ({tiers[0]['scorecard_name_zh']})",
            " · ".join(f"{row['tier']} {row['accounts']:,}" for row in tiers),
        )
    return table


def _render_changes(summary: dict[str, Any]) -> Text:
    moves = summary["changes"]
    last = summary["months"][-1]
    if not moves:
        return Text("\nChanged   no account changed its tier against the month before")
    listed = ", ".join(
        f"{move['tier_before']}→{move['tier_after']} {move['accounts']:,}"
        for move in moves[:8]
    )
    total = sum(move["accounts"] for move in moves)
    return Text(
        f"\nChanged   {total:,} accounts changed tier in {last:%Y-%m} against the "
        f"month before: {listed}"
    )


def _render_stages(stages: list[dict[str, Any]]) -> Text:
    """Name what each stage took, all chunks of it together."""
    seconds: dict[str, float] = {}
    for stage in stages:
        step = stage["stage"].rpartition(": ")[2]
        seconds[step] = seconds.get(step, 0.0) + float(stage["seconds"])
    listed = " · ".join(f"{step} {spent:.1f}" for step, spent in seconds.items())
    return Text(f"\nSeconds   {listed}")


def _render_stale(stale: dict[str, str]) -> Text:
    """Say which months are stale after the run, and the command for them."""
    lines = [f"  {month}  {reason}" for month, reason in list(stale.items())[:12]]
    if len(stale) > 12:
        lines.append(f"  … {len(stale) - 12} more: `jinta months`")
    return Text(
        "\nStale months, which show what was known before (`jinta backfill --stale` "
        "builds them anew):\n" + "\n".join(lines),
        style="yellow",
    )


def _render_held(held: list[dict[str, Any]]) -> Text:
    """Say which months are held back, and why."""
    lines = [f"  {row['month']:%Y-%m}  {row['reason']}" for row in held]
    return Text("\nHeld back, not published:\n" + "\n".join(lines), style="bold red")


def _render_verdict(summary: dict[str, Any]) -> Text:
    months = summary["months"]
    stored = sum(s["is_stored"] for s in summary["slices"])
    equal = len(summary["slices"]) - stored
    span = f"{months[0]:%Y-%m}"
    if len(months) > 1:
        span += f" to {months[-1]:%Y-%m} ({len(months)} months)"
    return Text(
        f"\nPublication {summary['publication_id']} of run {summary['run_id']}: "
        f"{span}, "
        f"{stored} slices stored, {equal} equal to what was published, "
        f"{summary['seconds']} s, database {summary['database']}",
        style="bold green",
    )
