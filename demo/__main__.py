"""`python -m demo`: builds the demo province's source systems and changes them."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

# `python -m demo` runs from the checkout, where the package lies below plugins.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

import typer

from demo import changes
from demo.build import describe, ensure_demo
from jinta.errors import JintaError
from jinta.settings import Settings, load_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
change = typer.Typer(
    help="Play what happens after the first build; the next run of jinta finds it."
)
app.add_typer(change, name="change")

Home = Annotated[
    Path | None, typer.Option(help="State folder; JINTA_HOME or .jinta if not set.")
]
Month = Annotated[str, typer.Option(help="Billed month, such as 2025-08.")]
Count = Annotated[int, typer.Option(min=1, help="How many bills.")]
Seed = Annotated[int, typer.Option(help="Which ones; the same seed, the same ones.")]


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
    anew: Annotated[
        bool, typer.Option("--anew", help="Build even if they stand: undoes changes.")
    ] = False,
    home: Home = None,
) -> None:
    """Build the BOSS and CRM databases and the files, unless they stand already."""
    made = ensure_demo(_settle(home), accounts, months, seed, is_anew=anew)
    typer.echo(describe(made))


@change.command()
def late_bills(
    month: Month, count: Count = 40, seed: Seed = 7, home: Home = None
) -> None:
    """Let bills for an old month arrive now."""
    came = changes.deliver_late_bills(_settle(home), month, count, seed)
    typer.echo(f"{came:,} late bills for {month}. {_tell_how_to_read(month)}")


@change.command()
def correct(month: Month, count: Count = 40, seed: Seed = 7, home: Home = None) -> None:
    """Correct the amounts of some bills of a month."""
    corrected = changes.correct_bills(_settle(home), month, count, seed)
    typer.echo(f"{corrected:,} bills of {month} corrected. {_tell_how_to_read(month)}")


@change.command()
def withdraw(
    month: Month, count: Count = 40, seed: Seed = 7, home: Home = None
) -> None:
    """Take some bills of a month out of billing, until they are delivered again."""
    gone = changes.withdraw_bills(_settle(home), month, count, seed)
    typer.echo(f"{gone:,} bills of {month} withdrawn. {_tell_how_to_read(month)}")


@change.command()
def redeliver(home: Home = None) -> None:
    """Deliver all bills again that were withdrawn."""
    typer.echo(f"{changes.redeliver_bills(_settle(home)):,} bills delivered again.")


@change.command()
def new_records(
    percent: Annotated[
        float, typer.Option(min=0.01, help="Of the records that the CRM has.")
    ] = 1.0,
    seed: Seed = 7,
    home: Home = None,
) -> None:
    """Add account records to the CRM, half of them of organisations it has already."""
    again, fresh = changes.add_records(_settle(home), percent, seed)
    typer.echo(f"{again:,} second records, {fresh:,} of new organisations.")


def _tell_how_to_read(month: str) -> str:
    """Say which run sees the change: the nightly one reads its overlap only."""
    return (
        "The nightly run sees them if it is one of the last three months billed, else "
        f"`make backfill FROM={month} TO={month}`."
    )


def _settle(home: Path | None) -> Settings:
    settings = load_settings()
    return settings if home is None else replace(settings, home=home.absolute())


if __name__ == "__main__":
    try:
        app()
    except JintaError as error:
        typer.echo(f"error: {error.message}\n{error.cure}".rstrip(), err=True)
        sys.exit(error.exit_code)
