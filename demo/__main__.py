"""`python -m demo build`: builds the demo province's source systems."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

# `python -m demo` runs from the checkout, where the package lies below plugins.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

import typer

from demo.build import describe, ensure_demo
from jinta.settings import load_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.callback()
def _open() -> None:
    """The synthetic province that jinta can be tried on."""


@app.command()
def build(
    accounts: Annotated[int, typer.Option(min=100, help="True organisations.")] = 2_000,
    months: Annotated[
        int, typer.Option(min=1, max=24, help="Months up to December 2025.")
    ] = 24,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same content.")
    ] = 7,
    home: Annotated[
        Path | None, typer.Option(help="State folder; JINTA_HOME or .jinta if not set.")
    ] = None,
) -> None:
    """Build the BOSS and CRM databases and the files, unless they stand already."""
    settings = load_settings()
    if home is not None:
        settings = replace(settings, home=home.absolute())
    typer.echo(describe(ensure_demo(settings, accounts, months, seed)))


if __name__ == "__main__":
    app()
