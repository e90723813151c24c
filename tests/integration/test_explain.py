"""`jinta explain`: the whole of a published score, from what the reporter may read."""

from datetime import date

import pytest
from rich.console import Console

from jinta.errors import UsageError
from jinta.report.explain import explain_account, render_explanation
from tests.running import TINY, run_pipeline


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def tiny(warehouse):
    run_pipeline(warehouse, TINY, "2024-02", "2024-03")
    return warehouse


@pytest.mark.parametrize("name", ["a02", "a02d", "中共罗平县委组织部", "组织部"])
def test_an_account_is_found_by_number_name_or_part_of_it(tiny, name):
    explanation = explain_account(tiny, name)
    assert explanation["month"] == date(2024, 3, 1)
    assert {r["account_id_crm"] for r in explanation["records"]} == {"a02", "a02d"}


def test_every_point_is_told_and_they_add_up(tiny):
    explanation = explain_account(tiny, "a05", date(2024, 3, 1))
    points = {row["indicator_id"]: row["points"] for row in explanation["points"]}
    assert len(points) == 11
    assert sum(points.values()) == explanation["score"]["total_points"] == 5600
    for row in explanation["points"]:
        if row["band_from"] is not None and not row["is_missing"]:
            assert row["indicator_value"] is None or (
                row["indicator_value"] >= row["band_from"]
            )


def test_the_distance_to_the_next_tier_is_the_bar_of_its_lowest_account(tiny):
    [nearest, *_] = explain_account(tiny, "a04", date(2024, 3, 1))["next_tier"]
    # a10 is the last B of the branch with 49.00, a04 has 47.00.
    assert nearest["tier"] == "B"
    assert nearest["total_points_needed"] == 4900
    assert nearest["points_missing"] == 200


def test_a_lead_is_told_with_its_evidence(tiny):
    explanation = explain_account(tiny, "a02")
    assert [lead["lead_rule_id"] for lead in explanation["leads"]] == ["L1"]
    console = Console(width=140)
    with console.capture() as shown:
        render_explanation(explanation, console)
    assert "has_recorded_need" in shown.get()
    assert "罗平县委组织部" in shown.get()


def test_more_than_one_answer_lists_them_and_asks_for_one(tiny):
    with pytest.raises(UsageError, match="More than one account answers to '县'"):
        explain_account(tiny, "县")
    with pytest.raises(UsageError, match="No account in 2024-03 answers to 'nobody'"):
        explain_account(tiny, "nobody")
