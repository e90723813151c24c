"""`jinta backfill`: build a set of months in one pass, through Airflow, here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from jinta.console import make_console
from jinta.errors import JintaError
from jinta.runs.following import prepare, prepare_sources, run_dag
from jinta.runs.ledger import Request
from jinta.runs.progress import ProgressDisplay
from jinta.settings import Settings
from jinta.warehouse import connect

DAG_ID = "backfill_history"


class MonthsHeld(JintaError):
    """Some months were published, and others failed a gate."""

    exit_code = 3


def run_backfill(
    settings: Settings, request: Request, *, quiet: bool = False, as_json: bool = False
) -> dict[str, Any]:
    """Run the backfill DAG to its end and report on it.

    Args:
        settings: Where everything is.
        request: Sources, range, which months of it, and what a failing gate means.
        quiet: Print nothing while it runs, and only the verdict at the end.
        as_json: Print the summary as one JSON document on standard output.

    Returns:
        The summary of the run.

    Raises:
        MonthsHeld: Months before a failing one were published, it and later ones not.
        RunFailed: A task failed; the message is the task's own.
        UsageError: The request makes no sense.
    """
    console = make_console(stderr=as_json, quiet=quiet)
    _ = request.months  # a range that ends before it begins stops here
    settings = settings.with_sources(Path(request.sources) if request.sources else None)
    prepare(settings, request, console)
    summary = run_dag(
        settings,
        DAG_ID,
        request,
        ProgressDisplay(settings, console),
        quiet=quiet,
        as_json=as_json,
    )
    _check_held(summary)
    return summary


def show_plan(settings: Settings, request: Request) -> None:
    """Print which months a backfill would build now, in which chunks, and why.

    Nothing is landed and nothing changed: new deliveries are not looked at.
    """
    from jinta.landing import ensure_raw
    from jinta.runs.months import draft_plan
    from jinta.sources import load_sources

    console = make_console()
    settings = settings.with_sources(Path(request.sources) if request.sources else None)
    prepare_sources(settings, request, console)
    ensure_raw(settings)
    path = settings.sources_path or settings.checkout / "demo" / "sources.yml"
    sources = load_sources(path, settings)
    request = request.close_range(sources.as_of or datetime.now(UTC).date())
    with connect(settings, "publisher", stage="plan") as connection:
        plan = draft_plan(settings, connection, request, sources)
    if not plan.months:
        console.print(f"No month is {request.which}: nothing would be built.")
        return
    table = Table(box=None)
    table.add_column("chunk", justify="right")
    table.add_column("month")
    table.add_column("fact rows", justify="right")
    table.add_column("why")
    for number, chunk in enumerate(plan.chunks, 1):
        for month in chunk:
            table.add_row(
                str(number),
                f"{month:%Y-%m}",
                f"{plan.rows.get(month, 0):,}",
                plan.reasons[month],
            )
    console.print(table)
    _print_bound(console, plan.bound, len(plan.months), len(plan.chunks))


def _check_held(summary: dict[str, Any]) -> None:
    held = summary["held"]
    if not held:
        return
    first, last = held[0]["month"], held[-1]["month"]
    span = f"{first:%Y-%m}" + (f" to {last:%Y-%m}" if len(held) > 1 else "")
    raise MonthsHeld(
        f"The months before {first:%Y-%m} are published. Held back: {span}, because "
        f"{first:%Y-%m} failed a gate: {held[0]['reason']}",
        cure="`jinta gates` shows all results. Mend the source or the rule row, then "
        f"run `jinta backfill --from {first:%Y-%m} --to {last:%Y-%m}`.",
    )


def _print_bound(console: Console, bound: int | None, months: int, chunks: int) -> None:
    reach = f"up to {bound:,} fact rows each" if bound else "without a bound"
    console.print(
        f"{months} months in {chunks} chunks, {reach}, by what has landed so far."
    )
