"""Commands that try rules before they are approved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.runs.ledger import parse_month
from jinta.settings import load_settings
from jinta.trials.candidates import UNCHANGED, read_candidate
from jinta.trials.log import check_name, list_trials, load_trial, record_trial
from jinta.trials.rendering import (
    encode_json,
    make_table,
    render_robustness,
    render_what_if,
    write_tables,
)
from jinta.trials.robustness import ACCOUNT_TABLES, Certificate, measure_robustness
from jinta.trials.what_if import Answer, Question, ask_what_if

trials = typer.Typer(no_args_is_help=True, help="The trials recorded under a name.")
console = make_console(soft_wrap=True)

Scorecard = Annotated[str, typer.Option(help="The scorecard.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ToCsv = Annotated[
    Path | None, typer.Option("--csv", help="Folder to write all tables to.")
]
Name = Annotated[str | None, typer.Option(help="Record the trial under this name.")]
By = Annotated[str | None, typer.Option(help="Who asks; needed with --name.")]


def what_if(
    candidate: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of files like the seeds, or a CSV of table,key,column,value."
        ),
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Month such as 2025-12; the last one if empty.")
    ] = None,
    from_month: Annotated[
        str | None, typer.Option("--from", help="First month of a range.")
    ] = None,
    to_month: Annotated[
        str | None, typer.Option("--to", help="Last month of a range.")
    ] = None,
    rules_of: Annotated[
        str | None,
        typer.Option(help="Month whose version is tried; needs --name and --by."),
    ] = None,
    scorecard: Scorecard = DEFAULT_SCORECARD,
    branch: Annotated[str | None, typer.Option(help="Tell of one branch only.")] = None,
    to_csv: ToCsv = None,
    as_json: AsJson = False,
    name: Name = None,
    by: By = None,
) -> None:
    """Score published months by other rules and show what would change."""
    if candidate is None and rules_of is None:
        raise UsageError(
            "There is nothing to try.",
            "Name a candidate's file or folder, or --rules-of a month.",
        )
    if rules_of is not None and name is None:
        raise UsageError(
            "Rules of one month on others are a trial of its own.",
            "Give it a --name and say --by whom, so that it isn't taken for history.",
        )
    settings = load_settings()
    check_name(settings, name, by)
    first, last = _parse_range(month, from_month, to_month)
    answer = ask_what_if(
        settings,
        Question(
            scorecard_id=scorecard,
            candidate=read_candidate(candidate, scorecard) if candidate else UNCHANGED,
            first=first,
            last=last,
            rules_of=parse_month(rules_of, "--rules-of"),
            branch_id=branch,
        ),
        with_accounts=to_csv is not None,
        with_hash=name is not None,
    )
    if not as_json:
        render_what_if(answer.summary, answer.tables, console)
    kind = "what_if" if rules_of is None else "rules_of"
    _deliver(answer, kind, to_csv, name, by, as_json=as_json)


def robustness(
    month: Annotated[
        str | None, typer.Option(help="Month such as 2025-12; the last one if empty.")
    ] = None,
    scorecard: Scorecard = DEFAULT_SCORECARD,
    draws: Annotated[int, typer.Option(min=1, help="Draws of the weights.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 7,
    concentration: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            help="How close draws keep to the weights; if empty, a mean weight "
            "varies by a fifth.",
        ),
    ] = None,
    to_csv: ToCsv = None,
    as_json: AsJson = False,
    name: Name = None,
    by: By = None,
) -> None:
    """Tell how far each account's tier depends on the choice of the weights."""
    settings = load_settings()
    check_name(settings, name, by)
    certificate = measure_robustness(
        settings,
        scorecard,
        parse_month(month, "--month"),
        draws=draws,
        seed=seed,
        concentration=concentration,
        with_accounts=to_csv is not None,
        tell=make_console(stderr=True).print,
    )
    if not as_json:
        render_robustness(certificate.summary, certificate.tables, console)
    _deliver(certificate, "robustness", to_csv, name, by, as_json=as_json)


@trials.command("list")
def show_trials(
    limit: Annotated[int, typer.Option(min=1, help="How many of the last ones.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the trials that were recorded, the latest first."""
    rows = list_trials(load_settings(), limit)
    if as_json:
        typer.echo(encode_json(rows))
    elif rows:
        console.print(
            make_table("Trials", [{k: str(v) for k, v in r.items()} for r in rows])
        )
    else:
        console.print("No trial has been recorded.")


@trials.command("show")
def show_trial(
    name: Annotated[str, typer.Argument(help="Name or number of the trial.")],
) -> None:
    """Show a trial whole, as JSON: what was asked, the rows tried, what came out."""
    typer.echo(encode_json(load_trial(load_settings(), name)))


def _parse_range(month: str | None, first: str | None, last: str | None) -> tuple:
    if month and (first or last):
        raise UsageError(
            "--month stands for one month, --from and --to for a range.",
            "Give the one or the others.",
        )
    start = parse_month(month or first, "--month" if month else "--from")
    end = parse_month(last, "--to")
    if start and end and end < start:
        raise UsageError(
            f"--to {end:%Y-%m} lies before --from {start:%Y-%m}.", "Swap them."
        )
    if end and not start:
        raise UsageError("--to needs --from.", "Give both, or --month.")
    return start, end


def _deliver(
    result: Answer | Certificate,
    kind: str,
    to_csv: Path | None,
    name: str | None,
    by: str | None,
    *,
    as_json: bool,
) -> None:
    """Write the tables, record the trial, print JSON: as far as asked for."""
    number = None
    if name is not None:
        number = record_trial(load_settings(), name, by or "", kind, result)
    notes = [f"Trial {number} is recorded as {name}."] if number else []
    if to_csv is not None:
        paths = write_tables(to_csv, result.tables)
        notes.append(f"{', '.join(path.name for path in paths)} are in {to_csv}.")
    if as_json:
        document: dict[str, Any] = result.summary | {
            "trial_id": number,
            "result_hash": result.result_hash,
            "tables": {
                name: rows
                for name, rows in result.tables.items()
                if name not in ACCOUNT_TABLES
            },
        }
        typer.echo(encode_json(document))
    elif notes:
        console.print("\n" + " ".join(notes), markup=False)
