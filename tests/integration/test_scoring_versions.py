"""Rules that change, overrides and leads, through the whole pipeline on tiny data."""

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from jinta import cli
from jinta.errors import RuleError, UsageError
from jinta.report import rules_cli
from jinta.report.decisions import Override, add_override, fetch_overrides
from jinta.report.leads import fetch_lead_updates, update_lead
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.rule_history import (
    fetch_restatements,
    fetch_rule_changes,
    refuse_published,
)
from jinta.report.rules import check_rules
from jinta.warehouse import connect
from tests.running import TINY, read_hashes, read_rows, run_pipeline

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
def hashes(own_rules, before):
    """Content hashes as of the first version."""
    assert before
    return read_hashes(own_rules)


@pytest.fixture(scope="module")
def after(own_rules, before, hashes):
    """The same months after two weights changed from the last one on, and decisions."""
    assert hashes
    write_new_version(
        own_rules.dbt_project / "seeds" / "rules",
        NewVersion(
            rule_id=CARD,
            version="2",
            valid_from=SWITCH,
            approver="the owner",
            recorded_at=date(2024, 2, 20),
            note="Size counts for more",
            weights=WEIGHTS,
        ),
    )
    stale = fetch_restatements(own_rules)
    assert stale == {f"Other scorecard versions are in force: {CARD} 2": [SWITCH]}
    account, _ = find_account(own_rules, "C")
    add_override(
        own_rules,
        Override(account, "A1", SWITCH, SWITCH, "the owner", "strategic", CARD),
    )
    rule, record = read_rows(
        own_rules,
        "select lead_rule_id, account_id_crm from fct_leads "
        "inner join bridge_account_records using (month, group_account_id) "
        "order by 1, 2 limit 1",
    )[0]
    update_lead(own_rules, rule, record, "won", updated_by="m1", outcome="MAS sold")
    run_pipeline(own_rules, TINY, *MONTHS)
    return read_points(own_rules)


def read_points(settings):
    """Points by month, account and indicator."""
    rows = read_rows(
        settings,
        "select month, group_account_id, indicator_id, band, points, scorecard_version "
        f"from fct_account_points where scorecard_id = '{CARD}'",
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
        where
            scores.month = '{SWITCH}' and scores.raw_tier = '{tier}'
            and scores.scorecard_id = '{CARD}'
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


def test_months_before_the_switch_keep_their_hashes(own_rules, hashes, after):
    assert after
    now = read_hashes(own_rules)
    # The update of a lead, recorded meanwhile, holds in every month.
    led = {"fct_leads", "fct_lead_cases", "fct_kpis"}
    early = {
        key for key in hashes if key[1] and key[1] < str(SWITCH) and key[0] not in led
    }
    assert len(early) > 10
    assert {key: now[key] for key in early} == {key: hashes[key] for key in early}
    assert (
        now["fct_account_scores", str(SWITCH)]
        != (hashes["fct_account_scores", str(SWITCH)])
    )


def test_a_version_with_a_future_date_changes_no_month(own_rules, after):
    """All of history is built again with it, month by month the same."""
    assert after
    earlier = read_hashes(own_rules)
    write_new_version(
        own_rules.dbt_project / "seeds" / "rules",
        NewVersion(
            rule_id=CARD,
            version="3",
            valid_from=date(2030, 1, 1),
            approver="the owner",
            recorded_at=date(2024, 3, 20),
            weights={"employees": Decimal(20)},
            is_balanced=True,
        ),
    )
    assert fetch_restatements(own_rules) == {}
    run_pipeline(own_rules, TINY, *MONTHS)
    now = read_hashes(own_rules)
    months = {key for key in earlier if key[1]}
    assert {key: now[key] for key in months} == {key: earlier[key] for key in months}
    assert now["dim_scorecards", None] != earlier["dim_scorecards", None]


def test_a_version_for_published_months_must_be_meant(own_rules, after):
    assert after
    with pytest.raises(UsageError, match="2 months from 2024-02 to 2024-03 are publi"):
        refuse_published(own_rules, CARD, date(2024, 2, 1))
    refuse_published(own_rules, CARD, date(2024, 4, 1))
    # The matcher's rules hold as of the run's day, for all months alike.
    refuse_published(own_rules, "match_limits", date(2024, 2, 1))


def test_the_audit_mart_tells_what_changed_by_hand(own_rules, after):
    """Two weights, and the points of their bands in proportion: no more, no less."""
    assert after
    rows = read_rows(
        own_rules,
        "select seed_name, row_key, column_name, old_value, new_value "
        "from fct_rule_changes where rule_version = '2'",
    )
    employees = {1: "1.25", 2: "2.5", 3: "5", 4: "7.5", 5: "10"}
    products = {1: "1.5", 2: "3", 3: "3.75", 4: "4.5", 5: "6"}
    old = {
        "employees": {1: "1", 2: "2", 3: "4", 4: "6", 5: "8"},
        "informatization_products": {1: "2", 2: "4", 3: "5", 4: "6", 5: "8"},
    }
    assert set(rows) == {
        ("scorecard_indicators", name, "weight", "8", new)
        for name, new in (("employees", "10"), ("informatization_products", "6"))
    } | {
        ("scorecard_bands", f"{name} {band}", "points", old[name][band], points)
        for name, new in (
            ("employees", employees),
            ("informatization_products", products),
        )
        for band, points in new.items()
    }
    who = read_rows(
        own_rules,
        "select distinct change_kind, version_before, valid_from, recorded_date, note "
        "from fct_rule_changes where rule_version = '2'",
    )
    assert who == [
        ("changed", "2026.1", SWITCH, date(2024, 2, 20), "Size counts for more")
    ]


def test_the_log_shows_a_first_version_as_one_entry(own_rules, after):
    assert after
    log = fetch_rule_changes(own_rules, "L1", 10)
    assert [(e["rule_set"], e["what"]) for e in log] == [("lead L1", "all")]
    changes = fetch_rule_changes(own_rules, CARD, 99)
    bands = [e for e in changes if e["what"] == "scorecard_bands"]
    assert {e["column_name"] for e in bands} == {"points"}
    assert len(fetch_rule_changes(own_rules, None, 3)) == 3


def test_the_log_of_a_rule_that_is_none_is_refused(own_rules, after, monkeypatch):
    assert after
    monkeypatch.setattr(rules_cli, "load_settings", lambda: own_rules)
    for arguments, code in ((["L1"], 0), ([], 0), (["nope"], 2)):
        with pytest.raises(SystemExit) as ended:
            cli.main(["rules", "log", *arguments])
        assert (ended.value.code or 0) == code, arguments


def test_decisions_are_in_the_audit_mart(own_rules, after):
    assert after
    rows = read_rows(
        own_rules,
        "select decision_type, decision_kind, reason, decided_value, valid_from "
        "from fct_decisions order by 1",
    )
    assert rows == [
        ("lead_update", "status", "MAS sold", "won", None),
        ("tier_override", "override", "strategic", "A1", SWITCH),
    ]


def test_scores_are_the_sums_by_hand(own_rules, after):
    sums = {}
    for (month, account, _), (_, points, _) in after.items():
        sums[month, account] = sums.get((month, account), 0) + points
    scores = read_rows(
        own_rules,
        "select month, group_account_id, total_points, x_points + y_points + z_points "
        f"from fct_account_scores where scorecard_id = '{CARD}'",
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
    assert rows == [("2026.1",), ("2",)]  # 3 is not in force yet


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
        f"where month = '{SWITCH}' and scorecard_id = '{CARD}'",
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
            update_lead(own_rules, rule, key, status, updated_by="m1", outcome="sold")


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
