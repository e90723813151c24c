"""Commands that judge a scorecard and prove a result."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from jinta.console import make_console
from jinta.evidence.backtest import (
    BacktestRequest,
    run_backtest,
)
from jinta.evidence.backtest_page import build_backtest_parts, render_backtest
from jinta.evidence.dividend import (
    build_dividend_parts,
    measure_dividend,
    render_dividend,
)
from jinta.evidence.html import document, element
from jinta.evidence.signing import sign
from jinta.private_files import write_private
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.report.summary import encode_value
from jinta.runs.ledger import parse_month
from jinta.settings import Settings, load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", help="Write a page to this file.")
]

Personal = Annotated[
    bool,
    typer.Option("--personal", help="Show names of people; needs the role auditor."),
]


def backtest(
    scorecard: Annotated[str, typer.Option(help="The scorecard.")] = DEFAULT_SCORECARD,
    version: Annotated[
        str | None, typer.Option(help="Only the months of this version.")
    ] = None,
    from_month: Annotated[
        str | None, typer.Option("--from", help="First month, such as 2024-01.")
    ] = None,
    to_month: Annotated[str | None, typer.Option("--to", help="Last month.")] = None,
    horizon: Annotated[
        int | None,
        typer.Option(
            min=1, max=36, help="Months after each; 12, or what there is, if left out."
        ),
    ] = None,
    as_shown: Annotated[
        bool, typer.Option(help="Judge scores as first shown, not as known now.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the random rank.")] = 1,
    as_json: AsJson = False,
    html: HtmlFile = None,
) -> None:
    """Judge a scorecard by the revenue and churn that followed, win or lose."""
    settings = load_settings()
    request = BacktestRequest(
        scorecard_id=scorecard,
        version=version,
        from_month=parse_month(from_month, "--from"),
        to_month=parse_month(to_month, "--to"),
        horizon=horizon,
        is_as_shown=as_shown,
        seed=seed,
    )
    result = run_backtest(settings, request)
    if html:
        page = document(
            f"Backtest of {scorecard}",
            element("h1", f"Backtest (回测) of {scorecard}"),
            *build_backtest_parts(result),
        )
        write_page(settings, html, page)
    if as_json:
        print_json(result)
    else:
        render_backtest(result, make_console())


def dividend(
    month: Annotated[
        str | None, typer.Option(help="Month such as 2025-12; the last one if empty.")
    ] = None,
    scorecard: Annotated[str, typer.Option(help="The scorecard.")] = DEFAULT_SCORECARD,
    personal: Personal = False,
    as_json: AsJson = False,
    html: HtmlFile = None,
) -> None:
    """Show what joining duplicate records does to the tiers."""
    settings = load_settings()
    result = measure_dividend(
        settings, parse_month(month, "--month"), scorecard, is_personal=personal
    )
    if html:
        page = document(
            "Dedupe dividend",
            element("h1", "Dedupe dividend (去重红利)"),
            *build_dividend_parts(result),
        )
        write_page(settings, html, page)
    if as_json:
        print_json(result)
    else:
        render_dividend(result, make_console())


def write_page(settings: Settings, path: Path, page: str) -> None:
    """Sign a page and write it for its owner alone, whole or not at all."""
    write_private(path, sign(page, settings.evidence_key).encode())
    make_console(stderr=True, soft_wrap=True).print(f"Written: {path}", markup=False)


def print_json(result: Any) -> None:
    """Print a result for machines."""
    json.dump(result, sys.stdout, default=encode_value, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def show_now() -> str:
    """The present moment, for a page's foot."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
