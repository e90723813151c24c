"""Work on leads: assign one, say how it goes, close it, keep it as a case (S4-10, F54).

A lead is one case per lead rule and account. Each step names an account record or a
prospect as the CRM names it (an account's id is resolved to its senior record) and is
only ever added; the next run shows them in `fct_leads` and `fct_lead_cases`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from jinta.errors import UsageError
from jinta.report.decisions import fetch_decisions
from jinta.report.lead_checks import (
    CLOSED,
    check_case,
    check_due,
    check_lead,
    check_manager,
    check_status,
    find_leaving,
    find_other_branch,
    resolve_record,
)
from jinta.settings import Settings
from jinta.warehouse import connect

_LEADS = """
    select
        leads.lead_rule_id,
        leads.lead_name,
        leads.lead_name_zh,
        leads.group_account_id,
        coalesce(accounts.account_name, prospects.prospect_name) as account_name,
        leads.priority,
        leads.manager_id,
        leads.lead_status,
        leads.assigned_to,
        leads.due_date,
        leads.is_overdue,
        leads.feedback
    from marts.fct_leads_current as leads
    left join marts.dim_group_accounts_current as accounts
        on leads.group_account_id = accounts.group_account_id
    left join marts.dim_prospects_current as prospects
        on leads.group_account_id = prospects.group_account_id
    where
        leads.lead_status = any(%(statuses)s)
        and (
            %(manager)s::text is null
            or coalesce(leads.assigned_to, leads.manager_id) = %(manager)s
        )
    order by
        leads.is_overdue desc,
        leads.priority = 'high' desc,
        leads.due_date nulls last,
        leads.lead_rule_id,
        leads.group_account_id
    limit %(limit)s
"""

LEAD_STATUSES = ("open", "assigned", "contacted", "won", "lost", "dismissed")
_WORKED_ON = tuple(status for status in LEAD_STATUSES if status not in CLOSED)


@dataclass(frozen=True)
class LeadStep:
    """One step of work on a lead.

    Attributes:
        lead_rule_id: The lead rule.
        account_id: The account record, as the CRM names it.
        updated_by: Who records it.
        kind: `status`, `assign`, `feedback` or `case`.
        lead_status: The status from now on; None leaves it as it is.
        outcome: What came of it, or why a closed lead is open again.
        assigned_to: Staff number of who is to work on it.
        due_date: Until when.
        feedback: How it goes, in words.
        case_title: Name of the case in the library.
        lesson: What others can learn from it.
    """

    lead_rule_id: str
    account_id: str
    updated_by: str
    kind: str = "status"
    lead_status: str | None = None
    outcome: str | None = None
    assigned_to: str | None = None
    due_date: date | None = None
    feedback: str | None = None
    case_title: str | None = None
    lesson: str | None = None


def update_lead(
    settings: Settings,
    lead_rule_id: str,
    account_id: str,
    status: str,
    *,
    updated_by: str,
    outcome: str | None = None,
) -> int:
    """Record a lead's new status and return the step's number.

    Raises:
        UsageError: The lead rule, record or status is unknown, or the name is blank.
    """
    step = LeadStep(
        lead_rule_id, account_id, updated_by, lead_status=status, outcome=outcome
    )
    return add_lead_step(settings, step)


def assign_lead(
    settings: Settings,
    lead_rule_id: str,
    account_id: str,
    assigned_to: str,
    *,
    updated_by: str,
    due_date: date | None = None,
    reason: str | None = None,
) -> int:
    """Assign a lead to a manager and return the step's number.

    Raises:
        UsageError: The lead, record or manager is unknown, the name is blank, the date
            has passed, or the lead is closed and no reason given.
    """
    step = LeadStep(
        lead_rule_id,
        account_id,
        updated_by,
        kind="assign",
        lead_status="assigned",
        outcome=reason,
        assigned_to=assigned_to,
        due_date=due_date,
    )
    return add_lead_step(settings, step)


def add_feedback(
    settings: Settings,
    lead_rule_id: str,
    account_id: str,
    feedback: str,
    *,
    updated_by: str,
    status: str | None = None,
) -> int:
    """Say how the work on a lead goes and return the step's number.

    Raises:
        UsageError: The lead rule, record or status is unknown, or a text is blank.
    """
    step = LeadStep(
        lead_rule_id,
        account_id,
        updated_by,
        kind="feedback",
        lead_status=status,
        feedback=_fill(feedback, "feedback", "Say how it goes."),
    )
    return add_lead_step(settings, step)


def add_case(
    settings: Settings,
    lead_rule_id: str,
    account_id: str,
    title: str,
    lesson: str,
    *,
    updated_by: str,
) -> int:
    """Keep a lead as a case for others and return the step's number.

    Raises:
        UsageError: The lead rule or record is unknown, or a text is blank.
    """
    step = LeadStep(
        lead_rule_id,
        account_id,
        updated_by,
        kind="case",
        case_title=_fill(title, "title", "Give the case a name."),
        lesson=_fill(lesson, "lesson", "Fill --lesson."),
    )
    return add_lead_step(settings, step)


def add_lead_step(settings: Settings, step: LeadStep) -> int:
    """Add a step and return its number.

    Raises:
        UsageError: No published month shows the lead, the step doesn't fit its status,
            the manager is unknown, the date has passed, or nobody is named who records
            it.
    """
    _check_known(step.lead_status)
    if not step.updated_by.strip():
        raise UsageError("An update needs who recorded it.", "Fill --by.")
    with connect(settings, "owner", stage="lead") as connection:
        record = resolve_record(connection, step.account_id)
        step = replace(step, account_id=record)
        _check_step(connection, step)
        return _insert_step(connection, step)


def _check_step(connection: psycopg.Connection[Any], step: LeadStep) -> None:
    """Refuse a step on a lead or manager that nobody knows, or out of turn."""
    lead = (step.lead_rule_id, step.account_id)
    check_lead(connection, *lead)
    reason = step.outcome
    if step.kind == "feedback" and step.lead_status not in CLOSED:
        reason = step.feedback
    check_status(connection, *lead, step.lead_status, reason)
    if step.kind == "case":
        check_case(connection, *lead)
    if step.assigned_to is not None:
        check_manager(connection, step.assigned_to)
    if step.due_date is not None:
        check_due(connection, step.due_date)


def _insert_step(connection: psycopg.Connection[Any], step: LeadStep) -> int:
    row = connection.execute(
        "insert into control.lead_updates (lead_rule_id, account_id, lead_status, "
        "outcome, updated_by, update_kind, assigned_to, due_date, feedback, "
        "case_title, lesson) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "returning update_id",
        [
            step.lead_rule_id,
            step.account_id,
            step.lead_status,
            step.outcome,
            step.updated_by.strip(),
            step.kind,
            step.assigned_to,
            step.due_date,
            step.feedback,
            step.case_title,
            step.lesson,
        ],
    ).fetchone()
    assert row is not None
    return int(row[0])


def warn_of_manager(settings: Settings, account_id: str, manager_id: str) -> list[str]:
    """Say it if a manager has left, or works for another branch than the account's."""
    with connect(settings, "owner", stage="lead") as connection:
        record = resolve_record(connection, account_id)
        found = (
            find_leaving(connection, manager_id),
            find_other_branch(connection, record, manager_id),
        )
    return [warning for warning in found if warning]


def fetch_leads(
    settings: Settings, manager_id: str | None, status: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return leads of the last published month, the most urgent first.

    Args:
        settings: Whose warehouse.
        manager_id: Who owns the account or works on the lead; None takes all.
        status: One of `LEAD_STATUSES`; None leaves out those that are closed.
        limit: How many.

    Raises:
        UsageError: The status is unknown.
    """
    _check_known(status)
    with (
        connect(settings, "reporter", stage="lead") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(
            _LEADS,
            {
                "manager": manager_id,
                "statuses": [status] if status else list(_WORKED_ON),
                "limit": limit,
            },
        ).fetchall()


def fetch_lead_updates(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """Return the latest steps on leads, the newest first; times to the second."""
    return fetch_decisions(
        settings,
        "select update_id, "
        "date_trunc('second', updated_at at time zone 'utc') as updated_at, "
        "lead_rule_id, account_id, update_kind, lead_status, outcome, assigned_to, "
        "due_date, feedback, case_title, lesson, updated_by "
        "from control.lead_updates order by update_id desc limit %s",
        [limit],
    )


def _check_known(status: str | None) -> None:
    if status is not None and status not in LEAD_STATUSES:
        raise UsageError(
            f"{status} is no status of a lead.", f"Use {', '.join(LEAD_STATUSES)}."
        )


def _fill(text: str, what: str, cure: str) -> str:
    if not text.strip():
        raise UsageError(f"The {what} is blank.", cure)
    return text.strip()
