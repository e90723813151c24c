"""The progress of a backfill: a bar over months and stages, and an honest estimate."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from jinta.pipeline import STAGES
from jinta.runs.following import Display, Stage, print_stage
from jinta.settings import Settings

# What a chunk goes through: every stage built and judged, and the storing.
CHUNK_STEPS = (
    *(f"{step} {stage}" for stage in STAGES for step in ("build", "gate")),
    "store",
)

# Earlier runs are of similar size if rows and months are within this factor.
SIMILAR = 2.0

NO_ESTIMATE = "no estimate yet"

_EARLIER_PACE = """
with

planned as (

    select
        run_id,
        finished_at,
        jsonb_array_length(detail -> 'months') as months,
        (detail ->> 'rows')::numeric as rows,
        (detail ->> 'chunks')::numeric as chunks
    from control.stages
    where stage = 'plan' and status = 'done' and detail ? 'rows'

),

spent as (

    select
        run_id,
        sum(extract(epoch from finished_at - started_at)) as seconds
    from control.stages
    where
        stage similar to '(chunk %%: )?(build|gate|store)%%'
        and stage not like '%%(added)%%'
    group by run_id
    having bool_and(attempts = 1 and status = 'done')

)

select (spent.seconds / earlier.months)::float
from planned as current
inner join planned as earlier
    on
        current.run_id <> earlier.run_id
        and earlier.months > 0
        and current.rows <= earlier.rows * %(similar)s
        and earlier.rows <= current.rows * %(similar)s
        and current.months * earlier.chunks
        <= earlier.months * current.chunks * %(similar)s
        and earlier.months * current.chunks
        <= current.months * earlier.chunks * %(similar)s
inner join spent
    on earlier.run_id = spent.run_id
inner join control.runs as runs
    on earlier.run_id = runs.run_id and runs.status = 'published'
where current.run_id = %(run_id)s
order by earlier.finished_at desc
limit 1
"""


@dataclass
class Work:
    """What a run has to do and has done.

    Attributes:
        months: How many months each chunk has.
        done: Seconds of each step done, by chunk.
        running: Seconds of the chunk's step under way.
        earlier: What a month took in earlier runs of similar size; None if there are
            none.
    """

    months: dict[int, int] = field(default_factory=dict)
    done: dict[int, dict[str, float]] = field(default_factory=dict)
    running: float = 0.0
    earlier: float | None = None

    @property
    def total(self) -> int:
        """Steps times months, all chunks together."""
        return sum(self.months.values()) * len(CHUNK_STEPS)

    @property
    def completed(self) -> int:
        """Those that are done; a chunk whose months are held skips some."""
        return sum(
            self.months.get(chunk, 0)
            * (len(CHUNK_STEPS) if "store" in steps else len(steps))
            for chunk, steps in self.done.items()
        )

    def estimate(self) -> float | None:
        """Seconds left, as far as anything measured says; else None.

        What a month took in the run's own finished chunks says it, before the first one
        what it took in earlier runs of similar size.
        """
        finished = [chunk for chunk, steps in self.done.items() if "store" in steps]
        built = sum(self.months.get(chunk, 0) for chunk in finished)
        if built:
            spent = sum(sum(self.done[chunk].values()) for chunk in finished)
            per_month = spent / built
        elif self.earlier is not None:
            per_month = self.earlier
        else:
            return None
        left = sum(self.months.values()) - built
        under_way = sum(
            sum(steps.values())
            for chunk, steps in self.done.items()
            if chunk not in finished
        )
        return max(per_month * left - under_way - self.running, 0.0)


class ProgressDisplay(Display):
    """A line per stage that is done, and a bar below them."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self.settings = settings
        self.console = console
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[months]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
        )
        self.task: TaskID = self.progress.add_task(
            "Starting Airflow", total=None, months="", left=NO_ESTIMATE
        )
        self.told: set[str] = set()
        self.earlier: float | None = None
        self.has_looked = False

    def __enter__(self) -> ProgressDisplay:
        self.progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.progress.stop()

    def show(self, connection: psycopg.Connection, stages: list[Stage]) -> None:
        """Show the stages as they are now."""
        for stage in stages:
            if stage.status == "done" and stage.name not in self.told:
                self.told.add(stage.name)
                print_stage(self.console, stage)
        running = [stage for stage in stages if stage.status == "running"]
        if running:
            self.progress.update(self.task, description=running[-1].name)
        if "plan" in self.told:
            self._show_bar(connection, stages)

    def _show_bar(self, connection: psycopg.Connection, stages: list[Stage]) -> None:
        work = read_work(connection, stages)
        if not self.has_looked:
            self.has_looked = True
            self.earlier = find_earlier_pace(connection, stages[0].run_id)
        work.earlier = self.earlier
        left = work.estimate()
        built = sum(
            work.months[c] for c, steps in work.done.items() if "store" in steps
        )
        self.progress.update(
            self.task,
            total=work.total,
            completed=work.completed,
            months=f"{built} of {sum(work.months.values())} months",
            left=NO_ESTIMATE
            if left is None
            else f"about {describe_seconds(left)} left",
        )


def read_work(connection: psycopg.Connection, stages: list[Stage]) -> Work:
    """What the run under way has to do by its plan, and has done by its stages."""
    months = connection.execute(
        "select chunk, count(*)::integer from control.run_plan "
        "where run_id = %s group by chunk",
        [stages[0].run_id],
    ).fetchall()
    work = Work(months=dict(months))
    for stage in stages:
        chunk, step = split_stage(stage.name)
        if step not in CHUNK_STEPS:
            continue
        if stage.status == "done":
            work.done.setdefault(chunk, {})[step] = stage.seconds
        elif stage.status == "running":
            work.running = stage.seconds
    return work


def split_stage(name: str) -> tuple[int, str]:
    """The chunk and the step that a stage's name tells; a lone chunk has no number."""
    prefix, colon, step = name.rpartition(": ")
    if not colon:
        return 1, name
    number = prefix.removeprefix("chunk ").partition("/")[0].partition(" ")[0]
    return int(number), step


def find_earlier_pace(connection: psycopg.Connection, run_id: str) -> float | None:
    """What a month took in the latest earlier run of similar size, in seconds.

    Similar means fact rows and months per chunk within a factor of two. Runs that were
    interrupted are left out: their stages don't tell the whole time.
    """
    row = connection.execute(
        _EARLIER_PACE, {"similar": SIMILAR, "run_id": run_id}
    ).fetchone()
    return row[0] if row else None


def describe_seconds(seconds: float) -> str:
    """Write a time as people say it: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
