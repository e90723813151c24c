"""Storing a chunk's marts before they are shown (design decision 3).

What is stored here is noted for the run, and nobody sees it: the run's last step shows
all of its chunks in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import psycopg
from psycopg import sql

from jinta.errors import PublishError
from jinta.publish.marts import (
    CANDIDATE_SCHEMA,
    Mart,
    Relation,
    check_candidates,
    describe_relations,
)
from jinta.publish.slices import Content, hash_mart, store_slices
from jinta.publish.views import ARCHIVE_SCHEMA, check_shape, ensure_archive
from jinta.runs.ledger import STAGED_TABLES

# The profile whose sizes are kept with the publication.
METRICS_PROFILE = "profiles.prf_candidate"


def stage_marts(connection: psycopg.Connection, run_id: str, marts: list[Mart]) -> int:
    """Store the chunk under way, unless that is done; how many slices it has.

    Months that a gate holds are left out; whole marts are those of the last chunk.

    Raises:
        PublishError: A candidate is missing, belongs to another run, or takes columns
            away.
    """
    months = read_months(connection, run_id)
    if not months or _is_staged(connection, run_id, months):
        return 0
    candidates = describe_relations(connection, CANDIDATE_SCHEMA)
    archive = describe_relations(connection, ARCHIVE_SCHEMA)
    check_candidates(marts, candidates)
    check_shape(marts, candidates, archive)
    ensure_archive(connection, marts, candidates, archive)
    slices = _store_marts(connection, run_id, marts, candidates, months)
    with connection.transaction():
        _note_slices(connection, run_id, months, slices)
        _note_metrics(connection, run_id, months)
    return len(slices)


def read_months(connection: psycopg.Connection, run_id: str) -> list[date]:
    """The months of the chunk under way that no gate holds, in order.

    Raises:
        PublishError: The candidate was built by another run.
    """
    rows = connection.execute(
        "select month, run_id, held_reason is null from control.run_months "
        "order by month"
    ).fetchall()
    builders = {row[1] for row in rows}
    if builders != {run_id}:
        raise PublishError(
            f"The candidate belongs to {', '.join(sorted(builders)) or 'no run'}, "
            f"not to run {run_id}.",
            "Start the run again; it builds its own candidate.",
        )
    return [month for month, _, is_free in rows if is_free]


def forget_staged(connection: psycopg.Connection, run_id: str) -> None:
    """Forget what a run has staged: it is shown now."""
    for name in STAGED_TABLES:
        connection.execute(
            sql.SQL("delete from {} where run_id = %s").format(
                sql.Identifier("control", name)
            ),
            [run_id],
        )


def _store_marts(
    connection: psycopg.Connection,
    run_id: str,
    marts: list[Mart],
    candidates: Mapping[str, Relation],
    months: Sequence[date],
) -> dict[Content, int]:
    slices: dict[Content, int] = {}
    for mart in marts:
        if mart.is_view:
            continue
        relation = candidates[mart.name]
        contents = hash_mart(connection, mart, relation, months)
        slices |= store_slices(connection, run_id, mart, relation, contents)
    return slices


def _is_staged(
    connection: psycopg.Connection, run_id: str, months: Sequence[date]
) -> bool:
    """Whether all months were noted: they are noted in one transaction."""
    row = connection.execute(
        "select count(distinct month) from control.staged_slices "
        "where run_id = %s and month = any(%s)",
        [run_id, list(months)],
    ).fetchone()
    return row == (len(months),)


def _note_slices(
    connection: psycopg.Connection,
    run_id: str,
    months: Sequence[date],
    slices: Mapping[Content, int],
) -> None:
    connection.execute(
        "delete from control.staged_slices "
        "where run_id = %s and (month is null or month = any(%s))",
        [run_id, list(months)],
    )
    connection.execute(
        """
        insert into control.staged_slices (run_id, mart, month, slice_id)
        select %s, mart, month, slice_id
        from unnest(%s::text[], %s::date[], %s::bigint[])
            as slices (mart, month, slice_id)
        """,
        [
            run_id,
            [content.mart for content in slices],
            [content.month for content in slices],
            list(slices.values()),
        ],
    )


def _note_metrics(
    connection: psycopg.Connection, run_id: str, months: Sequence[date]
) -> None:
    """Keep the sizes that gate candidate judged, for the next candidate."""
    connection.execute(
        "delete from control.staged_metrics where run_id = %s and month = any(%s)",
        [run_id, list(months)],
    )
    found = connection.execute("select to_regclass(%s)", [METRICS_PROFILE]).fetchone()
    if found is None or found[0] is None:
        return
    connection.execute(
        sql.SQL(
            "insert into control.staged_metrics "
            "(run_id, month, subject, metric, value) "
            "select %s, month, subject, metric, value from {} "
            "where is_published and value is not null and month = any(%s)"
        ).format(sql.Identifier(*METRICS_PROFILE.split("."))),
        [run_id, list(months)],
    )
