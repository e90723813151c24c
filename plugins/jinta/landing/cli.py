"""`jinta quarantine`: source rows that broke the contract, why, and tried again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.landing.files_cli import choose_sources
from jinta.landing.ledger import LoadResult
from jinta.settings import Settings, load_settings
from jinta.sources import load_contract
from jinta.warehouse import connect

app = typer.Typer(no_args_is_help=True)

MASK = "•••"


@app.callback()
def main() -> None:
    """Look at source rows that broke the contract."""


@app.command("list")
def list_rows(
    table: Annotated[
        str | None, typer.Option(help="Only this table, such as crm.accounts.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Only this run.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many rows.")] = 50,
    everything: Annotated[
        bool, typer.Option("--all", help="Rows that were replayed, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """List the latest quarantined rows: where they stood and what is wrong."""
    rows = fetch_rows(
        load_settings(), table=table, run_id=run, limit=limit, is_open=not everything
    )
    if as_json:
        for row in rows:
            row.pop("payload")
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=1))
        return
    console = make_console()
    if not rows:
        console.print("The quarantine is empty.")
        return
    listing = Table("id", "table", "month", "where", "reason", box=None, pad_edge=False)
    for row in rows:
        month = "" if row["month"] is None else f"{row['month']:%Y-%m}"
        listing.add_row(
            str(row["quarantine_id"]),
            row["table_name"],
            month,
            _describe_place(row),
            row["reason"],
        )
    console.print(listing)


@app.command()
def show(
    quarantine_id: Annotated[int, typer.Argument(help="Number of the row.")],
    personal: Annotated[
        bool, typer.Option("--personal", help="Show personal data too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show one quarantined row as it arrived; personal data is masked.

    Whoever asks for personal data must have the auditor's password.
    """
    settings = load_settings()
    role = "auditor" if personal else "loader"
    found = fetch_rows(settings, quarantine_id=quarantine_id, limit=1, role=role)
    if not found:
        raise UsageError(
            f"There is no quarantined row {quarantine_id}.",
            "`jinta quarantine list` lists them.",
        )
    row = found[0]
    if not personal:
        row["payload"] = mask_personal(settings, row)
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False, default=str, indent=1))
        return
    console = make_console(soft_wrap=True)
    console.print(f"{row['table_name']}: {row['reason']}", markup=False)
    console.print(
        f"{_describe_place(row)}; run {row['run_id']}, "
        f"{row['quarantined_at']:%Y-%m-%d}",
        style="dim",
    )
    if row["replayed_load_id"] is not None:
        console.print(f"tried again by load {row['replayed_load_id']}", style="dim")
    for name, value in row["payload"].items():
        console.print(f"  {name}: {value!r}", markup=False)


@app.command()
def replay(
    table: Annotated[
        str | None, typer.Option(help="Only this table, such as crm.accounts.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Only this system.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only rows whose reason holds this text.")
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="The sources file; JINTA_SOURCES or the demo's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Try quarantined rows again, by today's mapping and contract."""
    from jinta.landing.replaying import replay_quarantine

    settings, config = choose_sources(load_settings(), sources)
    results = replay_quarantine(
        settings,
        config,
        system=system,
        table=table,
        reason=reason,
    )
    if as_json:
        loads = [asdict(result) for result in results]
        typer.echo(json.dumps(loads, ensure_ascii=False, default=str, indent=1))
    else:
        _tell_replay(results)


def _tell_replay(results: list[LoadResult]) -> None:
    console = make_console(soft_wrap=True)
    for result in results:
        landed = result.rows_new + result.rows_changed + result.rows_unchanged
        console.print(
            f"{result.table_name} from {result.system_name}, load {result.load_id}: "
            f"{result.rows_extracted:,} rows tried, {landed:,} landed, "
            f"{result.rows_quarantined:,} still broken, {result.rows_collapsed:,} "
            f"replaced by a later delivery, {result.rows_excluded:,} excluded",
            markup=False,
            highlight=False,
        )
    if not results:
        console.print("No row waits in the quarantine that can be tried again.")
    elif any(result.rows_quarantined for result in results):
        console.print("`jinta quarantine list` shows why the others are still broken.")


def fetch_rows(
    settings: Settings,
    *,
    table: str | None = None,
    run_id: str | None = None,
    quarantine_id: int | None = None,
    limit: int = 50,
    is_open: bool = False,
    role: str = "loader",
) -> list[dict[str, Any]]:
    """Read quarantined rows, the latest first; `is_open`: those not replayed."""
    with connect(settings, role) as connection:
        cursor = connection.execute(
            """
            select
                rows.quarantine_id, rows.run_id, rows.system_name, rows.table_name,
                rows.month, rows.file_name, rows.row_number, rows.row_key,
                rows.column_name, rows.reason, rows.payload, rows.quarantined_at,
                rows.replayed_load_id
            from quarantine.rows
            where
                (%(table)s::text is null or rows.table_name = %(table)s)
                and (%(run_id)s::text is null or rows.run_id = %(run_id)s)
                and (%(id)s::bigint is null or rows.quarantine_id = %(id)s)
                and (not %(is_open)s or rows.replayed_load_id is null)
            order by rows.quarantine_id desc
            limit %(limit)s
            """,
            {
                "table": table,
                "run_id": run_id,
                "id": quarantine_id,
                "limit": limit,
                "is_open": is_open,
            },
        )
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def mask_personal(settings: Settings, row: dict[str, Any]) -> dict[str, Any]:
    """The payload without personal data.

    A payload has the source's column names, and which of them are personal is known
    for the contract's names only: in a table with personal columns, everything is
    masked but the columns that are named like harmless contract columns.
    """
    table = load_contract(settings.dbt_project).tables.get(row["table_name"])
    payload = row["payload"]
    if table is not None and not any(
        c.is_personal for c in (*table.columns.values(), *table.withheld.values())
    ):
        return dict(payload)
    harmless = {
        c.name for c in (table.columns.values() if table else ()) if not c.is_personal
    }
    return {
        name: value if name.lower() in harmless else MASK
        for name, value in payload.items()
    }


def _describe_place(row: dict[str, Any]) -> str:
    if row["file_name"]:
        return f"{row['file_name']}:{row['row_number']}"
    return f"key {row['row_key']}" if row["row_key"] else row["system_name"]
