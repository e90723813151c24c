"""Commands that explain what was published."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

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
    since: Annotated[
        str | None, typer.Option(help="Explain what changed since this month.")
    ] = None,
    since_publication: Annotated[
        int | None, typer.Option(help="Explain what changed since this publication.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show why an account has its tier: every value, band, point and record.

    With --since or --since-publication: why it isn't what it was.
    """
    settings, until = load_settings(), parse_month(month, "--month")
    if since or since_publication:
        from jinta.report.since import explain_since
        from jinta.report.since_text import render_since

        began = parse_month(since, "--since")
        change = explain_since(
            settings, account, began, since_publication, until, scorecard
        )
        if as_json:
            sides = {side: asdict(change[side]) for side in ("from", "to")}
            _print_json(change | sides)
        else:
            render_since(change, make_console())
        return
    explanation = explain_account(settings, account, until, scorecard)
    if as_json:
        _print_json(explanation)
    else:
        render_explanation(explanation, make_console())


def _print_json(content: dict[str, Any]) -> None:
    json.dump(content, sys.stdout, default=encode_value, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
