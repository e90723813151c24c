"""`jinta sources`: what is wrong with a sources file, and what it maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from jinta.console import make_console
from jinta.errors import SourceError
from jinta.settings import Settings, load_settings
from jinta.sources import count_mistakes, read_sources
from jinta.sources.checking import check_world
from jinta.sources.config import SourcesConfig

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Check the mapping of the source systems."""


@app.command()
def check(
    path: Annotated[
        Path | None,
        typer.Argument(help="The sources file; JINTA_SOURCES or the demo's if none."),
    ] = None,
    connect: Annotated[
        bool,
        typer.Option(
            "--connect", help="Open every source and compare its columns and types."
        ),
    ] = False,
) -> None:
    """Say everything that is wrong with a sources file: file, line and cure."""
    settings = load_settings()
    chosen = path or settings.sources_path or settings.checkout / "demo/sources.yml"
    config, problems = read_sources(chosen, settings)
    if not problems.found:
        check_world(config, settings, problems, is_connecting=connect)
    console = make_console(soft_wrap=True)
    for problem in sorted(problems.found, key=lambda p: p.line):
        console.print(f"{problem.file}:{problem.line}: {problem.what}", markup=False)
        if problem.cure:
            console.print(f"    {problem.cure}", markup=False, style="dim")
    if problems.found:
        raise SourceError(f"{chosen} has {count_mistakes(problems)}.")
    _print_mapping(console, config, settings)


def _print_mapping(console: Console, config: SourcesConfig, settings: Settings) -> None:
    from jinta.sources import load_contract

    listing = Table("table", "system", "from", "load", box=None, pad_edge=False)
    for system in config.systems.values():
        for mapping in system.tables.values():
            origin = mapping.relation or ", ".join(mapping.files) or "a query"
            listing.add_row(mapping.name, system.name, origin, mapping.load.mode)
    console.print(listing)
    tables = load_contract(settings.dbt_project).tables
    left_out = sorted(set(tables) - config.mapped_tables)
    if left_out:
        console.print(
            f"Left out: {', '.join(left_out)}. What depends on them is missing, not "
            "zero.",
            style="dim",
        )
    console.print(f"{config.path.name} is right.")
