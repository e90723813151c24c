"""# Backfill of history.

Builds a set of months in one pass: one extraction per table, one dbt call per stage,
gates per month, one publication.

* **Months**: leave both empty for every complete month, or give a range such as 2021-04
  to 2026-04; a first month alone reaches to the last complete one. *Which* narrows them
  to those never published, or to the stale ones (`jinta months` lists both).
* **Long ranges** are cut into chunks that fit a bound on memory and disk. A chunk is
  built, checked and stored unseen; readers see all chunks at once, at the end.
* **A month fails its gate**: publish none, or those before it.
* **A task failed?** Read its log: the message names the place and the cure. Clear the
  task once mended; the ledger skips what is done. That goes until another run is
  opened: then trigger the DAG anew. See `docs/history.md`.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, Param, dag, get_current_context, task

from jinta.airflow_tasks import DEFAULT_ARGS, open_backfill, report_failure, run_step

MARTS = Asset(name="marts", uri="jinta://marts/", group="jinta")
MONTH = {"type": ["null", "string"], "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(days=3),
    default_args=DEFAULT_ARGS,
    on_failure_callback=report_failure,
    tags=["jinta", "warehouse", "backfill"],
    doc_md=__doc__,
    params={
        "from_month": Param(None, title="From month", **MONTH),
        "to_month": Param(None, title="To month", **MONTH),
        "which": Param(
            "all",
            title="Which months",
            enum=["all", "missing", "stale"],
            description="All of the range, those never published, or the stale ones.",
        ),
        "on_failure": Param(
            "none",
            title="If a month fails its gate, publish",
            enum=["none", "before"],
            description="None of the months, or those before the one that failed.",
        ),
        "sources": Param(
            None,
            type=["null", "string"],
            title="Sources file",
            description="Empty takes the sources file of the deployment.",
        ),
    },
)
def backfill_history() -> None:
    """Wire the tasks: land once, plan, build chunk after chunk, publish once."""

    @task(task_id="open")
    def begin() -> str:
        """Take the lease and open the run, or enter the one a kill interrupted."""
        context = get_current_context()
        return open_backfill(dict(context["params"]), context["dag_run"].run_id)

    @task
    def list_systems(run: str) -> list[str]:
        """One mapped task per source system follows."""
        from jinta import pipeline

        return run_step(pipeline.list_systems, run)

    @task(
        map_index_template="{{ task.op_kwargs['system_name'] }}",
        doc_md="Land the tables of one source system, for all months at once.",
    )
    def extract(run: str, system_name: str) -> None:
        from jinta import pipeline

        run_step(pipeline.extract, run, system_name)

    @task
    def plan(run: str) -> list[str]:
        """Choose the months and cut them into chunks; none ends the run."""
        from jinta import pipeline

        return run_step(pipeline.plan, run)

    @task(
        map_index_template="{{ task.op_kwargs['chunk'] }}",
        max_active_tis_per_dagrun=1,
        execution_timeout=timedelta(hours=12),
        doc_md="Build, check and store the next chunk by the ledger.",
    )
    def build_chunk(run: str, chunk: str) -> None:
        from jinta import pipeline

        run_step(pipeline.build_chunks, run)

    @task(outlets=[MARTS])
    def publish(run: str) -> int:
        """Point readers at the slices of all chunks and close the run."""
        from jinta import pipeline

        return run_step(pipeline.publish, run)

    run = begin()
    landed = extract.partial(run=run).expand(system_name=list_systems(run))
    chunks = plan(run)
    landed >> chunks
    build_chunk.partial(run=run).expand(chunk=chunks) >> publish(run)


backfill_history()
