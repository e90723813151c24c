"""Commands that explain what was published."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from jinta.console import make_console
from jinta.report.explain import explain_account
from jinta.report.explain_text import render_explanation
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.report.source_rows import list_older_rows, list_source_rows
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
    scorecard: Annotated[
        str | None, typer.Option(help="One scorecard; all that score it if empty.")
    ] = None,
    with_sources: Annotated[
        bool, typer.Option("--sources", help="List the source rows and their loads.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="Explain what changed since this month.")
    ] = None,
    since_publication: Annotated[
        int | None, typer.Option(help="Explain what changed since this publication.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show why an account has its tiers: every value, band, point and record.

    For each scorecard also how far the better tiers are, and the smallest change that
    leads there. With --since or --since-publication: why it isn't what it was.
    """
    settings, until = load_settings(), parse_month(month, "--month")
    if since or since_publication:
        from jinta.report.since import explain_since
        from jinta.report.since_text import render_since

        began = parse_month(since, "--since")
        change = explain_since(
            settings,
            account,
            began,
            since_publication,
            until,
            scorecard or DEFAULT_SCORECARD,
        )
        if as_json:
            sides = {side: asdict(change[side]) for side in ("from", "to")}
            _print_json(change | sides)
        else:
            render_since(change, make_console())
        return
    explanation = explain_account(settings, account, until, scorecard)
    if with_sources:
        explanation["sources"] = list_source_rows(settings, explanation)
        explanation["older_rows"] = list_older_rows(settings, explanation)
    if as_json:
        _print_json(explanation)
    else:
        render_explanation(explanation, make_console())


def _print_json(content: dict[str, Any]) -> None:
    json.dump(content, sys.stdout, default=encode_value, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
