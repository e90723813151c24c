"""Commands that run the build and look at its ledger."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.runs.ledger import Request, parse_month
from jinta.runs.stale import list_stale_months
from jinta.settings import load_settings
from jinta.warehouse import connect

console = make_console()


def nightly(
    sources: Annotated[
        str | None, typer.Option(help="The sources file; the demo's if none is set.")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="One month to build, such as 2024-06.")
    ] = None,
    from_month: Annotated[
        str | None, typer.Option("--from", help="First month of a range.")
    ] = None,
    to_month: Annotated[
        str | None, typer.Option("--to", help="Last month of a range.")
    ] = None,
    quiet: Annotated[bool, typer.Option(help="Print the verdict only.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON.")
    ] = False,
) -> None:
    """Run the nightly DAG through Airflow, here and now."""
    from jinta.nightly import run_nightly

    if month and (from_month or to_month):
        raise UsageError(
            "Both a single month and a range are asked for.",
            cure="Give MONTH (--month), or FROM and TO (--from, --to).",
        )
    request = Request(
        sources=sources or None,
        from_month=parse_month(month, "MONTH") or parse_month(from_month, "FROM"),
        to_month=parse_month(month, "MONTH") or parse_month(to_month, "TO"),
    )
    run_nightly(load_settings(), request, quiet=quiet, as_json=as_json)


def backfill(
    sources: Annotated[
        str | None, typer.Option(help="The sources file; the demo's if none is set.")
    ] = None,
    from_month: Annotated[
        str | None, typer.Option("--from", help="First month of a range.")
    ] = None,
    to_month: Annotated[
        str | None,
        typer.Option("--to", help="Last month; the last complete one if not given."),
    ] = None,
    which: Annotated[
        str | None,
        typer.Option(help="all months of the range, or the missing or stale ones."),
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Months never published.")
    ] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Months that are stale, and what follows.")
    ] = False,
    on_failure: Annotated[
        str,
        typer.Option(help="If a month fails its gate publish none, or those before."),
    ] = "none",
    dry_run: Annotated[
        bool, typer.Option(help="Show months and chunks by what has landed; no more.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="Print the verdict only.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON.")
    ] = False,
) -> None:
    """Build months in one pass: the backfill DAG through Airflow, here and now."""
    from jinta.backfill import run_backfill, show_plan

    asked = {which, "missing" if missing else None, "stale" if stale else None} - {None}
    if len(asked) > 1:
        raise UsageError(
            f"Both {' and '.join(sorted(map(str, asked)))} months are asked for.",
            cure="Give one of --which, --missing and --stale.",
        )
    request = Request(
        sources=sources or None,
        from_month=parse_month(from_month, "FROM"),
        to_month=parse_month(to_month, "TO"),
        kind="backfill",
        which=str(asked.pop()) if asked else "all",
        on_failure=on_failure,
    )
    if dry_run:
        show_plan(load_settings(), request)
    else:
        run_backfill(load_settings(), request, quiet=quiet, as_json=as_json)


def months(
    sources: Annotated[
        str | None, typer.Option(help="The sources file; the demo's if none is set.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the list as JSON.")
    ] = False,
) -> None:
    """List every month that is known: how it is published, and whether it is stale."""
    from jinta.runs.overview import list_months, render_months

    settings = load_settings()
    settings = settings.with_sources(Path(sources) if sources else None)
    found = list_months(settings)
    if as_json:
        sys.stdout.write(json.dumps([asdict(month) for month in found], default=str))
        sys.stdout.write("\n")
    else:
        render_months(found, console)


def runs(
    limit: Annotated[int, typer.Option(help="How many, latest first.")] = 10,
) -> None:
    """List the latest runs and the months that are stale."""
    with connect(load_settings(), "publisher", stage="runs") as connection:
        rows = connection.execute(
            "select run_id, status, as_of_date, publication_id, "
            "date_trunc('second', finished_at - started_at), coalesce(error, '') "
            "from control.runs order by started_at desc limit %s",
            [limit],
        ).fetchall()
        stale = list_stale_months(connection, load_settings().dbt_project)
    table = Table(box=None)
    for name in ("run", "status", "as of", "publication", "took", "error"):
        table.add_column(name, no_wrap=name == "run")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)
    for month, reason in stale.items():
        console.print(f"stale: {month:%Y-%m}, {reason}")


def loads(
    run: Annotated[
        str | None, typer.Option(help="Show one run's loads; the latest if empty.")
    ] = None,
) -> None:
    """Show what the loads of a run extracted, stored and quarantined."""
    with connect(load_settings(), "loader", stage="loads") as connection:
        rows = connection.execute(
            "select load_id, system_name, table_name, mode, rows_extracted, rows_new, "
            "rows_changed, rows_unchanged, rows_ended, rows_quarantined "
            "from control.loads where run_id = coalesce(%s, "
            "(select run_id from control.loads order by load_id desc limit 1)) "
            "order by load_id",
            [run],
        ).fetchall()
    table = Table(box=None)
    names = ("load", "system", "table", "mode", "extracted", "new", "changed")
    for name in (*names, "unchanged", "ended", "quarantined"):
        table.add_column(name)
    for row in rows:
        table.add_row(*(f"{c:,}" if isinstance(c, int) else str(c) for c in row))
    console.print(table)
