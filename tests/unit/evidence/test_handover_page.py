"""What a hand-over puts first, at the bounds of its rule (S2-06)."""

from datetime import date
from decimal import Decimal

import pytest

from jinta.evidence.handover_parts import TABLES, list_rows
from jinta.evidence.handover_urgent import list_urgent

RULE = {
    "version": "1",
    "agreement_days": 90,
    "competitor_contract_days": 90,
    "unvisited_days": 60,
}
ACCOUNT = {
    "group_account_id": "a",
    "account_name": "An account",
    "is_active": True,
    "is_top_tier": False,
    "open_agreement_amount": Decimal(0),
    "arrears_amount": Decimal(0),
    "oldest_due_date": None,
    "days_since_visit": 10,
    "decider_attitude_grade": None,
}
PARTS = ("tasks", "feedback", "surveys", "agreements", "competitors", "visits")
MONTH, DAY = date(2026, 1, 1), date(2026, 1, 31)


def find(account=None, **parts):
    """What is put first, of one account and some rows of it."""
    return [row["what"] for row in list_items([ACCOUNT | (account or {})], **parts)]


def list_items(accounts, **parts):
    pack = {"rule": RULE, "accounts": accounts, "publication": {"month": MONTH}}
    pack |= {name: [] for name in PARTS}
    pack |= {
        name: [{"group_account_id": "a"} | row for row in rows]
        for name, rows in parts.items()
    }
    return list_urgent(pack)


def test_nothing_presses_by_itself():
    assert find() == []


@pytest.mark.parametrize(("days", "found"), [(90, ["Renew: Lines"]), (91, [])])
def test_agreements_that_end(days, found):
    row = {"days_to_end": days, "agreement_name": "Lines", "ends_date": DAY}
    assert find(agreements=[row | {"agreement_id": "g1"}]) == found


@pytest.mark.parametrize(
    ("days", "found"), [(None, []), (-1, []), (0, 1), (90, 1), (91, [])], ids=str
)
def test_competitors_contracts_that_end(days, found):
    row = {"competitor_name": "Rival", "product_name": "line"}
    row |= {"days_to_contract_end": days, "contract_end_date": DAY}
    expected = ["Offer instead of Rival line"] if found == 1 else found
    assert find(competitors=[row]) == expected


@pytest.mark.parametrize(
    ("account", "found"),
    [
        ({"is_top_tier": True, "days_since_visit": 60}, []),
        ({"is_top_tier": True, "days_since_visit": 61}, ["Visit"]),
        ({"is_top_tier": True, "days_since_visit": None}, ["Visit"]),
        # Of no first tier: only if an agreement binds it.
        ({"days_since_visit": 61}, []),
        ({"days_since_visit": 61, "open_agreement_amount": Decimal("0.01")}, ["Visit"]),
        ({"arrears_amount": Decimal("0.01")}, ["Collect what is overdue"]),
        ({"decider_attitude_grade": 0}, []),
        ({"decider_attitude_grade": -1}, ["Win the decider back"]),
        # Closed: nobody is to be visited.
        ({"is_active": False, "is_top_tier": True, "days_since_visit": None}, []),
    ],
)
def test_what_the_state_of_an_account_asks_for(account, found):
    assert find(account) == found


def test_only_what_is_overdue_open_or_promised_last_presses():
    tasks = [
        {"task_name": "late", "is_overdue": True, "due_date": DAY},
        {"task_name": "later", "is_overdue": False, "due_date": DAY},
    ]
    feedback = [
        {"feedback_kind": "complaint", "topic": "bill", "received_date": DAY},
        {"feedback_kind": "praise", "topic": "care", "received_date": DAY},
    ]
    surveys = [
        {
            "follow_up": status,
            "follow_up_status": status,
            "satisfaction_points": 50,
            "follow_up_due_date": None,
        }
        for status in ("none", "done", "open", "overdue")
    ]
    # The last visit comes first: what was promised before it was talked about then.
    visits = [
        {"next_step": "call", "next_step_date": DAY, "visited_date": DAY},
        {"next_step": "write", "next_step_date": DAY, "visited_date": DAY},
    ]
    assert find(tasks=tasks, visits=visits) == ["Finish: late", "Do: call"]
    assert find(feedback=feedback) == ["Settle the complaint: bill"]
    assert find(surveys=surveys) == ["Improve: open", "Improve: overdue"]


def test_grave_and_large_come_before_old_and_small():
    """A complaint without a date is first, and small arrears of long ago are last."""
    small = {"arrears_amount": Decimal("16.71"), "oldest_due_date": date(2024, 1, 1)}
    large = {"arrears_amount": Decimal(9000), "oldest_due_date": DAY}
    accounts = [
        ACCOUNT | small | {"account_name": "Small"},
        ACCOUNT | large | {"account_name": "Large", "group_account_id": "b"},
        ACCOUNT | {"group_account_id": "c", "account_name": "Top", "is_top_tier": True},
    ]
    tasks = [
        {"group_account_id": own, "task_name": own, "is_overdue": True, "due_date": DAY}
        for own in ("b", "c")
    ]
    complaint = {"feedback_kind": "complaint", "topic": "bill", "received_date": DAY}
    items = list_items(accounts, tasks=tasks, feedback=[complaint])
    assert [(row["account_name"], row["kind"]) for row in items] == [
        ("Small", "complaint"),
        ("Top", "task"),
        ("Large", "task"),
        ("Large", "arrears"),
        ("Small", "arrears"),
    ]
    assert [row["place"] for row in items] == [1, 2, 3, 4, 5]


def test_amounts_have_their_cents():
    row = dict.fromkeys(TABLES["opportunities"][1]) | {
        "expected_amount": Decimal("8E+2")
    }
    [cells] = list_rows("opportunities", [row])[1]
    assert "800.00" in cells


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
