"""The command that compares scorecards, or versions of one, on the same month."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.text import Text

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.report.comparing import Comparison, compare_cards, compare_versions
from jinta.report.explain_text import write_branch
from jinta.runs.ledger import parse_month
from jinta.settings import load_settings
from jinta.trials.rendering import encode_json, make_table, write_tables

_VERSIONS = 2


def compare(
    scorecard: Annotated[str, typer.Argument(help="The scorecard on the left.")],
    other: Annotated[
        str | None, typer.Argument(help="The scorecard on the right.")
    ] = None,
    version: Annotated[
        list[str] | None,
        typer.Option(help="Instead of another scorecard: two versions, given twice."),
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Month such as 2025-12; the last one if empty.")
    ] = None,
    branch: Annotated[str | None, typer.Option(help="One branch only.")] = None,
    to_csv: Annotated[
        Path | None, typer.Option("--csv", help="Folder to write all tables to.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where two scorecards, or two versions of one, put the same accounts."""
    found = _compare(
        scorecard,
        other,
        version or [],
        parse_month(month, "--month"),
        branch,
        with_accounts=to_csv is not None,
    )
    if to_csv is not None:
        write_tables(to_csv, found.tables)
    if as_json:
        tables = {k: rows for k, rows in found.tables.items() if k != "accounts"}
        typer.echo(encode_json(found.summary | {"tables": tables}))
    else:
        render_comparison(found, make_console())


def _compare(
    scorecard: str,
    other: str | None,
    versions: list[str],
    month: date | None,
    branch: str | None,
    *,
    with_accounts: bool,
) -> Comparison:
    """Compare with another scorecard, or two versions."""
    settings = load_settings()
    if scorecard == other or len(set(versions)) < len(versions):
        raise UsageError(
            "There is nothing to compare: both sides are the same.",
            "Name another scorecard, or two different versions.",
        )
    if other is not None and not versions:
        return compare_cards(
            settings, scorecard, other, month, branch, with_accounts=with_accounts
        )
    if other is not None or len(versions) != _VERSIONS:
        raise UsageError(
            "It takes two to compare.",
            "Name another scorecard, or --version twice: left, then right.",
        )
    pair = (versions[0], versions[1])
    return compare_versions(
        settings, scorecard, pair, month, branch, with_accounts=with_accounts
    )


def render_comparison(found: Comparison, console: Console) -> None:
    """Print how much the two agree, tier by tier, and who stands elsewhere."""
    summary = found.summary
    branch = f", branch {write_branch(summary)}" if summary["branch_id"] else ""
    correlation = summary["rank_correlation"]
    told = "-" if correlation is None else f"{correlation:.3f}"
    deviation = summary["mean_deviation"]
    same = summary["same_tier_band"]
    in_band = "" if same is None else f"{same:,} in the same band; "
    console.print(
        Group(
            Text(
                f"{summary['left']} against {summary['right']}, "
                f"{summary['month']:%Y-%m}{branch}",
                style="bold",
            ),
            Text(
                f"{summary['accounts']:,} accounts ranked by both; "
                f"{in_band}rank correlation {told}; places differ by "
                f"{'-' if deviation is None else deviation} of 100 on average"
            ),
            make_table("Accounts and revenue, tier by tier", found.tables["matrix"]),
            make_table("Furthest apart", found.tables["deviations"]),
        )
    )
