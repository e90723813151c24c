"""`python -m bench`: measure, print tables, and write docs/benchmarks.md on request."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console

from bench.loading import measure_loading
from bench.nightly import measure_nightly
from jinta.settings import load_settings
from jinta.warehouse.embedded import stop_server

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True, highlight=False)


@app.command()
def main(
    rows: Annotated[int, typer.Option(help="Rows of the loading test.")] = 2_000_000,
    repeats: Annotated[int, typer.Option(help="Repeats; medians are told.")] = 3,
    accounts: Annotated[
        str, typer.Option(help="Sizes of the nightly test; empty leaves it out.")
    ] = "2000,100000",
    months: Annotated[int, typer.Option(help="Months of billing at each size.")] = 3,
    write: Annotated[
        Path | None, typer.Option(help="Write the report here, as Markdown.")
    ] = None,
) -> None:
    """Measure loading against its peers and the nightly run at several sizes."""
    settings = load_settings()
    report: dict[str, Any] = {"loading": [], "nightly": []}
    if rows:
        own = replace(settings, home=settings.home / "bench" / "loading")
        report["loading"] = measure_loading(own, rows, repeats, console.print)
        stop_server(own.home)
    for size in filter(None, accounts.split(",")):
        report["nightly"].append(
            measure_nightly(settings, int(size), months, console.print)
        )
    text = _render(report, rows, repeats)
    if write:
        write.write_text(text, encoding="utf-8")
    typer.echo(text)


def _render(report: dict[str, Any], rows: int, repeats: int) -> str:
    memory = psutil.virtual_memory().total / 2**30
    head = (
        f"`make bench` on {datetime.now(UTC):%Y-%m-%d}: {psutil.cpu_count()} cores, "
        f"{memory:.0f} GiB, Python {platform.python_version()}, embedded PostgreSQL "
        f"18. Medians of {repeats} runs in turn for loading, single runs for the "
        "nightly build.\n"
    )
    parts = ["# Benchmarks\n", head]
    if report["loading"]:
        parts.append(
            f"## Loading {rows:,} rows of bills into the warehouse\n\n"
            + _table(report["loading"])
            + "\njinta checks every row against the contract, compares with what "
            "landed before, and commits rows and ledger together; the others copy. "
            "pandas loads a part, scaled up; `peak_mb` and `cpu_seconds` are the "
            "client's.\n"
        )
    parts += [_render_nightly(run) for run in report["nightly"]]
    return "\n".join(parts)


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
