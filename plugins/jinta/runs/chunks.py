"""Cutting a run's months into chunks that fit a bound on memory and disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date

import psycopg

from jinta.landing.raw_tables import add_months
from jinta.runs.stale import LOOK_BACK_MONTHS
from jinta.settings import Settings

# What a pass writes per fact row: 204 bytes in the private schemas and archive, as
# measured on 24 months of the demo, and as much again while a table is built beside its
# predecessor. A chunk may take half of what is free.
BYTES_PER_ROW = 400
DISK_SHARE = 0.5


def count_rows(connection: psycopg.Connection) -> dict[date, int]:
    """Current fact rows of each month, all tables together, by the load ledger."""
    rows = connection.execute(
        "select month, sum(rows_new - rows_ended)::bigint "
        "from control.load_months group by month"
    ).fetchall()
    return dict(rows)


def find_bound(settings: Settings) -> int | None:
    """Fact rows that one chunk may read; None if there is no bound.

    It is the setting's, or less where the disk of the embedded server has less room.
    The disk of a configured server can't be known from here.
    """
    bounds = [settings.chunk_rows] if settings.chunk_rows else []
    if settings.is_embedded:
        free = shutil.disk_usage(settings.home).free
        bounds.append(max(int(free * DISK_SHARE / BYTES_PER_ROW), 1))
    return min(bounds, default=None)


def cut_chunks(
    months: Sequence[date], rows: Mapping[date, int], bound: int | None
) -> list[list[date]]:
    """Cut months, in order, into chunks.

    A chunk is unbroken: its first month goes on from the state in which the month
    before it was published, its others from their neighbours. It reads the months that
    its first ones look back on, too. A month that is larger than the bound is a chunk
    of its own.
    """
    chunks: list[list[date]] = []
    for month in sorted(months):
        if (
            chunks
            and add_months(chunks[-1][-1], 1) == month
            and _fits([*chunks[-1], month], rows, bound)
        ):
            chunks[-1].append(month)
        else:
            chunks.append([month])
    return chunks


def _fits(months: list[date], rows: Mapping[date, int], bound: int | None) -> bool:
    if bound is None:
        return True
    looked_back = [
        add_months(months[0], -back) for back in range(1, LOOK_BACK_MONTHS + 1)
    ]
    return sum(rows.get(month, 0) for month in (*looked_back, *months)) <= bound
