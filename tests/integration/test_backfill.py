"""A set of months in one pass: the same content as month by month, and never half."""

import csv
import shutil
from dataclasses import replace
from datetime import date

import pytest

from jinta import pipeline
from jinta.errors import GateFailure, PublishError, UsageError
from jinta.runs.ledger import Request, parse_month
from jinta.runs.overview import list_months
from jinta.runs.stale import list_stale_months
from jinta.warehouse import connect
from tests.running import (
    TINY,
    backfill,
    kill_in,
    read_hashes,
    read_rows,
    run_pipeline,
    start_pipeline,
)

MONTHS = ("2024-01", "2024-02", "2024-03")
JANUARY, FEBRUARY, MARCH = (date(2024, n, 1) for n in (1, 2, 3))

# The tiny province has some 213 fact rows a month; a chunk reads two months more.
ONE_MONTH, TWO_MONTHS = 1, 500


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def one_pass(make_warehouse):
    """The three months built in one pass."""
    settings = make_warehouse()
    backfill(settings, TINY, MONTHS[0], MONTHS[-1])
    return settings


@pytest.fixture(scope="module")
def hashes(one_pass):
    return read_hashes(one_pass)


@pytest.fixture(scope="module")
def last_month_only(make_warehouse):
    """A warehouse in which only the last month was ever published."""
    settings = make_warehouse()
    run_pipeline(settings, TINY, MONTHS[-1])
    return settings


@pytest.fixture
def edit_tiny(tmp_path):
    """Copy the tiny province and change rows of one of its files."""

    def edit(name, change):
        folder = tmp_path / "tiny"
        if not folder.exists():
            shutil.copytree(TINY.parent, folder)
        path = folder / f"{name}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows, names = list(reader), reader.fieldnames
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(rows))
        return folder / "sources.yml"

    return edit


def list_stale(settings):
    with connect(settings, "publisher") as connection:
        return list_stale_months(connection, settings.dbt_project)


def list_states(settings, sources=TINY):
    found = list_months(replace(settings, sources_path=sources))
    return {month.month: month.state for month in found}


def list_stages(settings):
    rows = read_rows(
        settings,
        "select stage from control.stages where run_id = "
        "(select run_id from control.runs order by started_at desc limit 1) "
        "order by started_at",
        "publisher",
    )
    return [stage for (stage,) in rows]


def count_publications(settings):
    [(count,)] = read_rows(
        settings, "select count(*) from control.publications", "publisher"
    )
    return count


def test_one_pass_gives_what_month_by_month_gives(make_warehouse, hashes):
    settings = make_warehouse()
    for month in MONTHS:
        run_pipeline(settings, TINY, month)
    assert read_hashes(settings) == hashes
    assert list_stale(settings) == {}


@pytest.mark.parametrize(("bound", "chunks"), [(ONE_MONTH, 3), (TWO_MONTHS, 2)])
def test_chunks_of_any_size_give_the_same(make_warehouse, hashes, bound, chunks):
    settings = replace(make_warehouse(), chunk_rows=bound)
    backfill(settings, TINY, MONTHS[0], MONTHS[-1])
    assert read_hashes(settings) == hashes
    assert count_publications(settings) == 1
    stages = list_stages(settings)
    for chunk in range(1, chunks + 1):
        assert f"chunk {chunk}/{chunks}: build scores" in stages
    assert len([stage for stage in stages if stage.startswith("extract")]) == 1
    assert list_stale(settings) == {}
    left = read_rows(
        settings, "select count(*) from control.staged_slices", "publisher"
    )
    assert left == [(0,)]


@pytest.mark.parametrize(
    "stage", ["chunk 2/3: build accounts", "chunk 2/3: store", "publish"]
)
def test_a_backfill_killed_anywhere_goes_on_to_the_same_content(
    make_warehouse, project, hashes, stage
):
    settings = replace(make_warehouse(), chunk_rows=ONE_MONTH)
    asked = (str(TINY), MONTHS[0], MONTHS[-1], "kind=backfill")
    child = start_pipeline(settings, *asked, project=project)
    kill_in(settings, child, stage, seconds=600)
    assert read_hashes(settings) in ({}, hashes), "readers saw part of a backfill"
    known = read_rows(settings, "select known_at from control.run_months", "publisher")
    backfill(settings, TINY, MONTHS[0], MONTHS[-1])
    assert read_hashes(settings) == hashes
    runs = read_rows(settings, "select status from control.runs", "publisher")
    assert runs == [("published",)], "the killed run was not resumed"
    again = read_rows(settings, "select known_at from control.run_months", "publisher")
    assert set(again) == set(known), "the run's knowledge was not fixed once"
    attempts = dict(
        read_rows(settings, "select stage, attempts from control.stages", "publisher")
    )
    assert attempts["chunk 1/3: build accounts"] == 1


def leave_deliveries(hashes):
    """Leave out the marts that tell which file brought a row: here others did."""
    told = ("dim_source_deliveries", "fct_account_deliveries")
    return {key: value for key, value in hashes.items() if key[0] not in told}


def open_backfill(settings, sources=TINY, **asked):
    """Begin a backfill as its DAG does, up to the first chunk."""
    first, last = (parse_month(month) for month in (MONTHS[0], MONTHS[-1]))
    request = Request(str(sources), first, last, kind="backfill", **asked)
    run_id = pipeline.open_run(settings, request, "manual__1").run_id
    for system_name in pipeline.list_systems(settings, run_id):
        pipeline.extract(settings, run_id, system_name)
    assert len(pipeline.plan(settings, run_id)) == len(MONTHS)
    return run_id


def fail_in(settings, run_id, step, monkeypatch, *arguments):
    """Let a task fail for good in a gate, as `report_failure` notes it."""
    with monkeypatch.context() as patch:
        patch.setattr("jinta.gates.run_gate", refuse)
        with pytest.raises(GateFailure, match="planted"):
            step(settings, run_id, *arguments)
    pipeline.fail_run(settings, run_id, "planted")


def refuse(*_, **__):
    message = "planted"
    raise GateFailure(message)


def test_a_chunk_that_failed_and_is_cleared_goes_on_to_the_same_content(
    make_warehouse, hashes, monkeypatch
):
    settings = replace(make_warehouse(), chunk_rows=ONE_MONTH)
    run_id = open_backfill(settings)
    pipeline.build_chunks(settings, run_id)
    fail_in(settings, run_id, pipeline.build_chunks, monkeypatch)
    pipeline.build_chunks(settings, run_id)
    with pytest.raises(PublishError, match="Chunk 3 of the run"):
        pipeline.publish(settings, run_id)
    assert read_hashes(settings) == {}
    pipeline.build_chunks(settings, run_id)
    pipeline.publish(settings, run_id)
    assert read_hashes(settings) == hashes
    assert list_stale(settings) == {}
    runs = "select status, error from control.runs"
    assert read_rows(settings, runs, "publisher") == [("published", None)]


def test_a_chunk_that_is_cleared_too_late_is_refused(make_warehouse, monkeypatch):
    settings = replace(make_warehouse(), chunk_rows=ONE_MONTH)
    run_id = open_backfill(settings)
    pipeline.build_chunks(settings, run_id)
    fail_in(settings, run_id, pipeline.build_chunks, monkeypatch)
    run_pipeline(settings, TINY, MONTHS[0])
    shown = read_hashes(settings)
    for step in (pipeline.build_chunks, pipeline.publish):
        with pytest.raises(UsageError, match="was opened since"):
            step(settings, run_id)
    assert read_hashes(settings) == shown


def test_a_gate_that_failed_and_is_cleared_leaves_no_month_stale(
    make_warehouse, monkeypatch
):
    settings = make_warehouse()
    run_pipeline(settings, TINY, MONTHS[0])
    request = Request(str(TINY), parse_month(MONTHS[1]))
    run_id = pipeline.open_run(settings, request, "manual__1").run_id
    for system_name in pipeline.list_systems(settings, run_id):
        pipeline.extract(settings, run_id, system_name)
    for stage in pipeline.STAGES:
        pipeline.build(settings, run_id, stage)
        if stage == "scores":
            fail_in(settings, run_id, pipeline.check_gate, monkeypatch, stage)
        pipeline.check_gate(settings, run_id, stage)
    pipeline.publish(settings, run_id)
    assert list_stale(settings) == {}


def test_a_run_whose_pruning_fails_is_published(make_warehouse, monkeypatch):
    settings = make_warehouse()

    def refuse_to_prune(_):
        message = "Another process is publishing, rolling back or pruning."
        raise PublishError(message)

    with monkeypatch.context() as patch:
        patch.setattr("jinta.publish.prune", refuse_to_prune)
        publication_id = run_pipeline(settings, TINY, MONTHS[0])
    runs = "select status, publication_id, error from control.runs"
    ended = [("published", publication_id, None)]
    assert read_rows(settings, runs, "publisher") == ended
    leases = "select count(*) from control.leases"
    assert read_rows(settings, leases, "publisher") == [(0,)]
    run_pipeline(settings, TINY, MONTHS[0])
    pruned = "select status from control.stages where stage = 'prune' order by 1"
    assert read_rows(settings, pruned, "publisher") == [("done",), ("failed",)]


def test_only_missing_months_are_built(last_month_only, hashes):
    assert list_states(last_month_only) == {
        JANUARY: "missing",
        FEBRUARY: "missing",
        MARCH: "current",
    }
    backfill(last_month_only, TINY, which="missing")
    planned = read_rows(
        last_month_only,
        "select month from control.run_plan where run_id = "
        "(select run_id from control.runs order by started_at desc limit 1) order by 1",
        "publisher",
    )
    assert planned == [(JANUARY,), (FEBRUARY,)]
    # March went on from nothing; it is stale exactly if February's tiers say more.
    backfill(last_month_only, TINY, which="stale")
    assert read_hashes(last_month_only) == hashes
    assert list_stale(last_month_only) == {}


def test_a_backfill_with_nothing_to_do_ends_well(one_pass, hashes):
    before = count_publications(one_pass)
    assert backfill(one_pass, TINY, which="missing") is None
    assert backfill(one_pass, TINY, which="stale") is None
    assert count_publications(one_pass) == before
    assert read_hashes(one_pass) == hashes
    [(status,), *_] = read_rows(
        one_pass,
        "select status from control.runs order by started_at desc",
        "publisher",
    )
    assert status == "empty"


def test_late_bills_make_months_stale_and_a_stale_backfill_makes_them_good(
    make_warehouse, edit_tiny
):
    def bill_late(rows):
        row = next(row for row in rows if row["bill_month"] == "2024-01-01")
        return [*rows, row | {"item_code": "late", "amount": "6000.00"}]

    settings = make_warehouse()
    backfill(settings, TINY, MONTHS[0], MONTHS[-1])
    sources = edit_tiny("line_bills", bill_late)
    run_pipeline(settings, sources, MONTHS[-1])
    stale = list_stale(settings)
    assert list(stale) == [JANUARY, FEBRUARY]
    assert "late facts for 2024-01 in billing.line_bills" in stale[JANUARY]
    assert list_states(settings, sources)[FEBRUARY] == "stale"
    shown = read_hashes(settings)
    backfill(settings, sources, which="stale")
    assert list_stale(settings) == {}
    restated = read_hashes(settings)
    assert (
        restated["fct_account_scores", "2024-01-01"]
        != (shown["fct_account_scores", "2024-01-01"])
    )
    fresh = make_warehouse()
    backfill(fresh, sources, MONTHS[0], MONTHS[-1])
    assert leave_deliveries(read_hashes(fresh)) == leave_deliveries(restated)


def test_a_merge_makes_all_months_of_the_other_identity_stale(make_warehouse):
    settings = make_warehouse()
    backfill(settings, TINY, MONTHS[0], MONTHS[-1])
    with connect(settings, "owner") as connection:
        connection.execute(
            "insert into control.steward_decisions (decision_kind, account_id_left, "
            "account_id_right, decided_by, reason) "
            "values ('merge', 'a03', 'a04', 'steward', 'one organisation')"
        )
    assert list(list_stale(settings)) == [JANUARY, FEBRUARY, MARCH]
    run_pipeline(settings, TINY, MONTHS[-1])
    stale = list_stale(settings)
    assert list(stale) == [JANUARY, FEBRUARY]
    assert "accounts were merged or split since" in stale[JANUARY]
    backfill(settings, TINY, which="stale")
    assert list_stale(settings) == {}
    rows = read_rows(
        settings,
        "select count(distinct group_account_id) from bridge_account_records "
        "where account_id_crm in ('a03', 'a04')",
    )
    assert rows == [(1,)]


def break_references(rows):
    """A third of March's bills name lines that nobody knows."""
    march = [row for row in rows if row["bill_month"] == "2024-03-01"]
    for row in march[::3]:
        row["line_id"] = f"nobody-{row['line_id']}"
    return rows


@pytest.mark.parametrize("bound", [ONE_MONTH, 0])
def test_a_month_that_fails_its_gate_holds_back_itself_and_what_follows(
    make_warehouse, hashes, edit_tiny, bound
):
    settings = replace(make_warehouse(), chunk_rows=bound)
    sources = edit_tiny("line_bills", break_references)
    backfill(settings, sources, MONTHS[0], MONTHS[-1], on_failure="before")
    found = read_hashes(settings)
    assert {month for _, month in found} == {"2024-01-01", "2024-02-01", None}
    for key, value in leave_deliveries(found).items():
        if key[1] is not None:
            assert hashes[key] == value
    [march] = [m for m in list_months(settings) if m.month == MARCH]
    assert march.state == "held"
    assert "name a line or account that nobody knows" in march.reason
    # Once it is mended, the held month is built like any missing one.
    backfill(settings, TINY, which="missing")
    assert leave_deliveries(read_hashes(settings)) == leave_deliveries(hashes)
    assert set(list_states(settings).values()) == {"current"}


def test_without_a_month_before_or_unasked_nothing_is_published(
    make_warehouse, edit_tiny
):
    settings = make_warehouse()
    sources = edit_tiny("line_bills", break_references)
    with pytest.raises(GateFailure, match="nobody knows"):
        backfill(settings, sources, MONTHS[-1], MONTHS[-1], on_failure="before")
    with pytest.raises(GateFailure, match="nobody knows"):
        backfill(settings, sources, MONTHS[0], MONTHS[-1])
    assert read_hashes(settings) == {}


def test_a_failure_of_no_month_ends_the_run(make_warehouse, edit_tiny):
    settings = make_warehouse()
    backfill(settings, TINY, MONTHS[0], MONTHS[-1])
    before = read_hashes(settings)
    sources = edit_tiny("subscriptions", lambda rows: rows[: len(rows) // 2])
    with pytest.raises(GateFailure, match=r"billing\.subscriptions from office lost"):
        backfill(settings, sources, MONTHS[0], MONTHS[-1], on_failure="before")
    assert read_hashes(settings) == before
