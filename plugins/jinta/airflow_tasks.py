"""The thin adapter between Airflow and the pipeline: the only place that knows both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from jinta.errors import JintaError

Result = TypeVar("Result")


def run_step(step: Callable[..., Result], *arguments: Any) -> Result:
    """Call a pipeline step with the settings; an error with a cure ends the run.

    Raises:
        AirflowFailException: The step said what is wrong; trying again would not help.
    """
    from airflow.sdk.exceptions import AirflowFailException

    from jinta.settings import load_settings

    try:
        return step(load_settings(), *arguments)
    except JintaError as error:
        if error.is_retryable:
            raise
        raise AirflowFailException(str(error)) from None


def open_run(params: dict[str, Any], dag_run_id: str, **asked: str) -> str:
    """Open the run that the DAG's form asked for; its id."""
    from jinta import pipeline
    from jinta.runs.ledger import Request, parse_month

    def open_requested(settings: Any) -> str:
        request = Request(
            sources=params.get("sources"),
            from_month=parse_month(params.get("from_month"), "from_month"),
            to_month=parse_month(params.get("to_month"), "to_month"),
            **asked,
        )
        return pipeline.open_run(settings, request, dag_run_id).run_id

    return run_step(open_requested)


def open_backfill(params: dict[str, Any], dag_run_id: str) -> str:
    """Open the backfill that the DAG's form asked for; its id."""
    return open_run(
        params,
        dag_run_id,
        kind="backfill",
        which=params["which"],
        on_failure=params["on_failure"],
    )


def report_failure(context: dict[str, Any]) -> None:
    """When a task has failed for good, or the DAG run: close the run, and say why.

    The task's own call comes first and knows the reason; the DAG run's is left for what
    no task tells, such as a run that took too long.
    """
    import logging

    from jinta import pipeline
    from jinta.settings import load_settings

    dag_run_id = context["dag_run"].run_id
    reason = str(context.get("exception") or context.get("reason") or "a task failed")
    run_id = _find_run(dag_run_id)
    published = pipeline.fail_run(load_settings(), run_id, reason) if run_id else None
    logger = logging.getLogger("jinta")
    if published:
        logger.error(
            "Run %s failed when readers saw publication %s already: %s",
            run_id,
            published,
            reason,
        )
        return
    logger.error(
        "Run %s ended without a publication: %s Readers still see the last one.",
        run_id or dag_run_id,
        reason,
    )


def _find_run(dag_run_id: str) -> str | None:
    from jinta.settings import load_settings
    from jinta.warehouse import connect

    with connect(load_settings(), "loader", stage="close") as connection:
        row = connection.execute(
            "select run_id from control.runs where dag_run_id = %s "
            "order by started_at desc limit 1",
            [dag_run_id],
        ).fetchone()
    return row[0] if row else None


# What every task of every DAG starts from. A retry cures a lost connection or a killed
# process; an error with a cure of its own is not retried (see `run_step`).
DEFAULT_ARGS = {
    "owner": "data-engineering",
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=3),
    "on_failure_callback": report_failure,
}
