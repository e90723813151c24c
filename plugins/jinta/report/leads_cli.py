"""Commands for work on leads: list, assign, feed back, close, keep (S4-10, F54)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from jinta.console import make_console, show_rows
from jinta.errors import UsageError
from jinta.report.leads import (
    LEAD_STATUSES,
    add_case,
    add_feedback,
    assign_lead,
    fetch_lead_updates,
    fetch_leads,
    update_lead,
    warn_of_manager,
)
from jinta.settings import load_settings

lead = typer.Typer(
    no_args_is_help=True, help="Assign a lead, say how it goes and what becomes of it."
)
console = make_console(soft_wrap=True)

LeadRule = Annotated[str, typer.Argument(help="Lead rule, such as L1.")]
Account = Annotated[
    str, typer.Argument(help="Record as the CRM names it, or g… or p… of explain.")
]
By = Annotated[str, typer.Option(help="Who records it.")]


@lead.command("list")
def list_leads(
    manager: Annotated[
        str | None,
        typer.Option(help="Whose: assigned to, or else who owns the account."),
    ] = None,
    status: Annotated[
        str | None, typer.Option(help=f"One of: {', '.join(LEAD_STATUSES)}.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines.")
    ] = False,
) -> None:
    """List the leads of the last published month that are not closed."""
    leads = fetch_leads(load_settings(), manager, status, limit)
    shown = leads if as_json else [_show_lead(row) for row in leads]
    show_rows(console, shown, as_json)


@lead.command("assign")
def assign(
    lead_rule: LeadRule,
    account: Account,
    to: Annotated[str, typer.Option(help="Staff number of who is to work on it.")],
    by: By,
    due: Annotated[
        str | None, typer.Option(help="Until when, such as 2026-03-31.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why; a closed lead needs it.")
    ] = None,
) -> None:
    """Assign a lead to a manager, with a date."""
    settings, day = load_settings(), _read_day(due)
    number = assign_lead(
        settings, lead_rule, account, to, updated_by=by, due_date=day, reason=reason
    )
    console.print(f"Step {number}: {lead_rule} {account} goes to {to}.", markup=False)
    for warning in warn_of_manager(settings, account, to):
        console.print(warning, style="yellow", markup=False)


@lead.command("feedback")
def feed_back(
    lead_rule: LeadRule,
    account: Account,
    text: Annotated[str, typer.Argument(help="How it goes.")],
    by: By,
    status: Annotated[
        str | None, typer.Option(help=f"New status: {', '.join(LEAD_STATUSES)}.")
    ] = None,
) -> None:
    """Say how the work on a lead goes."""
    number = add_feedback(
        load_settings(), lead_rule, account, text, updated_by=by, status=status
    )
    console.print(f"Step {number}: feedback on {lead_rule} {account}.", markup=False)


@lead.command("update")
def update(
    lead_rule: LeadRule,
    account: Account,
    status: Annotated[str, typer.Argument(help=", ".join(LEAD_STATUSES))],
    by: By,
    outcome: Annotated[
        str | None, typer.Option(help="What came of it, or why it is open again.")
    ] = None,
) -> None:
    """Record a lead's new status."""
    number = update_lead(
        load_settings(), lead_rule, account, status, updated_by=by, outcome=outcome
    )
    console.print(f"Step {number}: {lead_rule} {account} {status}.", markup=False)


@lead.command("case")
def keep_case(
    lead_rule: LeadRule,
    account: Account,
    title: Annotated[str, typer.Argument(help="Name of the case.")],
    lesson: Annotated[str, typer.Option(help="What others can learn from it.")],
    by: By,
) -> None:
    """Keep a lead that is won or lost as a case that others learn from."""
    number = add_case(load_settings(), lead_rule, account, title, lesson, updated_by=by)
    console.print(f"Step {number}: {lead_rule} {account} is a case.", markup=False)


@lead.command("log")
def log_leads(
    limit: Annotated[int, typer.Option(min=1, help="How many of the last ones.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines.")
    ] = False,
) -> None:
    """Show the steps of work on leads, the latest first."""
    steps = fetch_lead_updates(load_settings(), limit)
    show_rows(console, steps if as_json else [_shorten(s) for s in steps], as_json)


def _show_lead(row: dict[str, Any]) -> dict[str, Any]:
    """One lead as a person reads it."""
    overdue = ", overdue (逾期)" if row["is_overdue"] else ""
    return {
        "lead": f"{row['lead_rule_id']} {row['lead_name']} ({row['lead_name_zh']})",
        "account": f"{row['group_account_id']} {row['account_name'] or ''}".strip(),
        "priority": row["priority"],
        "status": f"{row['lead_status']}{overdue}",
        "to": row["assigned_to"] or row["manager_id"],
        "due": row["due_date"],
        "feedback": row["feedback"],
    }


def _shorten(step: dict[str, Any]) -> dict[str, Any]:
    """One step as a person reads it."""
    texts = ("outcome", "feedback", "case_title", "lesson")
    return {
        "step": step["update_id"],
        "at": step["updated_at"],
        "lead": f"{step['lead_rule_id']} {step['account_id']}",
        "kind": step["update_kind"],
        "status": step["lead_status"],
        "to": step["assigned_to"],
        "due": step["due_date"],
        "text": ": ".join(step[name] for name in texts if step[name]),
        "by": step["updated_by"],
    }


def _read_day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--due is {text!r}, no day.", "Write it like 2026-03-31."
        ) from error
