"""Months that a gate holds back, so that those before them can be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import psycopg

from jinta.gates.rules import Finding, Observation


def select_free_months(
    connection: psycopg.Connection, run_id: str, profile: Sequence[Observation]
) -> list[Observation]:
    """Leave out what an earlier gate holds, and tell what is of no month.

    Profiles put what is not about one month under the run's last: what only that one
    has belongs to the run as a whole, and is judged whether that month is held or not.
    """
    rows = connection.execute(
        "select month, held_reason is not null from control.run_months "
        "where run_id = %s order by month",
        [run_id],
    ).fetchall()
    held = {month for month, is_held in rows if is_held}
    last = rows[-1][0] if len(rows) > 1 else None
    months: dict[tuple[str, str, str], set[date | None]] = {}
    for item in profile:
        months.setdefault(_name_measure(item), set()).add(item.month)
    selected = []
    for item in profile:
        if months[_name_measure(item)] == {last}:
            selected.append(replace(item, month=None))
        elif item.month not in held:
            selected.append(item)
    return selected


def hold_months(
    connection: psycopg.Connection, run_id: str, findings: Sequence[Finding]
) -> dict[date, str]:
    """Hold the first month that failed and those after it.

    Later months go on from the tiers of earlier ones, so none is published without
    them.

    Returns:
        The months held now, with the reason; none if nothing failed, if a failure is of
        no month, or if nothing would be left to publish.
    """
    failures = [f for f in findings if not f.passed and f.severity == "critical"]
    months = [failure.month for failure in failures]
    first = min((month for month in months if month is not None), default=None)
    if first is None or None in months or not _has_before(connection, run_id, first):
        return {}
    reason = next(f.message for f in failures if f.month == first)
    rows = connection.execute(
        "update control.run_months set held_reason = case when month = %(first)s "
        "then %(reason)s else 'it follows ' || to_char(%(first)s, 'YYYY-MM') end "
        "where run_id = %(run_id)s and month >= %(first)s and held_reason is null "
        "returning month, held_reason",
        {"run_id": run_id, "first": first, "reason": reason},
    ).fetchall()
    return dict(sorted(rows))


def _has_before(connection: psycopg.Connection, run_id: str, month: date) -> bool:
    row = connection.execute(
        """
        select
            exists (
                select 1 from control.run_months
                where
                    run_id = %(run_id)s
                    and month < %(month)s
                    and held_reason is null
            )
            or exists (
                select 1 from control.staged_slices
                where run_id = %(run_id)s
            )
        """,
        {"run_id": run_id, "month": month},
    ).fetchone()
    return row == (True,)


def _name_measure(item: Observation) -> tuple[str, str, str]:
    return (item.system_name, item.subject, item.metric)
