"""States: one month as readers saw it from a publication on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from jinta.errors import UsageError

# The marts that a change bridge reads; one publication has computed them together.
BRIDGED_MARTS = (
    "fct_account_scores",
    "fct_account_indicators",
    "bridge_account_records",
)


@dataclass(frozen=True)
class State:
    """One month of one scorecard, as a publication showed it.

    Attributes:
        month: The reported month.
        scorecard_id: The scorecard.
        publication_id: The publication that showed it.
        computed_by: The publication whose run computed it: what it knew.
        shown_at: Moment that the publication began to be shown.
        known_load_id: The last load that the computing publication knew.
        scorecard_version: The version that scored the month.
    """

    month: date
    scorecard_id: str
    publication_id: int
    computed_by: int
    shown_at: datetime
    known_load_id: int
    scorecard_version: str

    @property
    def key(self) -> dict[str, Any]:
        """Parameters of a query on `_as_shown` views for this state."""
        return {
            "month": self.month,
            "shown_at": self.shown_at,
            "scorecard": self.scorecard_id,
        }

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.month:%Y-%m} (publication {self.publication_id})"


def find_state(
    connection: psycopg.Connection[Any],
    month: date,
    scorecard_id: str,
    publication_id: int | None = None,
) -> State:
    """Find what readers saw of a month.

    Args:
        connection: Of a role that reads `control` and `marts`.
        month: The reported month.
        scorecard_id: The scorecard.
        publication_id: The publication that showed it; None takes the last one.

    Raises:
        UsageError: There is no such publication, it showed no such month or scorecard,
            or its content was pruned.
    """
    row = connection.execute(
        "select publication_id, published_at from control.publications "
        "where %(id)s::bigint is null or publication_id = %(id)s "
        "order by publication_id desc limit 1",
        {"id": publication_id},
    ).fetchone()
    if row is None:
        raise UsageError(
            f"There is no publication {publication_id}."
            if publication_id
            else "Nothing has been published yet.",
            "`jinta publications` lists them.",
        )
    shown_by, shown_at = row
    computed_by = _find_computing(connection, month, shown_by, shown_at)
    version = connection.execute(
        "select scorecard_version from marts.fct_account_scores_as_shown "
        "where month = %(month)s and shown_from <= %(shown_at)s "
        "and (shown_until is null or shown_until > %(shown_at)s) "
        "and scorecard_id = %(scorecard)s limit 1",
        {"month": month, "shown_at": shown_at, "scorecard": scorecard_id},
    ).fetchone()
    known = connection.execute(
        "select landed_through_load_id from control.publications "
        "where publication_id = %s",
        [computed_by],
    ).fetchone()
    if computed_by is None or version is None or known is None:
        if publication_id is None:
            _check_published(connection, month)
        raise UsageError(
            f"Publication {shown_by} shows no {scorecard_id} of {month:%Y-%m}, or "
            "retention has given it up.",
            "`select * from marts.shown_months` lists what was shown when.",
        )
    return State(
        month=month,
        scorecard_id=scorecard_id,
        publication_id=shown_by,
        computed_by=computed_by,
        shown_at=shown_at,
        known_load_id=known[0],
        scorecard_version=version[0],
    )


def find_last_month(connection: psycopg.Connection[Any]) -> date:
    """Return the last month that readers see.

    Raises:
        UsageError: Nothing has been published.
    """
    row = connection.execute(
        "select max(month) from control.pointers where mart = 'fct_account_scores'"
    ).fetchone()
    if row is None or row[0] is None:
        raise UsageError(
            "Nothing has been published yet.", cure="Run `make nightly` first."
        )
    return row[0]


def _check_published(connection: psycopg.Connection[Any], month: date) -> None:
    """Refuse a month that readers don't see.

    Raises:
        UsageError: Naming the last months that they do.
    """
    rows = connection.execute(
        "select distinct month from control.pointers "
        "where mart = 'fct_account_scores' order by 1"
    )
    known = [row[0] for row in rows]
    if month not in known:
        told = ", ".join(f"{row:%Y-%m}" for row in known[-12:])
        raise UsageError(f"{month:%Y-%m} is not published.", f"Published are {told}.")


def _find_computing(
    connection: psycopg.Connection[Any],
    month: date,
    publication_id: int,
    shown_at: datetime,
) -> int | None:
    """Find the publication that set the month.

    Where retention has forgotten it, the last one that began to show any of the
    month's content for the first time: it has computed all of it.
    """
    row = connection.execute(
        """
        with

        shown as (

            select slice_id
            from control.shown_slices
            where
                mart = any(%(marts)s)
                and month = %(month)s
                and shown_from <= %(shown_at)s
                and (shown_until is null or shown_until > %(shown_at)s)

        ),

        first_shown as (

            select min(intervals.publication_id) as publication_id
            from shown
            inner join control.shown_slices as intervals
                on shown.slice_id = intervals.slice_id
            group by shown.slice_id

        ),

        remembered as (

            select max(set_by_publication_id) as publication_id
            from control.publication_slices
            where
                publication_id = %(publication)s
                and mart = any(%(marts)s)
                and month = %(month)s

        )

        select coalesce(remembered.publication_id, max(first_shown.publication_id))
        from remembered
        left join first_shown on true
        group by remembered.publication_id
        """,
        {
            "marts": list(BRIDGED_MARTS),
            "month": month,
            "shown_at": shown_at,
            "publication": publication_id,
        },
    ).fetchone()
    return row[0] if row else None
