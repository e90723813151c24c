"""Commands that run the build and look at its ledger."""

from typing import Annotated

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.runs.ledger import Request, parse_month
from jinta.runs.months import list_stale_months
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


def runs(
    limit: Annotated[int, typer.Option(help="How many, latest first.")] = 10,
) -> None:
    """List the latest runs and the months that are stale."""
    with connect(load_settings(), "loader", stage="runs") as connection:
        rows = connection.execute(
            "select run_id, status, as_of_date, publication_id, "
            "date_trunc('second', finished_at - started_at), coalesce(error, '') "
            "from control.runs order by started_at desc limit %s",
            [limit],
        ).fetchall()
        stale = list_stale_months(connection)
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
