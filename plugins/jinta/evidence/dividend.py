"""The dedupe dividend: what joining duplicate records does to the tiers.

The month is built once more with one account per record and compared with what is
published. An organisation whose revenue was split over duplicates can look like several
small ones (wrongly C); one that is in the files twice can hold two places in A.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg import sql
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jinta.errors import JintaError, UsageError
from jinta.evidence.charts import draw_bars
from jinta.evidence.html import (
    Html,
    element,
    facts,
    section,
    show,
    show_month,
    show_points,
    table,
)
from jinta.evidence.personal import require_auditor
from jinta.evidence.statements import fetch_dicts, load_statement
from jinta.replay import Replay, open_replay
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.settings import Settings
from jinta.warehouse import connect

# Pages list so many accounts; JSON has all.
LISTED = 50
_METHOD = """
The month was built again from what its publication knew, with one account per source
record. Ranked accounts only; tiers by the rule alone. An account was wrongly in the
lowest tier when each of its ranked records would be there and the account is not. A
place is freed when the records of one account held more than one place above the lowest
tier: the best one is the account's own.
"""


def find_publication(settings: Settings, month: date | None) -> dict[str, Any]:
    """Find the month, and the publication that set what readers see of it.

    Raises:
        UsageError: Nothing, or not this month, is published.
    """
    with connect(settings, "transformer", stage="evidence") as connection:
        rows = fetch_dicts(connection, "month_publication", {"month": month})
    if not rows:
        raise UsageError(
            f"{show_month(month)} is not published."
            if month
            else "Nothing has been published yet.",
            "`jinta publications` lists what is; `make nightly` publishes.",
        )
    return rows[0]


def measure_dividend(
    settings: Settings,
    month: date | None = None,
    scorecard_id: str = DEFAULT_SCORECARD,
    *,
    is_personal: bool = False,
) -> dict[str, Any]:
    """Compare a published month with the same month without any joining of records.

    Both are built from what the month's publication knew. Tiers are those by the rule
    alone: their shares are exact, so a place that is freed goes to somebody else.

    Args:
        settings: Whose warehouse.
        month: The month; None takes the last published one.
        scorecard_id: The scorecard.
        is_personal: Whether names of sole traders are shown; needs the auditor's login.

    Returns:
        `total` and one entry per branch in `branches`, `accounts` that gained or freed
        something with what each of their records would be alone, and the revenue sums.

    Raises:
        JintaError: Revenue was made or lost in dividing: the comparison says nothing.
    """
    if is_personal:
        require_auditor(settings)
    found = find_publication(settings, month)
    key = {"scorecard": scorecard_id, "month": found["month"]}
    with open_replay(
        settings, [found["month"]], publication_id=found["publication_id"]
    ) as replay:
        parts = _build_singles(replay)
        session = replay.connection
        session.execute(load_statement("dividend_records", **parts), key)
        session.execute(load_statement("dividend_accounts"))
        session.execute(load_statement("sole_traders"), key)
        branches = fetch_dicts(session, "dividend_branches", key)
        accounts = fetch_dicts(session, "dividend_list", key, **_mask(is_personal))
        sums = fetch_dicts(session, "dividend_sums", key, **parts)[0]
    _check(branches, sums, found, scorecard_id)
    return {
        "scorecard_id": scorecard_id,
        "month": found["month"],
        "publication_id": found["publication_id"],
        "amount": sums["amount"],
        "total": next(row for row in branches if row["branch_id"] is None),
        "branches": [row for row in branches if row["branch_id"] is not None],
        "accounts": accounts,
    }


def describe_dividend(result: dict[str, Any]) -> str:
    """Say in one sentence what joining brought."""
    total = result["total"]
    held = sorted(total["freed_places"].items())
    freed = ", ".join(f"{count} in {band}" for band, count in held) or "none"
    rescued = total["rescued_accounts"]
    return (
        f"{show_month(result['month'])}: joining {total['records']:,} records to "
        f"{total['accounts']:,} accounts lifted {rescued:,} "
        f"{'account' if rescued == 1 else 'accounts'} out of the lowest tier "
        f"({show(total['rescued_amount'])} of revenue a month). Places that duplicates "
        f"held and that are free now: {freed}."
    )


def build_dividend_parts(result: dict[str, Any]) -> list[Html]:
    """Make the sections of the dividend's page."""
    bands = _list_bands(result)
    rows = [
        [row["branch_id"] or "all (合计)", *_list_figures(row, bands)]
        for row in (*result["branches"], result["total"])
    ]
    return [
        element("p", describe_dividend(result), class_="verdict"),
        facts(
            [
                ("Scorecard (评分卡)", result["scorecard_id"]),
                ("Month (账期)", show_month(result["month"])),
                ("Publication", result["publication_id"]),
                ("Revenue either way", show(result["amount"])),
            ]
        ),
        _draw_branches(result),
        section("By branch (分公司)", table(_name_figures(bands), rows)),
        section("Accounts (客户)", *_build_accounts(result)),
        section("How it was measured (口径)", element("p", " ".join(_METHOD.split()))),
    ]


def _draw_branches(result: dict[str, Any]) -> Html:
    bars = [
        (
            row["branch_id"],
            [
                row["duplicates"],
                row["rescued_accounts"],
                sum(row["freed_places"].values()),
            ],
        )
        for row in result["branches"]
    ]
    return draw_bars(
        "Duplicates, accounts wrongly in the lowest tier, and places freed, by branch",
        bars,
        ["duplicates (重复档案)", "wrongly lowest (误评)", "places freed (释放名额)"],
    )


def _build_accounts(result: dict[str, Any]) -> list[Html]:
    shown = result["accounts"][:LISTED]
    return [
        element(
            "p",
            f"{len(shown)} of {len(result['accounts'])}, those out of the lowest tier "
            "first, by revenue.",
            class_="soft",
        ),
        table(
            [
                *("account", "name", "branch", "tier", "points", "revenue", "why"),
                "its records alone",
            ],
            [_list_account(row) for row in shown],
        ),
    ]


def render_dividend(result: dict[str, Any], console: Console) -> None:
    """Print the dividend for people."""
    console.print(Text(describe_dividend(result), style="bold"))
    bands = _list_bands(result)
    listing = Table(box=None)
    for place, heading in enumerate(_name_figures(bands)):
        listing.add_column(heading, justify="right" if place else "left")
    for row in (*result["branches"], result["total"]):
        listing.add_row(
            row["branch_id"] or "all", *(show(v) for v in _list_figures(row, bands))
        )
    console.print(listing)
    accounts = Table(box=None, title="\nAccounts", title_justify="left")
    for heading in ("account", "name", "tier", "revenue", "why", "its records alone"):
        accounts.add_column(
            heading, justify="right" if heading == "revenue" else "left"
        )
    for row in result["accounts"][:LISTED]:
        accounts.add_row(
            row["group_account_id"],
            row["account_name"],
            row["tier"],
            show(row["amount"]),
            _say_why(row),
            "; ".join(_say_single(single) for single in row["singles"]),
        )
    console.print(accounts)


def _check(
    branches: list[dict[str, Any]],
    sums: dict[str, Any],
    found: dict[str, Any],
    scorecard_id: str,
) -> None:
    """Refuse to compare what can't be compared."""
    if not branches:
        raise UsageError(
            f"No account was ranked by {scorecard_id} in {show_month(found['month'])}.",
            "`jinta rules list` shows the scorecards.",
        )
    if sums["amount"] != sums["single_amount"]:
        raise JintaError(
            f"Without joining, {show_month(found['month'])} has a revenue of "
            f"{show(sums['single_amount'])} instead of {show(sums['amount'])}.",
            "What is published does not come from this version's models: publish the "
            "month again.",
        )


def _build_singles(replay: Replay) -> dict[str, sql.Composable]:
    """Build the month with one account per record."""
    replay.build(["int_accounts__records_current"])
    records = replay.relation("int_accounts__records_current")
    replay.replace(
        "int_accounts__records_clustered",
        load_statement("single_records", records=records),
    )
    replay.build(["fct_account_indicators", "fct_account_scores"])
    return {
        "scores": replay.relation("fct_account_scores"),
        "indicators": replay.relation("fct_account_indicators"),
    }


def _mask(is_personal: bool) -> dict[str, sql.Composable]:
    return {
        "is_masked": sql.Literal(not is_personal),
        "sole_trader": sql.SQL(
            "accounts.group_account_id in (select group_account_id from sole_traders)"
        ),
    }


def _list_bands(result: dict[str, Any]) -> list[str]:
    return sorted({band for row in result["branches"] for band in row["freed_places"]})


def _name_figures(bands: list[str]) -> list[str]:
    return [
        *("branch", "records", "accounts", "duplicates", "wrongly lowest"),
        *("their revenue", "raised in all"),
        *(f"{band} places freed" for band in bands),
        *("accounts that held several", "their revenue"),
    ]


def _list_figures(row: dict[str, Any], bands: list[str]) -> list[Any]:
    return [
        *(row["records"], row["accounts"], row["duplicates"]),
        *(row["rescued_accounts"], row["rescued_amount"], row["raised_accounts"]),
        *(row["freed_places"].get(band, 0) for band in bands),
        *(row["accounts_with_freed_places"], row["amount_with_freed_places"]),
    ]


def _list_account(row: dict[str, Any]) -> list[Any]:
    return [
        element("code", row["group_account_id"]),
        row["account_name"],
        row["branch_id"],
        row["tier"],
        show_points(row["total_points"]),
        row["amount"],
        _say_why(row),
        Html("<br/>".join(element("span", _say_single(s)) for s in row["singles"])),
    ]


def _say_why(row: dict[str, Any]) -> str:
    reasons = []
    if row["is_rescued"]:
        reasons.append("wrongly lowest")
    elif row["is_raised"]:
        reasons.append("raised")
    reasons += [
        f"held {count} more in {band}"
        for band, count in sorted(row["freed_places"].items())
    ]
    return ", ".join(reasons)


def _say_single(single: dict[str, Any]) -> str:
    return (
        f"{single['account_id_crm']} {single['account_name_crm']}: {single['tier']}, "
        f"{show_points(single['total_points'])} points, {show(single['amount'])}"
    )
