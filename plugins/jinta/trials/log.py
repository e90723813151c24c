"""Named trials: recorded with all that was asked and what came out, never changed."""

from __future__ import annotations

import json
from typing import Any, LiteralString, Protocol

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from jinta.errors import UsageError
from jinta.report.summary import encode_value
from jinta.settings import Settings
from jinta.warehouse import connect


class Result(Protocol):
    """What any trial ends in."""

    @property
    def summary(self) -> dict[str, Any]:
        """What was tried and what came out."""

    @property
    def request(self) -> dict[str, Any]:
        """What is needed to try it again."""

    @property
    def publication_id(self) -> int:
        """The publication it was compared with."""

    @property
    def result_hash(self) -> str | None:
        """Equal for equal results; a trial to be recorded has one."""


def check_name(settings: Settings, name: str | None, requested_by: str | None) -> None:
    """Check, before a trial runs, that it can be recorded under a name.

    Args:
        settings: Whose warehouse.
        name: The name; None where the trial isn't to be recorded.
        requested_by: Who asks.

    Raises:
        UsageError: The name is blank or taken, or nobody asks for it.
    """
    if name is None:
        return
    if not name.strip() or not (requested_by or "").strip():
        raise UsageError(
            "A recorded trial needs a name and who asks for it.",
            "Fill --name and --by.",
        )
    with connect(settings, "transformer", stage="trial") as connection:
        row = connection.execute(
            "select trial_id, recorded_at::date, requested_by from control.trials "
            "where name = %s",
            [name.strip()],
        ).fetchone()
    if row is not None:
        raise _name_taken(name, *row)


def record_trial(
    settings: Settings, name: str, requested_by: str, kind: str, result: Result
) -> int:
    """Record a trial and return its number.

    Raises:
        UsageError: The name is taken.
    """
    try:
        with connect(settings, "transformer", stage="trial") as connection:
            row = connection.execute(
                "insert into control.trials (name, kind, requested_by, request, "
                "publication_id, result_hash, summary) "
                "values (%s, %s, %s, %s, %s, %s, %s) returning trial_id",
                [
                    name.strip(),
                    kind,
                    requested_by.strip(),
                    Jsonb(result.request, dumps=_dump),
                    result.publication_id,
                    result.result_hash,
                    Jsonb(result.summary, dumps=_dump),
                ],
            ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise _name_taken(name) from error
    assert row is not None
    return int(row[0])


def list_trials(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """List the latest trials, the newest first, without what they asked."""
    return _fetch(
        settings,
        "select trial_id, name, kind, requested_by, "
        "recorded_at at time zone 'utc' as recorded_at, publication_id, "
        "left(result_hash, 12) as result_hash "
        "from control.trials order by trial_id desc limit %(limit)s",
        {"limit": limit},
    )


def load_trial(settings: Settings, name: str) -> dict[str, Any]:
    """Return a trial by its name or number, whole.

    Raises:
        UsageError: There is none.
    """
    rows = _fetch(
        settings,
        "select trial_id, name, kind, requested_by, "
        "recorded_at at time zone 'utc' as recorded_at, publication_id, result_hash, "
        "request, summary from control.trials "
        "where name = %(name)s or trial_id::text = %(name)s "
        "order by name = %(name)s desc limit 1",
        {"name": name},
    )
    if not rows:
        raise UsageError(
            f"There is no trial {name!r}.", "`jinta trials list` lists them."
        )
    return rows[0]


def _fetch(
    settings: Settings, query: LiteralString, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    with (
        connect(settings, "transformer", stage="trial") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(query, parameters).fetchall()


def _name_taken(name: str, *who: Any) -> UsageError:
    number, day, by = who if who else ("", "", "")
    known = f": number {number}, by {by} on {day}" if who else ""
    return UsageError(
        f"A trial is named {name.strip()!r} already{known}.",
        "Choose another name; `jinta trials show` tells what that one found.",
    )


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=encode_value)
