"""Rules that name what other rules have: bands of cards, classes, grades."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from jinta.errors import RuleError
from jinta.report.grade_checks import read_scale
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.rules import check_soundness, read_files
from jinta.settings import load_settings

SEEDS = load_settings({}).dbt_project / "seeds" / "rules"
MONTHS = [date(2025, 12, 1)]
LATER = {"version": "2026.2", "valid_from": "2026-07-01", "valid_to": ""}


@pytest.fixture
def rules():
    return read_files(SEEDS)


def select(rules, seed, **values):
    return [row for row in rules[seed] if values.items() <= row.items()]


def add_version(rules, seeds, id_column, rule_id):
    """Copy a rule's rows as a version from July 2026 on, and end the one before."""
    for position, seed in enumerate(seeds):
        rows = select(rules, seed, **{id_column: rule_id})
        changes = LATER if not position else {"version": LATER["version"]}
        copies = [row | changes for row in rows]
        if not position:
            for row in rows:
                row["valid_to"] = "2026-06-30"
        rules[seed] += copies


def add_card_version(rules, card):
    seeds = ("scorecards", "scorecard_indicators", "scorecard_bands", "tier_rules")
    add_version(rules, (*seeds, "stability_rules"), "scorecard_id", card)


def find(rules):
    with pytest.raises(RuleError) as caught:
        check_soundness(rules, MONTHS)
    return caught.value.message


def test_a_band_that_a_later_card_brings_needs_a_class(rules):
    """Its accounts would be served last, like those without a score."""
    add_card_version(rules, "value_pyramid")
    check_soundness(rules, MONTHS)
    for row in select(rules, "tier_rules", version="2026.2", tier="VIP"):
        row["tier_band"] = "platinum"
    message = find(rules)
    assert (
        "service_tiers.csv, call_centre 2026.1: band platinum of value_pyramid 2026.2 "
        "has no service_class"
    ) in message
    # The band that is gone is named by the class rule all the same.
    assert (
        "service_tiers.csv, call_centre 2026.1: value_pyramid 2026.2 has no band VIP"
    ) in message
    # With a version of the service rule beside it, each month has its own bands.
    seeds = ("service_rules", "service_classes", "service_tiers")
    add_version(rules, seeds, "service_rule_id", "call_centre")
    for row in select(rules, "service_tiers", version="2026.2", tier_band="VIP"):
        row["tier_band"] = "platinum"
    check_soundness(rules, MONTHS)


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ("coverage_rules", "group 2026.1: group_account_value 2026.1 has no band S"),
        ("owner_kinds", "key_account_owners 2026.1 1: group_account_value 2026.1 has"),
        ("look_alike_rules", "best_customers 2026.1: group_account_value 2026.1 has"),
        ("cost_flags", "net_value 2026.1 cheap: group_account_value 2026.1 has"),
    ],
)
def test_bands_that_rules_name_are_the_cards(rules, seed, message):
    columns = {"coverage_rules": "served_tier_bands", "owner_kinds": "tier_bands"}
    rules[seed][0][columns.get(seed, "tier_band")] = "S"
    assert f"{seed}.csv, {message}" in find(rules)


@pytest.mark.parametrize("seed", ["coverage_rules", "look_alike_rules"])
def test_cards_that_rules_name_are_there(rules, seed):
    rules[seed][0]["scorecard_id"] = "charm"
    assert "there is no scorecard charm" in find(rules)


def test_value_types_go_by_one_card(rules):
    """Two cards would give an account two model values, and each row twice."""
    rules["value_type_rules"][1]["scorecard_id"] = "existing_customer"
    assert "value_types 2026.1: scorecard_id is" in find(rules)


def test_value_types_may_go_by_another_card_later(rules):
    add_version(rules, ("value_type_rules",), "value_type_rule_id", "value_types")
    for row in select(rules, "value_type_rules", version="2026.2"):
        row["scorecard_id"] = "existing_customer"
    check_soundness(rules, MONTHS)


@pytest.mark.parametrize("comparison", ["atleast", "", "below"])
def test_a_cost_flag_compares_one_way_or_the_other(rules, comparison):
    rules["cost_flags"][0]["comparison"] = comparison
    assert "cheap: comparison is" in find(rules)


@pytest.mark.parametrize("note", ["", "The committee's wish"])
@pytest.mark.parametrize("rule", ["value_types", "industry", "call_centre"])
def test_rows_of_a_version_keep_their_notes(tmp_path, rules, rule, note):
    """What each row is for; a version of one row says why there is the version."""
    seed, id_column = {
        "value_types": ("value_type_rules", "value_type_rule_id"),
        "industry": ("feature_grades", "feature"),
        "call_centre": ("service_rules", "service_rule_id"),
    }[rule]
    folder = shutil.copytree(SEEDS, tmp_path / "rules")
    new = NewVersion(
        rule_id=rule,
        version="2026.2",
        valid_from=date(2026, 7, 1),
        approver="the owner",
        recorded_at=date(2026, 6, 20),
        note=note,
    )
    write_new_version(folder, new)
    notes = [row["note"] for row in select(rules, seed, **{id_column: rule})]
    kept = notes if not note and len(notes) > 1 else [note] * len(notes)
    after = select(read_files(folder), seed, version="2026.2")
    assert [row["note"] for row in after] == kept
    assert {row["approver"] for row in after} == {"the owner"}


def test_a_cost_flag_names_tiers_of_net_value(rules):
    rules["cost_flags"][0]["net_value_tiers"] = "high topmost"
    assert "cheap: there is no net_value_tier topmost" in find(rules)


@pytest.mark.parametrize(
    ("column", "value"), [("share_to_pct", "20"), ("tier_order", "3")]
)
def test_net_value_tiers_take_all_ranks_once(rules, column, value):
    select(rules, "net_value_tiers", net_value_tier="high")[0][column] = value
    message = "net_value_tiers.csv, net_value 2026.1: share_from_pct and share_to_pct"
    assert message in find(rules)


def test_net_value_tiers_are_the_shares_of_the_value_model(rules):
    """Best to worst like A, B and C (S0-20 to S0-22), as their note says."""
    spans = {
        (row["share_from_pct"], row["share_to_pct"])
        for row in select(rules, "tier_rules", scorecard_id="group_account_value")
        if row["tier"] != "other"
    }
    assert spans == {("0", "10"), ("10", "30"), ("30", "100")}
    assert spans == {
        (row["share_from_pct"], row["share_to_pct"]) for row in rules["net_value_tiers"]
    }


@pytest.mark.parametrize(
    ("card", "tier", "order"),
    [
        ("group_account_value", "A1", "9"),
        ("group_account_value", "A2", "1"),
        ("group_account_value", "other", "0"),
        ("value_pyramid", "VIP", "4"),
        ("value_pyramid", "small", "0.5"),
    ],
)
def test_tiers_count_from_the_best_one_on(rules, card, tier, order):
    [row] = select(rules, "tier_rules", scorecard_id=card, tier=tier)
    row["tier_order"] = order
    assert "tier_order must be more than that of" in find(rules)


@pytest.mark.parametrize("index", ["", "0", "-5", "58"])
@pytest.mark.parametrize("items", [2, 3])
def test_contradictions_need_a_random_index(rules, index, items):
    """Without one any judgements of three items would pass."""
    judged = {"ahp_id": "group_value_dimensions", "version": "2026.1"}
    [matrix] = select(rules, "ahp_matrices", **judged)
    matrix["random_index"] = index
    if items > 2:
        assert "ahp_matrices.csv, group_value_dimensions 2026.1: random_index" in (
            find(rules)
        )
        return
    for row in select(rules, "ahp_judgements", **judged):
        if "influence" in (row["item_left"], row["item_right"]):
            rules["ahp_judgements"].remove(row)
    check_soundness(rules, MONTHS)


@pytest.mark.parametrize(
    ("unit", "scale"),
    [
        ("grade 1-3", (1, 3)),
        ("points 0-15", (0, 15)),
        ("0 or 1", (0, 1)),
        ("yuan", None),
        ("", None),
    ],
)
def test_units_of_grades_say_what_there_can_be(unit, scale):
    assert read_scale({"unit": unit}) == (scale and tuple(map(Decimal, scale)))


def test_no_band_asks_for_a_grade_that_nobody_has(rules):
    """Industry had a band from 4 on, but its grades end at 3."""
    key = {"scorecard_id": "value_pyramid", "indicator_id": "industry_grade"}
    bands = select(rules, "scorecard_bands", **key)
    assert [(row["lower_bound"], row["points"]) for row in bands] == [
        ("", "0"),
        ("2", "0.96"),
        ("3", "3.83"),
    ]
    bands[-1]["lower_bound"] = "4"
    assert "industry_grade 4: lower_bound is 4, but there are only 1 to 3" in (
        find(rules)
    )


def test_grades_of_the_card_s_own_time_count(rules):
    """A word with a fourth grade makes the band sound, while it holds."""
    key = {"feature": "region_kind", "feature_value": "provincial_capital"}
    select(rules, "feature_grades", **key)[0]["grade"] = "2"
    bands = {"scorecard_id": "value_pyramid", "indicator_id": "region_grade"}
    select(rules, "scorecard_bands", **bands)[-1]["lower_bound"] = "4"
    assert "region_grade 4: lower_bound is 4, but there are only 1 to 3" in find(rules)
    select(rules, "feature_grades", **key)[0]["grade"] = "4"
    check_soundness(rules, MONTHS)


@pytest.mark.parametrize("grade", ["5", "0", "", "high"])
def test_grades_of_words_lie_on_the_scale(rules, grade):
    select(rules, "feature_grades", feature="region_kind")[0]["grade"] = grade
    assert "feature_grades.csv, region_kind 2026.1 county_seat: grade" in (find(rules))
