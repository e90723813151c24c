"""Bands frozen from the percentiles of a published month (A.6.1, A.6.4)."""

from __future__ import annotations

import csv
import shutil
from bisect import bisect_right
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from jinta.errors import UsageError
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.rule_freezing import freeze_bands, list_lost_bands
from jinta.report.rules import check_soundness, read_files
from jinta.warehouse import connect
from tests.running import TINY, read_rows, run_pipeline

CARD = "group_account_value"
MONTH = date(2024, 3, 1)
PERCENTILES = [20, 40, 60, 80, 95]
GRADED = {"informatization_level", "influence_grade"}
LOWER = {"off_net_rate_pct", "tax_rank"}


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about values that are published, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def own_rules(make_warehouse, tmp_path_factory):
    """A published warehouse with seeds of its own, which a test may edit."""
    settings = make_warehouse()
    run_pipeline(settings, TINY, "2024-03", "2024-03")
    folder = tmp_path_factory.mktemp("checkout")
    seeds = folder / "dbt_project" / "seeds"
    shutil.copytree(settings.dbt_project / "seeds", seeds)
    return replace(settings, checkout=folder)


@pytest.fixture(scope="module")
def frozen(own_rules):
    return freeze_bands(own_rules, CARD, MONTH)


def read_values(settings, indicator):
    """Values of the ranked accounts; outside a list is beyond all."""
    rows = read_rows(
        settings,
        f"""
        select coalesce(indicators.{indicator}::numeric, 'Infinity')
        from marts.fct_account_indicators as indicators
        inner join marts.dim_group_accounts as accounts using (month, group_account_id)
        where
            month = '{MONTH}' and accounts.is_active and accounts.is_identified
            and '{indicator}' <> all(missing_indicators)
        """,
        role="auditor",
    )
    return [value for (value,) in rows]


def count_passed(indicator, value, values):
    """How many percentiles a value passes, by the definition and not by the bands."""
    if indicator in LOWER:
        # It is no larger than what the lowest p per cent reach up to.
        ordered = sorted(values)
        reached = [ordered[-(-p * len(values) // 100) - 1] for p in PERCENTILES]
        return sum(value.is_finite() and value <= bound for bound in reached)
    less = 100 * sum(other < value for other in values)
    return sum(less >= p * len(values) for p in PERCENTILES)


def find_band(bands, value):
    bounds = [Decimal(band["lower_bound"] or "-Infinity") for band in bands]
    return bands[bisect_right(bounds, value) - 1]


def test_bands_say_which_percentiles_a_value_passes(own_rules, frozen):
    """For every value of the month, whatever ties there are."""
    assert len(frozen) == 9
    seen = set()
    for indicator, bands in frozen.items():
        values = read_values(own_rules, indicator)
        assert values
        for value in values:
            band = find_band(bands, value)
            assert band["band"] == str(count_passed(indicator, value, values)), (
                indicator,
                value,
                bands,
            )
            seen.add(band["band"])
    assert len(seen) > 3


def test_points_stay_those_of_the_version_before(frozen):
    points = {band["band"]: band["points"] for band in frozen["employees"]}
    delivered = ["0", "1", "2", "4", "6", "8"]
    assert points.items() <= {str(i): p for i, p in enumerate(delivered)}.items()


def test_a_frozen_version_is_written_for_review(own_rules, frozen):
    """It follows the version before, fits the rules, and changes nothing else."""
    folder = own_rules.dbt_project / "seeds" / "rules"
    before = read_files(folder)
    write_new_version(
        folder,
        NewVersion(
            rule_id=CARD,
            version="2024.2",
            valid_from=date(2024, 4, 1),
            approver="the owner",
            recorded_at=date(2024, 3, 20),
            bands=frozen,
        ),
    )
    after = read_files(folder)
    check_soundness(after, [MONTH, date(2024, 4, 1)])
    assert [r for r in after["scorecard_bands"] if r["version"] != "2024.2"] == (
        before["scorecard_bands"]
    )
    new = [r for r in after["scorecard_bands"] if r["version"] == "2024.2"]
    copied = [
        row
        for row in before["scorecard_bands"]
        if row["scorecard_id"] == CARD and row["indicator_id"] in GRADED
    ]
    assert len(new) == sum(len(bands) for bands in frozen.values()) + len(copied)
    points = {(r["indicator_id"], r["lower_bound"], r["points"]) for r in new}
    assert {(r["indicator_id"], r["lower_bound"], r["points"]) for r in copied} <= (
        points
    )


def test_only_what_is_named_is_frozen_and_grades_only_then(own_rules, frozen):
    assert GRADED.isdisjoint(frozen)
    some = freeze_bands(own_rules, CARD, MONTH, ["employees", "influence_grade"])
    assert set(some) == {"employees", "influence_grade"}
    assert some["employees"] == frozen["employees"]
    with pytest.raises(UsageError, match="has no indicator charm"):
        freeze_bands(own_rules, CARD, MONTH, ["charm"])


def test_bands_that_fall_together_are_told(own_rules, frozen):
    whole = [{"band": str(step)} for step in range(6)]
    lost = list_lost_bands(own_rules, CARD, {"employees": whole, "x": whole[:2]})
    assert lost == ["x: bands fall together, 2 of 6 are left."]
    told = {
        line.partition(":")[0]
        for line in list_lost_bands(own_rules, CARD, frozen)
        if "fall together" in line
    }
    assert told == {name for name, bands in frozen.items() if len(bands) < 6}


def test_a_band_out_of_everybodys_reach_is_told(own_rules, frozen):
    """One unit more, such as a month of age, and many would jump into it."""
    told = {
        tuple(line.split(" is reached by nobody")[0].split(": band "))
        for line in list_lost_bands(own_rules, CARD, frozen)
        if "fall together" not in line
    }
    assert told == {
        (name, f"{band['band']} from {band['lower_bound']}")
        for name, bands in frozen.items()
        if name not in LOWER
        for band in bands
        if band["lower_bound"]
        and Decimal(band["lower_bound"]) > max(read_values(own_rules, name))
    }
    assert told


def test_a_value_that_all_have_is_no_merit_and_no_fault(own_rules):
    """No purchase earns nothing; no complaint earns everything."""
    with connect(own_rules, "owner") as connection:
        connection.execute(
            "update archive.fct_account_indicators "
            "set informatization_products = 0, off_net_rate_pct = 0"
        )
    bands = freeze_bands(own_rules, CARD, MONTH)
    assert find_band(bands["informatization_products"], 0)["points"] == "0"
    assert find_band(bands["off_net_rate_pct"], 0)["points"] == "5"


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        # Beyond 4 there is a grade yet: nobody has it, and it earns all.
        ("least(influence_grade, 4)", "5"),
        # Nobody can have more than 5, so 5 earns all points of the indicator.
        ("case when influence_grade > 0 then 5 else 0 end", "5"),
        ("5", "5"),
    ],
)
def test_no_frozen_band_begins_beyond_the_best_grade(own_rules, grades, expected):
    """Informatization and influence are graded from 0 to 5 by the dictionary."""
    with connect(own_rules, "owner") as connection:
        connection.execute(
            f"update archive.fct_account_indicators set influence_grade = {grades}"
        )
    [bands] = freeze_bands(own_rules, CARD, MONTH, ["influence_grade"]).values()
    assert bands[-1]["lower_bound"] == expected
    assert bands[-1]["points"] == "12"
    nobody = max(read_values(own_rules, "influence_grade")) < 5
    assert bands[-1]["meaning"].endswith("; no grade is higher") is not nobody


def test_what_makes_no_sense_is_refused(own_rules):
    with pytest.raises(UsageError, match="no scorecard none"):
        freeze_bands(own_rules, "none", MONTH)
    with pytest.raises(UsageError, match="2020-01 is not published"):
        freeze_bands(own_rules, CARD, date(2020, 1, 1))
    path = own_rules.dbt_project / "seeds" / "rules" / "scorecards.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"freeze_percentiles": ""} for row in rows)
    with pytest.raises(UsageError, match="has no freeze_percentiles"):
        freeze_bands(own_rules, CARD, MONTH)
