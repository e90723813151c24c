"""The data steward's commands: see the review queue, decide on pairs, read the log.

A decision names two account records as the CRM names them and is only ever added: a
later one about the same pair replaces it, `undo` cancels it. The next run derives the
accounts anew (design decision 6).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import psycopg
import typer
from psycopg import sql
from psycopg.rows import dict_row
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.report.decisions import check_record
from jinta.settings import Settings, load_settings
from jinta.warehouse import connect


class DecisionKind(StrEnum):
    """What a steward can decide about two account records."""

    MERGE = "merge"
    SPLIT = "split"
    NEVER_LINK = "never_link"
    UNDO = "undo"


review = typer.Typer(no_args_is_help=True, help="The queue of pairs to be judged.")
decide = typer.Typer(no_args_is_help=True, help="Decide on a pair of account records.")

By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
IsPreview = Annotated[
    bool, typer.Option("--preview", help="Tell what it would change; record nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@review.callback()
def _open_review() -> None:
    """See the queue of pairs to be judged."""


@review.command("list")
def list_queue(
    branch: Annotated[str | None, typer.Option(help="Only this branch.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Pairs to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the published pairs that wait for a steward, the likeliest first."""
    pairs = fetch_review_pairs(load_settings(), branch=branch, limit=limit)
    if as_json:
        _print_json(pairs)
        return
    table = Table(title="Pairs to be judged", title_justify="left")
    for heading in ("left", "name", "right", "name", "score", "evidence"):
        table.add_column(heading, overflow="fold")
    for pair in pairs:
        table.add_row(
            pair["account_id_crm_left"],
            pair["account_name_left"],
            pair["account_id_crm_right"],
            pair["account_name_right"],
            f"{pair['score']:.2f}",
            describe_evidence(pair["evidence"]),
        )
    console = make_console()
    console.print(table)
    console.print(
        "Decide with: jinta decide merge|never-link LEFT RIGHT --by … --reason …"
    )


@decide.command("merge")
def merge(
    left: str,
    right: str,
    by: By = "",
    reason: Reason = "",
    is_preview: IsPreview = False,
    as_json: AsJson = False,
) -> None:
    """LEFT and RIGHT are one unit: they share an account."""
    if is_preview:
        _preview(DecisionKind.MERGE, left, right, as_json)
        return
    _decide(DecisionKind.MERGE, left, right, by, reason, as_json)


@decide.command("split")
def split(
    left: str,
    right: str,
    by: By = "",
    reason: Reason = "",
    is_preview: IsPreview = False,
    as_json: AsJson = False,
) -> None:
    """LEFT and RIGHT were merged wrongly: only merges may join them again."""
    if is_preview:
        _preview(DecisionKind.SPLIT, left, right, as_json)
        return
    _decide(DecisionKind.SPLIT, left, right, by, reason, as_json)


@decide.command("never-link")
def never_link(
    left: str,
    right: str,
    by: By = "",
    reason: Reason = "",
    is_preview: IsPreview = False,
    as_json: AsJson = False,
) -> None:
    """LEFT and RIGHT never share an account, whatever the evidence."""
    if is_preview:
        _preview(DecisionKind.NEVER_LINK, left, right, as_json)
        return
    _decide(DecisionKind.NEVER_LINK, left, right, by, reason, as_json)


@decide.command("undo")
def undo(
    left: str,
    right: str,
    by: By = "",
    reason: Reason = "",
    is_preview: IsPreview = False,
    as_json: AsJson = False,
) -> None:
    """Cancel the decision in force on LEFT and RIGHT."""
    if is_preview:
        _preview(DecisionKind.UNDO, left, right, as_json)
        return
    _decide(DecisionKind.UNDO, left, right, by, reason, as_json)


@decide.command("log")
def log(
    limit: Annotated[int, typer.Option(min=1, help="Decisions to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the decisions, the latest first."""
    decisions = fetch_decisions(load_settings(), limit=limit)
    if as_json:
        _print_json(decisions)
        return
    table = Table(title="Decisions", title_justify="left")
    for heading in ("no.", "at (UTC)", "decision", "left", "right", "by", "reason"):
        table.add_column(heading, overflow="fold")
    for decision in decisions:
        table.add_row(
            str(decision["decision_id"]),
            f"{decision['decided_at']:%Y-%m-%d %H:%M}",
            decision["decision_kind"],
            decision["account_id_left"],
            decision["account_id_right"],
            decision["decided_by"],
            decision["reason"],
        )
    make_console().print(table)


def record_decision(
    settings: Settings,
    kind: DecisionKind,
    left: str,
    right: str,
    *,
    decided_by: str,
    reason: str,
) -> int:
    """Add a decision on two account records.

    Args:
        settings: Whose warehouse.
        kind: What is decided.
        left: A record's key as its CRM names it.
        right: The other record's key.
        decided_by: Who decides.
        reason: Why.

    Returns:
        The decision's number.

    Raises:
        UsageError: A record is unknown or stands in two systems, both are the same,
            there is nothing to undo, or name or reason is blank.
    """
    if not decided_by.strip() or not reason.strip():
        raise UsageError(
            "A decision needs who made it and why.", "Fill --by and --reason."
        )
    with connect(settings, "owner", stage="decide") as connection:
        check_decision(connection, kind, left, right)
        row = connection.execute(
            "insert into control.steward_decisions "
            "(decision_kind, account_id_left, account_id_right, decided_by, reason) "
            "values (%s, %s, %s, %s, %s) returning decision_id",
            [kind.value, left, right, decided_by.strip(), reason.strip()],
        ).fetchone()
    assert row is not None
    return int(row[0])


def check_decision(
    connection: psycopg.Connection[Any], kind: DecisionKind, left: str, right: str
) -> None:
    """Check that a decision on two records can be made.

    Raises:
        UsageError: A record is unknown or stands in two systems, both are the same, or
            there is nothing to undo.
    """
    if left == right:
        raise UsageError(f"Both records are {left}.", "Name the two records of a pair.")
    for account_id in (left, right):
        check_record(connection, account_id)
    if kind is DecisionKind.UNDO:
        _check_undoable(connection, left, right)


def fetch_decisions(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """Return the latest decisions, the newest first."""
    return _fetch(
        settings,
        "owner",
        sql.SQL(
            "select decision_id, decided_at at time zone 'utc' as decided_at, "
            "decision_kind, account_id_left, account_id_right, decided_by, reason "
            "from control.steward_decisions order by decision_id desc limit %s"
        ),
        [limit],
    )


def fetch_review_pairs(
    settings: Settings, *, branch: str | None = None, limit: int = 20
) -> list[dict[str, Any]]:
    """Return the published pairs that wait for a steward, the highest score first.

    Raises:
        UsageError: Nothing has been published yet.
    """
    try:
        return _fetch(
            settings,
            "reporter",
            sql.SQL(
                "select account_id_crm_left, account_name_left, account_id_crm_right, "
                "account_name_right, branch_id, score, is_component_conflict, evidence "
                "from marts.fct_review_pairs "
                "where %s::text is null or branch_id = %s "
                "order by score desc, source_record_id_left, source_record_id_right "
                "limit %s"
            ),
            [branch, branch, limit],
        )
    except psycopg.errors.UndefinedTable as error:
        raise UsageError(
            "Nothing has been published yet.", "Run `make nightly` first."
        ) from error


def describe_evidence(evidence: dict[str, Any]) -> str:
    """Put a pair's evidence into a line: what adds how much, what speaks against."""
    words = [
        f"{component} +{evidence[component]['adds']:.2f}"
        for component in ("name", "address", "phone", "contact")
        if evidence[component]["adds"]
    ]
    words += [f"same {key.replace('_', ' ')}" for key in evidence["hard_keys"] or []]
    words += [f"other {conflict}" for conflict in evidence["conflicts"]]
    return ", ".join(words)


def _preview(kind: DecisionKind, left: str, right: str, as_json: bool) -> None:
    from jinta.report.preview import preview_decision, render_preview

    settings = load_settings()
    with connect(settings, "owner", stage="decide") as connection:
        check_decision(connection, kind, left, right)
    preview = preview_decision(settings, kind.value, left, right)
    if as_json:
        typer.echo(json.dumps(preview.as_json(), ensure_ascii=False, default=str))
    else:
        render_preview(preview, make_console())


def _decide(
    kind: DecisionKind, left: str, right: str, by: str, reason: str, as_json: bool
) -> None:
    number = record_decision(
        load_settings(), kind, left, right, decided_by=by, reason=reason
    )
    if as_json:
        typer.echo(json.dumps({"decision_id": number, "decision_kind": kind.value}))
        return
    make_console().print(
        f"Decision {number}: {kind.value} {left} {right}. The next run applies it.",
        markup=False,
        highlight=False,
    )


def _check_undoable(connection: psycopg.Connection[Any], left: str, right: str) -> None:
    row = connection.execute(
        "select decision_kind from control.steward_decisions "
        "where least(account_id_left, account_id_right) = least(%(left)s, %(right)s) "
        "and greatest(account_id_left, account_id_right) "
        "= greatest(%(left)s, %(right)s) "
        "order by decision_id desc limit 1",
        {"left": left, "right": right},
    ).fetchone()
    if row is None or row[0] == DecisionKind.UNDO:
        raise UsageError(
            f"No decision on {left} and {right} is in force.",
            "`jinta decide log` shows what was decided.",
        )


def _fetch(
    settings: Settings, role: str, query: sql.SQL, values: Sequence[Any]
) -> list[dict[str, Any]]:
    with (
        connect(settings, role, stage="stewards") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(query, values).fetchall()


def _print_json(rows: list[dict[str, Any]]) -> None:
    typer.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
