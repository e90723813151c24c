"""Rule rows: what is sound, what was changed, and how a new version is written."""

import csv
import fcntl
import os
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from jinta.errors import RuleError, UsageError
from jinta.report.judgements import find_outdated_cards
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.rule_families import HEAD_COLUMNS, RULE_FAMILIES
from jinta.report.rule_history import check_rule, list_versions
from jinta.report.rules import (
    MATCHING_KEYS,
    RuleVersion,
    check_soundness,
    check_unchanged,
    collect_versions,
    list_versions_in_force,
    normalise_row,
    read_files,
)
from jinta.settings import load_settings
from jinta.sources.contract import load_contract

SEEDS = load_settings({}).dbt_project / "seeds" / "rules"
CARD = "group_account_value"
FIRST = "2026.1"
MONTHS = [date(2024, 1, 1), date(2025, 12, 1)]

# A.6.1: weight, then lower bound and points of each band from the lowest value up.
TABLE = {
    "unified_payment_amount": (15, "- 0 .01 3 500 6 2000 9 5000 12 20000 15"),
    "member_bill_amount": (10, "- 0 .01 2 1000 4 5000 6 20000 8 100000 10"),
    "informatization_amount": (15, "- 0 .01 3 200 6 1000 9 3000 12 10000 15"),
    "employees": (8, "- 0 1 1 10 2 50 4 200 6 500 8"),
    "vnet_users": (8, "- 0 1 2 20 3 50 4 100 6 300 8"),
    "informatization_level": (6, "- 0 1 1 2 2 3 3 4 5 5 6"),
    "informatization_products": (8, "- 0 1 2 2 4 3 5 4 6 5 8"),
    "off_net_rate_pct": (5, "- 5 1 4 2 3 3 2 5 1 10 0"),
    "signed_years": (5, "- 0 .01 1 1 2 2 3 3 4 5 5"),
    "influence_grade": (12, "- 0 1 2 2 4 3 6 4 9 5 12"),
    "tax_rank": (8, "- 8 11 6 51 4 101 3 301 2 501 0"),
}


# Of all rules those of the first card: what is tested here counts its rows.
KEPT = {"scorecard": {CARD}, "lead": {"L1", "L2"}, "ahp": {"group_value_dimensions"}}


@pytest.fixture(scope="session")
def first_card(tmp_path_factory):
    """The seeds' files with no more than the first card's rows."""
    folder = shutil.copytree(SEEDS, tmp_path_factory.mktemp("first") / "rules")
    for family in RULE_FAMILIES.values():
        for seed in family.seeds:
            path = folder / f"{seed.name}.csv"
            kept = KEPT.get(family.name, set())
            keep_rows(path, lambda row, f=family, k=kept: row[f.id_column] in k)
    measured = "int_indicators__group_value_measured"
    keep_rows(folder / "indicators.csv", lambda row: row["measured_by"] == measured)
    return folder


def keep_rows(path, is_kept):
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if is_kept(row))


@pytest.fixture
def rules(first_card):
    return read_files(first_card)


@pytest.fixture
def folder(first_card, tmp_path):
    return shutil.copytree(first_card, tmp_path / "rules")


def new_version(**changes):
    values = {
        "rule_id": CARD,
        "version": "2026.2",
        "valid_from": date(2026, 7, 1),
        "approver": "the owner",
        "recorded_at": date(2026, 6, 20),
    }
    return NewVersion(**values | changes)


def select(rules, seed, **values):
    return [
        row
        for row in rules[seed]
        if all(row[column] == value for column, value in values.items())
    ]


def test_first_version_is_the_table_of_the_specification(rules):
    for indicator, (weight, table) in TABLE.items():
        found = select(rules, "scorecard_bands", version=FIRST, indicator_id=indicator)
        numbers = table.replace("-", "-Infinity").split()
        assert sorted(
            (Decimal(row["lower_bound"] or "-Infinity"), Decimal(row["points"]))
            for row in found
        ) == [
            (Decimal(low), Decimal(points))
            for low, points in zip(numbers[::2], numbers[1::2], strict=True)
        ], indicator
        (card,) = select(
            rules, "scorecard_indicators", version=FIRST, indicator_id=indicator
        )
        assert card["weight"] == str(weight)


def test_the_seeds_are_sound():
    check_soundness(read_files(SEEDS), MONTHS)


def set_value(seed, column, value, **where):
    def change(rules):
        rows = select(rules, seed, **where) or rules[seed]
        rows[0][column] = value

    return change


def drop(seed, **where):
    def change(rules):
        rules[seed].remove(select(rules, seed, **where)[0])

    return change


def copy(seed, **values):
    def change(rules):
        rules[seed].append(rules[seed][0] | values)

    return change


def follow(seed, ends, begins):
    def change(rules):
        rules[seed][0]["valid_to"] = ends
        rules[seed].append(
            rules[seed][0] | {"version": "2", "valid_from": begins, "valid_to": ""}
        )

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (copy("scorecard_bands"), "stands 2 times"),
        (set_value("scorecards", "version", ""), "must be filled"),
        (set_value("scorecards", "partition_by", "town"), "partition_by is 'town'"),
        (set_value("scorecards", "rank_order", "total size"), "rank_order must hold"),
        (set_value("scorecards", "approver", ""), "no approver"),
        (set_value("scorecards", "valid_from", "2000-01-02"), "first day of a month"),
        (set_value("scorecards", "valid_from", "soon"), "no date"),
        (set_value("scorecards", "valid_to", "1989-12-31"), "before valid_from"),
        (set_value("scorecards", "valid_to", "2025-11-29"), "last day of a month"),
        (set_value("scorecards", "valid_to", "2025-11-30"), "no version .* 2025-12"),
        (
            set_value("scorecards", "valid_from", "2024-02-01"),
            "no scorecard .* 2024-01",
        ),
        (copy("scorecards", version="2", valid_from="2025-01-01"), "overlap"),
        (
            follow("scorecards", ends="2030-03-31", begins="2030-05-01"),
            f"no version is valid between {FIRST} and 2, from 2030-04 on",
        ),
        (
            follow("lead_rules", ends="2030-03-31", begins="2030-05-01"),
            "L1: no version is valid between",
        ),
        (
            set_value("stability_rules", "tier_band", "D"),
            "tier_rules.csv has no band D that ends",
        ),
        (
            set_value("stability_rules", "tier_band", "other"),
            "has no band other that ends",
        ),
        (
            set_value("stability_rules", "exit_share_pct", "9", tier_band="A"),
            "exit_share_pct is 9, but the band ends at 10",
        ),
        (
            set_value("stability_rules", "exit_share_pct", "101", tier_band="B"),
            "more than 100",
        ),
        (
            set_value("stability_rules", "exit_share_pct", "", tier_band="B"),
            "exit_share_pct must be a number, and exit_score empty",
        ),
        (
            set_value("stability_rules", "exit_score", "60", tier_band="B"),
            "exit_share_pct must be a number, and exit_score empty",
        ),
        (
            set_value("stability_rules", "exit_share_pct", "40", tier_band="A"),
            "2026.1 A: the band is kept further out than B",
        ),
        (set_value("stability_rules", "exit_months", "0"), "exit_months must be 1, 2"),
        (set_value("stability_rules", "exit_months", "1.5"), "exit_months must be 1,"),
        (copy("stability_rules", version="9"), "no such version"),
        (copy("scorecards", scorecard_id="rfm"), "rfm 2026.1: the version has no rows"),
        (copy("tier_rules", version="9"), "no such version"),
        (set_value("indicators", "position", "12"), "positions must be"),
        (set_value("indicators", "is_changeable", "maybe"), "is_changeable"),
        (set_value("scorecard_indicators", "weight", "9"), "sum to"),
        (set_value("scorecard_indicators", "weight", "much"), "weight is no number"),
        (
            set_value("scorecard_indicators", "indicator_id", "charm"),
            "charm: the dictionary",
        ),
        (
            set_value(
                "scorecard_bands",
                "lower_bound",
                "-5",
                indicator_id="employees",
                band="0",
            ),
            "employees: exactly one band must have no lower_bound",
        ),
        (
            set_value(
                "scorecard_bands",
                "lower_bound",
                "10",
                indicator_id="employees",
                band="1",
            ),
            "same lower_bound",
        ),
        (
            set_value(
                "scorecard_bands", "points", "7", indicator_id="employees", band="5"
            ),
            "the most points are 7, but its weight is 8",
        ),
        (
            set_value(
                "scorecard_bands", "points", "7", indicator_id="employees", band="1"
            ),
            "points must go one way",
        ),
        (
            set_value(
                "scorecard_bands", "points", "1.005", indicator_id="employees", band="1"
            ),
            "finer than a hundredth",
        ),
        (drop("tier_rules", tier="other"), "one tier must be named other"),
        (drop("tier_rules", tier="A2"), "two by x_ge_y and x_lt_y"),
        (drop("tier_rules", tier="C"), "must follow each other"),
        (set_value("tier_rules", "tier_code", "5", tier="A1"), "same tier_code"),
        (
            set_value(
                "lead_conditions", "metric", "has_recorded_need", metric="is_government"
            ),
            "more than one deciding group",
        ),
        (set_value("lead_rules", "scorecard_id", "none"), "no such scorecard_id"),
    ],
)
def test_unsound_rules_stop_the_run_with_file_and_row(rules, change, message):
    change(rules)
    with pytest.raises(RuleError, match=message) as caught:
        check_soundness(rules, MONTHS)
    assert ".csv" in caught.value.message
    assert caught.value.cure


def test_tiers_may_be_cut_by_score(rules):
    """The bands of the value pyramid (S4-04) fit the same table."""
    rules["scorecards"][0]["cut_off_basis"] = "score"
    spans = [
        ("VIP", "80.01", ""),
        ("important", "60.01", "80.01"),
        ("small", "", "60.01"),
    ]
    template = dict.fromkeys(rules["tier_rules"][0], "") | {
        "scorecard_id": CARD,
        "version": FIRST,
    }
    rules["stability_rules"] = []
    rules["tier_rules"] = [
        template
        | {
            "tier": t,
            "score_from": a,
            "score_to": b,
            "tier_code": str(i),
            "tier_order": str(i),
        }
        for i, (t, a, b) in enumerate([*spans, ("other", "", "")])
    ]
    check_soundness(rules, MONTHS)
    stability = {"scorecard_id": CARD, "version": FIRST, "exit_months": "2"}
    stability |= {"tier_band": "VIP", "exit_share_pct": "", "exit_score": "78"}
    rules["tier_rules"][0]["tier_band"] = "VIP"
    rules["stability_rules"] = [stability]
    check_soundness(rules, MONTHS)
    rules["stability_rules"] = [stability | {"exit_score": "80.02"}]
    with pytest.raises(RuleError, match=r"exit_score is 80.02, but .* at 80.01"):
        check_soundness(rules, MONTHS)
    rules["stability_rules"] = []
    rules["tier_rules"][1]["score_from"] = "61"
    with pytest.raises(RuleError, match="score_from and score_to must follow"):
        check_soundness(rules, MONTHS)


def test_hash_ignores_order_and_writing_of_numbers(rules):
    before = {v.rule_set: v.content_hash for v in collect_versions(rules)}
    for row in rules["scorecard_bands"]:
        row["points"] += ".00"
    again = {seed: [normalise_row(row) for row in rows] for seed, rows in rules.items()}
    assert {v.rule_set: v.content_hash for v in collect_versions(again)} == before


def test_a_version_without_stability_rules_is_the_one_it_was_before_there_were_any(
    rules,
):
    rules["stability_rules"] = []
    (version,) = (
        v for v in collect_versions(rules) if v.rule_set == f"scorecard {CARD}"
    )
    assert "stability_rules" not in version.rows
    with_rules = collect_versions(read_files(SEEDS))
    (other,) = (v for v in with_rules if v.rule_set == version.rule_set)
    assert other.content_hash != version.content_hash
    # Adding them to a published version is a change of it.
    with pytest.raises(
        RuleError, match=r"stability_rules.csv, .* A: the row was added"
    ):
        check_unchanged(
            read_files(SEEDS), {(version.rule_set, version.version): version}
        )


def test_only_the_end_of_a_published_version_may_change(rules):
    published = {(v.rule_set, v.version): v for v in collect_versions(rules)}
    rules["scorecards"][0]["valid_to"] = "2026-06-30"
    check_unchanged(rules, published)
    select(rules, "scorecard_bands", indicator_id="employees", band="3")[0][
        "points"
    ] = "5"
    with pytest.raises(RuleError) as caught:
        check_unchanged(rules, published)
    assert (
        f"scorecard_bands.csv, {CARD} {FIRST} employees 3: points was 4 and is 5"
        in caught.value.message
    )
    assert "new-version" in caught.value.cure


def test_a_published_version_may_not_go_away(rules):
    version = RuleVersion(f"scorecard {CARD}", "2020.1", {"scorecards": []})
    with pytest.raises(RuleError, match=f"scorecard {CARD} 2020.1 was removed"):
        check_unchanged(rules, {(version.rule_set, version.version): version})


def test_added_and_removed_rows_are_told(rules):
    published = {(v.rule_set, v.version): v for v in collect_versions(rules)}
    drop("lead_conditions", metric="z_above_pct")(rules)
    copy("lead_conditions", metric="employees")(rules)
    with pytest.raises(RuleError) as caught:
        check_unchanged(rules, published)
    assert "z_above_pct below: the row was removed" in caught.value.message
    assert "employees at_least: the row was added" in caught.value.message


def test_names_in_the_dictionary_may_be_reworded_but_not_moved(rules):
    published = {(v.rule_set, v.version): v for v in collect_versions(rules)}
    rules["indicators"][0]["meaning"] = "In other words"
    check_unchanged(rules, published)
    rules["indicators"][0]["scale"] = "1"
    with pytest.raises(RuleError, match="scale was 0 and is 1"):
        check_unchanged(rules, published)


@pytest.fixture
def matching(rules):
    return rules | read_files(SEEDS.parent / "matching", MATCHING_KEYS)


@pytest.mark.parametrize(
    ("seed", "column", "message"),
    [
        ("match_limits", "limit_value", "auto_merge_line 1: limit_value was 0.8"),
        ("match_weights", "weight", "address 1: weight was 0.15"),
        ("match_hard_keys", "max_records", "credit_code 1: max_records was 20"),
        ("match_place_bound_organs", "organ_type", "congress 1: the row was removed"),
        ("survivorship_rules", "strategy", "account_name 1: strategy was registered"),
    ],
)
def test_published_matching_rules_must_not_change(matching, seed, column, message):
    published = {(v.rule_set, v.version): v for v in collect_versions(matching)}
    assert (f"matching {seed}", "1") in published
    matching[seed][0]["valid_to"] = "2026-06-30"
    matching[seed].append(matching[seed][0] | {"version": "2", "reason": "better"})
    check_unchanged(matching, published)
    matching[seed][0][column] = "99"
    with pytest.raises(RuleError, match=message):
        check_unchanged(matching, published)


def test_matching_rules_hold_as_of_the_run(matching):
    for row in matching["match_limits"]:
        row["valid_from"] = "2026-01-01"
    for as_of, is_used in ((date(2026, 1, 5), True), (date(2025, 12, 31), False)):
        used = list_versions_in_force(matching, MONTHS, as_of)
        assert ("matching match_limits" in {v.rule_set for v in used}) == is_used


def test_new_version_follows_the_latest(folder):
    write_new_version(folder, new_version(note="Why not"))
    rules = read_files(folder)
    earlier, later = rules["scorecards"]
    assert (earlier["version"], earlier["valid_to"]) == (FIRST, "2026-06-30")
    assert (later["version"], later["valid_from"], later["valid_to"]) == (
        "2026.2",
        "2026-07-01",
        "",
    )
    assert (later["approver"], later["recorded_at"]) == ("the owner", "2026-06-20")
    assert later["note"] == "Why not"
    for seed in (
        "scorecard_indicators",
        "scorecard_bands",
        "tier_rules",
        "stability_rules",
    ):
        assert [
            row | {"version": ""} for row in select(rules, seed, version=FIRST)
        ] == [row | {"version": ""} for row in select(rules, seed, version="2026.2")]
    check_soundness(rules, [*MONTHS, date(2026, 6, 1), date(2026, 7, 1)])
    in_force = list_versions_in_force(rules, [date(2026, 7, 1)])
    assert [v.version for v in in_force if v.rule_set == f"scorecard {CARD}"] == [
        "2026.2"
    ]


def test_new_weights_scale_the_points(folder, first_card):
    weights = {"employees": Decimal(10), "vnet_users": Decimal(6)}
    write_new_version(folder, new_version(weights=weights))
    rules = read_files(folder)
    assert [
        row["points"]
        for row in select(
            rules, "scorecard_bands", version="2026.2", indicator_id="employees"
        )
    ] == ["0", "1.25", "2.5", "5", "7.5", "10"]
    assert [
        row["points"]
        for row in select(
            rules, "scorecard_bands", version="2026.2", indicator_id="vnet_users"
        )
    ] == ["0", "1.5", "2.25", "3", "4.5", "6"]
    check_unchanged(
        rules,
        {(v.rule_set, v.version): v for v in collect_versions(read_files(first_card))},
    )


def test_the_other_weights_give_way_to_one(folder):
    """20 for employees leaves 20 of 32 to the others of Y; one takes what rounds."""
    changes = {"weights": {"employees": Decimal(20)}, "is_balanced": True}
    write_new_version(folder, new_version(**changes))
    rules = read_files(folder)
    found = select(rules, "scorecard_indicators", version="2026.2")
    weights = {row["indicator_id"]: row["weight"] for row in found}
    assert weights == {
        "employees": "20",
        "unified_payment_amount": "15",
        "informatization_amount": "15",
        "member_bill_amount": "10",
        "influence_grade": "12",
        "vnet_users": "4.99",
        "informatization_products": "5",
        "tax_rank": "8",
        "informatization_level": "3.75",
        "off_net_rate_pct": "3.13",
        "signed_years": "3.13",
    }
    check_soundness(rules, [date(2026, 7, 1)])


def test_weights_that_leave_nothing_are_refused(folder):
    changes = {"weights": {"employees": Decimal(40)}, "is_balanced": True}
    with pytest.raises(UsageError, match="leave 0 of 40 to 5 other"):
        write_new_version(folder, new_version(**changes))


def test_tiers_halved_by_x_and_y_need_equal_sums(folder):
    """A.6.1: with 41 against 39 the rule would measure the weights."""
    weights = {"unified_payment_amount": Decimal(16), "signed_years": Decimal(4)}
    with pytest.raises(RuleError, match="x sum to 41, those of y to 39"):
        write_new_version(folder, new_version(weights=weights))


def test_the_matcher_gets_a_version_of_a_whole_file(folder):
    shutil.copytree(SEEDS.parent / "matching", folder.parent / "matching")
    changes = {"rule_id": "match_limits", "values": {"review_line": "0.5"}}
    (path,) = write_new_version(folder, new_version(**changes, note="Fewer pairs"))
    rows = read_files(path.parent, MATCHING_KEYS)["match_limits"]
    old = [row for row in rows if row["version"] == "1"]
    new = [row for row in rows if row["version"] == "2026.2"]
    assert {row["valid_to"] for row in old} == {"2026-06-30"}
    assert {(row["valid_from"], row["valid_to"], row["approver"]) for row in new} == {
        ("2026-07-01", "", "the owner")
    }
    changed = [
        (b["limit_name"], a["limit_value"], b["limit_value"], b["reason"])
        for a, b in zip(old, new, strict=True)
        if a["limit_value"] != b["limit_value"]
    ]
    assert changed == [("review_line", "0.4", "0.5", "Fewer pairs")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": {"weather": "1"}}, "no value to set for weather"),
        ({"weights": {"employees": Decimal(1)}}, "follows the one in force"),
        ({"version": "1"}, "exists already"),
        ({"valid_from": date(1990, 1, 1)}, "not before 1990-01"),
    ],
)
def test_the_matcher_refuses_what_makes_no_sense(folder, changes, message):
    shutil.copytree(SEEDS.parent / "matching", folder.parent / "matching")
    with pytest.raises(UsageError, match=message):
        write_new_version(folder, new_version(rule_id="match_weights", **changes))


def test_the_weights_of_the_matcher_sum_to_one(folder):
    shutil.copytree(SEEDS.parent / "matching", folder.parent / "matching")
    changes = {"rule_id": "match_weights", "values": {"name": "0.7"}}
    with pytest.raises(RuleError, match=r"weights from 2026-07 on sum to 1.1"):
        write_new_version(folder, new_version(**changes))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("valid_to", "2025-06-15", "last day of a month"),
        ("approver", "", "names no approver"),
        ("recorded_at", "lately", "recorded_at is no date"),
        ("valid_from", "2000-01-15", "first day of a month"),
    ],
)
def test_unsound_rules_of_the_matcher_stop_the_run(matching, column, value, message):
    matching["match_limits"][0][column] = value
    with pytest.raises(
        RuleError, match=rf"match_limits.csv, auto_merge_line.*{message}"
    ):
        check_soundness(matching, MONTHS)


def test_rules_of_the_matcher_follow_each_other(matching):
    first = matching["match_limits"][0]
    later = first | {"version": "2", "valid_from": "2030-01-01"}
    matching["match_limits"].append(later)
    with pytest.raises(RuleError, match="auto_merge_line: 1 and 2 overlap"):
        check_soundness(matching, MONTHS)
    first["valid_to"] = "2029-11-30"
    with pytest.raises(RuleError, match="between 1 and 2, from 2029-12 on"):
        check_soundness(matching, MONTHS)
    first["valid_to"] = "2029-12-31"
    check_soundness(matching, MONTHS)


def test_every_version_is_listed(matching):
    listed = list_versions(matching)
    assert {row["kind"] for row in listed} == {"scorecard", "ahp", "lead", "matching"}
    assert len(listed) == 1 + 1 + 2 + len(MATCHING_KEYS)


def test_a_rule_that_no_file_has_is_refused(matching):
    check_rule(matching, CARD)
    check_rule(matching, "match_limits")
    for name in ("nope", ""):
        with pytest.raises(UsageError, match="There is no rule") as refused:
            check_rule(matching, name)
        assert refused.value.exit_code == 2


def test_what_a_customer_is_cannot_be_changed_and_what_it_does_can():
    """What account management can't move is no way to a better tier."""
    with (SEEDS / "indicators.csv").open(encoding="utf-8", newline="") as file:
        told = {r["indicator_id"]: r["is_changeable"] for r in csv.DictReader(file)}
    assert set(told.values()) == {"true", "false"}
    fixed = {name for name, value in told.items() if value == "false"}
    assert fixed >= {
        *("employees", "tax_rank", "signed_years", "region_grade", "industry_grade"),
        *("nature_grade", "is_listed", "annual_sales_amount", "turnover_amount"),
    }
    assert not fixed & {"unified_payment_amount", "complaint_count", "strength_points"}


def test_older_facts_count_only_where_late_ones_reach_later_months():
    """A value of facts that no later month reads can't be made of older ones."""
    tables = load_contract(SEEDS.parents[1]).tables
    example = SEEDS.parents[2] / "examples" / "rfm" / "seeds"
    told = set()
    for path in (SEEDS / "indicators.csv", example / "indicators.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert row["reads_older_rows"] in ("true", "false"), row
                if row["reads_older_rows"] == "true":
                    names = row["source_tables"].split()
                    reads = {tables[name].spread.reads for name in names}
                    assert "onward" in reads, row["indicator_id"]
                    told.add(row["indicator_id"])
    assert {"transaction_age_months", "average_arrears_amount"} <= told


def test_nothing_is_written_when_weights_do_not_sum_to_100(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RuleError, match=r"Nothing was written.*\n.*sum to 102"):
        write_new_version(folder, new_version(weights={"employees": Decimal(10)}))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rule_id": "nothing"}, "no rule nothing"),
        ({"version": FIRST}, "exists already"),
        ({"version": ""}, "--version is '', blank"),
        ({"version": "2026.2 "}, "--version is '2026.2 '"),
        ({"approver": " "}, "--approver is ' '"),
        ({"rule_id": "match_limits", "version": ""}, "--version is '', blank"),
        ({"from_version": "1"}, "no version 1"),
        ({"valid_from": date(1989, 1, 1)}, "not before 1989-01"),
        ({"valid_from": date(2026, 7, 2)}, "no first day"),
        ({"weights": {"charm": Decimal(1)}}, "no indicator charm"),
    ],
)
def test_new_version_refuses_what_makes_no_sense(folder, changes, message):
    with pytest.raises(UsageError, match=message):
        write_new_version(folder, new_version(**changes))


def test_a_lead_rule_gets_a_version_too(folder):
    write_new_version(folder, new_version(rule_id="L2"))
    rules = read_files(folder)
    assert (
        len(select(rules, "lead_conditions", lead_rule_id="L2", version="2026.2")) == 6
    )
    assert not select(rules, "lead_conditions", lead_rule_id="L1", version="2026.2")
    check_soundness(rules, MONTHS)


def test_files_keep_their_form(folder):
    """A review shows the added rows and the ended version, nothing else."""
    before = (folder / "scorecard_bands.csv").read_text(encoding="utf-8")
    write_new_version(folder, new_version())
    after = (folder / "scorecard_bands.csv").read_text(encoding="utf-8")
    assert after.startswith(before)
    with (folder / "scorecards.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2


@pytest.mark.parametrize("kill_after", range(5))
def test_a_kill_leaves_no_half_version(folder, monkeypatch, kill_after):
    """Without the versions' own file there is none; a retry writes it whole."""
    before = read_files(folder)
    move, moved = Path.replace, []

    def move_or_die(source, target):
        if len(moved) == kill_after:
            raise KeyboardInterrupt
        moved.append(target.name)
        move(source, target)

    monkeypatch.setattr(Path, "replace", move_or_die)
    with pytest.raises(KeyboardInterrupt):
        write_new_version(folder, new_version())
    assert len(moved) == kill_after
    left = read_files(folder)
    assert left["scorecards"] == before["scorecards"]
    if kill_after:
        with pytest.raises(RuleError, match=r"2026\.2"):
            check_soundness(left, MONTHS)
    else:
        assert left == before
    monkeypatch.undo()
    write_new_version(folder, new_version())
    after = read_files(folder)
    check_soundness(after, MONTHS)
    for seed in ("scorecards", "scorecard_indicators", "scorecard_bands"):
        copies = select(after, seed, scorecard_id=CARD, version="2026.2")
        copied = select(after, seed, scorecard_id=CARD, version=FIRST)
        assert len(copies) == len(copied) > 0
    assert not list(folder.glob(".*"))


def test_two_commands_do_not_write_at_once(folder):
    number = os.open(folder, os.O_RDONLY)
    fcntl.flock(number, fcntl.LOCK_EX)
    before = read_files(folder)
    with pytest.raises(UsageError, match="Another command writes"):
        write_new_version(folder, new_version())
    assert read_files(folder) == before
    os.close(number)
    write_new_version(folder, new_version())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RuleError, match=r"indicators\.csv"):
        read_files(tmp_path)


def test_every_family_holds_its_versions():
    """What the list of families says is there: seeds, keys, validity, numbers."""
    for family in RULE_FAMILIES.values():
        for seed in family.seeds:
            with (SEEDS / f"{seed.name}.csv").open(
                encoding="utf-8", newline=""
            ) as file:
                columns = csv.DictReader(file).fieldnames
            assert set(seed.key) <= set(columns), seed.name
            assert set(seed.numeric) <= set(columns), seed.name
            if seed.name == family.head:
                assert set(HEAD_COLUMNS) <= set(columns), seed.name


def test_every_versioned_seed_belongs_to_a_family():
    """Else nobody checks it, keeps its published versions, or tells what changed."""
    listed = {seed.name for f in RULE_FAMILIES.values() for seed in f.seeds}
    for path in sorted(SEEDS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            columns = csv.DictReader(file).fieldnames
        if "version" in columns:
            assert path.stem in listed, f"{path.name} is not in rule_families.csv"


@pytest.mark.parametrize(
    ("seed", "change", "message"),
    [
        ("pressing_kinds", {"kind_weight": "1.5"}, "kind_weight must be 0, 1, 2"),
        ("pressing_kinds", {"kind_weight": "-1"}, "kind_weight must be 0, 1, 2"),
        ("pressing_kinds", {"matter_kind": "gossip"}, "matter_kind is 'gossip'"),
        ("pressing_kinds", {"version": "9"}, "pressing_rules.csv has no such version"),
        ("pressing_rules", {"soon_days": ""}, "soon_days must be 0, 1, 2"),
        ("pressing_rules", {"least_amount": "0.5"}, "least_amount must be 0, 1, 2"),
        ("pressing_rules", {"promise_days": "-1"}, "promise_days must be 0, 1, 2"),
        ("pressing_rules", {"version": "9"}, "work_list 9: the version has no rows"),
        ("handover_rules", {"unvisited_days": "soon"}, "unvisited_days is no number"),
        ("handover_rules", {"agreement_days": "0.5"}, "agreement_days must be 0, 1"),
    ],
)
def test_what_presses_is_weighed_in_whole_numbers(seed, change, message):
    """S2-06: a wrong row is named before SQL sees it."""
    rules = read_files(SEEDS)
    rules[seed][0] |= change
    with pytest.raises(RuleError, match=message):
        check_soundness(rules, MONTHS)


JUDGEMENTS = {"ahp_id": "group_value_dimensions", "version": FIRST}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"judgement": "0.5"}, "attribute: judgement must be 1 to 9"),
        ({"judgement": "10"}, "attribute: judgement must be 1 to 9"),
        ({"judgement": "much"}, "attribute: judgement is no number"),
        (
            {"item_left": "influence", "item_right": "contribution"},
            "contribution and influence are judged 2 times, not once",
        ),
        ({"item_right": "contribution"}, "contribution is judged against itself"),
        ({"item_right": "age"}, "age and attribute are judged 0 times, not once"),
    ],
)
def test_judgements_must_make_a_matrix(rules, change, message):
    (row,) = select(
        rules, "ahp_judgements", item_left="contribution", item_right="attribute"
    )
    row |= change
    with pytest.raises(RuleError, match=message):
        check_soundness(rules, MONTHS)


def test_a_card_needs_the_judgements_it_names(rules):
    rules["ahp_matrices"][0]["valid_from"] = "2020-01-01"
    with pytest.raises(RuleError, match="group_value_dimensions holds in 1990-01"):
        check_soundness(rules, MONTHS)


def test_how_weights_were_found_is_no_part_of_a_version(rules):
    """A card published before judgements and subjects were rows is the same."""
    before = {v.rule_set: v.content_hash for v in collect_versions(rules)}
    for row in rules["scorecards"]:
        del row["ahp_id"], row["freeze_percentiles"], row["subject"]
    assert {v.rule_set: v.content_hash for v in collect_versions(rules)} == before


def test_a_hand_over_published_before_introductions_were_counted_is_the_same():
    rules = read_files(SEEDS)
    before = {v.rule_set: v.content_hash for v in collect_versions(rules)}
    for row in rules["handover_rules"]:
        del row["introduced_accounts"]
    assert {v.rule_set: v.content_hash for v in collect_versions(rules)} == before


def test_whom_a_card_scores_is_part_of_its_version(rules):
    published = {(v.rule_set, v.version): v for v in collect_versions(rules)}
    rules["scorecards"][0]["subject"] = "prospect"
    with pytest.raises(RuleError, match="subject was empty and is prospect"):
        check_unchanged(rules, published)


def test_bands_are_replaced_in_a_new_version(folder):
    bands = [
        {"band": "0", "lower_bound": "", "points": "0", "meaning": "few"},
        {"band": "1", "lower_bound": "77", "points": "8", "meaning": "many"},
    ]
    write_new_version(folder, new_version(bands={"employees": bands}))
    rules = read_files(folder)
    found = select(rules, "scorecard_bands", version="2026.2", indicator_id="employees")
    assert [row["lower_bound"] for row in found] == ["", "77"]
    kept = select(rules, "scorecard_bands", version="2026.2", indicator_id="tax_rank")
    assert len(kept) == 6


@pytest.mark.parametrize("name", ["", "Employees", "a b", "x; drop table y", "x" * 49])
def test_sql_is_written_from_plain_names(rules, name):
    rules["indicators"][3]["measured_by"] = name
    with pytest.raises(RuleError, match="SQL is written from it"):
        check_soundness(rules, MONTHS)


def test_weights_by_hand_follow_no_judgements(folder):
    """Within a class the judgements still hold; between classes they don't."""
    within = {"employees": Decimal(10), "vnet_users": Decimal(6)}
    write_new_version(folder, new_version(weights=within))
    between = new_version(
        version="2026.3",
        valid_from=date(2026, 8, 1),
        weights={
            "unified_payment_amount": Decimal(17),
            "employees": Decimal(12),
            "influence_grade": Decimal(8),
        },
    )
    write_new_version(folder, between)
    found = {r["version"]: r["ahp_id"] for r in read_files(folder)["scorecards"]}
    judged = "group_value_dimensions"
    assert found == {FIRST: judged, "2026.2": judged, "2026.3": ""}


def test_a_card_that_newer_judgements_leave_behind_is_named(folder):
    """S4-03: its weights stay until it gets a version of its own from then on."""
    judged = "group_value_dimensions"
    assert find_outdated_cards(read_files(folder)) == []
    write_new_version(folder, new_version(rule_id=judged, version="2"))
    (line,) = find_outdated_cards(read_files(folder))
    assert line.startswith(f"{CARD} {FIRST} keeps its weights")
    assert f"{judged} 2 holds from 2026-07" in line
    write_new_version(folder, new_version())
    assert find_outdated_cards(read_files(folder)) == []
