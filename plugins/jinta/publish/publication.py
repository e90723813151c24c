"""Publishing a run's candidate marts, and taking a publication back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg

from jinta.errors import PublishError, UsageError
from jinta.publish.intervals import record_intervals
from jinta.publish.marks import mark_stale_months, record_seeds
from jinta.publish.marts import (
    CANDIDATE_SCHEMA,
    Mart,
    describe_relations,
    read_marts,
)
from jinta.publish.staging import forget_staged, stage_marts
from jinta.publish.views import ensure_views
from jinta.settings import Settings
from jinta.warehouse import check_lease, connect, terminate_leftovers

# One publication, rollback or pruning at a time, whoever started it.
_LOCK_NAME = "jinta publication"
_LOCK_TIMEOUT = "60s"


@dataclass(frozen=True)
class PublishedSlice:
    """One mart and month of a publication.

    Attributes:
        mart: Name of the mart.
        month: First day of the month, or None where the mart is one slice.
        slice_id: The stored slice.
        content_hash: Hash of its business content.
        row_count: Its rows.
        is_stored: Whether this publication stored it; else equal content was there.
        is_changed: Whether readers saw other content before.
        rule_versions: Scorecard versions its rows were computed by.
    """

    mart: str
    month: date | None
    slice_id: int
    content_hash: str
    row_count: int
    is_stored: bool
    is_changed: bool
    rule_versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Publication:
    """One publication, with the slices that its run or rollback set."""

    publication_id: int
    run_id: str
    kind: str
    as_of_date: date
    published_at: datetime
    note: str | None = None
    restored_publication_id: int | None = None
    slices: list[PublishedSlice] = field(default_factory=list)

    @property
    def months(self) -> list[date]:
        """The months it set, in order."""
        return sorted({s.month for s in self.slices if s.month is not None})

    @property
    def stored_count(self) -> int:
        """How many slices it stored; zero when everything was equal."""
        return sum(item.is_stored for item in self.slices)

    @property
    def content_hashes(self) -> dict[tuple[str, date | None], str]:
        """The content hash by mart and month; equal runs have equal ones."""
        return {(item.mart, item.month): item.content_hash for item in self.slices}


def publish(
    settings: Settings, run_id: str, manifest: Mapping[str, Any]
) -> Publication:
    """Show readers the run's marts, all at once.

    Storing slices takes as long as it takes and is seen by nobody; what a killed
    attempt stored is found again by its content. Then one short transaction points
    readers at all slices that the run's chunks have stored. A run that was published
    before is left as it is.

    Args:
        settings: Where the warehouse is.
        run_id: The run whose months `control.run_months` holds.
        manifest: dbt's manifest: which marts there are, how sliced and keyed.

    Raises:
        LeaseLost: Another run is at work now, or the lease was released; nothing has
            changed for readers.
        PublishError: A candidate is missing, belongs to another run, or takes columns
            away; nothing has changed for readers.
    """
    terminate_leftovers(settings, run_id, "publish")
    with (
        connect(settings, "publisher", run_id=run_id, stage="publish") as connection,
        hold_lock(connection),
    ):
        earlier = _find_publication(connection, run_id)
        if earlier is None:
            readers = [settings.role_name(role) for role in ("reporter", "transformer")]
            earlier = _publish_new(connection, run_id, read_marts(manifest), readers)
        mark_stale_months(settings, earlier)
        return _load_publication(connection, earlier)


def stage_candidate(
    settings: Settings, run_id: str, manifest: Mapping[str, Any]
) -> int:
    """Store the chunk under way without showing it; how many slices it has.

    Raises:
        PublishError: As `publish`.
    """
    terminate_leftovers(settings, run_id, "store")
    with (
        connect(settings, "publisher", run_id=run_id, stage="store") as connection,
        hold_lock(connection),
    ):
        return stage_marts(connection, run_id, read_marts(manifest))


def rollback(
    settings: Settings, publication_id: int, note: str | None = None
) -> Publication:
    """Show readers again exactly what an earlier publication showed.

    Recorded as a publication of its own; nothing is deleted, so a rollback can be
    rolled back. If readers see that content already, nothing is recorded.

    Raises:
        UsageError: There is no such publication.
        PublishError: Its slices were pruned.
    """
    with connect(settings, "publisher", stage="rollback") as connection:
        with hold_lock(connection), connection.transaction():
            _check_restorable(connection, publication_id)
            if _is_shown(connection, publication_id):
                row = connection.execute(
                    "select max(publication_id) from control.publications"
                ).fetchone()
            else:
                row = _restore(connection, publication_id, note)
        assert row is not None
        mark_stale_months(settings, row[0])
        return _load_publication(connection, row[0])


def list_publications(
    settings: Settings, on: datetime | None = None, limit: int | None = None
) -> list[Publication]:
    """List publications, the latest first, with the slices each one set.

    Args:
        settings: Where the warehouse is.
        on: Only the publication that readers saw at this moment.
        limit: How many at most.
    """
    with connect(settings, "publisher", stage="list") as connection:
        rows = connection.execute(
            """
            select publication_id
            from control.publications
            where %(on)s::timestamptz is null or published_at <= %(on)s
            order by publication_id desc
            limit %(limit)s
            """,
            {"on": on, "limit": limit if on is None else 1},
        ).fetchall()
        return [_load_publication(connection, row[0]) for row in rows]


def _publish_new(
    connection: psycopg.Connection,
    run_id: str,
    marts: list[Mart],
    readers: list[str],
) -> int:
    stage_marts(connection, run_id, marts)
    candidates = describe_relations(connection, CANDIDATE_SCHEMA)
    ensure_views(connection, marts, candidates, readers)
    return _flip(connection, run_id)


def _flip(connection: psycopg.Connection, run_id: str) -> int:
    """Point readers at the run's slices and record it, in one short transaction."""
    from jinta.report.rules import register_rules

    with connection.transaction():
        # Whoever takes the lease meanwhile waits until this is over.
        check_lease(connection, run_id)
        publication_id = _insert_publication(connection, run_id)
        register_rules(connection, publication_id)
        record_seeds(connection, publication_id)
        connection.execute(
            """
            insert into control.pointers (mart, month, slice_id, publication_id)
            select mart, month, slice_id, %s
            from control.staged_slices
            where run_id = %s
            on conflict (mart, month) do update set
                slice_id = excluded.slice_id,
                publication_id = excluded.publication_id
            """,
            [publication_id, run_id],
        )
        _record_shown_slices(connection, publication_id)
        _record_metrics(connection, publication_id)
        forget_staged(connection, run_id)
    return publication_id


def _insert_publication(connection: psycopg.Connection, run_id: str) -> int:
    row = connection.execute(
        """
        insert into control.publications
            (run_id, kind, as_of_date, landed_through_load_id, known_at)
        select
            run_id,
            'publish',
            max(as_of_date),
            least(
                max(known_load_id),
                (select coalesce(max(load_id), 0) from control.loads)
            ),
            least(max(known_at), clock_timestamp())
        from control.run_months
        where run_id = %s
        group by run_id
        returning publication_id
        """,
        [run_id],
    ).fetchone()
    assert row is not None
    return row[0]


def _record_shown_slices(connection: psycopg.Connection, publication_id: int) -> None:
    """Record the whole of what readers see from this publication on."""
    connection.execute(
        """
        insert into control.publication_slices (
            publication_id, mart, month, slice_id, set_by_publication_id,
            content_hash, row_count, is_stored, rule_versions
        )
        select
            publications.publication_id,
            pointers.mart,
            pointers.month,
            pointers.slice_id,
            pointers.publication_id,
            slices.content_hash,
            slices.row_count,
            slices.run_id = publications.run_id
            and not exists (
                select 1 from control.publication_slices as earlier
                where earlier.slice_id = pointers.slice_id
            ),
            slices.rule_versions
        from control.pointers as pointers
        inner join control.slices as slices
            on pointers.slice_id = slices.slice_id
        cross join control.publications as publications
        where publications.publication_id = %s
        """,
        [publication_id],
    )
    record_intervals(connection, publication_id)


def _record_metrics(connection: psycopg.Connection, publication_id: int) -> None:
    """Keep the sizes that gate candidate judged, for the next candidate."""
    connection.execute(
        """
        insert into control.publication_metrics
            (publication_id, month, subject, metric, value)
        select
            publications.publication_id,
            staged.month,
            staged.subject,
            staged.metric,
            staged.value
        from control.staged_metrics as staged
        inner join control.publications as publications
            on staged.run_id = publications.run_id
        where publications.publication_id = %s
        """,
        [publication_id],
    )


def _check_restorable(connection: psycopg.Connection, publication_id: int) -> None:
    row = connection.execute(
        """
        select
            count(*),
            count(*) filter (where slices.slice_id is null)
        from control.publication_slices as shown
        left join control.slices as slices on shown.slice_id = slices.slice_id
        where shown.publication_id = %s
        """,
        [publication_id],
    ).fetchone()
    assert row is not None
    count, lost = row
    if not count or lost:
        cure = "`jinta publications` lists those that can be shown again."
        if not lost and not _is_known(connection, publication_id):
            raise UsageError(f"There is no publication {publication_id}.", cure)
        raise PublishError(
            f"The slices of publication {publication_id} were pruned.", cure
        )


def _is_known(connection: psycopg.Connection, publication_id: int) -> bool:
    return (
        connection.execute(
            "select 1 from control.publications where publication_id = %s",
            [publication_id],
        ).fetchone()
        is not None
    )


def _is_shown(connection: psycopg.Connection, publication_id: int) -> bool:
    """Whether the pointers show exactly what the publication showed."""
    row = connection.execute(
        """
        select count(*)
        from control.pointers as pointers
        full join (
            select mart, month, slice_id
            from control.publication_slices
            where publication_id = %s
        ) as shown
            on
                pointers.mart = shown.mart
                and pointers.slice_id = shown.slice_id
        where pointers.slice_id is null or shown.slice_id is null
        """,
        [publication_id],
    ).fetchone()
    return row == (0,)


def _restore(
    connection: psycopg.Connection, publication_id: int, note: str | None
) -> tuple[Any, ...] | None:
    row = connection.execute(
        """
        insert into control.publications (
            run_id, kind, as_of_date, landed_through_load_id, known_at,
            restored_publication_id, note
        )
        select
            run_id, 'rollback', as_of_date, landed_through_load_id, known_at,
            publication_id, %s
        from control.publications
        where publication_id = %s
        returning publication_id
        """,
        [note, publication_id],
    ).fetchone()
    assert row is not None
    connection.execute("delete from control.pointers")
    connection.execute(
        """
        insert into control.pointers (mart, month, slice_id, publication_id)
        select mart, month, slice_id, set_by_publication_id
        from control.publication_slices
        where publication_id = %s
        """,
        [publication_id],
    )
    _record_shown_slices(connection, row[0])
    return row


def _find_publication(connection: psycopg.Connection, run_id: str) -> int | None:
    row = connection.execute(
        "select publication_id from control.publications "
        "where run_id = %s and kind = 'publish'",
        [run_id],
    ).fetchone()
    return row[0] if row else None


def _load_publication(
    connection: psycopg.Connection, publication_id: int
) -> Publication:
    row = connection.execute(
        "select run_id, kind, as_of_date, published_at, note, restored_publication_id "
        "from control.publications where publication_id = %s",
        [publication_id],
    ).fetchone()
    assert row is not None
    run_id, kind, as_of_date, published_at, note, restored = row
    slices = connection.execute(
        """
        select
            shown.mart,
            shown.month,
            shown.slice_id,
            shown.content_hash,
            shown.row_count,
            shown.is_stored,
            before.slice_id is distinct from shown.slice_id,
            shown.rule_versions
        from control.publication_slices as shown
        left join control.publication_slices as before
            on
                before.publication_id = (
                    select max(publication_id) from control.publications
                    where publication_id < %(id)s
                )
                and shown.mart = before.mart
                and shown.month is not distinct from before.month
        where
            shown.publication_id = %(id)s
            and (
                shown.set_by_publication_id = %(id)s
                or before.slice_id is distinct from shown.slice_id
            )
        order by shown.mart, shown.month
        """,
        {"id": publication_id},
    ).fetchall()
    return Publication(
        publication_id=publication_id,
        run_id=run_id,
        kind=kind,
        as_of_date=as_of_date,
        published_at=published_at,
        note=note,
        restored_publication_id=restored,
        slices=[PublishedSlice(*item[:-1], tuple(item[-1])) for item in slices],
    )


@contextmanager
def hold_lock(connection: psycopg.Connection) -> Iterator[None]:
    """Keep publishing, rolling back and pruning apart, across processes.

    The lock ends with the connection, which is in autocommit mode from here on.

    Raises:
        PublishError: Another process holds the lock.
    """
    connection.autocommit = True
    try:
        connection.execute(
            "select set_config('lock_timeout', %s, false)", [_LOCK_TIMEOUT]
        )
        connection.execute("select pg_advisory_lock(hashtext(%s))", [_LOCK_NAME])
    except psycopg.errors.LockNotAvailable as error:
        raise PublishError(
            "Another process is publishing, rolling back or pruning.",
            "Wait until it's done; `jinta publications` shows what it did.",
        ) from error
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("select pg_advisory_unlock(hashtext(%s))", [_LOCK_NAME])
