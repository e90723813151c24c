"""The whole path of a row on fifteen organisations that were worked out by hand.

S0-01, S0-02: government bodies among them, eleven indicators, scores, ranks and tiers.
"""

import csv
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from jinta.errors import GateFailure, LeaseHeld, RuleError, UsageError
from jinta.runs.ledger import Request, fail_run, open_run
from jinta.warehouse.lease import identify_process
from tests.running import (
    TINY,
    kill_in,
    read_hashes,
    read_rows,
    run_pipeline,
    start_pipeline,
)

MONTHS = ("2024-01", "2024-03")


@pytest.fixture(scope="module")
def tiny(warehouse):
    """A warehouse with the three months of the tiny province published."""
    run_pipeline(warehouse, TINY, *MONTHS)
    return warehouse


@pytest.fixture(scope="module")
def undisturbed(tiny):
    return read_hashes(tiny)


def test_scores_and_tiers_are_those_worked_out_by_hand(tiny):
    """Points of the three dimensions (S0-10, S0-11, S0-12, S0-13), rank, tier.

    Eleven indicators with their weights and bands (S0-14, S0-15, S0-17), the order of
    all accounts (S0-19), A, B, C and their halves (S0-20, S0-21, S0-22, S0-25), those
    of the government among them (S0-27).
    """
    golden = list(csv.DictReader((TINY.parent / "golden_scores.csv").open("r")))
    found = read_rows(
        tiny,
        """
        select
            bridge.account_id_crm, scores.x_points, scores.y_points, scores.z_points,
            scores.total_points, scores.value_rank, scores.raw_tier
        from fct_account_scores as scores
        inner join bridge_account_records as bridge
            on
                scores.group_account_id = bridge.group_account_id
                and scores.month = bridge.month
        where
            scores.scorecard_id = 'group_account_value'
            and scores.month = '2024-03-01' and bridge.account_id_crm <> 'a02d'
        order by 1
        """,
    )
    names = ("x_points", "y_points", "z_points", "total_points", "value_rank")
    expected = [
        (row["account_id"], *(int(row[name]) for name in names), row["raw_tier"])
        for row in golden
    ]
    assert found == expected


def test_the_two_records_of_one_organisation_are_one_account(tiny):
    rows = read_rows(
        tiny,
        "select count(*), count(distinct group_account_id) "
        "from bridge_account_records "
        "where month = '2024-03-01' and account_id_crm in ('a02', 'a02d')",
    )
    assert rows == [(2, 1)]


def test_bills_of_nobody_are_kept_under_the_unidentified_account(tiny):
    rows = read_rows(
        tiny,
        """
        select sum(indicators.total_amount)
        from fct_account_indicators as indicators
        inner join dim_group_accounts as accounts using (month, group_account_id)
        where month = '2024-03-01' and not accounts.is_identified
        """,
    )
    assert [float(total) for (total,) in rows] == [100.0]


def test_points_add_up_for_every_account_and_month(tiny):
    rows = read_rows(
        tiny,
        """
        select scores.month, scores.group_account_id
        from fct_account_scores as scores
        left join (
            select scorecard_id, month, group_account_id, sum(points) as points
            from fct_account_points
            group by scorecard_id, month, group_account_id
        ) as sums using (scorecard_id, month, group_account_id)
        where scores.total_points is distinct from sums.points
        """,
    )
    assert rows == []


def test_a_second_run_stores_nothing_and_changes_nothing(tiny, undisturbed):
    publication_id = run_pipeline(tiny, TINY, *MONTHS)
    assert read_hashes(tiny) == undisturbed
    stored = read_rows(
        tiny,
        "select count(*) from control.publication_slices "
        f"where publication_id = {publication_id} and is_stored",
        role="publisher",
    )
    assert stored == [(0,)]
    landed = read_rows(
        tiny,
        "select sum(rows_new + rows_changed + rows_ended) from control.loads "
        "where run_id = (select run_id from control.publications "
        f"where publication_id = {publication_id})",
        role="publisher",
    )
    assert landed == [(0,)]


@pytest.mark.parametrize("stage", ["extract office", "build scores", "publish"])
def test_a_run_killed_anywhere_is_resumed_to_the_same_content(
    make_warehouse, undisturbed, stage
):
    settings = make_warehouse()
    child = start_pipeline(settings, str(TINY), *MONTHS)
    kill_in(settings, child, stage)
    seen = read_hashes(settings)
    assert seen in ({}, undisturbed), "readers saw part of a publication"
    run_pipeline(settings, TINY, *MONTHS)
    assert read_hashes(settings) == undisturbed
    runs = read_rows(settings, "select status from control.runs", role="publisher")
    assert runs == [("published",)], "the killed run was not resumed"


def test_a_month_that_is_not_over_is_refused_before_anything_lands(tiny):
    loads = read_rows(tiny, "select count(*) from control.loads", role="publisher")
    with pytest.raises(UsageError, match="2027-05 begins after the as-of date"):
        run_pipeline(tiny, TINY, "2027-05")
    assert loads == read_rows(
        tiny, "select count(*) from control.loads", role="publisher"
    )


def test_two_runs_are_kept_apart(tiny):
    holder = replace(tiny, run_holder=identify_process())
    run = open_run(holder, Request(sources=str(TINY)))
    try:
        with pytest.raises(LeaseHeld, match=run.run_id):
            open_run(replace(tiny, run_holder="another"), Request(sources=str(TINY)))
    finally:
        fail_run(tiny, run.run_id, "end of the test")


@pytest.fixture
def own_rules(make_warehouse, tmp_path):
    """A warehouse with a dbt project of its own, whose seeds a test may edit."""
    settings = make_warehouse()
    project = tmp_path / "dbt_project"
    shutil.copytree(
        settings.dbt_project, project, ignore=shutil.ignore_patterns("target", "logs")
    )
    for name in ("demo", "expectations", "plugins"):
        (tmp_path / name).symlink_to(settings.checkout / name)
    return replace(settings, checkout=tmp_path, home=settings.home)


def edit_rows(path: Path, change) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        names = reader.fieldnames
        rows = change(list(reader))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_a_changed_row_under_a_published_version_stops_the_run(own_rules):
    run_pipeline(own_rules, TINY, *MONTHS)
    before = read_hashes(own_rules)

    def raise_points(rows):
        for row in rows:
            if row["points"] == "15":
                row["points"] = "14"
        return rows

    edit_rows(
        own_rules.dbt_project / "seeds" / "rules" / "scorecard_bands.csv", raise_points
    )
    with pytest.raises(RuleError, match="group_account_value"):
        run_pipeline(own_rules, TINY, *MONTHS)
    assert read_hashes(own_rules) == before


def test_every_mart_has_its_months_and_comments(tiny):
    rows = read_rows(
        tiny,
        """
        select classes.relname, obj_description(classes.oid), count(attributes.attname)
        from pg_class as classes
        inner join pg_namespace as spaces on classes.relnamespace = spaces.oid
        left join pg_attribute as attributes
            on
                classes.oid = attributes.attrelid
                and attributes.attnum > 0
                and col_description(classes.oid, attributes.attnum) is null
        where spaces.nspname = 'marts'
        group by classes.relname, classes.oid
        """,
    )
    assert Counter(name for name, _, _ in rows)["fct_account_scores"] == 1
    for name, comment, uncommented in rows:
        assert comment, name
        assert uncommented == 0, name


def test_bills_that_vanish_from_a_source_stop_the_run(tiny, undisturbed, tmp_path):
    folder = tmp_path / "tiny"
    shutil.copytree(TINY.parent, folder)
    bills = folder / "line_bills.csv"
    lines = bills.read_text(encoding="utf-8").splitlines(keepends=True)
    bills.write_text("".join(lines[: len(lines) // 3]), encoding="utf-8")
    with pytest.raises(GateFailure, match="that had landed are gone from the source"):
        run_pipeline(tiny, folder / "sources.yml", *MONTHS)
    assert read_hashes(tiny) == undisturbed
