"""Work on leads: assign one, say how it goes, close it, keep it as a case (S4-10, F54).

A lead is one case per lead rule and account. Each step names an account record or a
prospect as the CRM names it and is only ever added; the next run shows them in
`fct_leads` and `fct_lead_cases`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from jinta.errors import UsageError
from jinta.report.decisions import check_known, check_record, fetch_decisions
from jinta.settings import Settings
from jinta.warehouse import connect

LEAD_STATUSES = ("open", "assigned", "contacted", "won", "lost", "dismissed")


@dataclass(frozen=True)
class LeadStep:
    """One step of work on a lead.

    Attributes:
        lead_rule_id: The lead rule.
        account_id: The account record, as the CRM names it.
        updated_by: Who records it.
        kind: `status`, `assign`, `feedback` or `case`.
        lead_status: The status from now on; None leaves it as it is.
        outcome: What came of it.
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
) -> int:
    """Assign a lead to a manager and return the step's number.

    Raises:
        UsageError: The lead rule, record or manager is unknown, or the name is blank.
    """
    step = LeadStep(
        lead_rule_id,
        account_id,
        updated_by,
        kind="assign",
        lead_status="assigned",
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
        UsageError: The lead rule, record, manager or status is unknown, or nobody is
            named who records it.
    """
    if step.lead_status is not None and step.lead_status not in LEAD_STATUSES:
        raise UsageError(
            f"{step.lead_status} is no status of a lead.",
            f"Use {', '.join(LEAD_STATUSES)}.",
        )
    if not step.updated_by.strip():
        raise UsageError("An update needs who recorded it.", "Fill --by.")
    with connect(settings, "owner", stage="lead") as connection:
        _check_step(connection, step)
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


def _check_step(connection: psycopg.Connection[Any], step: LeadStep) -> None:
    """Refuse a step on a lead, rule or manager that nobody knows."""
    if not _is_prospect(connection, step.account_id):
        check_record(connection, step.account_id)
    check_known(
        connection,
        "select distinct lead_rule_id from rules.lead_rules order by 1",
        [],
        step.lead_rule_id,
        "lead rule",
    )
    if step.assigned_to is not None:
        _check_manager(connection, step.assigned_to)


def fetch_lead_updates(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """Return the latest steps on leads, the newest first."""
    return fetch_decisions(
        settings,
        "select update_id, updated_at at time zone 'utc' as updated_at, lead_rule_id, "
        "account_id, update_kind, lead_status, outcome, assigned_to, due_date, "
        "feedback, case_title, lesson, updated_by "
        "from control.lead_updates order by update_id desc limit %s",
        [limit],
    )


def _is_prospect(connection: psycopg.Connection[Any], account_id: str) -> bool:
    """Whether a key is that of one prospect."""
    table = connection.execute("select to_regclass('raw.crm__prospects')").fetchone()
    if table == (None,):
        return False
    row = connection.execute(
        "select count(*) = 1 from raw.crm__prospects "
        "where prospect_id = %s and _last_load_id is null",
        [account_id],
    ).fetchone()
    return row == (True,)


def _check_manager(connection: psycopg.Connection[Any], manager_id: str) -> None:
    try:
        row = connection.execute(
            "select 1 from raw.crm__managers "
            "where manager_id = %s and _last_load_id is null limit 1",
            [manager_id],
        ).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise UsageError(
            "No manager has landed yet.", "Map crm.managers, then run `make nightly`."
        ) from error
    if row is None:
        raise UsageError(
            f"No manager {manager_id} has landed.",
            "Name managers by their staff number, as crm.managers does.",
        )


def _fill(text: str, what: str, cure: str) -> str:
    if not text.strip():
        raise UsageError(f"The {what} is blank.", cure)
    return text.strip()
