"""Every DAG imports cheaply, is owned, retried, documented, and in the right order."""

import copy
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import ParamValidationError

DAGS = Path(__file__).parents[2] / "dags"
FILES = sorted(DAGS.glob("*.py"))


@pytest.fixture(scope="module")
def bag():
    return DagBag(str(DAGS))


@pytest.fixture(scope="module")
def nightly(bag):
    return bag.dags["nightly_build"]


def test_every_file_imports_and_holds_one_dag(bag):
    assert bag.import_errors == {}
    assert sorted(dag.fileloc for dag in bag.dags.values()) == [str(f) for f in FILES]


def test_dags_are_wiring_only():
    for file in FILES:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 120, file.name


def test_parsing_a_dag_imports_nothing_heavy():
    """Airflow parses the file for every task again, and pays imports each time."""
    code = (
        "import sys, json, runpy\n"
        f"for f in {[str(f) for f in FILES]!r}: runpy.run_path(f)\n"
        "heavy = ('pandas', 'dbt', 'great_expectations', 'pyarrow', 'psycopg')\n"
        "print(json.dumps([m for m in heavy if m in sys.modules]))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(DAGS.parent / "plugins")},
    ).stdout
    assert json.loads(output.splitlines()[-1]) == []


def test_dags_are_owned_tagged_documented_and_never_overlap(bag):
    for dag in bag.dags.values():
        assert dag.catchup is False
        assert dag.max_active_runs == 1
        assert dag.dagrun_timeout is not None
        assert dag.tags
        assert dag.doc_md
        assert dag.has_on_failure_callback
        for task in dag.tasks:
            assert task.owner == "data-engineering", task.task_id
            assert task.execution_timeout is not None, task.task_id
            assert task.doc_md, f"{task.task_id} has no docstring"


def test_a_gate_is_never_retried_and_the_rest_is(nightly):
    for task in nightly.tasks:
        expected = 0 if "gate_" in task.task_id else 2
        assert task.retries == expected, task.task_id


def test_tasks_follow_the_path_of_a_row(nightly):
    order = ["open", "list_systems", "extract"]
    for stage in ("raw", "accounts", "indicators", "scores", "candidate"):
        order += [f"pass_stages.build_{stage}", f"pass_stages.gate_{stage}"]
    order.append("publish")
    assert {task.task_id for task in nightly.tasks} == set(order)
    for earlier, later in pairwise(order):
        assert later in nightly.get_task(earlier).downstream_task_ids


@pytest.fixture(scope="module")
def backfill(bag):
    return bag.dags["backfill_history"]


def test_a_backfill_plans_after_landing_and_publishes_once_at_the_end(backfill):
    order = ["open", "list_systems", "extract", "plan", "build_chunk", "publish"]
    assert {task.task_id for task in backfill.tasks} == set(order)
    for earlier, later in pairwise(order):
        assert later in backfill.get_task(earlier).downstream_task_ids
    assert backfill.schedule is None


def test_chunks_are_built_one_after_the_other(backfill):
    chunk = backfill.get_task("build_chunk")
    assert chunk.max_active_tis_per_dagrun == 1
    assert chunk.is_mapped


def test_the_form_of_a_backfill_knows_which_months_and_what_a_failure_means(backfill):
    form = fill_form(backfill)
    assert (form["which"], form["on_failure"]) == ("all", "none")
    form = fill_form(backfill, which="stale", on_failure="before")
    assert (form["which"], form["on_failure"]) == ("stale", "before")
    for wrong in ({"which": "some"}, {"on_failure": "after"}, {"from_month": "May"}):
        with pytest.raises(ParamValidationError):
            fill_form(backfill, **wrong)


def test_publishing_updates_the_asset_that_others_wait_for(nightly, backfill):
    for dag in (nightly, backfill):
        [asset] = dag.get_task("publish").outlets
        assert (asset.name, asset.uri) == ("marts", "jinta://marts/")


def fill_form(dag, **values):
    params = copy.deepcopy(dag.params)
    for name, value in values.items():
        params[name] = value
    return params.validate()


@pytest.mark.parametrize("month", ["2024-13", "24-01", "2024-1", "June"])
def test_the_form_refuses_what_is_no_month(nightly, month):
    with pytest.raises(ParamValidationError):
        fill_form(nightly, from_month=month)


def test_the_form_takes_a_range_or_nothing(nightly):
    assert fill_form(nightly)["from_month"] is None
    form = fill_form(nightly, from_month="2024-01", to_month="2024-06")
    assert form["to_month"] == "2024-06"


def test_the_schedule_table_names_every_dag(bag):
    table = (DAGS / "README.md").read_text(encoding="utf-8")
    for dag_id in bag.dags:
        assert f"| `{dag_id}` |" in table
