"""Chunks that are stored unseen and shown together, on hand-made candidates."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from psycopg.types.json import Jsonb

from jinta.airflow_env import export_settings
from jinta.airflow_tasks import report_failure
from jinta.errors import UsageError
from jinta.gates.holding import hold_months, select_free_months
from jinta.gates.rules import Finding, Observation
from jinta.publish import (
    list_publications,
    prune,
    publish,
    rollback,
    stage_candidate,
)
from jinta.runs.ledger import Request, enter_stage, fail_run, open_run
from jinta.runs.months import CARRIED_MART, extend_plan, find_next_chunk
from jinta.runs.progress import find_earlier_pace
from jinta.settings import list_environ
from jinta.warehouse import connect
from tests.integration.hand_made import (
    FEBRUARY,
    JANUARY,
    build_candidate,
    fetch,
    make_manifest,
    start_run,
)
from tests.running import TINY

CHECKOUT = Path(__file__).parents[2]
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
SCORES = "select month, account_id, points from marts.fct_scores order by 1, 2"


@pytest.fixture
def settings(make_warehouse):
    """A warehouse that shows January and February, with an account of one point."""
    settings = make_warehouse()
    start_run(settings, "run-1")
    build_candidate(settings, [(JANUARY, "a", 1), (FEBRUARY, "a", 1)])
    publish(settings, "run-1", make_manifest())
    return settings


def store_chunk(settings, run_id, month, points, rules=(("r2", "two"),)):
    start_run(settings, run_id, [month])
    build_candidate(settings, [(month, "a", points)], rules)
    return stage_candidate(settings, run_id, make_manifest())


def show(settings):
    return [(month, int(points)) for month, _, points in fetch(settings, SCORES)]


def count(settings, table):
    return fetch(settings, f"select count(*) from {table}", "publisher")[0][0]


def test_what_is_stored_is_seen_by_nobody_until_all_of_it_is(settings):
    store_chunk(settings, "run-2", JANUARY, 2)
    assert show(settings) == [(JANUARY, 1), (FEBRUARY, 1)]
    store_chunk(settings, "run-2", FEBRUARY, 3, rules=[("r3", "three")])
    assert show(settings) == [(JANUARY, 1), (FEBRUARY, 1)]
    publication = publish(settings, "run-2", make_manifest())
    assert show(settings) == [(JANUARY, 2), (FEBRUARY, 3)]
    assert publication.months == [JANUARY, FEBRUARY]
    # A whole mart is that of the last chunk.
    assert fetch(settings, "select rule_id from marts.dim_rules") == [("r3",)]
    assert count(settings, "control.staged_slices") == 0


def test_storing_a_chunk_again_stores_nothing(settings):
    assert store_chunk(settings, "run-2", JANUARY, 2) == 2
    stored = count(settings, "control.slices")
    assert stage_candidate(settings, "run-2", make_manifest()) == 0
    assert count(settings, "control.slices") == stored


def test_the_last_chunk_may_be_stored_by_publishing(settings):
    store_chunk(settings, "run-2", JANUARY, 2)
    start_run(settings, "run-2", [FEBRUARY])
    build_candidate(settings, [(FEBRUARY, "a", 3)])
    publish(settings, "run-2", make_manifest())
    assert show(settings) == [(JANUARY, 2), (FEBRUARY, 3)]


def test_pruning_leaves_alone_what_a_run_under_way_will_show(settings):
    store_chunk(settings, "run-2", JANUARY, 2)
    prune(settings, keep_publications=1, keep_days=0)
    publish(settings, "run-2", make_manifest())
    assert show(settings) == [(JANUARY, 2), (FEBRUARY, 1)]


def test_what_a_failed_run_has_stored_waits_for_its_task_to_be_cleared(settings):
    store_chunk(settings, "run-2", JANUARY, 2)
    assert fail_run(settings, "run-2", "a later chunk failed") is None
    prune(settings, keep_publications=1, keep_days=0)
    assert show(settings) == [(JANUARY, 1), (FEBRUARY, 1)]
    store_chunk(settings, "run-2", FEBRUARY, 3)
    publish(settings, "run-2", make_manifest())
    assert show(settings) == [(JANUARY, 2), (FEBRUARY, 3)]


def test_what_a_failed_run_has_stored_is_forgotten_when_another_is_opened(settings):
    slices = count(settings, "control.slices")
    store_chunk(settings, "run-2", JANUARY, 2)
    fail_run(settings, "run-2", "a later chunk failed")
    with enter_stage(settings, "run-2", "as before") as detail:
        assert detail == {}
    fail_run(settings, "run-2", "it failed again")
    later = open_run(settings, Request(sources=str(TINY)))
    fail_run(settings, later.run_id, "at once")
    assert count(settings, "control.staged_slices") == 0
    prune(settings, keep_publications=1, keep_days=0)
    assert count(settings, "control.slices") == slices
    for stage in ("as before", "another"):
        with (
            pytest.raises(UsageError, match=f"{later.run_id} was opened since"),
            enter_stage(settings, "run-2", stage),
        ):
            pytest.fail("the earlier run went on")
    assert count(settings, "control.leases") == 0


def test_a_run_that_fails_after_publishing_is_published(settings):
    assert fail_run(settings, "run-1", "marking failed") == 1
    rows = fetch(
        settings, "select status, publication_id, error from control.runs", "publisher"
    )
    assert rows == [("published", 1, "marking failed")]


def test_a_failure_is_told_of_the_latest_run_of_a_dag_run(
    settings, monkeypatch, caplog
):
    monkeypatch.setattr("jinta.settings.load_settings", lambda: settings)
    context = {"dag_run": SimpleNamespace(run_id="manual__1"), "reason": "planted"}

    def fail(run_id):
        start_run(settings, run_id)
        with connect(settings, "owner") as connection:
            connection.execute("update control.runs set dag_run_id = 'manual__1'")
        report_failure(context)
        return caplog.messages[-1]

    assert "run-1 failed when readers saw publication 1 already" in fail("run-1")
    assert "run-2 ended without a publication: planted" in fail("run-2")
    statuses = "select run_id, status from control.runs order by 1"
    assert fetch(settings, statuses, "publisher") == [
        ("run-1", "published"),
        ("run-2", "failed"),
    ]


def test_held_months_are_not_shown(settings):
    start_run(settings, "run-2", [JANUARY, FEBRUARY])
    build_candidate(settings, [(JANUARY, "a", 2), (FEBRUARY, "a", 2)])
    with connect(settings, "publisher") as connection:
        connection.execute(
            "update control.run_months set held_reason = 'why' where month = %s",
            [FEBRUARY],
        )
    publication = publish(settings, "run-2", make_manifest())
    assert show(settings) == [(JANUARY, 2), (FEBRUARY, 1)]
    assert publication.months == [JANUARY]


# A process that kills itself when it comes to a point.
CHILD = """
import os, signal, sys
from tests.integration.hand_made import make_manifest
from jinta.publish import publication, publish, stage_candidate, staging
from jinta.settings import load_settings

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

module, _, name = {point!r}.rpartition(".")
setattr(sys.modules["jinta.publish." + module], name, die)
{step}(load_settings(), "run-2", make_manifest())
"""


def run_killed(settings, point, step):
    result = subprocess.run(
        [sys.executable, "-c", CHILD.format(point=point, step=step)],
        cwd=CHECKOUT,
        env=list_environ()
        | export_settings(settings)
        | {"PYTHONPATH": f"{CHECKOUT / 'plugins'}:{CHECKOUT}"},
        check=False,
        capture_output=True,
    )
    assert result.returncode == -signal.SIGKILL, result.stderr


@pytest.mark.parametrize(
    "point", ["staging._store_marts", "staging._note_slices", "staging._note_metrics"]
)
def test_storing_that_was_killed_is_made_good(settings, point):
    start_run(settings, "run-2", [JANUARY])
    build_candidate(settings, [(JANUARY, "a", 2)])
    run_killed(settings, point, "stage_candidate")
    assert count(settings, "control.staged_slices") == 0
    stage_candidate(settings, "run-2", make_manifest())
    publish(settings, "run-2", make_manifest())
    assert show(settings) == [(JANUARY, 2), (FEBRUARY, 1)]


@pytest.mark.parametrize(
    "point",
    [
        "publication._flip",
        "publication.record_seeds",
        "publication._record_shown_slices",
        "publication.forget_staged",
        "publication.mark_stale_months",
    ],
)
def test_showing_chunks_that_was_killed_shows_all_or_none(settings, point):
    store_chunk(settings, "run-2", JANUARY, 2)
    store_chunk(settings, "run-2", FEBRUARY, 3)
    run_killed(settings, point, "publish")
    old, new = [(JANUARY, 1), (FEBRUARY, 1)], [(JANUARY, 2), (FEBRUARY, 3)]
    is_shown = point == "publication.mark_stale_months"
    assert show(settings) == (new if is_shown else old)
    publish(settings, "run-2", make_manifest())
    assert show(settings) == new
    assert len(list_publications(settings)) == 2


# What a month goes on from


def make_latches(settings, run_id, slices):
    """Store latches by hand: (month, content hash) of one run."""
    with connect(settings, "publisher") as connection:
        for month, content_hash in slices:
            connection.execute(
                "with stored as (insert into control.slices "
                "(mart, month, content_hash, row_count, run_id) "
                "values (%s, %s, %s, 1, %s) returning slice_id) "
                "insert into control.staged_slices (run_id, mart, month, slice_id) "
                "select %s, %s, %s, slice_id from stored",
                [
                    *(CARRIED_MART, month, content_hash, run_id),
                    *(run_id, CARRIED_MART, month),
                ],
            )


def plan_by_hand(settings, run_id, chunks, which="stale"):
    with connect(settings, "owner") as connection:
        connection.execute(
            "update control.runs set sources_path = %s, requested = "
            "jsonb_build_object('kind', 'backfill', 'from_month', null, 'to_month', "
            "null, 'which', %s::text) where run_id = %s",
            [str(TINY), which, run_id],
        )
        connection.execute(
            "insert into control.stages (run_id, stage, status, detail) "
            "values (%s, 'plan', 'done', jsonb_build_object('chunks', %s::integer))",
            [run_id, len(chunks)],
        )
        for number, months in enumerate(chunks, 1):
            for month in months:
                connection.execute(
                    "insert into control.run_plan values (%s, %s, %s)",
                    [run_id, month, number],
                )


@pytest.fixture
def carried(settings, monkeypatch):
    """January to April are published with their latches, each from the one before."""
    months = [JANUARY, FEBRUARY, MARCH, APRIL]
    start_run(settings, "run-2", months)
    build_candidate(settings, [(month, "a", 1) for month in months])
    stage_candidate(settings, "run-2", make_manifest())
    make_latches(settings, "run-2", [(month, f"{month:%B}") for month in months])
    publish(settings, "run-2", make_manifest())
    monkeypatch.setattr("jinta.runs.months.complete_months", lambda *_: months)
    start_run(settings, "run-3", [JANUARY])
    return settings


def test_a_publication_records_what_each_month_went_on_from(carried):
    rows = fetch(
        carried,
        "select month, seed_hash from control.publication_seeds "
        "where publication_id = 2 order by 1",
        "publisher",
    )
    assert rows == [
        (JANUARY, ""),
        (FEBRUARY, "January"),
        (MARCH, "February"),
        (APRIL, "March"),
    ]


def test_a_stale_backfill_ends_where_states_agree(carried):
    plan_by_hand(carried, "run-3", [[JANUARY]])
    make_latches(carried, "run-3", [(JANUARY, "January")])
    assert extend_plan(carried, "run-3", 1) == []


def test_a_stale_backfill_goes_on_where_states_differ(carried):
    plan_by_hand(carried, "run-3", [[JANUARY]])
    make_latches(carried, "run-3", [(JANUARY, "January, restated")])
    assert extend_plan(carried, "run-3", 1) == [FEBRUARY, MARCH, APRIL]
    assert extend_plan(carried, "run-3", 1) == [], "they are planned already"


def test_what_is_planned_already_is_not_added(carried):
    plan_by_hand(carried, "run-3", [[JANUARY], [APRIL]])
    make_latches(carried, "run-3", [(JANUARY, "January, restated")])
    assert extend_plan(carried, "run-3", 1) == [FEBRUARY, MARCH]


def test_other_backfills_leave_later_months_alone(carried):
    plan_by_hand(carried, "run-3", [[JANUARY]], which="all")
    make_latches(carried, "run-3", [(JANUARY, "January, restated")])
    assert extend_plan(carried, "run-3", 1) == []


def test_the_next_chunk_is_the_earliest_that_is_not_stored(carried):
    plan_by_hand(carried, "run-3", [[JANUARY], [APRIL]])
    make_latches(carried, "run-3", [(JANUARY, "January, restated")])
    assert find_next_chunk(carried, "run-3") == 1
    extend_plan(carried, "run-3", 1)
    finish_stage(carried, "chunk 1/2: store", '{"stored_chunk": 1}')
    assert find_next_chunk(carried, "run-3") == 3, "February comes before April"
    held = '{"chunk": 3, "held": {"2026-03": "why"}}'
    finish_stage(carried, "chunk 3 (added): gate raw", held)
    assert find_next_chunk(carried, "run-3") == 3
    finish_stage(carried, "chunk 3 (added): store", '{"stored_chunk": 3}')
    assert find_next_chunk(carried, "run-3") == 3, "February is nowhere"
    make_latches(carried, "run-3", [(FEBRUARY, "February, restated")])
    assert find_next_chunk(carried, "run-3") is None, "what follows a held month waits"


def test_a_run_that_is_published_has_no_chunk_left(carried):
    plan_by_hand(carried, "run-2", [[JANUARY, FEBRUARY, MARCH, APRIL]])
    assert find_next_chunk(carried, "run-2") is None


def finish_stage(settings, stage, detail):
    with connect(settings, "loader") as connection:
        connection.execute(
            "insert into control.stages (run_id, stage, status, detail) "
            "values ('run-3', %s, 'done', %s)",
            [stage, detail],
        )


def test_a_rollback_brings_back_what_its_months_went_on_from(carried):
    rollback(carried, 1)
    rows = fetch(
        carried,
        "select distinct publication_id from control.pointers where month = "
        "'2026-02-01' and mart = 'fct_scores'",
        "publisher",
    )
    assert rows == [(1,)]


# Months that a gate holds


def find(month, severity="critical", *, passed=False):
    return Finding("check", severity, passed, f"broken in {month}", month)


@pytest.fixture
def three_months(make_warehouse):
    settings = make_warehouse()
    start_run(settings, "run-1", [JANUARY, FEBRUARY, MARCH])
    return settings


def hold(settings, *findings):
    with connect(settings, "publisher") as connection:
        return hold_months(connection, "run-1", findings)


def test_the_first_month_that_failed_is_held_with_those_after_it(three_months):
    held = hold(three_months, find(MARCH), find(FEBRUARY), find(JANUARY, "warning"))
    assert held == {
        FEBRUARY: "broken in 2026-02-01",
        MARCH: "it follows 2026-02",
    }


@pytest.mark.parametrize(
    "findings",
    [
        [],
        [find(FEBRUARY, passed=True)],
        [find(FEBRUARY), find(None)],
        [find(JANUARY), find(MARCH)],
    ],
)
def test_nothing_is_held_if_nothing_failed_or_nothing_would_be_left(
    three_months, findings
):
    assert hold(three_months, *findings) == {}


def test_a_gate_ignores_held_months_but_judges_the_run_as_a_whole(three_months):
    hold(three_months, find(MARCH))
    profile = [
        Observation(month, "boss", "bills", "row_count", 1)
        for month in (JANUARY, FEBRUARY, MARCH)
    ]
    profile.append(Observation(MARCH, "boss", "lines", "shrunk_pct", 50))
    with connect(three_months, "publisher") as connection:
        selected = select_free_months(connection, "run-1", profile)
    assert [(item.month, item.metric) for item in selected] == [
        (JANUARY, "row_count"),
        (FEBRUARY, "row_count"),
        (None, "shrunk_pct"),
    ]


# The estimate


def log_run(settings, run_id, *, rows, months, chunks, attempts=1):
    """A published run of one building stage that took a minute."""
    start_run(settings, run_id)
    detail = {"rows": rows, "chunks": chunks, "months": ["2026-01-01"] * months}
    with connect(settings, "owner") as connection:
        connection.execute(
            "update control.runs set status = 'published' where run_id = %s", [run_id]
        )
        connection.execute(
            "insert into control.stages "
            "(run_id, stage, status, attempts, started_at, finished_at, detail) values "
            "(%(run)s, 'plan', 'done', 1, now(), now(), %(detail)s), "
            "(%(run)s, 'chunk 1/2: build raw', 'done', %(attempts)s, "
            "now() - interval '1 minute', now(), '{}')",
            {"run": run_id, "detail": Jsonb(detail), "attempts": attempts},
        )


def test_only_uninterrupted_runs_of_similar_size_tell_how_long_a_month_takes(settings):
    log_run(settings, "now", rows=1000, months=6, chunks=2)

    def find_pace():
        with connect(settings, "loader") as connection:
            return find_earlier_pace(connection, "now")

    log_run(settings, "much smaller", rows=100, months=6, chunks=2)
    log_run(settings, "other chunks", rows=1000, months=6, chunks=6)
    log_run(settings, "killed", rows=1000, months=6, chunks=2, attempts=2)
    assert find_pace() is None
    log_run(settings, "similar", rows=1900, months=5, chunks=2)
    assert find_pace() == pytest.approx(12.0)
