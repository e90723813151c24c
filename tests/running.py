"""Run the pipeline without Airflow, in this process or in one that can be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from jinta import pipeline
from jinta.airflow_env import export_settings
from jinta.runs.ledger import Request, parse_month
from jinta.settings import Settings, list_environ
from jinta.warehouse import connect
from jinta.warehouse.lease import identify_process
from tests.compiled_builds import CompiledProject, build_from

TINY = Path(__file__).parent / "data" / "tiny" / "sources.yml"
SYSTEMS = Path(__file__).parent / "data" / "systems" / "sources.yml"


def run_pipeline(
    settings: Settings,
    sources: Path | str,
    from_month: str | None = None,
    to_month: str | None = None,
    **asked: str,
) -> int | None:
    """Do what the DAGs do, task by task; the publication's id, if there is one.

    Args:
        settings: Whose warehouse.
        sources: The sources file.
        from_month: First month of a range.
        to_month: Its last.
        asked: `kind="backfill"`, and what only a backfill is asked: `which` and
            `on_failure`.
    """
    settings = replace(settings, run_holder=identify_process())
    request = Request(
        sources=str(sources),
        from_month=parse_month(from_month),
        to_month=parse_month(to_month),
        **asked,
    )
    run_id = pipeline.open_run(settings, request).run_id
    try:
        for system_name in pipeline.list_systems(settings, run_id):
            pipeline.extract(settings, run_id, system_name)
        if request.kind == "backfill":
            chunks = pipeline.plan(settings, run_id)
            for _ in chunks:
                pipeline.build_chunks(settings, run_id)
            return pipeline.publish(settings, run_id) if chunks else None
        for stage in pipeline.STAGES:
            pipeline.build(settings, run_id, stage)
            pipeline.check_gate(settings, run_id, stage)
        return pipeline.publish(settings, run_id)
    except Exception as error:
        pipeline.fail_run(settings, run_id, str(error))
        raise


def backfill(
    settings: Settings,
    sources: Path | str,
    from_month: str | None = None,
    to_month: str | None = None,
    **asked: str,
) -> int | None:
    """Do what the DAG `backfill_history` does."""
    return run_pipeline(
        settings, sources, from_month, to_month, kind="backfill", **asked
    )


def start_pipeline(
    settings: Settings, *arguments: str, project: CompiledProject | None = None
) -> subprocess.Popen:
    """Run the same in a process group of its own, to be killed.

    Arguments are those of `run_pipeline`; `which=stale` and the like name theirs. It
    builds through dbt, unless a compiled project is given.
    """
    if project:
        path = settings.home / "compiled.json"
        project.save(path)
        arguments = (*arguments, f"project={path}")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.running", *arguments],
        cwd=Path(__file__).parents[1],
        env=list_environ() | export_settings(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_in(
    settings: Settings,
    child: subprocess.Popen,
    stage: str,
    is_there: Callable[[], bool] = lambda: True,
    seconds: float = 120,
) -> None:
    """Kill -9 the whole process group as soon as a stage is under way."""
    deadline = time.monotonic() + seconds
    with connect(settings, "loader", autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(
                "select status from control.stages where stage = %s "
                "order by started_at desc limit 1",
                [stage],
            ).fetchone()
            if row == ("running",) and is_there():
                break
            assert child.poll() is None, f"ended before {stage} was under way"
            time.sleep(0.005)
        else:
            message = f"{stage} was never under way"
            raise AssertionError(message)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def read_hashes(settings: Settings) -> dict[tuple[str, str], str]:
    """Content hash of what readers see, by mart and month."""
    with connect(settings, "publisher") as connection:
        rows = connection.execute(
            "select slices.mart, slices.month::text, slices.content_hash "
            "from control.pointers as pointers "
            "inner join control.publication_slices as slices "
            "on pointers.publication_id = slices.publication_id "
            "and pointers.mart = slices.mart "
            "and pointers.month is not distinct from slices.month"
        ).fetchall()
    return {(mart, month): content_hash for mart, month, content_hash in rows}


def read_rows(settings: Settings, query: str, role: str = "reporter") -> list[tuple]:
    with connect(settings, role) as connection:
        return connection.execute(query).fetchall()


if __name__ == "__main__":
    from jinta.gates.gate import run_gate
    from jinta.settings import load_settings

    plain = [word for word in sys.argv[1:] if "=" not in word]
    named = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
    path = named.pop("project", None)
    with build_from(CompiledProject.load(path), run_gate) if path else nullcontext():
        sys.stdout.write(json.dumps(run_pipeline(load_settings(), *plain, **named)))
