"""Since when readers see a slice, and until when they saw it.

What a publication showed is kept whole for as long as it can be shown again. These
intervals are the same history told per slice: one row when content begins to be shown,
closed when it ends. They are never pruned, and `marts.<mart>_as_shown` reads them.
"""

from __future__ import annotations

import psycopg


def record_intervals(connection: psycopg.Connection, publication_id: int) -> None:
    """Close the intervals that a publication ends and open those it begins.

    Called in the transaction that moves the pointers, after it has moved them. Content
    that was shown before and goes on being shown keeps its interval; content that
    comes back, by a rollback or by being computed again, begins one anew.
    """
    connection.execute(
        """
        update control.shown_slices as shown
        set
            ended_by_publication_id = publications.publication_id,
            shown_until = publications.published_at
        from control.publications as publications
        where
            publications.publication_id = %s
            and shown.shown_until is null
            and not exists (
                select 1 from control.pointers as pointers
                where pointers.slice_id = shown.slice_id
            )
        """,
        [publication_id],
    )
    connection.execute(
        """
        insert into control.shown_slices (
            mart, month, slice_id, publication_id, shown_from, content_hash, row_count
        )
        select
            pointers.mart,
            pointers.month,
            pointers.slice_id,
            publications.publication_id,
            publications.published_at,
            slices.content_hash,
            slices.row_count
        from control.pointers as pointers
        inner join control.slices as slices
            on pointers.slice_id = slices.slice_id
        cross join control.publications as publications
        where
            publications.publication_id = %s
            and not exists (
                select 1 from control.shown_slices as shown
                where
                    shown.slice_id = pointers.slice_id
                    and shown.shown_until is null
            )
        """,
        [publication_id],
    )
