"""`python -m bench`: measure, print tables as Markdown; one command per measurement."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console

from jinta.settings import load_settings
from jinta.warehouse.embedded import stop_server

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, help=__doc__, chain=True
)
console = Console(stderr=True, highlight=False)

Repeats = Annotated[int, typer.Option(min=1, help="Repeats; medians are told.")]
Months = Annotated[int, typer.Option(min=1, help="Months of billing.")]


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    write: Annotated[
        Path | None, typer.Option(help="Write the report here, as Markdown.")
    ] = None,
) -> None:
    """Measure what is named, several after one another; without a name, everything."""
    sections: list[str] = [_render_head()]
    context.obj = sections
    context.call_on_close(lambda: _close(sections, write))
    if context.invoked_subcommand is None:
        for measure in DEFAULTS:
            measure(context)


@app.command()
def loading(
    context: typer.Context,
    rows: Annotated[int, typer.Option(help="Rows that are loaded.")] = 2_000_000,
    repeats: Repeats = 3,
) -> None:
    """Load rows into the warehouse, against `pg_dump | psql`, ADBC and pandas."""
    from bench.loading import measure_loading

    settings = load_settings()
    own = replace(settings, home=settings.home / "bench" / "loading")
    found = measure_loading(own, rows, repeats, console.print)
    stop_server(own.home)
    context.obj.append(
        f"## Loading {rows:,} rows of bills into the warehouse\n\n"
        + _table(found)
        + f"\nMedians of {repeats} runs in turn. jinta checks every row against the "
        "contract, compares with what landed before, and commits rows and ledger "
        "together; the others copy. pandas loads a part, scaled up; `peak_mb` and "
        "`cpu_seconds` are the client's.\n"
    )


@app.command()
def nightly(
    context: typer.Context,
    accounts: Annotated[str, typer.Option(help="Sizes.")] = "2000,100000",
    months: Months = 3,
) -> None:
    """Run the nightly build on provinces of several sizes, cold and warm."""
    from bench.nightly import measure_nightly

    for size in accounts.split(","):
        found = measure_nightly(load_settings(), int(size), months, console.print)
        context.obj.append(_render_nightly(found))


@app.command()
def backfill(
    context: typer.Context,
    accounts: Annotated[int, typer.Option(help="Organisations.")] = 1_000,
    months: Months = 12,
    repeats: Repeats = 1,
) -> None:
    """Build months in one pass, in single runs, and as microbatches of dbt."""
    from bench.backfill import measure_backfill

    found = measure_backfill(load_settings(), accounts, months, repeats, console.print)
    context.obj.append(_render_backfill(found))


@app.command("what-if")
def what_if(
    context: typer.Context,
    accounts: Annotated[int, typer.Option(help="Accounts.")] = 1_000_000,
    drawn_accounts: Annotated[
        int, typer.Option(help="Accounts of the robustness certificate.")
    ] = 2_000,
    draws: Annotated[int, typer.Option(help="Seeded draws of weights.")] = 1_000,
) -> None:
    """Try a candidate on a month, and draw weights for a robustness certificate."""
    from bench.what_if import measure_draws, measure_what_if

    settings = load_settings()
    tried = measure_what_if(settings, accounts, console.print)
    drawn = measure_draws(settings, drawn_accounts, draws, console.print)
    stop_server(settings.home / "bench" / "what-if")
    context.obj.append(
        "## What-if and robustness\n\n" + _table([tried]) + "\n" + _table([drawn])
    )


@app.command()
def matching(
    context: typer.Context,
    accounts: Annotated[int, typer.Option(help="Organisations.")] = 20_000,
    repeats: Repeats = 1,
) -> None:
    """Match all records, one per cent of them new, and none new."""
    from bench.matching import measure_matching

    found = measure_matching(load_settings(), accounts, repeats, console.print)
    context.obj.append(
        f"## Matching, {accounts:,} organisations\n\n"
        + _table(found)
        + f"\nFastest of {repeats}. `matching_seconds` is what the models that read "
        "names, find pairs and score them take, added up; the rest of the stage "
        "derives accounts from clusters and tests them. `pairs_compared` counts "
        "names in one block, a pair in two blocks twice. All nights end in the same "
        "accounts.\n"
    )


@app.command()
def systems(
    context: typer.Context,
    accounts: Annotated[int, typer.Option(help="Organisations.")] = 2_000,
    months: Months = 3,
    models: Annotated[int, typer.Option(min=1, help="Models to tell.")] = 25,
) -> None:
    """Run the nightly build with all value systems and with the first alone."""
    from bench.systems import measure_systems

    found = measure_systems(load_settings(), accounts, months, console.print)
    context.obj.append(_render_systems(found, models))


DEFAULTS: tuple[Callable[[typer.Context], None], ...] = (
    loading,
    nightly,
    backfill,
    what_if,
    matching,
    systems,
)


def _close(sections: list[str], write: Path | None) -> None:
    text = "\n".join(sections)
    if write:
        write.write_text(text, encoding="utf-8")
    typer.echo(text)


def _render_head() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"# Benchmarks\n\n`make bench` on {datetime.now(UTC):%Y-%m-%d}: "
        f"{psutil.cpu_count()} cores, {memory:.0f} GiB, Python "
        f"{platform.python_version()}, embedded PostgreSQL 18.\n"
    )


def _render_nightly(run: dict[str, Any]) -> str:
    names = ("seconds", "sql_seconds", "overhead_share", "cpu_seconds", "peak_mb")
    rows = [
        {"run": kind, **{name: run[kind][name] for name in names}}
        for kind in ("cold", "warm")
    ]
    stages = " · ".join(
        f"{name} {value:.1f}" for name, value in run["cold"]["stages"].items()
    )
    return (
        f"## Nightly run, {run['accounts']:,} accounts, {run['rows_landed']:,} rows, "
        f"months {', '.join(m[:7] for m in run['months'])}\n\n"
        + _table(rows)
        + f"\nStages of the cold run, seconds: {stages}\n\n"
        + _table(run["slowest_models"])
        + "\n`overhead_share` is what is left of the wall time when dbt's nodes, "
        "landing and publishing are taken off: Airflow, imports, dbt's own work and "
        "the gates.\n"
    )


def _render_systems(found: dict[str, Any], models: int) -> str:
    return (
        f"## All value systems, {found['accounts']:,} accounts × {found['months']} "
        "months\n\n"
        + _table(found["runs"])
        + f"\nAll systems take {found['growth']} times as long as the first alone.\n\n"
        + _table(found["models"][:models])
        + "\nModels and tests of the run with all systems, the largest first; several "
        "work at a time.\n\n"
        + _table(found["views"])
        + "\nMarts that are computed as they are read: the last month of all cards, by "
        "one who sees every row.\n"
    )


def _render_backfill(found: dict[str, Any]) -> str:
    months, one, single = found["months"], found["one_pass"], found["single_runs"]
    names = {
        "seconds": "command, with Airflow and landing",
        "stages": "stages of the runs",
        "landing": "of that landing",
    }
    rows = [
        {
            "seconds": name,
            "one pass": round(one[key], 1),
            f"{months} single runs": round(single[key], 1),
            "ratio": round(single[key] / one[key], 2) if one[key] else "-",
        }
        for key, name in names.items()
    ]
    batch = found["microbatch"]
    facts = [
        {
            "sums of the facts, seconds that dbt reports": f"{months} months",
            "one pass": batch["one_pass"],
            "microbatch": batch["microbatch"],
            "ratio": round(batch["microbatch"] / batch["one_pass"], 2),
            "same rows": "yes" if batch["is_equal"] else "no",
        }
    ]
    return (
        f"## Backfill, {found['accounts']:,} accounts × {months} months\n\n"
        + _table(rows)
        + f"\n{found['slices_equal']} of {found['slices']} marts of a month have equal "
        "content.\n\n"
        + _table(facts)
        + "\nThe models are `int_indicators__member_bills_summed`, "
        "`…informatization_bills_summed` and `…revenues_summed`, the same SQL built as "
        "tables and as microbatches of a month.\n"
    )


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in rows:
        cells = [
            f"{v:,}" if isinstance(v, int | float) else str(v) for v in row.values()
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    app()
