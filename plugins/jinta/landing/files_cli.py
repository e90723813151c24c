"""`jinta files`: which files landed, take one back, let it land again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.landing.files import list_files, restore_file, withdraw_file
from jinta.landing.ledger import LoadResult
from jinta.settings import Settings, load_settings
from jinta.sources import SourcesConfig, load_sources

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The file, as `jinta files list` names it.")]
By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
Sources = Annotated[
    Path | None,
    typer.Option("--sources", help="The sources file; JINTA_SOURCES or the demo's."),
]
OneTable = Annotated[
    str | None, typer.Option("--table", help="Where several have a file of that name.")
]


@app.callback()
def main() -> None:
    """Look at the files that landed, and take one back."""


@app.command("list")
def show(
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Only those that were taken back.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """List the files that landed, with their rows and whether they were taken back."""
    files = [
        file
        for file in list_files(load_settings())
        if table in (None, file.table_name) and (file.is_withdrawn or not withdrawn)
    ]
    if as_json:
        rows = [asdict(file) for file in files]
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=1))
        return
    listing = Table(
        *("file", "table", "system", "rows", "landed", "load", "state"),
        box=None,
        pad_edge=False,
    )
    for file in files:
        state = f"withdrawn by {file.withdrawn_by}: {file.reason}"
        listing.add_row(
            file.file_name,
            file.table_name,
            file.system_name,
            f"{file.row_count:,}",
            f"{file.landed_at:%Y-%m-%d}",
            str(file.load_id),
            state if file.is_withdrawn else "stands",
        )
    make_console().print(listing)


@app.command()
def withdraw(
    name: Name, by: By, reason: Reason, table: OneTable = None, sources: Sources = None
) -> None:
    """Take a landed file back: its rows end, and it doesn't land again."""
    settings, config = choose_sources(load_settings(), sources)
    result = withdraw_file(
        settings, config, name, decided_by=by, reason=reason, table=table
    )
    _tell(f"{name} is withdrawn", result)


@app.command()
def restore(
    name: Name, by: By, reason: Reason, table: OneTable = None, sources: Sources = None
) -> None:
    """Let a withdrawn file land again, if it is still in its folder."""
    settings, config = choose_sources(load_settings(), sources)
    result = restore_file(
        settings, config, name, decided_by=by, reason=reason, table=table
    )
    _tell(f"{name} may land again", result)


def choose_sources(
    settings: Settings, path: Path | None
) -> tuple[Settings, SourcesConfig]:
    """Read the sources file that is named, or that of the settings, or the demo's.

    Returns:
        The settings of that file's warehouse, and what the file says.
    """
    settings = settings.with_sources(path)
    chosen = settings.sources_path or settings.checkout / "demo/sources.yml"
    return settings, load_sources(chosen, settings)


def _tell(what: str, result: LoadResult) -> None:
    make_console(soft_wrap=True).print(
        f"{what}. {result.table_name}, load {result.load_id}: {result.rows_ended:,} "
        f"rows ended, {result.rows_changed:,} changed, {result.rows_new:,} new. "
        "`jinta runs` lists the months that are stale now.",
        markup=False,
        highlight=False,
    )
