"""# Nightly build.

Source systems → `raw` → accounts → indicators → scores → candidate → `marts`.

One task per source system lands what arrived since the last run; each stage is built by
one dbt call and judged by its gate; only when the last gate has passed does one short
transaction point readers at the new slices. Until then they see the last publication.

* **Months**: leave the form empty for the nightly rule (the last month whose billing is
  complete, and stale ones before it), or give a range such as 2024-01 to 2024-06.
* **A task failed?** Read its log: the message names the place and the cure. Clear the
  task once mended; the ledger skips what is done. That goes until another run is
  opened: then trigger the DAG anew. See `docs/operations.md`.
* **Downstream DAGs** wait for the asset `marts` (`jinta://marts/`).
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from airflow.sdk import Asset, Param, dag, get_current_context, task, task_group

from jinta.airflow_tasks import DEFAULT_ARGS, open_run, report_failure, run_step

STAGES = ("raw", "accounts", "indicators", "scores", "candidate")
MARTS = Asset(name="marts", uri="jinta://marts/", group="jinta")
MONTH = {"type": ["null", "string"], "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}


@dag(
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=8),
    default_args=DEFAULT_ARGS,
    on_failure_callback=report_failure,
    tags=["jinta", "warehouse", "nightly"],
    doc_md=__doc__,
    params={
        "from_month": Param(None, title="From month", **MONTH),
        "to_month": Param(None, title="To month", **MONTH),
        "sources": Param(
            None,
            type=["null", "string"],
            title="Sources file",
            description="Empty takes the sources file of the deployment.",
        ),
    },
)
def nightly_build() -> None:
    """Wire the tasks: land, then build and gate stage by stage, then publish."""

    @task(task_id="open")
    def begin() -> str:
        """Take the lease and open the run, or enter the one a kill interrupted."""
        context = get_current_context()
        return open_run(dict(context["params"]), context["dag_run"].run_id)

    @task
    def list_systems(run: str) -> list[str]:
        """One mapped task per source system follows."""
        from jinta import pipeline

        return run_step(pipeline.list_systems, run)

    @task(
        map_index_template="{{ task.op_kwargs['system_name'] }}",
        doc_md="Land the tables of one source system, side by side.",
    )
    def extract(run: str, system_name: str) -> None:
        from jinta import pipeline

        run_step(pipeline.extract, run, system_name)

    @task
    def build(run: str, stage: str) -> None:
        """Let dbt build the stage."""
        from jinta import pipeline

        run_step(pipeline.build, run, stage)

    @task(retries=0)
    def gate(run: str, stage: str) -> None:
        """Judge the stage's profile; a critical failure ends the run."""
        from jinta import pipeline

        run_step(pipeline.check_gate, run, stage)

    @task(outlets=[MARTS])
    def publish(run: str) -> int:
        """Point readers at the new slices and close the run."""
        from jinta import pipeline

        return run_step(pipeline.publish, run)

    @task_group
    def pass_stages(run: str) -> None:
        """Build and judge each stage; the next one waits for the gate."""
        steps = [
            step.override(task_id=f"{name}_{stage}")(run, stage)
            for stage in STAGES
            for name, step in (("build", build), ("gate", gate))
        ]
        for earlier, later in pairwise(steps):
            earlier >> later

    run = begin()
    landed = extract.partial(run=run).expand(system_name=list_systems(run))
    landed >> pass_stages(run) >> publish(run)


nightly_build()
