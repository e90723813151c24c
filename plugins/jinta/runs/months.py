"""Which months a run builds, in which chunks, and why (design decision 1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg

from jinta.errors import PublishError, SourceError, WarehouseError
from jinta.landing import complete_months
from jinta.landing.raw_tables import add_months
from jinta.landing.table_landing import wait_for_loads
from jinta.runs.chunks import count_rows, cut_chunks, find_bound
from jinta.runs.ledger import Request, load_run
from jinta.runs.stale import list_stale_months
from jinta.settings import Settings
from jinta.sources import SourcesConfig, load_sources
from jinta.warehouse import connect

# The mart that a month hands on to the next one (design decision 2).
CARRIED_MART = "fct_tier_latches"

# Why a month is built that is neither missing nor stale.
ASKED = "asked for"

# How many months a stale backfill goes on with at first; each time it has to go on
# again, twice as many.
FIRST_FOLLOWERS = 3

# Nobody may be in the midst of recording a decision when the run fixes what it knows.
_DECISION_TABLES = (
    "control.steward_decisions, control.tier_overrides, control.lead_updates"
)


@dataclass(frozen=True)
class Plan:
    """The months of a run.

    Attributes:
        chunks: The months of each chunk, in order.
        reasons: Why each month is built.
        rows: Fact rows of each month.
        bound: Fact rows that a chunk may read; None if there is no bound.
    """

    chunks: list[list[date]]
    reasons: dict[date, str] = field(default_factory=dict)
    rows: dict[date, int] = field(default_factory=dict)
    bound: int | None = None

    @property
    def months(self) -> list[date]:
        """All months, in order."""
        return [month for chunk in self.chunks for month in chunk]

    def as_json(self) -> dict[str, Any]:
        """The plan as the ledger stores it, as the detail of the stage `plan`."""
        return {
            "chunks": len(self.chunks),
            "months": [month.isoformat() for month in self.months],
            "reasons": {f"{m:%Y-%m}": reason for m, reason in self.reasons.items()},
            "rows": sum(self.rows.get(month, 0) for month in self.months),
            "bound": self.bound,
        }


def plan_months(settings: Settings, run_id: str) -> dict[str, Any]:
    """Choose the run's months, write them to `control.run_plan`, fix what it knows.

    Returns:
        The detail of the stage `plan`: chunks, months, reasons, and the last load and
        decision that exist for the run. Without months the run has nothing to do.

    Raises:
        SourceError: No month can be built.
        WarehouseError: Somebody is recording a decision and doesn't end.
    """
    run = load_run(settings, run_id)
    known_at = _read_moment(settings)
    sources = load_sources(run.sources_path, settings)
    with connect(settings, "publisher", run_id=run_id, stage="plan") as connection:
        plan = draft_plan(settings, connection, run.request, sources)
        connection.execute("delete from control.run_plan where run_id = %s", [run_id])
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into control.run_plan (run_id, month, chunk) "
                "values (%s, %s, %s)",
                [
                    (run_id, month, number)
                    for number, chunk in enumerate(plan.chunks, 1)
                    for month in chunk
                ],
            )
        wait_for_loads(connection)
        row = connection.execute(
            "select coalesce(max(load_id), 0) from control.loads"
        ).fetchone()
    assert row is not None
    return plan.as_json() | {
        "known_load_id": row[0],
        "known_at": known_at.isoformat(),
    }


def draft_plan(
    settings: Settings,
    connection: psycopg.Connection,
    request: Request,
    sources: SourcesConfig,
) -> Plan:
    """Choose months by what has landed now, and change nothing.

    An explicit range takes its months that have been billed; a backfill those of them
    that it was asked for. Otherwise the nightly run takes the months from the first
    stale or unpublished one of its window to the last complete one.

    Raises:
        SourceError: No month can be built, and that was not to be expected.
    """
    complete = complete_months(settings, sources)
    stale = list_stale_months(connection, settings.dbt_project)
    published = list_published_months(connection)
    told = _tell_reasons(complete, published, stale)
    if request.kind == "nightly" and not request.months:
        reasons = _choose_nightly_months(told, settings.restate_months)
    else:
        reasons = _choose_months(request, told, published, stale)
    if not reasons and (request.which == "all" or not complete):
        raise SourceError(
            _explain_no_month(request.months, complete),
            cure=(
                "Check the bills that were landed (`jinta loads`), the as_of of "
                "the sources file and the months asked for."
            ),
        )
    rows = count_rows(connection)
    bound = find_bound(settings)
    months = sorted(reasons)
    if request.kind == "backfill":
        return Plan(cut_chunks(months, rows, bound), reasons, rows, bound)
    return Plan([months], reasons, rows)


def begin_chunk(settings: Settings, run_id: str, chunk: int) -> list[date]:
    """Make a chunk the one under way: `control.run_months` holds its months.

    Called before the chunk's first model is built, and again if that was killed.

    Returns:
        The chunk's months, in order.
    """
    detail = read_plan(settings, run_id)
    run = load_run(settings, run_id)
    with connect(settings, "publisher", run_id=run_id, stage="plan") as connection:
        months = _list_chunk(connection, run_id, chunk)
        connection.execute("delete from control.run_months")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into control.run_months "
                "(month, as_of_date, run_id, known_load_id, known_at) "
                "values (%s, %s, %s, %s, %s)",
                [
                    (
                        month,
                        run.as_of_date,
                        run_id,
                        detail["known_load_id"],
                        datetime.fromisoformat(detail["known_at"]),
                    )
                    for month in months
                ],
            )
        _note_seeds(connection, run_id, months)
    return months


def list_untold_held(settings: Settings, run_id: str) -> dict[date, str]:
    """Months of the chunk under way that are held, if no stage of the run says so."""
    with connect(settings, "loader", run_id=run_id, stage="plan") as connection:
        rows = connection.execute(
            """
            select month, held_reason
            from control.run_months
            where
                run_id = %(run_id)s
                and held_reason is not null
                and not exists (
                    select 1 from control.stages
                    where run_id = %(run_id)s and status = 'done' and detail ? 'held'
                )
            order by month
            """,
            {"run_id": run_id},
        ).fetchall()
    return dict(rows)


def list_months_to_publish(settings: Settings, run_id: str) -> list[date]:
    """The months of the chunk under way that no gate holds."""
    with connect(settings, "loader", run_id=run_id, stage="plan") as connection:
        rows = connection.execute(
            "select month from control.run_months "
            "where run_id = %s and held_reason is null order by month",
            [run_id],
        ).fetchall()
    return [month for (month,) in rows]


def extend_plan(settings: Settings, run_id: str, chunk: int) -> list[date]:
    """Let a backfill of stale months go on if a chunk has changed what follows it.

    The tiers of a month go on from those of the month before. If the latches that the
    chunk ends with differ from those its published successor was computed from, that
    one and some more months become a chunk of their own.

    Returns:
        The months added; none if states agree.
    """
    run = load_run(settings, run_id)
    if run.request.which != "stale":
        return []
    complete = complete_months(settings, load_sources(run.sources_path, settings))
    with connect(settings, "publisher", run_id=run_id, stage="plan") as connection:
        last = _list_chunk(connection, run_id, chunk)[-1]
        followers = _list_followers(connection, run_id, last, complete)
        if not followers or _is_same_seed(connection, run_id, followers[0]):
            return []
        rows, bound = count_rows(connection), find_bound(settings)
        fitting = cut_chunks(followers, rows, bound)[0]
        connection.execute(
            "insert into control.run_plan (run_id, month, chunk) "
            "select %s, added.month, planned.chunk "
            "from unnest(%s::date[]) as added (month) "
            "cross join (select max(chunk) + 1 as chunk from control.run_plan "
            "where run_id = %s) as planned",
            [run_id, fitting, run_id],
        )
    return fitting


def read_plan(settings: Settings, run_id: str) -> dict[str, Any]:
    """The detail of a run's stage `plan`; empty before it is planned."""
    with connect(settings, "loader", run_id=run_id, stage="plan") as connection:
        row = connection.execute(
            "select detail from control.stages "
            "where run_id = %s and stage = 'plan' and status = 'done'",
            [run_id],
        ).fetchone()
    return row[0] if row else {}


def find_next_chunk(settings: Settings, run_id: str) -> int | None:
    """The chunk to build next: the earliest that isn't stored.

    None when all are, when the run is published, or when a gate held months: what
    follows them isn't built.
    """
    with connect(settings, "loader", run_id=run_id, stage="plan") as connection:
        planned = connection.execute(
            "select chunk from control.run_plan where run_id = %s "
            "group by chunk order by min(month)",
            [run_id],
        ).fetchall()
        stored = _list_stored(connection, run_id)
        published = connection.execute(
            "select 1 from control.publications where run_id = %s and kind = 'publish'",
            [run_id],
        ).fetchone()
        held = connection.execute(
            "select (detail ->> 'chunk')::integer from control.stages "
            "where run_id = %s and status = 'done' and detail ? 'held'",
            [run_id],
        ).fetchall()
    if published:
        return None
    left = [chunk for (chunk,) in planned if chunk not in stored]
    if held:
        left = [chunk for chunk in left if (chunk,) in held]
    return left[0] if left else None


def check_stored(settings: Settings, run_id: str) -> None:
    """Make sure that a backfill shows all of its chunks or none.

    Raises:
        PublishError: A chunk that no gate holds is not stored.
    """
    if load_run(settings, run_id).request.kind != "backfill":
        return
    chunk = find_next_chunk(settings, run_id)
    if chunk is not None:
        raise PublishError(
            f"Chunk {chunk} of the run {run_id} is not stored: its months would be "
            "left out.",
            "Clear the tasks `build_chunk`, or start the backfill again.",
        )


def list_published_months(connection: psycopg.Connection) -> set[date]:
    """Months of which readers see something."""
    return {
        row[0]
        for row in connection.execute(
            "select distinct month from control.pointers where month is not null"
        )
    }


def _tell_reasons(
    complete: Sequence[date], published: Collection[date], stale: Mapping[date, str]
) -> dict[date, str]:
    """Why each complete month would be built."""
    return {
        month: "never published"
        if month not in published
        else f"stale: {stale[month]}"
        if month in stale
        else ASKED
        for month in complete
    }


def _choose_months(
    request: Request,
    told: Mapping[date, str],
    published: Collection[date],
    stale: Mapping[date, str],
) -> dict[date, str]:
    """The months of a range, or all, that were asked for."""
    asked = request.months or told
    return {
        month: reason
        for month, reason in told.items()
        if month in asked
        and (request.which != "missing" or month not in published)
        and (request.which != "stale" or month in stale)
    }


def _choose_nightly_months(
    told: Mapping[date, str], restate_months: int
) -> dict[date, str]:
    """From the first month of the window that needs it to the last complete one.

    Those between are built, too: each goes on from the tiers of the month before.
    """
    window = sorted(told)[-(restate_months + 1) :]
    needed = [m for m in window if told[m] != ASKED] + window[-1:]
    return {
        month: told[month]
        if told[month] != ASKED
        else "the last complete month"
        if month == window[-1]
        else "it follows a month that is built"
        for month in window
        if month >= min(needed)
    }


def _read_moment(settings: Settings) -> datetime:
    """The present moment, with every decision recorded before it committed."""
    with connect(settings, "owner", stage="plan") as connection:
        connection.execute("set local lock_timeout = '20s'")
        try:
            connection.execute(f"lock table {_DECISION_TABLES} in share mode")
        except psycopg.errors.LockNotAvailable as error:
            raise WarehouseError(
                "Somebody has been recording a decision for 20 seconds without "
                "committing it.",
                "End the transaction that pg_stat_activity shows on "
                f"{_DECISION_TABLES}, then run again.",
            ) from error
        row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


def _list_chunk(connection: psycopg.Connection, run_id: str, chunk: int) -> list[date]:
    rows = connection.execute(
        "select month from control.run_plan where run_id = %s and chunk = %s "
        "order by month",
        [run_id, chunk],
    ).fetchall()
    return [month for (month,) in rows]


def _list_stored(connection: psycopg.Connection, run_id: str) -> set[int]:
    """The chunks that are stored: all of their months, but for those that are held."""
    rows = connection.execute(
        """
        select (stored.detail ->> 'stored_chunk')::integer as chunk
        from control.stages as stored
        where
            stored.run_id = %(run_id)s
            and stored.status = 'done'
            and stored.detail ? 'stored_chunk'
            and not exists (
                select 1 from control.run_plan as planned
                where
                    planned.run_id = stored.run_id
                    and planned.chunk = (stored.detail ->> 'stored_chunk')::integer
                    and not exists (
                        select 1 from control.staged_slices as staged
                        where
                            staged.run_id = planned.run_id
                            and staged.month = planned.month
                    )
                    and not exists (
                        select 1 from control.stages as gates
                        where
                            gates.run_id = planned.run_id
                            and gates.status = 'done'
                            and gates.detail -> 'held'
                            ? to_char(planned.month, 'YYYY-MM')
                    )
            )
        """,
        {"run_id": run_id},
    ).fetchall()
    return {chunk for (chunk,) in rows}


def _note_seeds(
    connection: psycopg.Connection, run_id: str, months: Sequence[date]
) -> None:
    """Note the published latches that the chunk goes on from."""
    connection.execute(
        "delete from control.staged_seeds where run_id = %s and month = any(%s)",
        [run_id, list(months)],
    )
    connection.execute(
        """
        insert into control.staged_seeds (run_id, month, seed_hash)
        select
            %(run_id)s,
            months.month,
            case when slices.row_count > 0 then slices.content_hash else '' end
        from unnest(%(months)s::date[]) as months (month)
        left join control.pointers as pointers
            on
                pointers.mart = %(mart)s
                and (months.month - interval '1 month')::date = pointers.month
        left join control.slices as slices
            on pointers.slice_id = slices.slice_id
        """,
        {"run_id": run_id, "months": list(months), "mart": CARRIED_MART},
    )


def _list_followers(
    connection: psycopg.Connection, run_id: str, last: date, complete: Sequence[date]
) -> list[date]:
    """Published months right after one, unplanned yet: some, more each time."""
    published = list_published_months(connection) & set(complete)
    rows = connection.execute(
        "select month, chunk from control.run_plan where run_id = %s", [run_id]
    ).fetchall()
    planned = {month for month, _ in rows}
    row = connection.execute(
        "select (detail ->> 'chunks')::integer from control.stages "
        "where run_id = %s and stage = 'plan'",
        [run_id],
    ).fetchone()
    assert row is not None
    extensions = max(chunk for _, chunk in rows) - row[0]
    followers: list[date] = []
    month = add_months(last, 1)
    while (
        month in published - planned
        and len(followers) < FIRST_FOLLOWERS * 2**extensions
    ):
        followers.append(month)
        month = add_months(month, 1)
    return followers


def _is_same_seed(connection: psycopg.Connection, run_id: str, month: date) -> bool:
    """Whether a published month goes on from what the run ends the one before with.

    A month published before such states were recorded is taken to differ.
    """
    row = connection.execute(
        """
        select
            case when slices.row_count > 0 then slices.content_hash else '' end
            is not distinct from seeds.seed_hash
        from control.staged_slices as staged
        inner join control.slices as slices
            on staged.slice_id = slices.slice_id
        left join control.publication_seeds as seeds
            on seeds.publication_id = (
                select max(publication_id) from control.pointers
                where pointers.month = %(month)s
            )
            and seeds.month = %(month)s
        where
            staged.run_id = %(run_id)s
            and staged.mart = %(mart)s
            and staged.month = (%(month)s::date - interval '1 month')::date
        """,
        {"run_id": run_id, "month": month, "mart": CARRIED_MART},
    ).fetchone()
    return row is None or row[0]


def _explain_no_month(requested: list[date], complete: list[date]) -> str:
    if not complete:
        return "No month's billing is complete: nothing can be built."
    known = f"{min(complete):%Y-%m} to {max(complete):%Y-%m}"
    if requested:
        return (
            f"None of the months asked for ({requested[0]:%Y-%m} to "
            f"{requested[-1]:%Y-%m}) has been billed; complete are {known}."
        )
    return "The nightly rule chose no month."
