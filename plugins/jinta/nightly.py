"""`jinta nightly`: run the nightly DAG through Airflow here, and show how it goes.

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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from jinta.airflow_env import build_airflow_env, ensure_metadata_database
from jinta.console import make_console
from jinta.errors import JintaError, UsageError
from jinta.report.summary import encode_value, render_summary, summarise_run
from jinta.runs.ledger import Request
from jinta.settings import Settings, list_environ
from jinta.warehouse import connect, ensure_warehouse

DAG_ID = "nightly_build"


class RunFailed(JintaError):
    """The run ended without a publication."""


def run_nightly(
    settings: Settings, request: Request, *, quiet: bool = False, as_json: bool = False
) -> dict[str, Any]:
    """Run the nightly DAG to its end and report on it.

    Args:
        settings: Where everything is.
        request: Sources and months.
        quiet: Print nothing while it runs, and only the verdict at the end.
        as_json: Print the summary as one JSON document on standard output.

    Returns:
        The summary of the run.

    Raises:
        RunFailed: A task failed; the message is the task's own.
        UsageError: The request makes no sense.
    """
    console = make_console(stderr=as_json, quiet=quiet)
    _ = request.months  # a range that ends before it begins stops here
    settings = settings.with_sources(Path(request.sources) if request.sources else None)
    prepare(settings, request, console)
    moment = datetime.now(UTC)
    dag_run_id = f"manual__{moment.isoformat()}"
    log_path = _make_log_path(settings, moment)
    child = _start_child(settings, request, moment, log_path)
    try:
        _follow(settings, child, dag_run_id, console)
    except BaseException:
        _stop_child(child)
        raise
    summary = _summarise_dag_run(settings, dag_run_id)
    log = f"The whole log is {_show_path(log_path, settings)}."
    if summary is None:
        raise RunFailed(_read_failure(log_path), cure=log)
    _print_summary(summary, quiet=quiet, as_json=as_json)
    if summary["status"] == "running":
        raise RunFailed(
            f"The run's process ended in {_name_last_stage(summary)} "
            f"({_describe_end(child.returncode)}).",
            cure=f"Start it again with the same request: it goes on there. {log}",
        )
    if summary["status"] != "published":
        raise RunFailed(
            summary["error"] or "The run ended without a publication.",
            cure=f"Readers still see the last publication. {log}",
        )
    return summary


def prepare(settings: Settings, request: Request, console: Console) -> None:
    """Start the warehouse, build the demo's sources if asked for, and Airflow."""
    with console.status("Starting the warehouse"):
        ensure_warehouse(settings)
    if request.sources is None and settings.sources_path is None:
        sys.path.insert(0, str(settings.checkout))
        from demo import ensure_demo

        with console.status("Building the demo province (演示省)"):
            ensure_demo(settings)
    elif request.sources and not Path(request.sources).is_file():
        raise UsageError(
            f"There is no sources file {request.sources}.",
            cure="Name one with SOURCES=path/to/sources.yml; see docs/sources.md.",
        )
    with console.status("Preparing Airflow"):
        ensure_metadata_database(settings)


def execute_dag(conf: dict[str, Any], moment: datetime) -> bool:
    """Run the nightly DAG in this process; whether it succeeded.

    The moment fixes the DAG run's id, `manual__<moment>`, by which the ledger finds it.
    """
    from airflow.dag_processing.dagbag import DagBag

    from jinta.settings import load_settings
    from jinta.warehouse.lease import identify_process

    # The whole run lives in this process: its death frees the lease at once.
    os.environ["JINTA_RUN_HOLDER"] = identify_process()
    path = load_settings().checkout / "dags" / f"{DAG_ID}.py"
    bag = DagBag(str(path))
    if bag.import_errors:
        raise RunFailed(
            f"{path.name} can't be imported: {bag.import_errors}",
            cure="Mend the DAG file.",
        )
    run = bag.dags[DAG_ID].test(logical_date=moment, run_after=moment, run_conf=conf)
    return str(run.state) == "success"


def _start_child(
    settings: Settings, request: Request, moment: datetime, log_path: Path
) -> subprocess.Popen[bytes]:
    conf = {
        "sources": request.sources and str(Path(request.sources).resolve()),
        "from_month": request.from_month and f"{request.from_month:%Y-%m}",
        "to_month": request.to_month and f"{request.to_month:%Y-%m}",
    }
    with log_path.open("ab") as log:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jinta.nightly",
                json.dumps(conf),
                moment.isoformat(),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=list_environ() | build_airflow_env(settings),
        )


def _stop_child(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()


def _follow(
    settings: Settings,
    child: subprocess.Popen[bytes],
    dag_run_id: str,
    console: Console,
) -> None:
    """Show the stage under way until the child ends."""
    started = time.monotonic()
    done: set[str] = set()
    with (
        connect(settings, "loader", stage="watch") as connection,
        console.status("Starting Airflow") as status,
    ):
        connection.autocommit = True
        while child.poll() is None:
            for stage, state, seconds in _read_stages(connection, dag_run_id):
                if state == "running":
                    elapsed = time.monotonic() - started
                    status.update(f"{stage}  [dim]{elapsed:.0f} s[/dim]")
                elif state == "done" and stage not in done:
                    done.add(stage)
                    console.print(f"[green]✓[/green] {stage}  [dim]{seconds} s[/dim]")
            time.sleep(0.2)


def _read_stages(
    connection: psycopg.Connection, dag_run_id: str
) -> list[tuple[str, str, Any]]:
    return connection.execute(
        """
        select
            stages.stage,
            stages.status,
            round(extract(epoch from stages.finished_at - stages.started_at), 1)
        from control.stages as stages
        inner join control.runs as runs on stages.run_id = runs.run_id
        where runs.dag_run_id = %s
        order by stages.started_at
        """,
        [dag_run_id],
    ).fetchall()


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


def _make_log_path(settings: Settings, moment: datetime) -> Path:
    folder = settings.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"nightly-{moment:%Y%m%dT%H%M%S}.log"


def _show_path(path: Path, settings: Settings) -> str:
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


def _end_with_parent() -> None:
    """Let the system end this process when the one that shows its progress is gone."""
    if sys.platform == "linux":
        # 1 is PR_SET_PDEATHSIG.
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def main() -> None:
    """Entry of the child process: the DAG run's conf as JSON, and its moment."""
    _end_with_parent()
    conf, moment = json.loads(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    sys.exit(0 if execute_dag(conf, moment) else 1)


if __name__ == "__main__":
    main()
