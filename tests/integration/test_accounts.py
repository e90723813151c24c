"""From account records to group accounts: evidence, decisions and the months.

S0-06, S0-07, S0-08, S0-33.
"""

from datetime import date

import pytest
from typer.testing import CliRunner

from jinta.errors import TransformError, UsageError
from jinta.report.stewards import (
    DecisionKind,
    decide,
    fetch_decisions,
    fetch_review_pairs,
    record_decision,
    review,
)
from jinta.transform.runner import invoke_dbt
from jinta.warehouse import connect
from tests.integration.account_records import (
    build_accounts,
    put_rows,
    read_accounts,
    read_rows,
    read_verdicts,
)

MAY, OCTOBER, DECEMBER = (date(2025, month, 1) for month in (5, 10, 12))
CODE_1, CODE_2 = "91530302MA6K9Q3X0K", "91530322MA6N0F7T2C"
BRANCH = {"branch_id": "qj", "county_name": "麒麟区"}


def valid(code):
    """The code with the check character that its first seventeen ask for."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(letters.index(code[i]) * pow(3, i, 31) for i in range(17))
    return code[:17] + letters[-total % 31]


RECORDS = [
    # a: one name.
    {"account_id": "a1", "account_name": "曲靖安顺运输有限公司"},
    {"account_id": "a2", "account_name": "曲靖市安顺运输有限责任公司"},
    # b: nothing in common but what a steward knows.
    {"account_id": "b1", "account_name": "曲靖百盛超市"},
    {
        "account_id": "b2",
        "account_name": "陆良恒通矿业有限公司",
        "county_name": "陆良县",
    },
    # c: one number on three records.
    *(
        {
            "account_id": f"c{number}",
            "account_name": name,
            "credit_code": valid(CODE_1),
        }
        for number, name in (
            (1, "曲靖春晓园林绿化有限公司"),
            (2, "春晓园林"),
            (3, "曲靖市春晓绿化工程有限公司"),
        )
    ),
    # d: one name, two numbers, and a record that could be either's.
    {"account_id": "d1", "account_name": "曲靖顶峰建材有限公司"}
    | {"credit_code": valid(CODE_2)},
    {"account_id": "d2", "account_name": "曲靖顶峰建材有限公司"},
    {"account_id": "d3", "account_name": "曲靖顶峰建材有限公司"}
    | {"credit_code": valid("91530302MA6P1A2B3")},
    # e: a head office, its branch by name, and one by the CRM's word.
    {"account_id": "e1", "account_name": "云南恩泽保险有限公司"},
    {"account_id": "e2", "account_name": "云南恩泽保险有限公司罗平分公司"}
    | {"county_name": "罗平县"},
    {"account_id": "e3", "account_name": "恩泽客户服务中心", "head_account_id": "e1"},
    # f: two versions; g: no longer listed; h: opened late; i: closed.
    {"account_id": "f1", "account_name": "曲靖福海酒店", "employees": 10}
    | {"_first_as_of": date(2025, 6, 5), "_last_as_of": date(2025, 11, 5)}
    | {"_last_load_id": 2},
    {"account_id": "f1", "account_name": "曲靖福海酒店", "employees": 20}
    | {"_first_as_of": date(2025, 11, 5), "_first_load_id": 2},
    {"account_id": "g1", "account_name": "曲靖广聚茶庄"}
    | {"_first_as_of": date(2025, 6, 5), "_last_as_of": date(2025, 11, 5)}
    | {"_last_load_id": 2},
    {"account_id": "h1", "account_name": "曲靖宏图书店", "created_date": "2025-12-15"},
    {"account_id": "i1", "account_name": "曲靖吉祥面馆", "closed_date": "2025-11-30"},
    # j: a placeholder instead of a number.
    {"account_id": "j1", "account_name": "曲靖金桥家具厂", "credit_code": "0" * 18},
    {"account_id": "j2", "account_name": "宣威景云汽修厂", "credit_code": "0" * 18},
    # k: a government organ; its grade, need and place on the list are told below.
    {"account_id": "k1", "account_name": "中共麒麟区委组织部", "former_grade": "银牌"},
    # m: moved to another CRM with its number, which the registry knows it by.
    {"account_id": "m1", "account_name": "曲靖明珠眼镜店", "_system": "old"}
    | {"_last_as_of": date(2026, 1, 5), "_last_load_id": 2},
    {"account_id": "m1", "account_name": "曲靖明珠眼镜店", "_first_load_id": 2},
    # l: landed later than a, but sorts before it.
    {"account_id": "a0", "account_name": "曲靖安顺运输有限公司", "_first_load_id": 3},
]


@pytest.fixture(scope="module")
def accounts(warehouse):
    put_rows(warehouse, "crm__accounts", [BRANCH | record for record in RECORDS])
    put_rows(
        warehouse,
        "registry__policy_influences",
        [
            {"account_id": "k1", "decided_date": day, "influence_grade": grade}
            | {"decided_by": "committee"}
            for day, grade in ((date(2025, 4, 1), 3), (date(2025, 11, 20), 4))
        ]
        + [
            {
                "account_id": "m1",
                "decided_date": date(2025, 4, 1),
                "_system": "registry",
            }
            | {"influence_grade": 2, "decided_by": "committee"}
        ],
    )
    put_rows(
        warehouse,
        "crm__account_needs",
        [
            {"need_id": "n1", "account_id": "k1", "recorded_date": date(2025, 11, 2)}
            | {
                "need_kind": "need",
                "need_text": "短信党报",
                "wants_informatization": True,
            }
        ],
    )
    put_rows(
        warehouse,
        "registry__tax_rankings",
        [
            {"ranking_year": 2024, "branch_id": "qj", "tax_rank": rank}
            | {"organisation_name": name, "credit_code": code}
            for rank, name, code in (
                (1, "某公司", valid(CODE_1)),
                (2, "曲靖福海酒店", None),
                (3, "曲靖顶峰建材有限公司", None),
                (4, "曲靖市不在册有限公司", None),
            )
        ],
    )
    build_accounts(warehouse, [MAY, OCTOBER, DECEMBER])
    return warehouse


@pytest.fixture(scope="module")
def grouped(accounts):
    return read_accounts(accounts)


@pytest.fixture(scope="module")
def months(accounts, grouped):
    """The golden record of an account in a month, by a record's key."""
    rows = read_rows(accounts, "select * from candidate.dim_group_accounts")
    found = {(row["month"], row["group_account_id"]): row for row in rows}
    return lambda month, account_id: found.get((month, grouped[account_id]))


def test_records_of_one_unit_share_an_account(grouped):
    assert grouped["a1"] == grouped["a2"] == grouped["a0"]
    assert grouped["c1"] == grouped["c2"] == grouped["c3"]


def test_account_is_named_for_the_record_that_landed_first(accounts, grouped):
    senior = read_rows(
        accounts,
        "select account_id from intermediate.int_accounts__records_clustered"
        " where group_account_id = %s and is_senior",
        grouped["a0"],
    )
    assert senior == [{"account_id": "a1"}]


def test_contradicting_numbers_keep_a_component_apart(accounts, grouped):
    assert len({grouped["d1"], grouped["d2"], grouped["d3"]}) == 3
    verdicts = read_verdicts(accounts)
    assert verdicts["d1", "d3"] == "veto"
    # The evidence was enough, so a steward is to say whose record it is.
    assert verdicts["d1", "d2"] == verdicts["d2", "d3"] == "review"


def test_placeholder_is_no_number(grouped):
    assert grouped["j1"] != grouped["j2"]


def test_branches_are_linked_and_not_merged(months, grouped):
    for branch in ("e2", "e3"):
        assert grouped[branch] != grouped["e1"]
        record = months(DECEMBER, branch)
        assert record["parent_group_account_id"] == grouped["e1"]


def test_month_reads_the_version_in_force_at_its_end(months):
    told = {
        month: (record["employees"], record["is_earliest_known"])
        for month in (MAY, OCTOBER, DECEMBER)
        if (record := months(month, "f1"))
    }
    assert told == {MAY: (10, True), OCTOBER: (10, False), DECEMBER: (20, False)}


def test_account_lives_from_its_creation_to_its_end(months):
    assert months(OCTOBER, "h1") is None
    assert months(DECEMBER, "h1")["is_active"]
    assert months(OCTOBER, "g1")["is_active"]
    assert not months(DECEMBER, "g1")["is_active"]
    assert months(OCTOBER, "i1")["is_active"]
    assert not months(DECEMBER, "i1")["is_active"]


def test_standing_is_the_one_of_the_month(months):
    told = [
        (record["influence_grade"], record["has_needs_informatization"])
        for month in (MAY, OCTOBER, DECEMBER)
        if (record := months(month, "k1"))
    ]
    assert told == [(3, False), (3, False), (4, True)]
    assert months(DECEMBER, "k1")["initial_class"] == "B_GOV"
    assert months(DECEMBER, "k1")["former_grade"] == "银牌"
    assert months(DECEMBER, "f1")["initial_class"] == "C_OTHER"


def test_facts_follow_a_number_that_moved_to_another_system(months):
    assert months(DECEMBER, "m1")["influence_grade"] == 2
    assert months(DECEMBER, "m1")["record_count"] == 2


def test_ranking_finds_accounts_by_number_and_by_a_name_of_one(accounts, months):
    assert months(DECEMBER, "c1")["tax_rank"] == 1
    assert months(DECEMBER, "f1")["tax_rank"] == 2
    assert months(DECEMBER, "d1")["tax_rank"] is None
    rows = read_rows(
        accounts,
        "select group_account_id from intermediate.int_accounts__rankings_linked"
        " order by tax_rank",
    )
    # By credit code, by name, a name of two, a name of nobody.
    linked = [row["group_account_id"] is not None for row in rows]
    assert linked == [True, True, False, False]


def test_each_branch_has_an_account_for_what_is_unidentified(accounts):
    rows = read_rows(
        accounts,
        "select group_account_id from candidate.dim_group_accounts"
        " where month = %s and not is_identified order by 1",
        DECEMBER,
    )
    names = [row["group_account_id"] for row in rows]
    assert names == ["unidentified-qj", "unidentified-unknown"]


def test_review_queue_shows_evidence_and_nothing_personal(accounts):
    rows = read_rows(accounts, "select * from candidate.fct_review_pairs")
    sides = ("account_id_crm_left", "account_id_crm_right")
    pair = next(row for row in rows if {row[side] for side in sides} == {"d1", "d2"})
    assert pair["is_component_conflict"]
    assert pair["evidence"]["name"] == {"value": 1, "weight": 0.6, "adds": 0.6}
    assert pair["evidence"]["phone"]["value"] is None


def decide_on(settings, kind, left, right):
    return record_decision(
        settings, kind, left, right, decided_by="steward", reason="asked the customer"
    )


@pytest.fixture(scope="module")
def decided(accounts, grouped, months):
    """The same records after a steward's decisions, and after they were undone."""
    decide_on(accounts, DecisionKind.NEVER_LINK, "a2", "a1")
    decide_on(accounts, DecisionKind.MERGE, "b1", "b2")
    decide_on(accounts, DecisionKind.SPLIT, "c1", "c2")
    decide_on(accounts, DecisionKind.MERGE, "d1", "d2")
    build_accounts(accounts, [DECEMBER])
    after = read_accounts(accounts)
    decide_on(accounts, DecisionKind.UNDO, "a1", "a2")
    decide_on(accounts, DecisionKind.UNDO, "c2", "c1")
    build_accounts(accounts, [DECEMBER])
    return after, read_accounts(accounts)


def test_never_link_leaves_only_numbers_to_join_its_component(decided):
    after, _ = decided
    assert len({after["a0"], after["a1"], after["a2"]}) == 3


def test_merge_joins_what_nothing_else_does(decided):
    after, _ = decided
    assert after["b1"] == after["b2"]


def test_split_outweighs_a_shared_number(decided):
    after, _ = decided
    # c3 shares the number with both, so nothing but a decision can place it.
    assert len({after["c1"], after["c2"], after["c3"]}) == 3


def test_merge_settles_a_contradiction(decided, grouped):
    after, _ = decided
    assert after["d1"] == after["d2"] != after["d3"]


def test_undone_decisions_leave_no_trace(decided, grouped):
    _, undone = decided
    for letter in "ac":
        keys = [key for key in grouped if key.startswith(letter)]
        assert {key: undone[key] for key in keys} == {key: grouped[key] for key in keys}


def test_decisions_are_kept_with_who_and_why(accounts, decided):
    latest = fetch_decisions(accounts, limit=1)[0]
    assert latest["decision_kind"] == "undo"
    assert (latest["decided_by"], latest["reason"]) == ("steward", "asked the customer")
    assert len(fetch_decisions(accounts, limit=99)) == 6


@pytest.mark.parametrize(
    ("kind", "left", "right", "by", "reason", "message"),
    [
        (DecisionKind.MERGE, "a1", "a1", "x", "y", "Both records are a1"),
        (DecisionKind.MERGE, "a1", "zz", "x", "y", "No account record zz has landed"),
        (DecisionKind.MERGE, "a1", "b1", " ", "y", "needs who made it and why"),
        (DecisionKind.UNDO, "a1", "b1", "x", "y", "No decision on a1 and b1"),
        (DecisionKind.UNDO, "a1", "a2", "x", "y", "No decision on a1 and a2"),
    ],
)
def test_decision_that_makes_no_sense_is_refused(
    accounts, decided, kind, left, right, by, reason, message
):
    with pytest.raises(UsageError, match=message):
        record_decision(accounts, kind, left, right, decided_by=by, reason=reason)


def test_commands_record_and_show_decisions(accounts, decided, monkeypatch):
    monkeypatch.setattr("jinta.report.stewards.load_settings", lambda: accounts)
    call = CliRunner().invoke
    words = ["never-link", "f1", "g1", "--by", "steward", "--reason", "two houses"]
    assert "never_link f1 g1" in call(decide, words).stdout
    assert "two houses" in call(decide, ["log", "--json"]).stdout
    assert "Decisions" in call(decide, ["log"]).stdout
    outcome = call(review, ["list"])
    assert "Nothing has been published" in str(outcome.exception)
    with pytest.raises(UsageError, match="Nothing has been published"):
        fetch_review_pairs(accounts)


def test_matcher_that_lacks_a_rule_is_stopped(accounts, decided):
    with connect(accounts, "owner") as connection:
        connection.execute(
            "delete from rules.survivorship_rules where column_name = 'branch_id'"
        )
    with pytest.raises(TransformError, match="assert_match_rules_complete"):
        invoke_dbt(
            accounts,
            ["test", "--select", "assert_match_rules_complete"],
            run_id="test",
            stage="accounts",
        )
