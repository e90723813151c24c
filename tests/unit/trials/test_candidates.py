"""Candidates: what rows in files make of a version, and what is told of wrong ones."""

import csv
from datetime import date

import pytest

from jinta.errors import RuleError
from jinta.report.rules import SEED_KEYS, read_files
from jinta.settings import load_settings
from jinta.trials.candidates import (
    CARD_SEEDS,
    UNCHANGED,
    apply_candidate,
    check_candidate,
    describe_differences,
    read_candidate,
)

SEEDS = load_settings({}).dbt_project / "seeds" / "rules"
CARD = "group_account_value"
MONTHS = [date(2025, 12, 1)]
HEADER = "table,key,column,value\n"
# Ten points more here, ten less there: the weights still sum to 100.
WEIGHTS = """\
scorecard_indicators,unified_payment_amount,weight,20
scorecard_indicators,informatization_amount,weight,10
"""


@pytest.fixture(scope="module")
def files():
    return read_files(SEEDS)


@pytest.fixture
def base(files):
    return {
        seed: [dict(row) for row in files[seed] if row["scorecard_id"] == CARD]
        for seed in CARD_SEEDS
    }


@pytest.fixture
def edit(tmp_path):
    """Write a file of edits and read it."""

    def write(text, header=HEADER):
        path = tmp_path / "edits.csv"
        path.write_text(header + text, encoding="utf-8")
        return read_candidate(path, CARD)

    return write


@pytest.fixture
def put(tmp_path):
    """Write a seed's file into the candidate's folder and read the folder."""

    def write(seed, rows):
        with (tmp_path / f"{seed}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return read_candidate(tmp_path, CARD)

    return write


def points_of(rules, indicator):
    rows = [r for r in rules["scorecard_bands"] if r["indicator_id"] == indicator]
    return " ".join(r["points"] for r in sorted(rows, key=lambda r: int(r["band"])))


def check(candidate, rules, files):
    check_candidate(candidate, rules, files["indicators"], MONTHS)


def test_nothing_applied_is_the_version_itself(base, files):
    rules = apply_candidate(UNCHANGED, base)
    assert rules == base
    assert describe_differences(base, rules) == []
    check(UNCHANGED, rules, files)


def test_a_new_weight_scales_the_points_to_hundredths(base, files, edit):
    candidate = edit(WEIGHTS)
    rules = apply_candidate(candidate, base)
    check(candidate, rules, files)
    assert points_of(rules, "unified_payment_amount") == "0 4 8 12 16 20"
    assert points_of(rules, "informatization_amount") == "0 2 4 6 8 10"
    assert points_of(rules, "employees") == points_of(base, "employees")


def test_points_that_do_not_divide_are_rounded_half_up(base, edit):
    # 8 points of weight become 7: 1 is 0.875, 2 is 1.75, 4 is 3.5, 6 is 5.25.
    rules = apply_candidate(edit("scorecard_indicators,employees,weight,7\n"), base)
    assert points_of(rules, "employees") == "0 0.88 1.75 3.5 5.25 7"


def test_bands_that_are_given_are_not_scaled(base, edit):
    rules = apply_candidate(
        edit(WEIGHTS + "scorecard_bands,unified_payment_amount 5,points,20\n"), base
    )
    assert points_of(rules, "unified_payment_amount") == "0 3 6 9 12 20"
    assert points_of(rules, "informatization_amount") == "0 2 4 6 8 10"


def test_cut_offs_bounds_and_the_card_can_be_edited(base, files, edit):
    candidate = edit(
        "tier_rules,A1,share_to_pct,12\ntier_rules,A2,share_to_pct,12.0\n"
        "tier_rules.csv,B1,share_from_pct,12\ntier_rules,B2,share_from_pct,12\n"
        "scorecard_bands,employees 5,lower_bound,450\n"
        "scorecards,,partition_by,county\n"
    )
    rules = apply_candidate(candidate, base)
    check(candidate, rules, files)
    found = describe_differences(base, rules)
    assert {(d["table"], d["key"], d["before"], d["after"]) for d in found} == {
        ("tier_rules", "A1", "10", "12"),
        ("tier_rules", "A2", "10", "12"),
        ("tier_rules", "B1", "10", "12"),
        ("tier_rules", "B2", "10", "12"),
        ("scorecard_bands", "employees 5", "500", "450"),
        ("scorecards", "", "branch", "county"),
    }


def test_a_folder_needs_only_what_differs(base, files, put):
    row, other = (
        next(r for r in base["scorecard_indicators"] if r["indicator_id"] == name)
        for name in ("unified_payment_amount", "informatization_amount")
    )
    candidate = put(
        "scorecard_indicators", [row | {"weight": "12"}, other | {"weight": "18"}]
    )
    rules = apply_candidate(candidate, base)
    check(candidate, rules, files)
    assert len(rules["scorecard_indicators"]) == 11
    assert points_of(rules, row["indicator_id"]).split()[-1] == "12"
    assert rules["tier_rules"] == base["tier_rules"]


def test_a_folder_may_leave_bands_and_tiers_out(base, files, put):
    """The bands of an indicator and the tiers are taken over whole."""
    bands = [r for r in base["scorecard_bands"] if r["indicator_id"] == "employees"]
    put("scorecard_bands", [bands[0], bands[-1]])
    tiers = [
        row | {"sub_tier_rule": "", "tier": row["tier_band"], "spec_id": ""}
        for row in base["tier_rules"]
        if row["tier"] in ("A1", "B1", "C", "other")
    ]
    candidate = put("tier_rules", tiers)
    rules = apply_candidate(candidate, base)
    check(candidate, rules, files)
    assert points_of(rules, "employees") == "0 8"
    assert {row["tier"] for row in rules["tier_rules"]} == {"A", "B", "C", "other"}


def test_a_candidate_keeps_name_and_approver_of_its_base(base, put):
    """What a file says of them is ignored: a candidate has neither."""
    [head] = base["scorecards"]
    changes = {
        "version": "9",
        "valid_from": "2030-01-01",
        "approver": "",
        "ties": "include",
    }
    [row] = apply_candidate(put("scorecards", [head | changes]), base)["scorecards"]
    assert row == head | {"ties": "include"}


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("weights,employees,weight,8\n", "line 2: weights is no table", "tier_rules"),
        ("scorecard_indicators,staff,weight,8\n", "has no row staff", "employees"),
        ("scorecard_indicators,employees,weigth,8\n", "no column weigth", "weight"),
        ("scorecard_bands,employees,points,8\n", "names no row", "indicator_id band"),
        ("scorecards,x,ties,include\n", "names no row", "Leave the column key empty"),
        ("scorecards,,valid_from,2020-01-01\n", "valid_from names a row", "folder"),
        ("tier_rules,A1,tier,S\n", "tier names a row", "folder"),
        ("scorecards,,ties\n", "line 2: it has more or fewer fields", "quotes"),
    ],
)
def test_a_wrong_edit_is_named_with_its_line_and_a_cure(
    base, edit, text, message, cure
):
    with pytest.raises(RuleError, match=message) as raised:
        apply_candidate(edit(text), base)
    assert "edits.csv, line 2" in raised.value.message
    assert cure in raised.value.cure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "scorecard_indicators,employees,weight,11\n",
            "weights sum to 103, not to 100",
        ),
        ("scorecard_indicators,employees,weight,lots\n", "weight is no number"),
        ("scorecard_bands,employees 5,points,9\n", "most points are 9, but its weight"),
        ("tier_rules,A1,share_to_pct,12\n", "must follow each other"),
        ("scorecards,,partition_by,town\n", "partition_by is 'town', not one of"),
    ],
)
def test_a_version_that_does_not_fit_is_refused_by_the_rules_own_checks(
    base, files, edit, text, message
):
    candidate = edit(text)
    rules = apply_candidate(candidate, base)
    with pytest.raises(RuleError, match=message) as raised:
        check(candidate, rules, files)
    assert "edits.csv" in raised.value.message


def test_files_that_hold_no_candidate_are_refused(tmp_path, base, edit, put):
    with pytest.raises(RuleError, match="There is no candidate"):
        read_candidate(tmp_path / "nothing.csv", CARD)
    with pytest.raises(RuleError, match="holds no row of"):
        read_candidate(tmp_path, CARD)
    with pytest.raises(RuleError, match="has the columns a, b") as raised:
        edit("1,2\n", header="a,b\n")
    assert "table,key,column,value" in raised.value.cure
    row = base["scorecard_indicators"][0]
    with pytest.raises(RuleError, match="several versions"):
        put("scorecard_indicators", [row, row | {"version": "2"}])
    with pytest.raises(RuleError, match="lacks the column indicator_id"):
        put("scorecard_indicators", [{"scorecard_id": CARD, "weight": "8"}])


def test_every_seed_of_a_scorecard_can_be_tried():
    """A seed that a version gains later is part of candidates by itself."""
    assert set(CARD_SEEDS) == {
        seed
        for seed, key in SEED_KEYS.items()
        if key[:2] == ("scorecard_id", "version")
    }
