"""Why an account has its tier: the exact decomposition of a stored score (F68)."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from jinta.errors import UsageError
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.report.standing import fetch_standing
from jinta.settings import Settings
from jinta.warehouse import connect


def explain_account(
    settings: Settings,
    account: str,
    month: date | None = None,
    scorecard_id: str | None = None,
) -> dict[str, Any]:
    """Collect all that made an account's published scores, from the marts alone.

    Args:
        settings: Where the warehouse is; the reporter's rights are enough.
        account: A group account id, an account record's number, or part of a name.
        month: The month to explain; None takes the last published one.
        scorecard_id: The scorecard whose score is explained; None takes all that score
            the account.

    Returns:
        The account, the name that it was `asked_for` by, whether it is the successor of
        the account asked for, its records and leads, and by scorecard under `cards` its
        version, the score, one entry per indicator, the way to each better tier, and
        how much of the score people entered; under `standing` what keeps it out of
        the ranks.

    Raises:
        UsageError: No account, or more than one, answers to that name.
    """
    with (
        connect(settings, "reporter", stage="explain") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        month = choose_month(cursor, month)
        key: dict[str, Any] = {
            "id": find_account(cursor, account, month),
            "month": month,
            "scorecard": scorecard_id,
            "default": DEFAULT_SCORECARD,
        }
        scores = _fetch(cursor, _SCORES, key)
        [found] = _fetch(cursor, _ACCOUNT, key)
        found["branch_name"] = fetch_branch_name(cursor, found["branch_id"])
        if not scores and scorecard_id is not None:
            _check_subject(cursor, scorecard_id, found)
        return {
            "month": month,
            "asked_for": account.strip(),
            "is_successor": _has_ended(cursor, account, key),
            "account": found,
            "standing": fetch_standing(cursor, found, key),
            "cards": [_explain_card(cursor, score, key) for score in scores],
            "records": _fetch(cursor, _RECORDS, key),
            "leads": _fetch(cursor, _LEADS, key),
        }


def _has_ended(cursor: psycopg.Cursor, account: str, key: dict[str, Any]) -> bool:
    """Whether another account was asked for, whose first record this one holds now."""
    return bool(_fetch(cursor, _FIRST_RECORD, key | {"asked_for": account.strip()}))


def _explain_card(
    cursor: psycopg.Cursor, score: dict[str, Any], key: dict[str, Any]
) -> dict[str, Any]:
    """Collect what made one score."""
    key = key | {
        "scorecard": score["scorecard_id"],
        "version": score["scorecard_version"],
    }
    subjectivity = _fetch(cursor, _SUBJECTIVITY, key)
    return {
        "scorecard_id": score["scorecard_id"],
        "version": _fetch(cursor, _VERSION, key)[0],
        "score": score,
        "points": _fetch(cursor, _POINTS, key),
        "next_tiers": _fetch(cursor, _NEXT_TIERS, key),
        "subjectivity": subjectivity[0] if subjectivity else None,
    }


_ACCOUNT = """
select *
from marts.dim_group_accounts
where month = %(month)s and group_account_id = %(id)s
"""

_SCORES = """
select *
from marts.fct_account_scores
where
    month = %(month)s
    and group_account_id = %(id)s
    and coalesce(scorecard_id = %(scorecard)s, %(scorecard)s::text is null)
order by scorecard_id <> %(default)s, scorecard_id
"""

_FIRST_RECORD = """
with

records as (

    select month, group_account_id, source_record_id from marts.bridge_account_records
    union all
    select month, group_account_id, source_record_id from marts.bridge_prospect_records

)

select source_record_id
from records
where
    month = %(month)s
    and group_account_id = %(id)s
    and group_account_id <> %(asked_for)s
    and starts_with(%(asked_for)s, 'g')
    and source_record_id = 'r' || substr(%(asked_for)s, 2)
"""

_VERSION = """
select *
from marts.dim_scorecards
where scorecard_id = %(scorecard)s and scorecard_version = %(version)s
"""

# Of an item that people assess also who did, when, why and until when, and the facts
# beside it.
_POINTS = """
select
    points.*,
    indicators.indicator_name,
    indicators.indicator_name_zh,
    indicators.unit,
    indicators.window_months,
    indicators.is_manual,
    indicators.source_tables = 'crm.assessments' as is_assessed,
    assessments.manager_id as assessed_by,
    assessments.assessed_date,
    assessments.expires_date,
    assessments.reason,
    assessments.average_sales_3y_amount,
    assessments.sales_growth_3y_pct,
    assessments.projects_3y
from marts.fct_account_points as points
inner join marts.dim_indicators as indicators
    on points.indicator_id = indicators.indicator_id
left join marts.fct_assessments as assessments
    on
        points.month = assessments.month
        and points.group_account_id = assessments.group_account_id
        and points.indicator_id = assessments.item || '_points'
where
    points.month = %(month)s
    and points.group_account_id = %(id)s
    and points.scorecard_id = %(scorecard)s
order by
    array_position(array['x', 'y', 'z', 'w'], points.dimension), indicators.position
"""

_RECORDS = """
select
    source_record_id, system_name, account_id_crm, account_name_crm, is_senior,
    match_basis
from marts.bridge_account_records
where month = %(month)s and group_account_id = %(id)s
union all
select source_record_id, system_name, prospect_id, prospect_name, is_senior, 'prospect'
from marts.bridge_prospect_records
where month = %(month)s and group_account_id = %(id)s
order by is_senior desc, account_id_crm
"""

_LEADS = """
select
    lead_rule_id, lead_name, lead_name_zh, lead_action, priority, manager_id,
    lead_status, outcome, assigned_to, due_date, is_overdue, feedback, evidence
from marts.fct_leads
where month = %(month)s and group_account_id = %(id)s
order by priority = 'high' desc, lead_rule_id
"""

_NEXT_TIERS = """
select
    next_tiers.*,
    indicators.indicator_name,
    indicators.indicator_name_zh,
    indicators.unit,
    indicators.window_months
from marts.fct_next_tiers as next_tiers
left join marts.dim_indicators as indicators
    on next_tiers.indicator_id = indicators.indicator_id
where
    next_tiers.month = %(month)s
    and next_tiers.group_account_id = %(id)s
    and next_tiers.scorecard_id = %(scorecard)s
order by next_tiers.is_next desc, next_tiers.points_short, next_tiers.target_band
"""

_SUBJECTIVITY = """
select *
from marts.fct_subjectivity
where
    month = %(month)s
    and group_account_id = %(id)s
    and scorecard_id = %(scorecard)s
"""


def _fetch(
    cursor: psycopg.Cursor, query: str, key: dict[str, Any]
) -> list[dict[str, Any]]:
    return [dict(row) for row in cursor.execute(query, key).fetchall()]


def find_last_month(cursor: psycopg.Cursor) -> date:
    """Return the last published month.

    Raises:
        UsageError: Nothing has been published yet.
    """
    row = cursor.execute(
        "select max(month) as month from marts.dim_group_accounts"
    ).fetchone()
    if row is None or row["month"] is None:
        raise UsageError(
            "Nothing has been published yet.", cure="Run `make nightly` first."
        )
    return row["month"]


def choose_month(cursor: psycopg.Cursor, month: date | None) -> date:
    """Return the month that is asked for, or the last published one.

    Raises:
        UsageError: It, or anything at all, is not published.
    """
    last = find_last_month(cursor)
    if month is None:
        return last
    rows = cursor.execute("select distinct month from marts.dim_group_accounts")
    known = sorted(row["month"] for row in rows.fetchall())
    if month not in known:
        told = ", ".join(f"{row:%Y-%m}" for row in known[-12:])
        raise UsageError(f"{month:%Y-%m} is not published.", f"Published are {told}.")
    return month


def fetch_branch_name(cursor: psycopg.Cursor, branch_id: str | None) -> str | None:
    """Return the name of a branch, if a publication has told it."""
    [view] = cursor.execute("select to_regclass('marts.dim_branches') as name")
    if view["name"] is None:
        return None
    rows = cursor.execute(
        "select branch_name from marts.dim_branches "
        "where branch_id = %s and branch_name <> branch_id",
        [branch_id],
    ).fetchall()
    return rows[0]["branch_name"] if rows else None


def check_scorecard(cursor: psycopg.Cursor, scorecard_id: str) -> None:
    """Refuse a scorecard that was never published.

    Raises:
        UsageError: There is no such scorecard.
    """
    known = cursor.execute("select distinct scorecard_id from marts.dim_scorecards")
    names = sorted(row["scorecard_id"] for row in known.fetchall())
    if scorecard_id not in names:
        raise UsageError(
            f"There is no scorecard {scorecard_id}.",
            f"Published are {', '.join(names) or 'none'}.",
        )


def _check_subject(
    cursor: psycopg.Cursor, scorecard_id: str, account: dict[str, Any]
) -> None:
    """Refuse a scorecard that scores others than this kind of account.

    Raises:
        UsageError: There is none of this name, or it scores prospects and this is
            none, or the other way round.
    """
    check_scorecard(cursor, scorecard_id)
    known = cursor.execute(
        "select distinct scorecard_id, subject from marts.dim_scorecards"
    )
    subjects = {row["scorecard_id"]: row["subject"] for row in known.fetchall()}
    subject, kind = subjects[scorecard_id], account["account_kind"]
    if subject != kind:
        fit = sorted(name for name, scored in subjects.items() if scored == kind)
        raise UsageError(
            f"{scorecard_id} scores {subject}s only; {account['account_name']} is of "
            f"the kind {kind}.",
            f"This kind is scored by {', '.join(fit) or 'none'}.",
        )


_FIND_ACCOUNT = """
with

matches as (

    select group_account_id, account_name, 1 as closeness
    from marts.dim_group_accounts
    where month = %(month)s and group_account_id = %(account)s
    union all
    select bridge.group_account_id, bridge.account_name_crm, 2
    from marts.bridge_account_records as bridge
    where
        bridge.month = %(month)s
        and (
            bridge.account_id_crm = %(account)s
            or bridge.source_record_id = 'r' || substr(%(account)s, 2)
        )
    union all
    select bridge.group_account_id, bridge.account_name_crm, 3
    from marts.bridge_account_records as bridge
    where
        bridge.month = %(month)s and bridge.account_name_crm = %(account)s
    union all
    select bridge.group_account_id, bridge.account_name_crm, 4
    from marts.bridge_account_records as bridge
    where
        bridge.month = %(month)s
        and strpos(bridge.account_name_crm, %(account)s) > 0
    union all
    -- Prospects are no customers' records.
    select
        prospects.group_account_id,
        prospects.prospect_name,
        case
            when
                prospects.prospect_id = %(account)s
                or prospects.source_record_id = 'r' || substr(%(account)s, 2)
                then 2
            when prospects.prospect_name = %(account)s then 3
            else 4
        end
    from marts.bridge_prospect_records as prospects
    where
        prospects.month = %(month)s
        and (
            prospects.prospect_id = %(account)s
            or prospects.source_record_id = 'r' || substr(%(account)s, 2)
            or strpos(prospects.prospect_name, %(account)s) > 0
        )

)

select group_account_id, min(account_name) as account_name
from matches
where closeness = (select min(closeness) from matches)
group by group_account_id
order by group_account_id
limit 11
"""


def find_account(cursor: psycopg.Cursor, account: str, month: date) -> str:
    """Resolve an id, a record's number or a name; old ids resolve for ever.

    Raises:
        UsageError: The name is empty, or no account or more than one answers to it.
    """
    account = account.strip()
    if not account:
        raise UsageError(
            "The account's name is empty.",
            cure="Give a group account id, a CRM number or part of the name.",
        )
    found = cursor.execute(
        _FIND_ACCOUNT, {"month": month, "account": account}
    ).fetchall()
    if len(found) == 1:
        return found[0]["group_account_id"]
    if not found:
        raise UsageError(
            f"No account in {month:%Y-%m} answers to {account!r}.",
            cure="Give a group account id, a CRM number or part of the name.",
        )
    listed = "; ".join(
        f"{row['group_account_id']} {row['account_name']}" for row in found[:10]
    )
    raise UsageError(
        f"More than one account answers to {account!r}: {listed}"
        + (" …" if len(found) > 10 else ""),
        cure="Give one of these ids.",
    )
