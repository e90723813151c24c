"""The command that compares two states of all accounts: `jinta changes`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import sql
from rich.console import Console
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.private_files import write_private
from jinta.report.changes import PARTS, ChangeBridge, open_bridge
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.report.states import State, find_state
from jinta.report.summary import encode_value
from jinta.runs.ledger import parse_month
from jinta.settings import Settings, load_settings
from jinta.spreadsheets import encode_csv
from jinta.warehouse import connect


def changes(
    from_month: Annotated[
        str | None, typer.Argument(metavar="FROM", help="Month such as 2024-05.")
    ] = None,
    to_month: Annotated[
        str | None, typer.Argument(metavar="TO", help="Month such as 2024-06.")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Compare two publications of this month.")
    ] = None,
    from_publication: Annotated[
        int | None, typer.Option(help="Publication that showed the old state.")
    ] = None,
    to_publication: Annotated[
        int | None, typer.Option(help="Publication that showed the new one; the last.")
    ] = None,
    scorecard: Annotated[str, typer.Option(help="The scorecard.")] = DEFAULT_SCORECARD,
    branch: Annotated[str | None, typer.Option(help="Only this branch.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Movers to list.")] = 10,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write all accounts to this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Split the difference of every account's score between two months.

    With --month and --from-publication: between two publications of one month.
    """
    months = (from_month or month, to_month or month)
    if None in months or (month and from_month):
        raise UsageError(
            "Say between what.",
            "`jinta changes 2024-05 2024-06` compares months, `jinta changes --month "
            "2024-06 --from-publication 3` two publications of one.",
        )
    if month and from_publication is None:
        raise UsageError(
            "One month needs an older publication.",
            "Give --from-publication; `jinta publications` lists them.",
        )
    settings = load_settings()
    with connect(settings, "transformer", stage="changes") as connection:
        old, new = (
            find_state(connection, _parse(text), scorecard, publication)
            for text, publication in zip(
                months, (from_publication, to_publication), strict=True
            )
        )
    report = collect_changes(settings, old, new, branch)
    if csv_file:
        _write_csv(csv_file, report["accounts"])
    if as_json:
        report["accounts"] = report["accounts"][:limit]
        json.dump(
            report, sys.stdout, default=encode_value, ensure_ascii=False, indent=2
        )
        sys.stdout.write("\n")
        return
    render_changes(report, make_console(), limit)


def collect_changes(
    settings: Settings, old: State, new: State, branch: str | None = None
) -> dict[str, Any]:
    """Collect the bridge of all accounts, the biggest movers first.

    Args:
        settings: Whose warehouse.
        old: The state that is explained from.
        new: The state that is explained to.
        branch: Only accounts that belong to this branch in either state.

    Returns:
        The two states, whether the old month was replayed, the sum of each part, how
        many accounts did what, tier changes by cause, and one entry per account.
    """
    with open_bridge(settings, old, new) as bridge:
        accounts = _fetch_accounts(bridge, branch)
    if branch is not None and not accounts:
        raise UsageError(
            f"The branch {branch} has no account in these months.",
            "Name a branch by its branch_id, as in dim_group_accounts.",
        )
    return {
        "from": _describe(old),
        "to": _describe(new),
        "scorecard_id": new.scorecard_id,
        "is_replayed": bridge.is_regrouped,
        "parts": {part: _sum_part(accounts, part) for part in PARTS},
        "changed_points": sum(row["changed_points"] for row in accounts),
        "account_changes": _count(accounts, "account_change"),
        "tier_changes": _count(accounts, "tier_change_cause"),
        "accounts": accounts,
    }


def render_changes(report: dict[str, Any], console: Console, limit: int) -> None:
    """Print the sums and the biggest movers."""
    old, new = report["from"], report["to"]
    console.print(
        f"{report['scorecard_id']} from {old['month']:%Y-%m} (publication "
        f"{old['publication_id']}, {old['scorecard_version']}) to {new['month']:%Y-%m} "
        f"(publication {new['publication_id']}, {new['scorecard_version']})",
        style="bold",
        highlight=False,
    )
    table = Table(box=None, header_style="bold")
    for heading in ("part", "accounts", "up", "down", "net"):
        table.add_column(heading, justify="left" if heading == "part" else "right")
    for part, sums in report["parts"].items():
        table.add_row(
            part,
            f"{sums['accounts']:,}",
            *(show_points(sums[name]) for name in ("up", "down", "net")),
        )
    table.add_row("all", "", "", "", show_points(report["changed_points"]))
    console.print(table)
    console.print(
        f"The parts of all {len(report['accounts']):,} accounts add up to their "
        f"difference. Accounts: {_list_counts(report['account_changes'])}. "
        f"Tiers: {_list_counts(report['tier_changes'])}.",
        highlight=False,
    )
    moved = [row for row in report["accounts"] if row["changed_points"]]
    if moved:
        console.print(_render_movers(moved[:limit]))


def show_points(hundredths: int) -> str:
    """Hundredths as points with their sign."""
    return "0" if hundredths == 0 else f"{hundredths / 100:+,.2f}"


def _parse(text: str | None) -> Any:
    parsed = parse_month(text)
    assert parsed is not None
    return parsed


def _fetch_accounts(bridge: ChangeBridge, branch: str | None) -> list[dict[str, Any]]:
    query = sql.SQL(
        """
        with

        named as (

            select distinct on (group_account_id)
                group_account_id,
                account_name,
                branch_id
            from (
                select 1 as place, group_account_id, account_name, branch_id
                from marts.dim_group_accounts_as_shown
                where month = %(new_month)s and shown_from <= %(new_shown_at)s
                and (shown_until is null or shown_until > %(new_shown_at)s)
                union all
                select 2, group_account_id, account_name, branch_id
                from marts.dim_group_accounts_as_shown
                where month = %(old_month)s and shown_from <= %(old_shown_at)s
                and (shown_until is null or shown_until > %(old_shown_at)s)
            ) as sides
            order by group_account_id, place

        )

        select
            bridge.*,
            named.account_name,
            named.branch_id,
            tiers.old_raw_tier,
            tiers.new_raw_tier,
            tiers.old_effective_tier,
            tiers.new_effective_tier,
            tiers.tier_change_cause,
            tiers.old_value_rank,
            tiers.new_value_rank,
            tiers.bar_tier,
            tiers.old_bar_points,
            tiers.new_bar_points
        from score_bridge as bridge
        left join {tiers} as tiers
            on bridge.group_account_id = tiers.group_account_id
        left join named
            on bridge.group_account_id = named.group_account_id
        where %(branch)s::text is null or named.branch_id = %(branch)s
        order by abs(bridge.changed_points) desc, bridge.group_account_id
        """
    ).format(tiers=bridge.replay.relation("fct_tier_changes"))
    return bridge.fetch(
        query,
        branch=branch,
        old_month=bridge.old.month,
        old_shown_at=bridge.old.shown_at,
        new_month=bridge.new.month,
        new_shown_at=bridge.new.shown_at,
    )


def _describe(state: State) -> dict[str, Any]:
    return {
        "month": state.month,
        "publication_id": state.publication_id,
        "computed_by": state.computed_by,
        "scorecard_version": state.scorecard_version,
    }


def _sum_part(accounts: list[dict[str, Any]], part: str) -> dict[str, int]:
    values = [row[f"{part}_points"] for row in accounts]
    return {
        "accounts": sum(value != 0 for value in values),
        "up": sum(value for value in values if value > 0),
        "down": sum(value for value in values if value < 0),
        "net": sum(values),
    }


def _count(accounts: list[dict[str, Any]], column: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in accounts:
        if row[column] is not None:
            counts[row[column]] = counts.get(row[column], 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _list_counts(counts: dict[str, int]) -> str:
    named = [f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items()]
    return ", ".join(named) or "none changed"


def _render_movers(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold", title_justify="left")
    for heading in ("account", "name", "from", "to", *PARTS, "tier"):
        is_text = heading in ("account", "name", "tier")
        table.add_column(heading, justify="left" if is_text else "right")
    for row in rows:
        tiers = ""
        if row["tier_change_cause"]:
            tiers = (
                f"{row['old_effective_tier'] or '-'} → "
                f"{row['new_effective_tier'] or '-'} "
                f"({row['tier_change_cause'].replace('_', ' ')})"
            )
        table.add_row(
            row["group_account_id"],
            row["account_name"] or "",
            f"{row['old_total_points'] / 100:.2f}",
            f"{row['new_total_points'] / 100:.2f}",
            *(show_points(row[f"{part}_points"]) for part in PARTS),
            tiers,
        )
    return table


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    try:
        columns = list(rows[0]) if rows else ["group_account_id"]
        write_private(path, encode_csv(columns, rows))
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}.", "Name another file."
        ) from error
