"""Rules that change, overrides and leads, through the whole pipeline on tiny data."""

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from jinta.errors import RuleError, UsageError
from jinta.report.decisions import (
    Override,
    add_override,
    fetch_lead_updates,
    fetch_overrides,
    update_lead,
)
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.rules import check_rules
from jinta.warehouse import connect
from tests.running import TINY, read_rows, run_pipeline

CARD = "group_account_value"
MONTHS = ("2024-01", "2024-03")
SWITCH = date(2024, 3, 1)
WEIGHTS = {"employees": Decimal(10), "informatization_products": Decimal(6)}


@pytest.fixture(scope="module")
def own_rules(make_warehouse, tmp_path_factory):
    """A warehouse with a dbt project of its own, whose seeds a test may edit."""
    settings = make_warehouse()
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(
        settings.dbt_project,
        folder / "dbt_project",
        ignore=shutil.ignore_patterns("target", "logs"),
    )
    for name in ("demo", "expectations", "plugins"):
        (folder / name).symlink_to(settings.checkout / name)
    return replace(settings, checkout=folder)


@pytest.fixture(scope="module")
def before(own_rules):
    """What readers see by the first version."""
    run_pipeline(own_rules, TINY, *MONTHS)
    return read_points(own_rules)


@pytest.fixture(scope="module")
def after(own_rules, before):
    """The same months after two weights changed from the last one on, and decisions."""
    write_new_version(
        own_rules.dbt_project / "seeds" / "rules",
        NewVersion(
            rule_id=CARD,
            version="2",
            valid_from=SWITCH,
            approver="the owner",
            recorded_at=date(2024, 2, 20),
            weights=WEIGHTS,
        ),
    )
    account, _ = find_account(own_rules, "C")
    add_override(
        own_rules,
        Override(account, "A1", SWITCH, SWITCH, "the owner", "strategic", CARD),
    )
    update_lead(own_rules, "L1", account, "won", updated_by="m1", outcome="MAS sold")
    run_pipeline(own_rules, TINY, *MONTHS)
    return read_points(own_rules)


def read_points(settings):
    """Points by month, account and indicator."""
    rows = read_rows(
        settings,
        "select month, group_account_id, indicator_id, band, points, scorecard_version "
        "from fct_account_points",
    )
    return {row[:3]: row[3:] for row in rows}


def find_account(settings, tier):
    """Key and account of a ranked record with a tier in the last month."""
    return read_rows(
        settings,
        f"""
        select bridge.account_id_crm, scores.group_account_id
        from fct_account_scores as scores
        inner join bridge_account_records as bridge using (month, group_account_id)
        where scores.month = '{SWITCH}' and scores.raw_tier = '{tier}'
        order by 1
        limit 1
        """,
    )[0]


def test_new_version_changes_points_from_its_month_only(before, after):
    assert before
    assert set(before) == set(after)
    for key, (band, points, version) in before.items():
        month, _, indicator = key
        if month < SWITCH:
            assert after[key] == (band, points, version), key
            continue
        weight = WEIGHTS.get(indicator)
        scaled = points if weight is None else int(points * weight / 8)
        assert after[key] == (band, scaled, "2"), key


def test_scores_are_the_sums_by_hand(own_rules, after):
    sums = {}
    for (month, account, _), (_, points, _) in after.items():
        sums[month, account] = sums.get((month, account), 0) + points
    scores = read_rows(
        own_rules,
        "select month, group_account_id, total_points, x_points + y_points + z_points "
        "from fct_account_scores",
    )
    assert {row[:2]: (row[2], row[3]) for row in scores} == {
        key: (total, total) for key, total in sums.items()
    }


def test_the_ledger_names_the_versions(own_rules, after):
    assert after
    rows = read_rows(
        own_rules,
        "select version from control.rule_versions "
        f"where rule_set = 'scorecard {CARD}' order by first_published_at",
        role="publisher",
    )
    assert rows == [("2026.1",), ("2",)]


def test_override_moves_one_account_and_says_why(own_rules, after):
    assert after
    rows = read_rows(
        own_rules,
        "select month, raw_tier, suggested_tier, effective_tier, tier_code, "
        "override_reason, override_valid_to "
        "from fct_account_scores where effective_tier <> suggested_tier",
    )
    assert rows == [(SWITCH, "C", "C", "A1", 4, "strategic", SWITCH)]
    pyramid = read_rows(
        own_rules,
        "select sum(accounts), sum(raw_accounts) from fct_value_pyramid "
        f"where month = '{SWITCH}'",
    )
    assert pyramid[0][0] == pyramid[0][1]


def test_decisions_are_kept_in_the_log(own_rules, after):
    assert after
    (override,) = fetch_overrides(own_rules, 10)
    assert (override["tier"], override["approver"]) == ("A1", "the owner")
    (update,) = fetch_lead_updates(own_rules, 10)
    assert (update["lead_status"], update["outcome"]) == ("won", "MAS sold")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"account_id": "nobody"}, "No account record nobody"),
        ({"tier": "A9"}, "A9 is no tier"),
        ({"scorecard_id": "none"}, "none is no scorecard"),
        ({"reason": " "}, "who approved it and why"),
        ({"valid_to": date(2024, 1, 1)}, "before it begins"),
    ],
)
def test_override_refuses_what_makes_no_sense(own_rules, after, changes, message):
    assert after
    account, _ = find_account(own_rules, "C")
    override = Override(account, "A1", SWITCH, SWITCH, "the owner", "why", CARD)
    with pytest.raises(UsageError, match=message):
        add_override(own_rules, replace(override, **changes))


def test_lead_update_refuses_what_makes_no_sense(own_rules, after):
    assert after
    account, _ = find_account(own_rules, "C")
    for rule, key, status, message in (
        ("L9", account, "won", "L9 is no lead rule"),
        ("L1", "nobody", "won", "No account record nobody"),
        ("L1", account, "sold", "sold is no status"),
    ):
        with pytest.raises(UsageError, match=message):
            update_lead(own_rules, rule, key, status, updated_by="m1")


def test_rules_in_the_warehouse_are_checked(own_rules, after):
    assert after
    check_rules(own_rules)
    with connect(own_rules, "owner") as connection:
        connection.execute(
            "update rules.scorecard_bands set points = 1 "
            "where version = '2026.1' and indicator_id = 'tax_rank' and band = 1"
        )
    with pytest.raises(RuleError, match="tax_rank 1: points was 2 and is 1"):
        check_rules(own_rules)


def test_matching_rules_are_kept_as_published_too(own_rules, after):
    assert after
    with connect(own_rules, "owner") as connection:
        connection.execute(
            "update rules.match_limits set limit_value = 0.5 "
            "where limit_name = 'review_line'"
        )
    with pytest.raises(RuleError, match=r"review_line 1: limit_value was 0.4 and is"):
        check_rules(own_rules)
