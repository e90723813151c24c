"""What a hand-over puts first, in sentences (S2-06)."""

from datetime import date
from decimal import Decimal

import pytest

from jinta.evidence.handover_page import list_steps
from jinta.evidence.handover_parts import TABLES, WORDS, list_rows
from jinta.evidence.handover_successor import list_warnings
from jinta.evidence.handover_urgent import REASONS, list_urgent
from jinta.report.rules import read_files
from jinta.settings import CHECKOUT
from jinta.sources.contract import load_contract

SEEDS = CHECKOUT / "dbt_project" / "seeds" / "rules"

MATTER = {
    "place": 1,
    "group_account_id": "a",
    "account_name": "An account",
    "account_id_crm": "r1",
    "account_ids_crm": "r1",
    "what_to_do": "Do: call",
    "noted_date": date(2026, 1, 30),
    "due_date": date(2026, 1, 31),
    "amount": Decimal("1234.50"),
    "matter_id": "x1",
    "is_own_account": True,
    "satisfaction_points": 50,
    "days_since_visit": 61,
    "weight": 30,
}


def explain(kind, **values):
    [row] = list_urgent({"pressing": [MATTER | {"matter_kind": kind} | values]})
    return row["why"]


def test_nothing_presses_by_itself():
    assert list_urgent({"pressing": []}) == []


def test_rows_stay_in_their_order_and_keep_their_values():
    rows = [
        MATTER | {"matter_kind": "promise"},
        MATTER | {"matter_kind": "task", "place": 2, "due_date": None},
    ]
    first, second = list_urgent({"pressing": rows})
    assert first == {
        "place": 1,
        "group_account_id": "a",
        "account_ids_crm": "r1",
        "account_name": "An account",
        "what": "Do: call",
        "why": "promised at the visit of 2026-01-30 (拜访承诺)",
        "by": date(2026, 1, 31),
        "kind": "promise",
        "matter_id": "x1",
        "is_own_account": True,
        "amount": Decimal("1234.50"),
        "weight": 30,
    }
    assert (second["place"], second["by"]) == (2, None)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("complaint", "complaint of 2026-01-30 is open (投诉未办结)"),
        ("attitude", "attitude is negative (决策人态度不佳)"),
        ("task", "overdue (逾期)"),
        ("survey", "promised after a survey with 50 (改进)"),
        ("agreement", "agreement ends (协议到期)"),
        ("visit", "not for 61 days (久未拜访)"),
        ("competitor", "its contract ends (竞争对手合同到期)"),
        ("arrears", "1,234.50 overdue beyond what is in credit (欠款，已扣预收)"),
    ],
)
def test_each_kind_says_why_it_presses(kind, why):
    assert explain(kind) == why


def test_who_was_never_visited_has_no_days():
    assert explain("visit", days_since_visit=None) == "no visit on record (久未拜访)"


def test_every_kind_of_the_rules_has_a_reason_and_no_other():
    """A kind that the rules list and no sentence tells would stop a hand-over."""
    kinds = {row["matter_kind"] for row in read_files(SEEDS)["pressing_kinds"]}
    assert set(REASONS) == kinds


def test_the_successor_is_introduced_to_as_many_accounts_as_the_rule_says():
    names = [("Closed", False), ("First", True), ("Second", True), ("Third", True)]
    accounts = [{"account_name": n, "is_active": active} for n, active in names]
    pack = {"rule": {"introduced_accounts": 2}, "accounts": accounts, "pressing": []}
    others = (
        *("other_records", "tasks", "opportunities", "leads", "agreements"),
        "individuals",
    )
    pack |= {part: [] for part in others}
    pack |= {"prospects": [{}, {}], "plans": [{}, {}, {}]}
    steps = {row["step"]: row["how_many"] for row in list_steps(pack)}
    assert [step for step in steps if step.startswith("Introduce")] == [
        "Introduce the successor in person: First",
        "Introduce the successor in person: Second",
    ]
    assert steps["Tell the other accounts by phone"] == 1
    assert steps["Change the owner of the prospects in the CRM"] == 2
    assert steps["Agree who goes on with the plans"] == 3


FROM = {
    "manager_id": "m1",
    "branch_id": "east",
    "key_accounts": 30,
    "accounts_per_manager": 50,
    "total_load_pct": Decimal("60.00"),
    "free_places": 20,
}
TO = FROM | {
    "manager_id": "m2",
    "key_accounts": 20,
    "total_load_pct": Decimal("40.00"),
    "free_places": 30,
    "left_date": None,
    "is_listed": True,
}


OVER = "13 more than the 50 that one manager may hold."


@pytest.mark.parametrize(
    ("change", "warnings"),
    [
        ({}, []),
        ({"branch_id": None}, []),
        ({"left_date": date(2026, 1, 31)}, ["m2 left on 2026-01-31."]),
        ({"left_date": date(2026, 2, 1)}, ["m2 leaves on 2026-02-01."]),
        ({"branch_id": "west"}, ["m2 is of branch west, not east."]),
        ({"is_listed": False}, ["m2 is on no list of managers."]),
        (
            {"key_accounts": 33, "accounts_per_manager": None},
            [f"m2 would hold 63 key accounts, {OVER}"],
        ),
        # A hundredth that two rounded shares may be too much.
        ({"total_load_pct": Decimal("40.01")}, []),
        ({"total_load_pct": None, "free_places": None}, []),
    ],
)
def test_what_speaks_against_a_successor_is_said(change, warnings):
    found = {"as_of_date": date(2026, 1, 31)}
    pack = {"manager": FROM, "successor": TO | change, "publication": found}
    assert list_warnings(pack) == warnings


LOADED = ": the load is 100.25 %, individuals included."
# 43 groups are 86 % of a load, 57 individuals 14.25 %.
MIXED = {
    "key_accounts": 43,
    "total_load_pct": Decimal("100.25"),
    "free_places": 0,
}


@pytest.mark.parametrize(
    ("handed", "held", "warning"),
    [
        (
            {"key_accounts": 3, "total_load_pct": Decimal("6.00")},
            MIXED,
            f"m2 has room for 0 key accounts, not 3{LOADED}",
        ),
        # There is a place for the group, but not for the individuals beside it.
        (
            {"key_accounts": 1, "total_load_pct": Decimal("27.00")},
            MIXED | {"total_load_pct": Decimal("90.00"), "free_places": 5},
            "m2 would have a load of 117.00 %, individuals included.",
        ),
    ],
)
def test_groups_and_individuals_are_one_load(handed, held, warning):
    found = {"as_of_date": date(2026, 1, 31)}
    pack = {"manager": FROM | handed, "successor": TO | held, "publication": found}
    assert list_warnings(pack) == [warning]


def test_nobody_is_warned_of_before_somebody_is_named():
    assert list_warnings({"manager": FROM, "successor": None}) == []


def test_amounts_have_their_cents():
    row = dict.fromkeys(TABLES["opportunities"][1]) | {
        "expected_amount": Decimal("8E+2")
    }
    [cells] = list_rows("opportunities", [row])[1]
    assert "800.00" in cells


def test_codes_are_told_in_words_and_unknown_ones_stay():
    row = dict.fromkeys(TABLES["visits"][1])
    for code, word in (("renewal", "renewal (续约)"), ("golf", "golf")):
        [cells] = list_rows("visits", [row | {"visit_purpose": code}])[1]
        assert word in cells


def test_the_words_are_those_of_the_contract():
    """A code that is accepted and that no word tells would stand on the page bare."""
    accepted = [
        column
        for table in load_contract(CHECKOUT / "dbt_project").tables.values()
        for column in table.columns.values()
        if column.name in WORDS and column.accepted_values
    ]
    assert {column.name for column in accepted} >= {"visit_purpose", "need_kind"}
    for column in accepted:
        assert set(column.accepted_values) == set(WORDS[column.name])


def test_headings_and_cells_of_a_part_agree():
    row = {
        "account_branch_id": "s1",
        "account_branch_name": "Plant",
        "county_name": None,
        "employees": 12,
        "group_account_id": "a",
    }
    headings, cells = list_rows("branches", [row])
    assert cells == [["s1", "Plant", None, 12]]
    assert len(headings) == 4
