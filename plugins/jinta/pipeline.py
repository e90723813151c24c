"""The path of a row, step by step: what Airflow's tasks and the command line both call.

Every step can be killed and called again: the ledger knows what is done.
"""

from __future__ import annotations

from typing import Any

from jinta import runs
from jinta.runs import Request, Run
from jinta.settings import Settings

# Stages that dbt builds, each followed by the gate of the same name (design, "The path
# of a row").
STAGES = ("raw", "accounts", "indicators", "scores", "candidate")


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


def build(settings: Settings, run_id: str, stage: str) -> None:
    """Let dbt build one stage; the first one also chooses the months.

    Raises:
        TransformError: A model failed or an invariant is broken.
        RuleError: A published rule version was changed.
    """
    from jinta.report.rules import check_rules
    from jinta.transform import hash_seeds, run_dbt

    with runs.enter_stage(settings, run_id, f"build {stage}") as detail:
        if detail is None:
            return
        without_seeds = False
        if stage == "raw":
            months = runs.plan_months(settings, run_id)
            detail["months"] = [month.isoformat() for month in months]
            detail["seeds_hash"] = hash_seeds(settings)
            without_seeds = runs.are_seeds_loaded(
                settings, run_id, detail["seeds_hash"]
            )
        nodes = run_dbt(settings, run_id, stage, without_seeds=without_seeds)
        if stage == "raw":
            check_rules(settings)
        detail["nodes"] = [
            {
                "name": node.name,
                "type": node.resource_type,
                "started_at": node.started_at and node.started_at.isoformat(),
                "seconds": round(node.seconds, 3),
            }
            for node in nodes
        ]


def check_gate(settings: Settings, run_id: str, gate: str) -> None:
    """Judge a stage's profile by its suite.

    Raises:
        GateFailure: A critical check failed; nothing will be published.
    """
    from jinta.gates import run_gate

    with runs.enter_stage(settings, run_id, f"gate {gate}") as detail:
        if detail is not None:
            run_gate(settings, run_id, gate)


def publish(settings: Settings, run_id: str) -> int:
    """Point readers at the candidate, and give up old slices; the publication's id."""
    from jinta.publish import prune
    from jinta.publish import publish as publish_candidate
    from jinta.transform import load_manifest

    with runs.enter_stage(settings, run_id, "publish") as detail:
        if detail is not None:
            publication = publish_candidate(settings, run_id, load_manifest(settings))
            detail["publication_id"] = publication.publication_id
    with runs.enter_stage(settings, run_id, "prune") as detail:
        if detail is not None:
            prune(settings)
    publication_id = _published_as(settings, run_id)
    runs.close_run(settings, run_id, publication_id)
    return publication_id


def fail_run(settings: Settings, run_id: str, error: str) -> None:
    """Record that a run ended without a publication."""
    runs.fail_run(settings, run_id, error)


def _published_as(settings: Settings, run_id: str) -> int:
    from jinta.warehouse import connect

    with connect(settings, "loader", run_id=run_id, stage="publish") as connection:
        row = connection.execute(
            "select (detail ->> 'publication_id')::bigint from control.stages "
            "where run_id = %s and stage = 'publish'",
            [run_id],
        ).fetchone()
    return int(row[0])
