"""Pruning: slices that no kept publication shows are deleted.

A publication is kept while it is among the last ones, while it is young, and as long as
readers see a month of it: what a pack says of that month is rebuilt from it. The
retention rule is one row of the seed `publication_retention`.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from jinta.errors import PublishError
from jinta.publish.marts import SLICE_COLUMN
from jinta.publish.publication import hold_lock
from jinta.publish.views import ARCHIVE_SCHEMA
from jinta.settings import Settings
from jinta.warehouse import connect


@dataclass(frozen=True)
class Pruned:
    """What a pruning deleted."""

    publications: int
    slices: int
    rows: int


def prune(
    settings: Settings,
    keep_publications: int | None = None,
    keep_days: int | None = None,
) -> Pruned:
    """Delete the slices that only publications beyond retention showed.

    The publications themselves stay on record; they can't be shown again. Readers are
    not disturbed: nobody can reach a slice that is deleted.

    Args:
        settings: Where the warehouse is.
        keep_publications: How many of the last ones to keep; None asks the rule row.
        keep_days: How long to keep any; None asks the rule row.

    Raises:
        PublishError: There is no rule row, and no argument instead.
    """
    with (
        connect(settings, "publisher", stage="prune") as connection,
        hold_lock(connection),
    ):
        if keep_publications is None or keep_days is None:
            rule = _read_rule(connection)
            keep_publications = (
                rule[0] if keep_publications is None else keep_publications
            )
            keep_days = rule[1] if keep_days is None else keep_days
        with connection.transaction():
            forgotten = _forget_publications(connection, keep_publications, keep_days)
            slices, rows = _delete_unshown(connection)
    return Pruned(publications=forgotten, slices=slices, rows=rows)


def _read_rule(connection: psycopg.Connection) -> tuple[int, int]:
    try:
        row = connection.execute(
            "select keep_publications, keep_days from rules.publication_retention"
        ).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    if row is None:
        raise PublishError(
            "There is no retention rule in rules.publication_retention.",
            "Run a build once, which loads the seed, or pass --keep and --days.",
        )
    return row[0], row[1]


def _forget_publications(
    connection: psycopg.Connection, keep_publications: int, keep_days: int
) -> int:
    """Forget what old publications showed, but for those that set what readers see."""
    row = connection.execute(
        """
        with

        ranked as (

            select
                publication_id,
                published_at,
                row_number() over (order by publication_id desc) as place
            from control.publications

        ),

        forgotten as (

            delete from control.publication_slices
            where publication_id in (
                select publication_id
                from ranked
                where
                    place > greatest(%s, 1)
                    and published_at < clock_timestamp() - make_interval(days => %s)
            )
            and publication_id not in (
                select publication_id from control.pointers
            )
            returning publication_id

        )

        select count(distinct publication_id) from forgotten
        """,
        [keep_publications, keep_days],
    ).fetchone()
    assert row is not None
    return row[0]


def _delete_unshown(connection: psycopg.Connection) -> tuple[int, int]:
    unshown = connection.execute(
        """
        select
            slices.mart,
            array_agg(slices.slice_id)
        from control.slices as slices
        where
            not exists (
                select 1 from control.publication_slices as shown
                where shown.slice_id = slices.slice_id
            )
            and not exists (
                select 1 from control.pointers as pointers
                where pointers.slice_id = slices.slice_id
            )
            -- A run under way will show it.
            and not exists (
                select 1 from control.staged_slices as staged
                where staged.slice_id = slices.slice_id
            )
        group by slices.mart
        """
    ).fetchall()
    rows = 0
    for mart, slice_ids in unshown:
        rows += connection.execute(
            sql.SQL("delete from {} where {} = any(%s)").format(
                sql.Identifier(ARCHIVE_SCHEMA, mart), sql.Identifier(SLICE_COLUMN)
            ),
            [slice_ids],
        ).rowcount
        connection.execute(
            "delete from control.slices where slice_id = any(%s)", [slice_ids]
        )
    return sum(len(slice_ids) for _, slice_ids in unshown), rows
