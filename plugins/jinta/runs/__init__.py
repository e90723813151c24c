"""Runs of the build: what was asked, which months, how far it came."""

from jinta.runs.ledger import (
    Request,
    Run,
    are_seeds_loaded,
    close_run,
    enter_stage,
    fail_run,
    load_run,
    open_run,
)
from jinta.runs.months import plan_months

__all__ = [
    "Request",
    "Run",
    "are_seeds_loaded",
    "close_run",
    "enter_stage",
    "fail_run",
    "load_run",
    "open_run",
    "plan_months",
]
