"""Runs of the build: what was asked, which months, how far it came."""

from jinta.runs.ledger import (
    Request,
    Run,
    are_seeds_loaded,
    check_inputs,
    close_empty_run,
    close_run,
    enter_stage,
    fail_run,
    load_run,
    open_run,
)
from jinta.runs.months import (
    begin_chunk,
    check_stored,
    extend_plan,
    find_next_chunk,
    list_months_to_publish,
    list_untold_held,
    plan_months,
    read_plan,
)

__all__ = [
    "Request",
    "Run",
    "are_seeds_loaded",
    "begin_chunk",
    "check_inputs",
    "check_stored",
    "close_empty_run",
    "close_run",
    "enter_stage",
    "extend_plan",
    "fail_run",
    "find_next_chunk",
    "list_months_to_publish",
    "list_untold_held",
    "load_run",
    "open_run",
    "plan_months",
    "read_plan",
]
