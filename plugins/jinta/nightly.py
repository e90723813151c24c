"""`jinta nightly`: run the nightly DAG through Airflow here, and show how it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinta.console import make_console
from jinta.runs.following import StatusDisplay, prepare, run_dag
from jinta.runs.ledger import Request
from jinta.settings import Settings

DAG_ID = "nightly_build"


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
    return run_dag(
        settings,
        DAG_ID,
        request,
        StatusDisplay(console),
        quiet=quiet,
        as_json=as_json,
    )
