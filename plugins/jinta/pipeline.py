"""The path of a row, step by step: what Airflow's tasks and the command line both call.

Every step can be killed and called again: the ledger knows what is done.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import psycopg

from jinta import runs
from jinta.errors import JintaError, PublishError
from jinta.runs import Request, Run
from jinta.settings import Settings

if TYPE_CHECKING:
    from jinta.transform.runner import NodeTime

# Stages that dbt builds, each followed by the gate of the same name (design, "The path
# of a row").
STAGES = ("raw", "accounts", "indicators", "scores", "candidate")

logger = logging.getLogger(__name__)


def open_run(
    settings: Settings, request: Request, dag_run_id: str | None = None
) -> Run:
    """Open a run, or enter the one that a kill interrupted."""
    return runs.open_run(settings, request, dag_run_id)


def list_systems(settings: Settings, run_id: str) -> list[str]:
    """The source systems of the run's sources file, in the order of the file."""
    from jinta.sources import load_sources

    run = runs.load_run(settings, run_id)
    return list(load_sources(run.sources_path, settings).systems)


def extract(settings: Settings, run_id: str, system_name: str) -> dict[str, Any]:
    """Land every table of one source system; tables that already landed are skipped.

    Raises:
        SourceError: One or more tables could not be read or landed.
    """
    from jinta.landing import land_system

    with runs.enter_stage(settings, run_id, f"extract {system_name}") as detail:
        if detail is None:
            return {}
        run = runs.load_run(settings, run_id)
        loads = land_system(
            settings, run_id, system_name, months=run.requested_months or None
        )
        detail["tables"] = len(loads)
        detail["rows_extracted"] = sum(load.rows_extracted for load in loads)
        detail["rows_quarantined"] = sum(load.rows_quarantined for load in loads)
        return detail


def plan(settings: Settings, run_id: str) -> list[str]:
    """Choose the run's months and cut them into chunks; one name per chunk.

    A run that has nothing to build is closed, and its list is empty.

    Raises:
        SourceError: No month can be built.
    """
    with runs.enter_stage(settings, run_id, "plan") as detail:
        if detail is not None:
            detail |= runs.plan_months(settings, run_id)
    count = runs.read_plan(settings, run_id)["chunks"]
    if count == 0:
        runs.close_empty_run(settings, run_id)
    return [f"{number} of {count}" for number in range(1, count + 1)]


def build_chunks(settings: Settings, run_id: str) -> None:
    """Build, check and store the run's next chunk, and those that it makes necessary.

    Without a chunk left nothing happens: months were held, or all is stored.

    Raises:
        GateFailure: A critical check failed; nothing will be published.
        PublishError: What a chunk had stored is gone.
        TransformError: A model failed or an invariant is broken.
    """
    planned = runs.read_plan(settings, run_id)["chunks"]
    chunk = runs.find_next_chunk(settings, run_id)
    while chunk is not None:
        _build_chunk(settings, run_id, chunk)
        following = runs.find_next_chunk(settings, run_id)
        if following == chunk:
            raise PublishError(
                f"Chunk {chunk} of the run {run_id} was stored once, and is no more.",
                "Start the backfill again.",
            )
        if following is not None and following <= planned:
            return
        chunk = following


def build(settings: Settings, run_id: str, stage: str, chunk: int = 1) -> None:
    """Let dbt build one stage; the first one also begins the chunk.

    Raises:
        TransformError: A model failed or an invariant is broken.
        RuleError: A published rule version was changed.
    """
    from jinta.report.rules import check_rules
    from jinta.transform import hash_seeds, run_dbt
    from jinta.warehouse import terminate_leftovers

    if stage == "raw":
        plan(settings, run_id)
    name = _name_stage(settings, run_id, chunk, f"build {stage}")
    with runs.enter_stage(settings, run_id, name) as detail:
        if detail is None:
            return
        without_seeds = False
        if stage == "raw":
            if chunk > 1:
                runs.check_inputs(settings, run_id)
            months = runs.begin_chunk(settings, run_id, chunk)
            detail["months"] = [month.isoformat() for month in months]
            detail["seeds_hash"] = hash_seeds(settings)
            without_seeds = runs.are_seeds_loaded(
                settings, run_id, name, detail["seeds_hash"]
            )
        # dbt's sessions are named for its stage alone, whatever the chunk.
        terminate_leftovers(settings, run_id, stage)
        nodes = run_dbt(settings, run_id, stage, without_seeds=without_seeds)
        if stage == "raw":
            check_rules(settings)
        detail["chunk"] = chunk
        detail["nodes"] = [_describe_node(node) for node in nodes]


def check_gate(settings: Settings, run_id: str, gate: str, chunk: int = 1) -> None:
    """Judge a stage's profile by its suite.

    Raises:
        GateFailure: A critical check failed, and no month before it is to be published:
            nothing will be.
    """
    from jinta.gates import run_gate

    name = _name_stage(settings, run_id, chunk, f"gate {gate}")
    with runs.enter_stage(settings, run_id, name) as detail:
        if detail is None:
            return
        request = runs.load_run(settings, run_id).request
        report = run_gate(
            settings, run_id, gate, can_hold=request.on_failure == "before"
        )
        detail["chunk"] = chunk
        # An attempt that was killed may have held months and not have told.
        held = report.held or runs.list_untold_held(settings, run_id)
        if held:
            detail["held"] = {
                f"{month:%Y-%m}": reason for month, reason in held.items()
            }


def store(settings: Settings, run_id: str, chunk: int = 1) -> None:
    """Store a chunk's marts, unseen until the run is published, and look what follows.

    Raises:
        PublishError: A mart is not what its description says.
    """
    from jinta.publish import stage_candidate
    from jinta.transform import load_manifest

    name = _name_stage(settings, run_id, chunk, "store")
    with runs.enter_stage(settings, run_id, name) as detail:
        if detail is None:
            return
        detail["slices"] = stage_candidate(settings, run_id, load_manifest(settings))
        added = runs.extend_plan(settings, run_id, chunk)
        detail["added"] = [month.isoformat() for month in added]
        detail["stored_chunk"] = chunk


def publish(settings: Settings, run_id: str) -> int:
    """Point readers at the candidate, and give up old slices; the publication's id.

    Raises:
        LeaseLost: Another run is at work by now, or the lease was released.
        PublishError: A mart is not what its description says, or a chunk is missing.
    """
    from jinta.publish import publish as publish_candidate
    from jinta.transform import load_manifest

    with runs.enter_stage(settings, run_id, "publish") as detail:
        if detail is not None:
            runs.check_stored(settings, run_id)
            publication = publish_candidate(settings, run_id, load_manifest(settings))
            detail["publication_id"] = publication.publication_id
    _prune(settings, run_id)
    publication_id = _published_as(settings, run_id)
    runs.close_run(settings, run_id, publication_id)
    return publication_id


def fail_run(settings: Settings, run_id: str, error: str) -> int | None:
    """Record that a run failed; its publication, if it had been published before."""
    return runs.fail_run(settings, run_id, error)


def _build_chunk(settings: Settings, run_id: str, chunk: int) -> None:
    """Take one chunk from its first model to its stored slices."""
    for stage in STAGES:
        build(settings, run_id, stage, chunk)
        check_gate(settings, run_id, stage, chunk)
        if not runs.list_months_to_publish(settings, run_id):
            break
    store(settings, run_id, chunk)


def _prune(settings: Settings, run_id: str) -> None:
    """Give up old slices; if that fails the run is published all the same."""
    from jinta.publish import prune

    try:
        with runs.enter_stage(settings, run_id, "prune") as detail:
            if detail is not None:
                prune(settings)
    except (JintaError, psycopg.Error):
        logger.warning(
            "Old slices were not pruned; the next run tries again.", exc_info=True
        )


def _describe_node(node: NodeTime) -> dict[str, Any]:
    """One dbt node as the ledger stores it."""
    return {
        "name": node.name,
        "type": node.resource_type,
        "started_at": node.started_at and node.started_at.isoformat(),
        "seconds": round(node.seconds, 3),
    }


def _name_stage(settings: Settings, run_id: str, chunk: int, stage: str) -> str:
    """Name a stage as the ledger does; chunks are told where there are several."""
    planned = runs.read_plan(settings, run_id)["chunks"]
    if chunk > planned:
        return f"chunk {chunk} (added): {stage}"
    return stage if planned == 1 else f"chunk {chunk}/{planned}: {stage}"


def _published_as(settings: Settings, run_id: str) -> int:
    from jinta.warehouse import connect

    with connect(settings, "loader", run_id=run_id, stage="publish") as connection:
        row = connection.execute(
            "select (detail ->> 'publication_id')::bigint from control.stages "
            "where run_id = %s and stage = 'publish'",
            [run_id],
        ).fetchone()
    return int(row[0])
