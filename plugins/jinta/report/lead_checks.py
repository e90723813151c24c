"""What a step of work on a lead must fit: the lead, its status, the manager, the date.

A step is refused where no published month ever showed the lead, because it would stand
in the record and show nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from jinta.errors import UsageError
from jinta.report.decisions import check_known, check_record

CLOSED = ("won", "lost", "dismissed")

_ACCOUNT_ID = re.compile(r"[gp][0-9a-f]{16}")
# Records of customers and prospects under the ids that they have in the marts.
_RECORDS = sql.SQL("""
    select month, group_account_id, account_id_crm as record_id, is_senior
    from marts.bridge_account_records
    union all
    select month, group_account_id, prospect_id, is_senior
    from marts.bridge_prospect_records
""")
_SENIOR = sql.SQL("""
    select records.record_id
    from ({records}) as records
    where records.group_account_id = %s and records.record_id is not null
    order by records.month desc, records.is_senior desc, records.record_id
    limit 1
""").format(records=_RECORDS)
_LEADS = sql.SQL("""
    select leads.lead_rule_id, max(leads.month) as last_month
    from marts.fct_leads as leads
    where leads.group_account_id in (
        select records.group_account_id from ({records}) as records
        where records.record_id = %s
    )
    group by leads.lead_rule_id
    order by leads.lead_rule_id
""").format(records=_RECORDS)
# Of the account that the record belongs to in its last month, by any of its records.
_STATUS = sql.SQL("""
    with records as ({records})

    select updates.lead_status
    from control.lead_updates as updates
    where
        updates.lead_rule_id = %(rule)s
        and updates.lead_status is not null
        and updates.account_id in (
            select others.record_id
            from records as own
            inner join records as others using (month, group_account_id)
            where
                own.record_id = %(record)s
                and own.month = (
                    select max(month) from records where record_id = %(record)s
                )
        )
    order by updates.update_id desc
    limit 1
""").format(records=_RECORDS)
_BRANCHES = sql.SQL("""
    select accounts.branch_id, managers.branch_id
    from ({records}) as records
    inner join marts.dim_group_accounts as accounts using (month, group_account_id)
    inner join raw.crm__managers as managers
        on managers.manager_id = %s and managers._last_load_id is null
    where records.record_id = %s
    order by records.month desc
    limit 1
""").format(records=_RECORDS)

_LEAVING: LiteralString = """
    select case when count(*) = count(left_date) then max(left_date) end
    from raw.crm__managers
    where manager_id = %s and _last_load_id is null
    having max(left_date) <= current_date
"""


def resolve_record(connection: psycopg.Connection[Any], text: str) -> str:
    """Return the record that a text names: itself, or the senior one of an account.

    Human decisions name a source record, which stays when accounts merge or split.

    Raises:
        UsageError: No record or account of that name is known.
    """
    if _ACCOUNT_ID.fullmatch(text):
        rows = _fetch(
            connection,
            _SENIOR,
            [text],
        )
        if not rows:
            raise UsageError(
                f"No published month has an account {text}.",
                "Name a record as the CRM does, or an account as `jinta explain` does.",
            )
        return str(rows[0][0])
    if not _is_prospect(connection, text):
        check_record(
            connection,
            text,
            "An account id of marts.fct_leads, which lists all leads, will do as well.",
        )
    return text


def check_lead(
    connection: psycopg.Connection[Any], lead_rule_id: str, account_id: str
) -> None:
    """Refuse a rule that isn't there, or never made a lead of the record's account."""
    check_known(
        connection,
        "select distinct lead_rule_id from rules.lead_rules order by 1",
        [],
        lead_rule_id,
        "lead rule",
    )
    leads = {
        str(rule): month for rule, month in _fetch(connection, _LEADS, [account_id])
    }
    if lead_rule_id not in leads:
        known = ", ".join(f"{rule} ({month:%Y-%m})" for rule, month in leads.items())
        raise UsageError(
            f"{account_id} never was a lead of {lead_rule_id}.",
            f"Its leads: {known or 'none'}; `jinta explain {account_id}` shows them.",
        )


def check_status(
    connection: psycopg.Connection[Any],
    lead_rule_id: str,
    account_id: str,
    status: str | None,
    reason: str | None,
) -> None:
    """Refuse to close a lead without an outcome, or to reopen one without a reason."""
    if status is None or (reason or "").strip():
        return
    if status in CLOSED:
        raise UsageError(
            f"A lead that is {status} needs what came of it.",
            f"Use `jinta lead update {lead_rule_id} {account_id} {status} --outcome`.",
        )
    before = fetch_status(connection, lead_rule_id, account_id)
    if before in CLOSED:
        raise UsageError(
            f"{lead_rule_id} {account_id} is {before}; {status} would reopen it.",
            "Say why: --outcome of `jinta lead update`, --reason of `jinta lead "
            "assign`.",
        )


def check_case(
    connection: psycopg.Connection[Any], lead_rule_id: str, account_id: str
) -> None:
    """Refuse a case of a lead that is neither won nor lost: it teaches nothing yet."""
    status = fetch_status(connection, lead_rule_id, account_id)
    if status not in ("won", "lost"):
        raise UsageError(
            f"{lead_rule_id} {account_id} is {status}, neither won nor lost.",
            "Close it first: `jinta lead update … won --outcome …`, or lost.",
        )


def check_due(connection: psycopg.Connection[Any], due: date) -> None:
    """Refuse a date before the day that the last publication speaks of."""
    rows = _fetch(
        connection,
        "select as_of_date from control.publications "
        "order by publication_id desc limit 1",
        [],
    )
    if rows and due < rows[0][0]:
        raise UsageError(
            f"--due {due} lies before {rows[0][0]}, the day of the last publication.",
            "Give a later day.",
        )


def check_manager(connection: psycopg.Connection[Any], manager_id: str) -> None:
    """Refuse a manager whom no landed row names."""
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


def find_leaving(connection: psycopg.Connection[Any], manager_id: str) -> str | None:
    """Say it if a manager has left every system that knows the number."""
    rows = _fetch(connection, _LEAVING, [manager_id])
    if not rows or rows[0][0] is None:
        return None
    return f"{manager_id} left on {rows[0][0]}: nobody in post has the lead."


def find_other_branch(
    connection: psycopg.Connection[Any], account_id: str, manager_id: str
) -> str | None:
    """Say it if a manager works for another branch than the account's."""
    rows = _fetch(connection, _BRANCHES, [manager_id, account_id])
    if not rows or None in rows[0] or rows[0][0] == rows[0][1]:
        return None
    of_account, of_manager = rows[0]
    return (
        f"{manager_id} is of branch {of_manager}, {account_id} of {of_account}: the "
        "lead goes there all the same."
    )


def fetch_status(
    connection: psycopg.Connection[Any], lead_rule_id: str, account_id: str
) -> str:
    """Return the status of a lead as the steps so far leave it."""
    rows = _fetch(connection, _STATUS, {"rule": lead_rule_id, "record": account_id})
    return str(rows[0][0]) if rows else "open"


def _fetch(
    connection: psycopg.Connection[Any],
    query: LiteralString | sql.Composed,
    values: Sequence[Any] | Mapping[str, Any],
) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(query, values).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise UsageError(
            "No lead has been published yet.", "Run `make nightly` first."
        ) from error


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
