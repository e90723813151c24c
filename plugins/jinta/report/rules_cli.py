"""Commands of the business owner: rule versions and tier overrides."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from jinta.console import make_console, show_rows
from jinta.errors import UsageError, WarehouseError
from jinta.report.decisions import Override, add_override, fetch_overrides
from jinta.report.judgements import (
    check_judgements,
    find_outdated_cards,
    list_refused,
    weigh_judgements,
)
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.rule_freezing import freeze_bands, list_lost_bands
from jinta.report.rule_history import (
    check_rule,
    fetch_months,
    fetch_restatements,
    fetch_rule_changes,
    format_months,
    list_versions,
    refuse_published,
)
from jinta.report.rules import (
    DEFAULT_SCORECARD,
    MATCHING_KEYS,
    Rules,
    check_soundness,
    check_unchanged,
    read_files,
    read_published,
)
from jinta.runs.ledger import parse_month
from jinta.settings import Settings, load_settings
from jinta.warehouse import connect

rules = typer.Typer(
    no_args_is_help=True,
    help="Versions of scorecards, lead rules and the matcher's rules.",
)
override = typer.Typer(no_args_is_help=True, help="Override a suggested tier.")
console = make_console(soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Limit = Annotated[int, typer.Option(min=1, help="How many of the last ones.")]
Account = Annotated[str, typer.Argument(help="Account record, as the CRM names it.")]
Scorecard = Annotated[str, typer.Option(help="The scorecard.")]


@rules.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """List every version in the seeds: when it holds and who approved it."""
    settings = load_settings()
    show_rows(console, list_versions(_read_rules(settings)), as_json)
    if not as_json:
        # The files can be read without a warehouse.
        with suppress(WarehouseError):
            _show_restatements(settings)


@rules.command("check")
def check() -> None:
    """Check the seeds' files, and that no published version was changed."""
    settings = load_settings()
    files = _read_rules(settings)
    with connect(settings, "owner", stage="rules") as connection:
        months = fetch_months(connection)
        published = read_published(connection)
    check_soundness(files, months)
    check_unchanged(files, published)
    try:
        check_judgements(settings, files)
    except UsageError as error:
        # Judgements are weighed by a model, which the first run builds.
        _warn([f"Judgements were not weighed: {error.message}"])
    console.print(
        f"The rules fit together; {len(published)} published versions are unchanged."
    )
    _warn(find_outdated_cards(files))
    _show_restatements(settings)


@rules.command("judgements")
def show_judgements(as_json: AsJson = False) -> None:
    """Weigh the pairwise judgements (AHP) in the files, before a run does."""
    settings = load_settings()
    files = _read_rules(settings)
    check_soundness(files, [])
    weighed = weigh_judgements(settings, files)
    refused = list_refused(weighed)
    show_rows(console, weighed, as_json)
    if not as_json:
        console.print(
            "A consistency ratio of 0.10 or more is refused at gate scores: look for "
            "judgements that contradict each other."
        )
        _warn([*refused, *find_outdated_cards(files)])
    if refused:
        raise typer.Exit(1)


@rules.command("log")
def log_rules(
    rule: Annotated[
        str | None, typer.Argument(help="Scorecard, lead rule or matcher's file.")
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show what each published version changed, the latest first: who, when and why."""
    settings = load_settings()
    changes = fetch_rule_changes(settings, rule, limit)
    if rule is not None and not changes:
        # A rule of the files may be too new to have been published.
        check_rule(_read_rules(settings), rule)
    show_rows(
        console,
        changes if as_json else [_shorten(change) for change in changes],
        as_json,
    )


@rules.command("new-version")
def new_version(
    rule: Annotated[
        str, typer.Argument(help="Scorecard, lead rule or file such as match_limits.")
    ],
    version: Annotated[str, typer.Option(help="Name of the new version.")],
    valid_from: Annotated[
        str,
        typer.Option("--valid-from", "--from", help="First month, such as 2026-07."),
    ],
    approver: Annotated[str, typer.Option(help="Who approves it.")],
    from_version: Annotated[
        str | None, typer.Option(help="Version to copy; the latest if empty.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    weight: Annotated[
        list[str] | None,
        typer.Option(help="INDICATOR=WEIGHT, repeatable; scales its points too."),
    ] = None,
    balance: Annotated[
        bool,
        typer.Option(
            "--balance", help="Let the other weights of its dimension give way."
        ),
    ] = False,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="RULE=VALUE of the matcher, repeatable."),
    ] = None,
    retroactive: Annotated[
        bool,
        typer.Option("--retroactive", help="Also for months that are published."),
    ] = False,
) -> None:
    """Write a new version into the seeds, a copy to be edited or with new weights."""
    settings = load_settings()
    month = _read_month(valid_from, "--valid-from")
    if not retroactive:
        refuse_published(settings, rule, month)
    paths = write_new_version(
        _rules_folder(settings),
        NewVersion(
            rule_id=rule,
            version=version,
            valid_from=month,
            approver=approver,
            recorded_at=datetime.now(UTC).date(),
            from_version=from_version,
            note=note,
            weights=_parse_weights(weight or []),
            is_balanced=balance,
            values=dict(_split(text, "--set") for text in values or []),
        ),
    )
    console.print(
        f"{rule} {version} holds from {month:%Y-%m}. Review the rows added to "
        f"{', '.join(path.name for path in paths)}; the next run uses them."
    )
    files = _read_rules(settings)
    if any(
        (row["scorecard_id"], row["version"], row["ahp_id"]) == (rule, version, "")
        for row in files["scorecards"]
    ):
        console.print("Its weights follow from no judgements: its ahp_id is empty.")
    _warn(find_outdated_cards(files))
    _show_restatements(settings)


@rules.command("freeze")
def freeze(
    scorecard: Annotated[str, typer.Argument(help="The scorecard.")],
    version: Annotated[str, typer.Option(help="Name of the new version.")],
    valid_from: Annotated[
        str,
        typer.Option("--valid-from", "--from", help="First month, such as 2026-07."),
    ],
    on: Annotated[str, typer.Option(help="Published month to take percentiles of.")],
    approver: Annotated[str, typer.Option(help="Who approves it.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
    indicator: Annotated[
        list[str] | None,
        typer.Option(help="Freeze this one, repeatable; all but grades if empty."),
    ] = None,
    retroactive: Annotated[
        bool,
        typer.Option("--retroactive", help="Also for months that are published."),
    ] = False,
) -> None:
    """Write a new version whose bands are percentiles of a published month."""
    settings = load_settings()
    first, frozen_on = _read_month(valid_from, "--valid-from"), _read_month(on, "--on")
    if not retroactive:
        refuse_published(settings, scorecard, first)
    bands = freeze_bands(settings, scorecard, frozen_on, indicator or ())
    lost = list_lost_bands(settings, scorecard, bands)
    paths = write_new_version(
        _rules_folder(settings),
        NewVersion(
            rule_id=scorecard,
            version=version,
            valid_from=first,
            approver=approver,
            recorded_at=datetime.now(UTC).date(),
            note=note or f"Bands frozen on {frozen_on:%Y-%m}",
            bands=bands,
        ),
    )
    console.print(
        f"{scorecard} {version} holds from {first:%Y-%m}, with the bands of "
        f"{len(bands)} indicators as of {frozen_on:%Y-%m}. Review the rows added to "
        f"{', '.join(path.name for path in paths)}, try them with `jinta what-if`; the "
        "next run uses them."
    )
    _warn(lost)
    _show_restatements(settings)


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
    show_rows(console, fetch_overrides(load_settings(), limit), as_json)


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


def _read_month(text: str, option: str) -> date:
    month = parse_month(text, option)
    if month is None:
        raise UsageError(f"{option} is blank.", "Write it like 2026-07.")
    return month


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
        name, number = _split(text, "--weight")
        try:
            weights[name] = Decimal(number)
        except InvalidOperation as error:
            raise UsageError(
                f"--weight {text!r} is no weight.", "Write it like employees=10."
            ) from error
    return weights


def _split(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name.strip() and sign and value.strip()):
        raise UsageError(f"{option} is {text!r}.", "Write it like NAME=VALUE.")
    return name.strip(), value.strip()


def _read_rules(settings: Settings) -> Rules:
    folder = _rules_folder(settings)
    return read_files(folder) | read_files(folder.parent / "matching", MATCHING_KEYS)


def _shorten(change: dict[str, Any]) -> dict[str, Any]:
    """One change as a person reads it."""
    what = (change["what"], change["row_key"], change["column_name"])
    is_changed = change["change_kind"] == "changed"
    return {
        "recorded": change["recorded_date"],
        "valid_from": change["valid_from"],
        "rule": f"{change['rule_set']} {change['rule_version']}",
        "what": " ".join(part for part in what if part),
        "change": f"{change['old_value'] or 'empty'} → {change['new_value'] or 'empty'}"
        if is_changed
        else change["change_kind"],
        "approver": change["approver"],
        "note": change["note"],
    }


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, style="yellow", markup=False)


def _show_restatements(settings: Settings) -> None:
    """Say which published months were computed by other versions than hold now."""
    for reason, months in fetch_restatements(settings).items():
        console.print(
            f"{reason}: {format_months(months)} published by others. "
            "`jinta backfill --stale` restates them.",
            style="yellow",
        )


def _rules_folder(settings: Settings) -> Path:
    return settings.dbt_project / "seeds" / "rules"
