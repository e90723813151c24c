"""The ledger of runs and their stages (design decisions 1 and 10).

A run that was killed is found again by what it was asked for: the next start with the
same request enters it where it stopped. A run that failed goes on there if its task is
cleared in Airflow, until another run is opened; its successor starts afresh.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from jinta.errors import UsageError
from jinta.settings import Settings
from jinta.sources import load_sources
from jinta.warehouse import connect, ensure_warehouse, terminate_leftovers
from jinta.warehouse.lease import acquire_lease, hold_lease, release_lease

# What a run has stored for the end, chunk by chunk.
STAGED_TABLES = ("staged_slices", "staged_metrics", "staged_seeds")

WHICH = ("all", "missing", "stale")
ON_FAILURE = ("none", "before")


@dataclass(frozen=True)
class Request:
    """What a run was asked to build.

    Attributes:
        sources: The sources file; None takes the one of the settings.
        from_month: First month (first day) of an explicit range, or None: the nightly
            rule chooses.
        to_month: Last month of the range; None with `from_month` means that month only,
            and for a backfill all up to the as-of date.
        kind: What started it, `nightly` or `backfill`; shown in the ledger.
        which: Which months of the range a backfill builds: `all` complete ones, the
            `missing` ones that were never published, or the `stale` ones.
        on_failure: What a backfill publishes if a month fails its gate: `none`, or the
            months `before` it.
    """

    sources: str | None = None
    from_month: date | None = None
    to_month: date | None = None
    kind: str = "nightly"
    which: str = "all"
    on_failure: str = "none"

    def __post_init__(self) -> None:
        """Refuse words that mean nothing.

        Raises:
            UsageError: `which` or `on_failure` is none of the words it may be.
        """
        for name, known in (("which", WHICH), ("on_failure", ON_FAILURE)):
            value = getattr(self, name)
            if value not in known:
                raise UsageError(
                    f"{name.upper()} is {value!r}.",
                    cure=f"Write {' or '.join(known)}.",
                )

    @property
    def months(self) -> list[date]:
        """The explicit months, in order; empty when the nightly rule chooses."""
        if self.from_month is None:
            if self.to_month is not None:
                raise UsageError(
                    f"The range ends in {self.to_month:%Y-%m} and begins nowhere.",
                    cure="Give FROM, too.",
                )
            return []
        last = self.to_month or self.from_month
        if last < self.from_month:
            raise UsageError(
                f"The range ends in {last:%Y-%m}, before it begins in "
                f"{self.from_month:%Y-%m}.",
                cure="Swap FROM and TO.",
            )
        months = []
        year, month = self.from_month.year, self.from_month.month
        while date(year, month, 1) <= last:
            months.append(date(year, month, 1))
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return months

    def close_range(self, as_of: date) -> Request:
        """The request with the end that an open range of a backfill has."""
        if self.kind != "backfill" or self.from_month is None or self.to_month:
            return self
        return replace(self, to_month=max(self.from_month, as_of.replace(day=1)))

    def as_json(self) -> dict[str, Any]:
        """The request as the ledger stores it."""
        return {
            "kind": self.kind,
            "from_month": self.from_month.isoformat() if self.from_month else None,
            "to_month": self.to_month.isoformat() if self.to_month else None,
            "which": self.which,
            "on_failure": self.on_failure,
        }

    @classmethod
    def from_json(cls, asked: dict[str, Any]) -> Request:
        """Read a request as the ledger stores it; the sources file is kept apart."""
        return cls(
            from_month=parse_month(asked["from_month"]),
            to_month=parse_month(asked["to_month"]),
            kind=asked["kind"],
            which=asked.get("which", "all"),
            on_failure=asked.get("on_failure", "none"),
        )


@dataclass(frozen=True)
class Run:
    """One row of `control.runs`."""

    run_id: str
    kind: str
    as_of_date: date
    sources_path: Path
    request: Request
    status: str
    publication_id: int | None
    is_resumed: bool = False

    @property
    def requested_months(self) -> list[date]:
        """The explicit months that were asked for; empty if none."""
        return self.request.months


def parse_month(text: str | None, option: str = "month") -> date | None:
    """Read `2024-06`, or a day such as `2024-06-15`, as the first day of that month.

    Raises:
        UsageError: The text is no month.
    """
    if not text:
        return None
    for form in ("%Y-%m", "%Y-%m-%d"):
        with contextlib.suppress(ValueError):
            day = datetime.strptime(text.strip(), form).replace(tzinfo=UTC).date()
            return day.replace(day=1)
    raise UsageError(f"{option} {text!r} is not a month.", "Write it like 2024-06.")


def open_run(
    settings: Settings, request: Request, dag_run_id: str | None = None
) -> Run:
    """Take the lease and open a run, or enter the one a kill interrupted.

    Raises:
        LeaseHeld: Another run is alive.
        SourceError: The sources file is wrong.
        UsageError: The request makes no sense.
    """
    sources_path = Path(
        request.sources
        or settings.sources_path
        or settings.checkout / "demo" / "sources.yml"
    ).resolve()
    as_of = load_sources(sources_path, settings).as_of or datetime.now(UTC).date()
    request = request.close_range(as_of)
    months = request.months
    if months and months[0] > as_of:
        raise UsageError(
            f"{months[0]:%Y-%m} begins after the as-of date {as_of}: nothing can have "
            "been billed for it.",
            cure="Ask for months up to it, or change `as_of` in the sources file.",
        )
    ensure_warehouse(settings)
    asked = request.as_json() | {
        "inputs_hash": hash_inputs(settings.dbt_project, sources_path)
    }
    killed = _find_killed(settings, ("running", str(sources_path), asked, as_of))
    run_id = killed or _new_run_id(request.kind)
    acquire_lease(settings, run_id, settings.run_holder or dag_run_id or run_id)
    run = Run(
        run_id=run_id,
        kind=request.kind,
        as_of_date=as_of,
        sources_path=sources_path,
        request=request,
        status="running",
        publication_id=None,
        is_resumed=killed is not None,
    )
    _enter_run(settings, run, dag_run_id, asked)
    return run


def _find_killed(settings: Settings, wanted: tuple[Any, ...]) -> str | None:
    """The latest run, if it is marked running and was asked for the same."""
    with connect(settings, "loader") as connection:
        latest = connection.execute(
            "select run_id, status, sources_path, requested, as_of_date "
            "from control.runs order by started_at desc, run_id desc limit 1"
        ).fetchone()
    return latest[0] if latest is not None and latest[1:] == wanted else None


def _enter_run(
    settings: Settings, run: Run, dag_run_id: str | None, asked: dict[str, Any]
) -> None:
    """Write the run to the ledger; runs that died without a word have failed."""
    with connect(settings, "loader", run_id=run.run_id, stage="open") as connection:
        _end_runs(
            connection,
            "run_id <> %(run_id)s",
            run.run_id,
            "abandoned: its process ended without a word",
        )
        _forget_staged(connection, "run_id <> %s", run.run_id)
        connection.execute(
            "insert into control.runs "
            "(run_id, dag_run_id, kind, as_of_date, sources_path, requested, status) "
            "values (%s, %s, %s, %s, %s, %s, 'running') on conflict (run_id) "
            "do update set dag_run_id = excluded.dag_run_id",
            [
                run.run_id,
                dag_run_id,
                run.kind,
                run.as_of_date,
                str(run.sources_path),
                Jsonb(asked),
            ],
        )


def hash_inputs(dbt_project: Path, sources_path: Path) -> str:
    """A hash of the models, rules and sources file that a run works by.

    A killed run is resumed only under the same: half a run by old rules and half by
    new ones would be neither.
    """
    digest = hashlib.sha256()
    files = [
        path
        for path in sorted(dbt_project.rglob("*"))
        if path.suffix in {".sql", ".yml", ".csv"}
        and path.relative_to(dbt_project).parts[0] not in {"target", "logs"}
    ]
    for path in [*files, sources_path]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load_run(settings: Settings, run_id: str) -> Run:
    """Read a run from the ledger.

    Raises:
        UsageError: No run has that id.
    """
    with connect(settings, "loader", run_id=run_id, stage="read") as connection:
        row = connection.execute(
            "select kind, as_of_date, sources_path, requested, status, publication_id "
            "from control.runs where run_id = %s",
            [run_id],
        ).fetchone()
    if row is None:
        raise UsageError(
            f"There is no run {run_id!r}.", cure="`jinta runs` lists the runs."
        )
    kind, as_of, sources_path, asked, status, publication_id = row
    return Run(
        run_id=run_id,
        kind=kind,
        as_of_date=as_of,
        sources_path=Path(sources_path),
        request=Request.from_json(asked | {"kind": kind}),
        status=status,
        publication_id=publication_id,
    )


@contextmanager
def enter_stage(
    settings: Settings, run_id: str, stage: str
) -> Iterator[dict[str, Any] | None]:
    """Run the body as one stage of a run, once.

    Yields None when an earlier attempt finished the stage: the body has nothing to do.
    Otherwise yields a dict whose entries are stored as the stage's detail. The lease is
    kept alive meanwhile, and what a killed attempt left running in the warehouse ends.

    Raises:
        UsageError: Another run was opened since: what this one had stored is forgotten.
    """
    with connect(settings, "loader", run_id=run_id, stage="ledger") as connection:
        _check_latest(connection, run_id)
        row = connection.execute(
            "select status from control.stages where run_id = %s and stage = %s",
            [run_id, stage],
        ).fetchone()
        if row == ("done",):
            yield None
            return
    detail: dict[str, Any] = {}
    with hold_lease(settings, run_id):
        terminate_leftovers(settings, run_id, stage)
        _mark_stage(settings, run_id, stage, "running")
        try:
            yield detail
        except BaseException:
            _mark_stage(settings, run_id, stage, "failed", detail)
            raise
        _mark_stage(settings, run_id, stage, "done", detail)


def are_seeds_loaded(
    settings: Settings, run_id: str, stage: str, seeds_hash: str
) -> bool:
    """Whether the last stage that loaded seeds, before this one, loaded these.

    A stage that stopped half-way may have loaded others: then it is no.
    """
    with connect(settings, "loader", run_id=run_id, stage="ledger") as connection:
        row = connection.execute(
            "select status = 'done' and detail ->> 'seeds_hash' = %s "
            "from control.stages where stage like '%%build raw' "
            "and (run_id, stage) <> (%s, %s) order by started_at desc limit 1",
            [seeds_hash, run_id, stage],
        ).fetchone()
        attempts = connection.execute(
            "select attempts from control.stages where run_id = %s and stage = %s",
            [run_id, stage],
        ).fetchone()
    # An attempt of this very stage that was killed may have loaded half of them.
    return row == (True,) and attempts == (1,)


def check_inputs(settings: Settings, run_id: str) -> None:
    """Make sure that models, rules and sources are those the run began with.

    Raises:
        UsageError: One was changed: half the months by old rules and half by new ones
            would be neither.
    """
    run = load_run(settings, run_id)
    with connect(settings, "loader", run_id=run_id, stage="read") as connection:
        row = connection.execute(
            "select requested ->> 'inputs_hash' from control.runs where run_id = %s",
            [run_id],
        ).fetchone()
    if row != (hash_inputs(settings.dbt_project, run.sources_path),):
        raise UsageError(
            "Models, rules or the sources file were changed while the run was at work.",
            cure="Start it again: all its months are built by the same rules then.",
        )


def close_run(settings: Settings, run_id: str, publication_id: int) -> None:
    """Mark a run published and give the lease back."""
    with connect(settings, "loader", run_id=run_id, stage="close") as connection:
        connection.execute(
            "update control.runs set status = 'published', finished_at = "
            "clock_timestamp(), publication_id = %s, error = null where run_id = %s",
            [publication_id, run_id],
        )
    release_lease(settings, run_id)


def close_empty_run(settings: Settings, run_id: str) -> None:
    """Mark a run that had no month to build, and give the lease back."""
    with connect(settings, "loader", run_id=run_id, stage="close") as connection:
        connection.execute(
            "update control.runs set status = 'empty', "
            "finished_at = clock_timestamp(), error = null where run_id = %s",
            [run_id],
        )
    release_lease(settings, run_id)


def fail_run(settings: Settings, run_id: str, error: str) -> int | None:
    """Mark a run failed, unless it was published, and give the lease back.

    What it has stored stays until another run is opened: a task that is cleared once
    its cause is mended goes on from there.

    Returns:
        The run's publication, if readers see it already.
    """
    with connect(settings, "loader", run_id=run_id, stage="close") as connection:
        _end_runs(connection, "run_id = %(run_id)s", run_id, error[:4000])
        row = connection.execute(
            "select publication_id from control.runs where run_id = %s", [run_id]
        ).fetchone()
    release_lease(settings, run_id)
    return row[0] if row else None


def _end_runs(
    connection: psycopg.Connection, condition: LiteralString, run_id: str, error: str
) -> None:
    """End the running runs of a condition: failed, or published if readers see them."""
    connection.execute(
        sql.SQL(
            """
            update control.runs
            set
                status = case
                    when shown.publication_id is null then 'failed' else 'published'
                end,
                publication_id = shown.publication_id,
                finished_at = clock_timestamp(),
                error = %(error)s
            from (
                select
                    ended.run_id,
                    publications.publication_id
                from control.runs as ended
                left join control.publications as publications
                    on
                        ended.run_id = publications.run_id
                        and publications.kind = 'publish'
            ) as shown
            where
                runs.run_id = shown.run_id
                and runs.status = 'running'
                and runs.{}
            """
        ).format(sql.SQL(condition)),
        {"run_id": run_id, "error": error},
    )


def _check_latest(connection: psycopg.Connection, run_id: str) -> None:
    row = connection.execute(
        """
        select later.run_id
        from control.runs as this
        inner join control.runs as later
            on (this.started_at, this.run_id) < (later.started_at, later.run_id)
        where this.run_id = %s
        order by later.started_at
        limit 1
        """,
        [run_id],
    ).fetchone()
    if row is not None:
        raise UsageError(
            f"The run {run_id} can't go on: {row[0]} was opened since, and what the "
            "earlier one had stored is forgotten.",
            cure="Start it again: a new run builds all its months.",
        )


def _forget_staged(
    connection: psycopg.Connection, condition: LiteralString, run_id: str
) -> None:
    """Forget what runs have stored without showing it; pruning deletes the slices."""
    for name in STAGED_TABLES:
        connection.execute(
            sql.SQL("delete from {} where {}").format(
                sql.Identifier("control", name), sql.SQL(condition)
            ),
            [run_id],
        )


def _new_run_id(kind: str) -> str:
    return f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


def _mark_stage(
    settings: Settings,
    run_id: str,
    stage: str,
    status: str,
    detail: dict[str, Any] | None = None,
) -> None:
    with connect(settings, "loader", run_id=run_id, stage="ledger") as connection:
        connection.execute(
            "insert into control.stages (run_id, stage, status) values (%s, %s, %s) "
            "on conflict (run_id, stage) do update set status = excluded.status, "
            "attempts = control.stages.attempts "
            "+ (excluded.status = 'running')::int, "
            "started_at = case when excluded.status = 'running' "
            "then clock_timestamp() else control.stages.started_at end",
            [run_id, stage, status],
        )
        if status != "running":
            connection.execute(
                "update control.stages set finished_at = clock_timestamp(), "
                "detail = %s where run_id = %s and stage = %s",
                [Jsonb(detail or {}), run_id, stage],
            )
