"""Commands of the business owner: rule versions, tier overrides, lead updates."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.report.decisions import (
    LEAD_STATUSES,
    Override,
    add_override,
    fetch_lead_updates,
    fetch_overrides,
    update_lead,
)
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.rules import (
    FAMILIES,
    MATCHING_KEYS,
    check_soundness,
    check_unchanged,
    read_files,
    read_published,
)
from jinta.runs.ledger import parse_month
from jinta.settings import Settings, load_settings
from jinta.warehouse import connect

DEFAULT_SCORECARD = "group_account_value"

rules = typer.Typer(no_args_is_help=True, help="Versions of scorecards and lead rules.")
override = typer.Typer(no_args_is_help=True, help="Override a suggested tier.")
lead = typer.Typer(no_args_is_help=True, help="Record what becomes of a lead.")
console = make_console(soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Limit = Annotated[int, typer.Option(min=1, help="How many of the last ones.")]
Account = Annotated[str, typer.Argument(help="Account record, as the CRM names it.")]
Scorecard = Annotated[str, typer.Option(help="The scorecard.")]


@rules.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """List every version in the seeds: when it holds and who approved it."""
    files = read_files(_rules_folder(load_settings()))
    rows = [
        {
            "kind": family,
            "rule": row[id_column],
            "version": row["version"],
            "valid_from": row["valid_from"],
            "valid_to": row["valid_to"],
            "approver": row["approver"],
            "recorded_at": row["recorded_at"],
            "note": row["note"],
        }
        for family, (id_column, seeds) in FAMILIES.items()
        for row in files[seeds[0]]
    ]
    _show(rows, as_json)


@rules.command("check")
def check() -> None:
    """Check the seeds' files, and that no published version was changed."""
    settings = load_settings()
    folder = _rules_folder(settings)
    files = read_files(folder) | read_files(folder.parent / "matching", MATCHING_KEYS)
    with connect(settings, "owner", stage="rules") as connection:
        months = connection.execute(
            "select month from control.run_months order by month"
        ).fetchall()
        published = read_published(connection)
    check_soundness(files, [row[0] for row in months])
    check_unchanged(files, published)
    console.print(
        f"The rules fit together; {len(published)} published versions are unchanged."
    )


@rules.command("new-version")
def new_version(
    rule: Annotated[str, typer.Argument(help="Scorecard or lead rule.")],
    version: Annotated[str, typer.Option(help="Name of the new version.")],
    valid_from: Annotated[str, typer.Option(help="First month, such as 2026-07.")],
    approver: Annotated[str, typer.Option(help="Who approves it.")],
    from_version: Annotated[
        str | None, typer.Option(help="Version to copy; the latest if empty.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    weight: Annotated[
        list[str] | None,
        typer.Option(help="INDICATOR=WEIGHT, repeatable; scales its points too."),
    ] = None,
) -> None:
    """Write a new version into the seeds, a copy to be edited or with new weights."""
    month = parse_month(valid_from, "--valid-from")
    assert month is not None
    paths = write_new_version(
        _rules_folder(load_settings()),
        NewVersion(
            rule_id=rule,
            version=version,
            valid_from=month,
            approver=approver,
            recorded_at=datetime.now(UTC).date(),
            from_version=from_version,
            note=note,
            weights=_parse_weights(weight or []),
        ),
    )
    console.print(
        f"{rule} {version} holds from {month:%Y-%m}. Review the rows added to "
        f"{', '.join(path.name for path in paths)}; the next run uses them."
    )


@override.command("add")
def add(
    account: Account,
    tier: Annotated[str, typer.Argument(help="The tier to use, such as A1.")],
    until: Annotated[str, typer.Option(help="Last day, such as 2026-12-31.")],
    reason: Annotated[str, typer.Option(help="Why; readers see it.")],
    approver: Annotated[str, typer.Option(help="Who approves it.")],
    since: Annotated[
        str | None, typer.Option(help="First day; the first of this month if empty.")
    ] = None,
    scorecard: Scorecard = DEFAULT_SCORECARD,
) -> None:
    """Use another tier than the model suggests, for a reason and a time."""
    _add_override(account, tier, since, until, reason, approver, scorecard)


@override.command("end")
def end(
    account: Account,
    reason: Annotated[str, typer.Option(help="Why.")],
    approver: Annotated[str, typer.Option(help="Who approves it.")],
    since: Annotated[
        str | None, typer.Option(help="First day; the first of this month if empty.")
    ] = None,
    scorecard: Scorecard = DEFAULT_SCORECARD,
) -> None:
    """End an override early: from then on the suggested tier counts again."""
    _add_override(account, None, since, "9999-12-31", reason, approver, scorecard)


@override.command("log")
def log_overrides(limit: Limit = 50, as_json: AsJson = False) -> None:
    """Show the overrides, the latest first."""
    _show(fetch_overrides(load_settings(), limit), as_json)


@lead.command("update")
def update(
    lead_rule: Annotated[str, typer.Argument(help="Lead rule, such as L1.")],
    account: Account,
    status: Annotated[str, typer.Argument(help=", ".join(LEAD_STATUSES))],
    by: Annotated[str, typer.Option(help="Who records it.")],
    outcome: Annotated[str | None, typer.Option(help="What came of it.")] = None,
) -> None:
    """Record a lead's new status."""
    number = update_lead(
        load_settings(), lead_rule, account, status, updated_by=by, outcome=outcome
    )
    console.print(f"Update {number}: {lead_rule} {account} {status}.", markup=False)


@lead.command("log")
def log_leads(limit: Limit = 50, as_json: AsJson = False) -> None:
    """Show the updates of leads, the latest first."""
    _show(fetch_lead_updates(load_settings(), limit), as_json)


def _add_override(
    account: str,
    tier: str | None,
    since: str | None,
    until: str,
    reason: str,
    approver: str,
    scorecard: str,
) -> None:
    today = datetime.now(UTC).date()
    number = add_override(
        load_settings(),
        Override(
            account_id=account,
            tier=tier,
            valid_from=_parse_day(since, "--since") if since else today.replace(day=1),
            valid_to=_parse_day(until, "--until"),
            approver=approver,
            reason=reason,
            scorecard_id=scorecard,
        ),
    )
    what = tier or "the suggested tier"
    console.print(
        f"Override {number}: {account} {what}. The next run applies it.", markup=False
    )


def _parse_day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option} is {text!r}, not a day.", "Write it like 2026-12-31."
        ) from error


def _parse_weights(texts: list[str]) -> dict[str, Decimal]:
    weights = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            weights[name.strip()] = Decimal(number)
        except InvalidOperation as error:
            raise UsageError(
                f"--weight {text!r} is no weight.", "Write it like employees=10."
            ) from error
    return weights


def _rules_folder(settings: Settings) -> Path:
    return settings.dbt_project / "seeds" / "rules"


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
        return
    if not rows:
        console.print("There is none.")
        return
    table = Table(box=None, header_style="bold")
    for heading in rows[0]:
        table.add_column(heading.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console.print(table)
