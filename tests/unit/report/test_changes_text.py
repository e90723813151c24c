"""How a change of an account's score is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from jinta.report.changes import PARTS, label_old
from jinta.report.changes_cli import render_changes, show_points
from jinta.report.since_text import render_since, show_value
from jinta.report.states import State

MAY, JUNE = date(2024, 5, 1), date(2024, 6, 1)
NO_PARTS = {f"{part}_points": 0 for part in PARTS}


def make_state(month=JUNE, publication_id=5):
    return State(
        month=month,
        scorecard_id="card",
        publication_id=publication_id,
        computed_by=publication_id,
        shown_at=datetime(2024, 7, 5, tzinfo=UTC),
        known_load_id=9,
        scorecard_version="1",
    )


def make_change(**account):
    sides = {
        f"{side}_{name}": value
        for side in ("old", "new")
        for name, value in {
            "value_rank": 4,
            "population": 10,
            "raw_tier": "B1",
            "suggested_tier": "B1",
            "effective_tier": "B1",
            "months_outside": None,
            "override_reason": None,
            "total_points": 4000,
        }.items()
    }
    return {
        "from": make_state(MAY, 3),
        "to": make_state(),
        "asked_for": "g1",
        "is_successor": False,
        "account": {
            "account_name": "Ox",
            "group_account_id": "g1",
            "account_change": "both",
            "changed_points": 0,
            "tier_change_cause": None,
            **NO_PARTS,
            **sides,
            **account,
        },
        "indicators": [],
        "records": [],
        "bars": [],
        "late_bills": [],
    }


def show(change):
    console = Console(width=200)
    with console.capture() as shown:
        render_since(change, console)
    return shown.get()


def make_indicator(**values):
    return {
        "indicator_name": "Employees",
        "indicator_name_zh": "集团员工数",
        "old_value": Decimal(9),
        "new_value": Decimal(50),
        "regrouped_value": Decimal(9),
        "is_old_missing": False,
        "is_new_missing": False,
        "is_regrouped_missing": False,
        "old_band": 1,
        "new_band": 3,
        "old_band_from": Decimal(1),
        "old_band_to": Decimal(10),
        "new_band_from": Decimal(50),
        "new_band_to": None,
        "old_points": 100,
        "new_points": 400,
        **NO_PARTS,
        **values,
    }


def test_nothing_changed_is_said_in_few_lines():
    text = show(make_change())
    assert "40.00 → 40.00 points: 0 = facts 0" in text
    assert "Records" not in text
    assert "Bills" not in text


def test_an_overtaken_account_reads_so():
    text = show(make_change(new_raw_tier="C", tier_change_cause="overtaken"))
    assert "others overtook it" in text


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"new_raw_tier": "C"}, "C by the rule, B1 held by stability"),
        (
            {"new_raw_tier": "C", "new_months_outside": 1},
            "held by stability (1 months outside)",
        ),
        (
            {"new_effective_tier": "A1", "new_override_reason": "strategic"},
            "B1 by the rule, A1 by override: strategic",
        ),
        ({"new_value_rank": None}, "not ranked: B1 by the rule"),
        ({"old_raw_tier": None}, "no account"),
    ],
)
def test_the_path_of_the_tier_is_told(account, expected):
    assert expected in show(make_change(**account))


def test_an_indicator_shows_values_bands_and_parts():
    change = make_change()
    change["indicators"] = [
        make_indicator(facts_points=300),
        make_indicator(new_points=100),
    ]
    text = show(change)
    assert "9 → 50" in text
    assert "[1, 10) → [50, ∞)" in text
    assert "+3.00" in text
    assert "1 indicators give the points they gave" in text


def test_the_value_under_the_new_identity_stands_between():
    change = make_change()
    change["indicators"] = [
        make_indicator(identity_points=300, regrouped_value=Decimal(50))
    ]
    assert "9 → (50) → 50" in show(change)


def test_a_bar_without_ranks_is_told_by_its_points():
    """Where scores decide no rank is the last; a bar that stood still is no reason."""
    bar = {"old_rank_to": None, "new_rank_to": None, "old_bar_points": 8001}
    change = make_change()
    change["bars"] = [
        {"tier_band": "VIP", "new_bar_points": 8001, **bar},
        {"tier_band": "good", "new_bar_points": 7001, **bar},
    ]
    text = show(change)
    assert "VIP" not in text
    assert "good began at 80.01 points, now at 70.01 points\n" in text


def test_records_and_bills_are_named():
    change = make_change()
    record = {
        "account_id_crm": "a07",
        "account_name_crm": "Mill",
        "old_group_account_id": "g7",
        "new_group_account_id": "g1",
        "old_account_points": 1600,
        "match_basis": "steward",
    }
    change["records"] = [
        {**record, "record_change": "joined"},
        {**record, "record_change": "stayed", "account_id_crm": "a01"},
    ]
    change["late_bills"] = [
        {
            "table_name": "line_bills",
            "bill_month": MAY,
            "load_id": 14,
            "system_name": "boss",
            "as_of_date": JUNE,
            "what": "arrived",
            "bills": 2,
            "amount": Decimal("1234.50"),
        }
    ]
    text = show(change)
    assert "+ a07 Mill, from g7 (16.00 points), by steward" in text
    assert "a01" not in text
    assert (
        "load 14 (boss, 2024-06-01): 2 line_bills of 2024-05 arrived, 1,234.50" in text
    )


@pytest.mark.parametrize(
    ("value", "is_missing", "shown"),
    [
        (None, None, "-"),
        (Decimal(5), True, "missing"),
        (None, False, "none"),
        (Decimal("1200.50"), False, "1,200.5"),
    ],
)
def test_missing_none_and_no_account_differ(value, is_missing, shown):
    assert show_value(value, is_missing) == shown


def test_points_have_a_sign():
    assert [show_points(value) for value in (0, 50, -123456)] == [
        *("0", "+0.50", "-1,234.56"),
    ]


def test_the_older_publication_of_a_month_poses_as_the_month_before():
    assert label_old(make_state(MAY), make_state()) == MAY
    assert label_old(make_state(), make_state()) == MAY
    assert label_old(make_state(JUNE), make_state(date(2024, 1, 1))) == date(
        2023, 12, 1
    )


def test_sums_and_movers_are_printed():
    row = {
        "group_account_id": "g1",
        "account_name": "Ox",
        "changed_points": 300,
        "old_total_points": 4000,
        "new_total_points": 4300,
        "old_effective_tier": "C",
        "new_effective_tier": "B1",
        "tier_change_cause": "others_fell",
        **NO_PARTS,
        "facts_points": 300,
    }
    sums = {"accounts": 1, "up": 300, "down": 0, "net": 300}
    side = {"publication_id": 3, "scorecard_version": "1"}
    report = {
        "scorecard_id": "card",
        "from": side | {"month": MAY},
        "to": side | {"month": JUNE},
        "parts": {"facts": sums},
        "changed_points": 300,
        "account_changes": {"both": 1},
        "tier_changes": {},
        "accounts": [row],
    }
    console = Console(width=200)
    with console.capture() as shown:
        render_changes(report, console, limit=5)
    text = shown.get()
    assert "The parts of all 1 accounts add up" in text
    assert "Tiers: none changed" in text
    assert "C → B1 (others fell)" in text
