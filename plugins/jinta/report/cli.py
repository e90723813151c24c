"""Commands that explain what was published."""

import json
import sys
from typing import Annotated

import typer

from jinta.console import make_console
from jinta.report.explain import (
    DEFAULT_SCORECARD,
    explain_account,
    render_explanation,
)
from jinta.report.summary import encode_value
from jinta.runs.ledger import parse_month
from jinta.settings import load_settings


def explain(
    account: Annotated[
        str, typer.Argument(help="Group account id, CRM number or part of a name.")
    ],
    month: Annotated[
        str | None, typer.Option(help="Month such as 2025-12; the last one if empty.")
    ] = None,
    scorecard: Annotated[str, typer.Option(help="The scorecard.")] = DEFAULT_SCORECARD,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show why an account has its tier: every value, band, point and record."""
    explanation = explain_account(
        load_settings(), account, parse_month(month, "--month"), scorecard
    )
    if as_json:
        json.dump(
            explanation, sys.stdout, default=encode_value, ensure_ascii=False, indent=2
        )
        sys.stdout.write("\n")
    else:
        render_explanation(explanation, make_console())
