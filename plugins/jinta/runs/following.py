"""Running a DAG here and now, and showing how it goes.

The DAG runs in a child process whose log goes to a file; this process watches the
ledger, so that what it shows is what the warehouse knows.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg
from rich.console import Console
from rich.text import Text

from jinta.airflow_env import build_airflow_env, ensure_metadata_database
from jinta.console import make_console
from jinta.errors import JintaError, UsageError
from jinta.report.summary import encode_value, render_summary, summarise_run
from jinta.runs.ledger import Request
from jinta.settings import Settings, list_environ
from jinta.warehouse import connect, ensure_warehouse

WATCH_SECONDS = 0.2
STOP_SECONDS = 5


class RunFailed(JintaError):
    """The run ended without a publication, or failed after it."""


@dataclass(frozen=True)
class Stage:
    """One stage of a run, as the ledger has it now."""

    run_id: str
    name: str
    status: str
    seconds: float


class Display(AbstractContextManager["Display"], Protocol):
    """What shows a run while it goes on."""

    def show(self, connection: psycopg.Connection, stages: list[Stage]) -> None:
        """Show the stages as they are now."""


class StatusDisplay(Display):
    """A line per finished stage, and the one under way with its time."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.status = console.status("Starting Airflow")
        self.started = time.monotonic()
        self.done: set[str] = set()

    def __enter__(self) -> StatusDisplay:
        self.status.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.status.stop()

    def show(self, connection: psycopg.Connection, stages: list[Stage]) -> None:
        """Show the stages as they are now."""
        for stage in stages:
            if stage.status == "running":
                elapsed = time.monotonic() - self.started
                self.status.update(
                    Text.assemble(f"{stage.name}  ", (f"{elapsed:.0f} s", "dim"))
                )
            elif stage.status == "done" and stage.name not in self.done:
                self.done.add(stage.name)
                print_stage(self.console, stage)


def run_dag(
    settings: Settings,
    dag_id: str,
    request: Request,
    display: Display,
    *,
    quiet: bool = False,
    as_json: bool = False,
) -> dict[str, Any]:
    """Run a DAG to its end in a child process and report on the run.

    Args:
        settings: Where everything is, with the request's sources.
        dag_id: The DAG, in the file of its name.
        request: What the DAG's form is filled with.
        display: What shows the run meanwhile.
        quiet: Print the verdict only.
        as_json: Print the summary as one JSON document on standard output.

    Returns:
        The summary of the run, printed already.

    Raises:
        RunFailed: A task failed; the message is the task's own.
    """
    moment = datetime.now(UTC)
    dag_run_id = f"manual__{moment.isoformat()}"
    log_path = _make_log_path(settings, dag_id, moment)
    # To be told to end is Ctrl-C: the run ends with what shows it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    child = _start_child(settings, dag_id, request, moment, log_path)
    try:
        _follow(settings, child, dag_run_id, display)
    except BaseException:
        stop_child(child)
        raise
    summary = _summarise_dag_run(settings, dag_run_id)
    log = f"The whole log is {_show_path(log_path)}."
    if summary is None:
        raise RunFailed(_read_failure(log_path), cure=log)
    _print_summary(summary, quiet=quiet, as_json=as_json)
    _check_end(summary, child.returncode, log)
    return summary


def prepare(settings: Settings, request: Request, console: Console) -> None:
    """Start the warehouse, build the demo's sources if asked for, and Airflow."""
    prepare_sources(settings, request, console)
    with console.status("Preparing Airflow"):
        ensure_metadata_database(settings)


def prepare_sources(settings: Settings, request: Request, console: Console) -> None:
    """Start the warehouse, and build the demo's sources if no others are named."""
    with console.status("Starting the warehouse"):
        ensure_warehouse(settings)
    if request.sources is None and settings.sources_path is None:
        sys.path.insert(0, str(settings.checkout))
        from demo import ensure_demo, note_lead_steps

        with console.status("Building the demo province (演示省)"):
            note_lead_steps(settings, ensure_demo(settings))
    elif request.sources and not Path(request.sources).is_file():
        raise UsageError(
            f"There is no sources file {request.sources}.",
            cure="Name one with SOURCES=path/to/sources.yml; see docs/sources.md.",
        )


def execute_dag(dag_id: str, conf: dict[str, Any], moment: datetime) -> bool:
    """Run a DAG in this process; whether it succeeded.

    The moment fixes the DAG run's id, `manual__<moment>`, by which the ledger finds it.
    """
    from airflow.dag_processing.dagbag import DagBag

    from jinta.settings import load_settings
    from jinta.warehouse.lease import identify_process

    # The whole run lives in this process: its death frees the lease at once.
    os.environ["JINTA_RUN_HOLDER"] = identify_process()
    path = load_settings().checkout / "dags" / f"{dag_id}.py"
    bag = DagBag(str(path))
    if bag.import_errors:
        raise RunFailed(
            f"{path.name} can't be imported: {bag.import_errors}",
            cure="Mend the DAG file.",
        )
    run = bag.dags[dag_id].test(logical_date=moment, run_after=moment, run_conf=conf)
    return str(run.state) == "success"


def print_stage(console: Console, stage: Stage) -> None:
    """Print a stage that is done."""
    console.print(
        Text.assemble(
            ("✓", "green"), f" {stage.name}  ", (f"{stage.seconds:.1f} s", "dim")
        ),
        soft_wrap=True,
    )


def fill_form(request: Request) -> dict[str, Any]:
    """What the form of a DAG is filled with."""
    form: dict[str, Any] = {
        "sources": request.sources and str(Path(request.sources).resolve()),
        "from_month": request.from_month and f"{request.from_month:%Y-%m}",
        "to_month": request.to_month and f"{request.to_month:%Y-%m}",
    }
    if request.kind == "backfill":
        form |= {"which": request.which, "on_failure": request.on_failure}
    return form


def _start_child(
    settings: Settings,
    dag_id: str,
    request: Request,
    moment: datetime,
    log_path: Path,
) -> subprocess.Popen[bytes]:
    with log_path.open("ab") as log:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jinta.runs.following",
                dag_id,
                json.dumps(fill_form(request)),
                moment.isoformat(),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=list_environ() | build_airflow_env(settings),
        )


def stop_child(child: subprocess.Popen[bytes]) -> None:
    """End the process of a run: it may close its sessions first.

    Airflow's tasks catch SIGTERM and go on, so it is told by SIGINT.
    """
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _follow(
    settings: Settings,
    child: subprocess.Popen[bytes],
    dag_run_id: str,
    display: Display,
) -> None:
    """Show the stages until the child ends."""
    with connect(settings, "loader", stage="watch") as connection, display:
        connection.autocommit = True
        while child.poll() is None:
            display.show(connection, _read_stages(connection, dag_run_id))
            time.sleep(WATCH_SECONDS)
        display.show(connection, _read_stages(connection, dag_run_id))


def _read_stages(connection: psycopg.Connection, dag_run_id: str) -> list[Stage]:
    rows = connection.execute(
        """
        select
            stages.run_id,
            stages.stage,
            stages.status,
            extract(
                epoch from coalesce(stages.finished_at, clock_timestamp())
                - stages.started_at
            )::float
        from control.stages as stages
        inner join control.runs as runs on stages.run_id = runs.run_id
        where runs.dag_run_id = %s
        order by stages.started_at
        """,
        [dag_run_id],
    ).fetchall()
    return [Stage(*row) for row in rows]


def _summarise_dag_run(settings: Settings, dag_run_id: str) -> dict[str, Any] | None:
    with connect(settings, "loader", stage="report") as connection:
        row = connection.execute(
            "select run_id from control.runs where dag_run_id = %s", [dag_run_id]
        ).fetchone()
    return summarise_run(settings, row[0]) if row else None


def _print_summary(summary: dict[str, Any], *, quiet: bool, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(
            json.dumps(summary, default=encode_value, ensure_ascii=False) + "\n"
        )
    elif quiet:
        sys.stdout.write(
            f"{summary['status']} {summary['publication_id'] or ''} "
            f"{summary['run_id']}\n"
        )
    else:
        render_summary(summary, make_console())


def _check_end(summary: dict[str, Any], returncode: int, log: str) -> None:
    if summary["status"] == "running":
        raise RunFailed(
            f"The run's process ended in {_name_last_stage(summary)} "
            f"({_describe_end(returncode)}).",
            cure=f"Start it again with the same request: it goes on there. {log}",
        )
    if summary["status"] == "failed":
        raise RunFailed(
            summary["error"] or "The run ended without a publication.",
            cure=f"Readers still see the last publication. {log}",
        )
    if summary["status"] == "published" and summary["error"]:
        raise RunFailed(
            summary["error"],
            cure=f"Readers see publication {summary['publication_id']} already. {log}",
        )


def _make_log_path(settings: Settings, dag_id: str, moment: datetime) -> Path:
    folder = settings.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{dag_id.partition('_')[0]}-{moment:%Y%m%dT%H%M%S}.log"


def _show_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _name_last_stage(summary: dict[str, Any]) -> str:
    stages = [stage["stage"] for stage in summary["stages"]]
    return stages[-1] if stages else "its first step"


def _describe_end(returncode: int) -> str:
    if returncode < 0:
        return f"signal {-returncode}, {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"


def _read_failure(log_path: Path) -> str:
    """What the log says of a run that could not even be opened."""
    text = log_path.read_text(encoding="utf-8", errors="replace")
    told = re.findall(r"AirflowFailException: (.+)", text)
    told = told or re.findall(r"^\S*(?:Error|Exception): .+", text, re.MULTILINE)
    return str(told[-1])[:2000] if told else "The run ended before it was opened."


def end_with_parent() -> None:
    """Let this process end when the one that shows its progress is gone, or says so."""
    # In the background of a shell, a process starts deaf to SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform == "linux":
        # 1 is PR_SET_PDEATHSIG. Airflow's tasks would catch any other signal.
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main() -> None:
    """Entry of the child process: the DAG, its run's conf as JSON, and its moment."""
    end_with_parent()
    dag_id, conf, moment = sys.argv[1:4]
    is_done = execute_dag(dag_id, json.loads(conf), datetime.fromisoformat(moment))
    sys.exit(0 if is_done else 1)


if __name__ == "__main__":
    main()
