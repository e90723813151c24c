"""`jinta explain`: the whole of published scores, from what the reporter may read.

S0-04, S0-05: whoever asks sees why a tier came out; S0-28: a lead with its evidence.
"""

import json
from datetime import date
from decimal import Decimal

import pytest
from psycopg.rows import dict_row
from rich.console import Console

from jinta import cli
from jinta.errors import UsageError
from jinta.report import cli as report_cli
from jinta.report.explain import explain_account, fetch_branch_name
from jinta.report.explain_leads import write_condition
from jinta.report.explain_text import render_explanation
from jinta.report.since import explain_since
from jinta.report.source_rows import list_older_rows, list_source_rows
from jinta.report.standing import write_standing
from jinta.warehouse import connect
from tests.running import TINY, read_rows, run_pipeline

CARD = "group_account_value"


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def tiny(warehouse):
    run_pipeline(warehouse, TINY, "2024-02", "2024-03")
    return warehouse


def explain_card(settings, account, month=None):
    [card] = explain_account(settings, account, month, CARD)["cards"]
    return card


def show(explanation):
    console = Console(width=200)
    with console.capture() as shown:
        render_explanation(explanation, console)
    return shown.get()


@pytest.mark.parametrize("name", ["a02", "a02d", "中共罗平县委组织部", "组织部"])
def test_an_account_is_found_by_number_name_or_part_of_it(tiny, name):
    explanation = explain_account(tiny, name)
    assert explanation["month"] == date(2024, 3, 1)
    assert {r["account_id_crm"] for r in explanation["records"]} == {"a02", "a02d"}


def test_a_branch_is_told_by_its_name(tiny):
    assert "branch qj 曲靖分公司 ·" in show(explain_account(tiny, "a02"))
    with connect(tiny, "owner") as connection:
        connection.execute("drop view marts.dim_branches")
        cursor = connection.cursor(row_factory=dict_row)
        assert fetch_branch_name(cursor, "qj") is None, "an older publication has none"
        connection.rollback()


def test_a_prospect_is_found_by_its_number_and_scored_by_its_own_card(systems):
    """Potential customers have a card of their own (S3-02)."""
    explanation = explain_account(systems.settings, "p1", date(2024, 3, 1))
    assert explanation["account"]["account_kind"] == "prospect"
    assert [c["scorecard_id"] for c in explanation["cards"]] == ["potential_customer"]
    assert [r["account_id_crm"] for r in explanation["records"]] == ["p1"]
    rows = list_source_rows(systems.settings, explanation)
    # Who assesses a prospect names it in a column of its own.
    assert {row["table_name"]: row["row_count"] for row in rows} == {
        "crm.assessments": 1,
        "crm.prospects": 1,
    }
    assert "Potential" in show(explanation)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "p7",
            "Not ranked (customer {a07} 富源后所煤业有限公司 since 2024-02, by crm)",
        ),
        ("p6", "Not ranked (closed on 2024-01-20)"),
        ("unidentified-unknown", "Not ranked (not identified: it holds what belongs"),
    ],
)
def test_who_is_not_ranked_is_told_why(systems, name, told):
    rows = systems.rows(
        "select account_id_crm, group_account_id from marts.bridge_account_records "
        "where month = '2024-03-01'"
    )
    text = show(explain_account(systems.settings, name, date(2024, 3, 1)))
    assert told.format(**dict(rows)) in text
    assert "Rank -" not in text


def test_a_month_that_shows_no_other_state_does_not_tell_since_when(systems):
    """In the first published month nobody knows how long a prospect was a customer."""
    standing = explain_account(systems.settings, "p7", date(2024, 3, 1))["standing"]
    customer = standing["customer"]
    assert not customer["is_since_earlier"]
    text = write_standing(
        standing | {"customer": customer | {"is_since_earlier": True}}
    )
    assert "since 2024-02 or before, by crm" in text


def test_every_point_is_told_and_they_add_up(tiny):
    card = explain_card(tiny, "a05", date(2024, 3, 1))
    points = {row["indicator_id"]: row["points"] for row in card["points"]}
    assert len(points) == 11
    assert sum(points.values()) == card["score"]["total_points"] == 5600
    for row in card["points"]:
        if row["band_from"] is not None and not row["is_missing"]:
            assert row["indicator_value"] is None or (
                row["indicator_value"] >= row["band_from"]
            )


def test_an_ended_id_is_told_to_be_another_account_now(tiny):
    """Ids resolve for ever; who asks by an old one must not take it for the same."""
    explanation = explain_account(tiny, "a02")
    now = explanation["account"]["group_account_id"]
    assert not explanation["is_successor"]
    assert "has ended" not in show(explanation)
    [old] = [
        "g" + row["source_record_id"][1:]
        for row in explanation["records"]
        if row["source_record_id"] != "r" + now[1:]
    ]
    explanation = explain_account(tiny, f" {old} ")
    assert explanation["account"]["group_account_id"] == now
    assert explanation["is_successor"]
    assert f"{old.strip()} has ended; its first record is in this account" in show(
        explanation
    )


def test_a_tier_that_is_kept_or_provisional_is_told_at_a_glance(tiny):
    """Distances are of the rule's tier: beside a kept one they say so."""
    explanation = explain_account(tiny, "a04", date(2024, 3, 1), CARD)
    [card] = explanation["cards"]
    assert "by the rule" not in show(explanation)
    score = card["score"]
    score |= {
        "effective_tier": "B1",
        "held_band": "B",
        "exit_months": 3,
        "months_outside": 1,
    }
    raw = score["raw_tier"]
    text = " ".join(show(explanation).split())
    assert f"B1 kept ({raw} by the rule)" in text
    assert "B, 2.01 points short by the rule" in text
    assert "To B by the rule: 2.01 points short" in text
    assert "leads to B2 by the rule" in text
    score |= {
        "effective_tier": raw,
        "is_provisional": True,
        "completeness_pct": Decimal(65),
    }
    assert f"{raw} (provisional, 65 % known)" in show(explanation)


def test_amounts_and_counts_are_told_with_their_period(systems):
    """S4-02: five transactions of a year are not five of a month."""
    text = show(explain_account(systems.settings, "a05", date(2024, 3, 1)))
    assert "yuan in 12 months" in text
    assert "yuan in 36 months" in text
    assert "per month in" not in text
    assert "per cent in" not in text


def test_a_change_that_nobody_can_make_is_marked(tiny):
    explanation = explain_account(tiny, "a04", date(2024, 3, 1), CARD)
    [card] = explanation["cards"]
    nearest = card["next_tiers"][0]
    assert nearest["is_changeable"]
    assert "nobody can change it" not in show(explanation)
    nearest["is_changeable"] = False
    assert "nobody can change it (客户经理无法改变)" in show(explanation)
    assert "only record" not in show(explanation)
    nearest["was_missing"] = True
    text = " ".join(show(explanation).split())
    assert "(客户经理无法改变), only record what it is" in text


def test_all_cards_of_an_account_are_told_unless_one_is_asked_for(tiny):
    told = [card["scorecard_id"] for card in explain_account(tiny, "a05")["cards"]]
    scored = read_rows(
        tiny,
        "select scorecard_id from fct_account_scores inner join "
        "bridge_account_records using (month, group_account_id) "
        "where account_id_crm = 'a05' and month = '2024-03-01' order by 1",
    )
    assert sorted(told) == [name for (name,) in scored]
    assert told[0] == CARD
    assert len(told) > 1
    with pytest.raises(UsageError, match="no scorecard nothing"):
        explain_account(tiny, "a05", scorecard_id="nothing")


def test_the_way_to_the_next_tier_is_told_with_the_change_that_does_it(tiny):
    [nearest, farther] = explain_card(tiny, "a04", date(2024, 3, 1))["next_tiers"]
    # a10 is the last B of the branch with 49.00, a04 has 47.00.
    assert (nearest["target_band"], nearest["points_short"]) == ("B", 201)
    assert nearest["indicator_id"] == "unified_payment_amount"
    assert nearest["needed_value"] == Decimal(20000)
    assert (farther["target_band"], farther["is_one_change_enough"]) == ("A", False)
    text = show(explain_account(tiny, "a04", date(2024, 3, 1), CARD))
    assert "To B: 2.01 points short; Unified payment revenue" in text
    assert "from 5,500 to 20,000 yuan per month (1 band, +3.00 points) leads" in text
    assert "To A: 29.00 points short; no single indicator is enough" in text


def test_a_lead_is_told_with_its_evidence(tiny):
    explanation = explain_account(tiny, "a02")
    assert [lead["lead_rule_id"] for lead in explanation["leads"]] == ["L1"]
    text = show(explanation)
    lines = [line.strip() for line in text.splitlines()]
    [lead] = explanation["leads"]
    assert f"to do: {lead['lead_action']}" in lines
    assert "open; assigned to nobody, manager mqj" in lines
    assert "✓ Recorded need for informatization (已记录的信息化需求): yes" in lines
    # Either of the second group is enough, so it is one line.
    [share] = [line for line in lines if "Peers whose unified payment share" in line]
    assert share.startswith("✓ ")
    assert "Unified payment in its revenue of three months" in share
    assert lines.index(share) < next(
        place for place, line in enumerate(lines) if "raise the priority: Comp" in line
    )


ACCOUNTS = ["a01", "a02", "a04", "a05", "b01", "p1", "p6", "unidentified-unknown"]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_text_holds_names_not_columns(systems, account):
    """Nobody but who wrote the SQL knows its columns, and None is a word of Python."""
    text = show(explain_account(systems.settings, account, date(2024, 3, 1)))
    for code in ("_pct", "_points", "_amount", "None", "∞", " X ", " Y "):
        assert code not in text, code


def test_indicators_stand_below_their_dimension_with_what_the_value_means(tiny):
    lines = show(explain_account(tiny, "a04", date(2024, 3, 1), CARD)).splitlines()
    heads = [line.split() for line in lines]
    sums = {line[0]: line[1:] for line in heads if len(line) == 3}
    assert set(sums) >= {"Contribution", "Attribute", "Influence"}
    [total] = [line for line in lines if " of 100.00 points; " in line]
    for name in ("contribution", "attribute", "influence"):
        assert f"{name} {sums[name.capitalize()][0]}" in total
    [bill] = [line for line in lines if line.startswith("   Unified payment revenue")]
    assert "5,000 to 20,000" in bill
    assert "contribution" not in bill


def test_what_people_entered_is_told_with_who_when_and_why(systems):
    """S3-05: the points of an item are those of its assessment in force."""
    text = show(explain_account(systems.settings, "a01", date(2024, 3, 1)))
    told = "12, by mqj on 2024-03-01, until 2025-02-28: capital raised"
    assert f"Strength (客户实力): {told}" in text
    # Given for a year, a fortnight too short.
    assert "Growth (客户成长性): no assessment in force" in text
    assert "Industry and policy influence (行业/政策影响力): " in text
    assert "as recorded in registry.policy_influences" in text


def test_a_change_of_an_opinion_is_told_as_one(systems):
    """C.6: who wants a tier learns whether it takes business or an assessment."""
    rows = systems.rows(
        "select group_account_id from marts.fct_next_tiers "
        "where month = '2024-03-01' and is_manual and was_missing limit 1"
    )
    text = show(explain_account(systems.settings, rows[0][0], date(2024, 3, 1)))
    assert " from unknown to " in text
    assert "an item that people enter; it needs an assessment" in text


def test_a_former_grade_is_told_of_the_first_system_alone(systems):
    """The CRM's grades are older than the other scorecards."""
    [(account,)] = systems.rows(
        "select group_account_id from marts.fct_account_scores "
        "where month = '2024-03-01' and former_grade is not null "
        "order by 1 limit 1"
    )
    explanation = explain_account(systems.settings, account, date(2024, 3, 1))
    assert len(explanation["cards"]) > 1
    assert show(explanation).count("former grade ") == 1


def test_work_on_a_lead_is_told(tiny):
    """S4-10: whose it is, until when, and what was said."""
    explanation = explain_account(tiny, "a02")
    [lead] = explanation["leads"]
    lead |= {
        "lead_status": "contacted",
        "assigned_to": "mym",
        "due_date": date(2024, 3, 20),
        "is_overdue": True,
        "feedback": "wants a demonstration",
    }
    assert (
        "contacted; assigned to mym; due 2024-03-20, overdue; feedback: wants a "
        "demonstration"
    ) in show(explanation)


def test_a_look_alike_is_told_what_it_is_alike_in():
    """S4-16: and an unknown value is called unknown."""
    found = {
        "group": 1,
        "metric": "look_alike_points",
        "name": "Likeness",
        "name_zh": "相似度",
        "unit": "points",
        "value": 70,
        "comparison": "at_least",
        "threshold": 60,
        "is_met": True,
        "features": [
            # Of a month published before features had names.
            {"feature": "county_name", "value": "Luo_ping", "points": 40},
            {
                "feature": "size_class",
                "name": "Employees",
                "name_zh": "员工规模",
                "value": "10 to 99",
                "points": 30,
            },
        ],
    }
    assert write_condition(found) == (
        "Likeness (相似度): 70 points, at least 60 points: county name Luo ping "
        "(+40); Employees (员工规模) 10 to 99 (+30)"
    )
    unknown = found | {"value": None, "features": []}
    assert write_condition(unknown) == (
        "Likeness (相似度): unknown, at least 60 points"
    )


def test_a_table_has_a_line_for_each_window_that_indicators_look_at(tiny):
    """Informatization is averaged over three months, its products are of one."""
    explanation = explain_account(tiny, "a02", date(2024, 3, 1), CARD)
    found = {
        (row["table_name"], row["window_months"]): row
        for row in list_source_rows(tiny, explanation)
    }
    wide, narrow = (found["billing.informatization_bills", n] for n in (3, 1))
    assert wide["row_count"] > narrow["row_count"] > 0
    assert wide["indicators"] == ["informatization_amount"]
    assert narrow["indicators"] == ["informatization_products"]
    records = found["crm.accounts", None]
    assert records["row_count"] == 2
    assert {"employees", "signed_years"} <= set(records["indicators"])


def test_source_rows_are_counted_with_the_loads_that_brought_them(tiny):
    explanation = explain_account(tiny, "a04", date(2024, 3, 1), CARD)
    rows = {row["table_name"]: row for row in list_source_rows(tiny, explanation)}
    bills = rows["billing.unified_payment_bills"]
    [(counted, loads)] = read_rows(
        tiny,
        "select count(*), array_agg(distinct _first_load_id) "
        "from raw.billing__unified_payment_bills where account_id = 'a04' "
        "and bill_month between '2024-01-01' and '2024-03-01'",
        role="transformer",
    )
    assert (bills["row_count"], bills["load_ids"]) == (counted, loads)
    assert bills["indicators"] == ["unified_payment_amount"]
    assert bills["window_months"] == 3
    assert bills["file_name"] == "unified_payment_bills.csv"
    # Member bills name lines, and lines name the account.
    assert rows["billing.line_bills"]["row_count"] > 0
    explanation["sources"] = list(rows.values())
    assert "unified_payment_bills.csv" in show(explanation)


def test_older_rows_are_told_of_what_is_made_of_them(systems):
    """The first sale ever and open invoices lie before the window that is listed."""
    explanation = explain_account(systems.settings, "a05", date(2024, 3, 1))
    told = {
        row["indicator_id"]: row["source_tables"]
        for row in list_older_rows(systems.settings, explanation)
    }
    values = {
        row["indicator_id"]: row["is_missing"]
        for card in explanation["cards"]
        for row in card["points"]
    }
    older = {
        *("off_net_rate_pct", "transaction_age_months", "collection_cycle_days"),
        *("average_arrears_amount", "average_arrears_rate_pct"),
    }
    assert set(told) == {name for name in older if not values[name]} != set()
    assert told["transaction_age_months"] == "billing.transactions"
    explanation["sources"] = list_source_rows(systems.settings, explanation)
    assert "also made of older rows" not in show(explanation)
    explanation["older_rows"] = list_older_rows(systems.settings, explanation)
    text = show(explanation)
    assert "also made of older rows than those: " in text
    assert "transaction_age_months (billing.transactions)" in text


def test_the_command_prints_json_with_all_parts(tiny, monkeypatch, capsys):
    monkeypatch.setattr(report_cli, "load_settings", lambda: tiny)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main(["explain", "a04", "--month", "2024-03", "--sources", "--json"])
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    assert {"account", "cards", "records", "leads", "sources"} <= set(told)
    assert {"standing", "older_rows"} <= set(told)
    [card] = [card for card in told["cards"] if card["scorecard_id"] == CARD]
    assert card["version"]["scorecard_version"] == card["score"]["scorecard_version"]


def test_more_than_one_answer_lists_them_and_asks_for_one(tiny):
    with pytest.raises(UsageError, match="More than one account answers to '县'"):
        explain_account(tiny, "县")
    with pytest.raises(UsageError, match="No account in 2024-03 answers to 'nobody'"):
        explain_account(tiny, "nobody")


def test_a_month_that_is_not_published_is_named_with_those_that_are(tiny):
    with pytest.raises(UsageError, match="2023-08 is not published") as refusal:
        explain_account(tiny, "a04", date(2023, 8, 1))
    assert "2024-03" in refusal.value.cure


def test_a_month_is_not_compared_with_itself_or_with_none(tiny):
    with pytest.raises(UsageError, match="is the month that is explained"):
        explain_since(tiny, "a04", since=date(2024, 3, 1), month=date(2024, 3, 1))
    with pytest.raises(UsageError, match="2023-08 is not published") as refusal:
        explain_since(tiny, "a04", since=date(2023, 8, 1))
    assert "2024-02, 2024-03" in refusal.value.cure


def test_where_scores_decide_no_rank_is_told_as_a_bar(tiny):
    rows = read_rows(
        tiny,
        "select distinct cut_off_basis, rank_from is null, rank_to is null "
        "from fct_tier_cut_offs inner join dim_scorecards "
        "using (scorecard_id, scorecard_version)",
    )
    assert set(rows) == {("score", True, True), ("rank_share", False, False)}


def test_blanks_around_a_name_do_not_count_and_an_empty_one_is_refused(tiny):
    assert (
        explain_account(tiny, " a04 ")["account"]
        == explain_account(tiny, "a04")["account"]
    )
    with pytest.raises(UsageError, match="name is empty"):
        explain_account(tiny, "  ")


def test_a_card_of_prospects_does_not_explain_an_account(tiny):
    with pytest.raises(UsageError, match="potential_customer scores prospects only"):
        explain_account(tiny, "a04", scorecard_id="potential_customer")
