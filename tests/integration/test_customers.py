"""Account 360, segments and coverage of the test company, worked out by hand.

Every critical rule of the gate has its defect.
"""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation

import pytest
from psycopg import sql

from jinta.warehouse import connect
from tests.integration.spoiling import find_broken
from tests.running import SYSTEMS

GOLDEN = SYSTEMS.parent / "golden"
MARCH = "2024-03-01"
# Which account a record is in, by the smallest of its records' numbers.
NAMED = (
    "select {columns} from marts.{mart} as rows inner join (select month, "
    "group_account_id, min(account_id_crm) as account_id "
    "from marts.bridge_account_records group by 1, 2) as names "
    "using (month, group_account_id)"
)
# What prf_customers reads: taken as published, but for what a test spoils.
PARENTS = (
    *("stg_jinta__months", "stg_crm__visits", "stg_crm__feedback"),
    *("int_indicators__revenues_summed", "int_indicators__member_bills_summed"),
    *("dim_group_accounts", "fct_account_overviews", "fct_segment_composition"),
    *("fct_manager_coverage", "fct_visits", "fct_feedback"),
)
PRIVATE = ("钓鱼", "翠峰路", "000000197001010011", "客户甲", "5000.00", "1970-01-01")


def read_golden(name: str) -> list[dict[str, str]]:
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(value: object) -> str:
    """Write a value as the golden files do: numbers by their worth."""
    if value is None or value == "":
        return ""
    try:
        return f"{Decimal(str(value)).normalize() + 0:f}"
    except InvalidOperation:
        return str(value)


def compare(rows: list[tuple], golden: list[dict[str, str]]) -> None:
    wanted = sorted([write(value) for value in row.values()] for row in golden)
    assert sorted([write(value) for value in row] for row in rows) == wanted


@pytest.mark.parametrize(
    ("mart", "golden"),
    [
        ("fct_segment_composition", "segment_composition"),
        ("fct_manager_coverage", "manager_coverage"),
    ],
)
def test_segments_and_coverage_are_those_worked_out_by_hand(systems, mart, golden):
    """S2-03, S2-13, S2-14: of the groups, those with a contract are key accounts."""
    expected = read_golden(golden)
    columns = ", ".join(expected[0])
    rows = systems.rows(f"select {columns} from marts.{mart} where month = '{MARCH}'")
    compare(rows, expected)


@pytest.mark.parametrize(
    ("mart", "golden"),
    [
        ("fct_account_overviews", "account_overviews"),
        ("fct_account_finances", "account_finances"),
        ("fct_account_indicators", "contacts"),
        ("fct_pressing_matters", "pressing_matters"),
    ],
)
def test_accounts_have_what_was_worked_out_by_hand(systems, mart, golden):
    """S2-16 to S2-22; S2-06: work lists; S4-02: contacts of the last twelve months."""
    expected = read_golden(golden)
    key = [column for column in ("month", "account_id") if column in expected[0]]
    rows = systems.rows(NAMED.format(columns=", ".join(expected[0]), mart=mart))
    if "month" not in key:
        rows = systems.rows(
            NAMED.format(columns=", ".join(expected[0]), mart=mart)
            + f" where rows.month = '{MARCH}'"
        )
    wanted = {tuple(row[column] for column in key) for row in expected}
    found = [row for row in rows if tuple(map(str, row[: len(key)])) in wanted]
    compare(found, expected)


def test_key_figures_of_one_mart_have_each_their_branches(systems):
    """S2-14, S2-23: accounts by branch, managers that lack of the company alone.

    Satisfaction is what March answered: q1 and q3 stand there for their improvements.
    """
    rows = systems.rows(
        "select kpi_id, branch_id, kpi_value from marts.fct_kpis "
        "where kpi_id in ('accounts_without_owner_in_post', "
        f"'managers_lacking', 'mean_satisfaction') and month = '{MARCH}'"
    )
    compare(rows, read_golden("kpis"))


def test_key_accounts_and_segments_can_be_drilled_down(systems):
    """S2-13, S2-03: the overview tells who they are; a contract to come is none."""
    counted = "where coverage_rule_id = 'group' and branch_id = 'all'"
    assert systems.rows(
        "select month, count(*) from marts.fct_account_overviews "
        "where is_key_account group by 1 order by 1"
    ) == systems.rows(
        "select month, key_accounts from marts.fct_manager_coverage "
        f"{counted} order by 1"
    )
    of_key_groups = "where segment_id = 'group_key'"
    assert systems.rows(
        "select month, sum(total_amount) from marts.fct_account_overviews "
        f"{of_key_groups} group by 1 order by 1"
    ) == systems.rows(
        f"select month, amount from marts.fct_segment_composition {of_key_groups} "
        "order by 1"
    )
    assert not systems.rows(
        "select from marts.fct_account_overviews "
        "where signed_date >= month + interval '1 month' "
        "or is_key_account and (signed_date is null or segment_id <> 'group_key')"
    )


def test_an_overview_says_what_value_credit_and_cost_marts_say(systems):
    """S2-20, S3-03, S4-12: unknown costs are unknown here too."""
    columns = (
        "value_type, established_value_amount, potential_value_amount, credit_status, "
        "service_cost_amount"
    )
    key = "month, group_account_id"
    rows = systems.rows(
        f"select {key}, {columns} from marts.fct_account_overviews "
        "where is_identified order by 1, 2"
    )
    assert rows == systems.rows(
        f"select {key}, {columns} from marts.fct_account_values "
        f"inner join marts.fct_credit_statuses using ({key}) "
        f"inner join marts.fct_account_net_values using ({key}) order by 1, 2"
    )
    # Resource costs of March landed, those of January and February did not.
    months = {str(row[0]) for row in rows if row[-1] is not None}
    assert months == {MARCH}


def test_an_overview_shows_the_latest_year_of_the_customer(systems):
    """S2-19: what it sells and earns itself, and how that grows."""
    rows = systems.rows(
        NAMED.format(
            columns="month, account_id, fiscal_year, annual_sales_amount, "
            "annual_profit_amount, annual_sales_growth_pct, annual_profit_growth_pct",
            mart="fct_account_overviews",
        )
        + " where fiscal_year is not null"
    )
    golden = [row for row in read_golden("account_finances") if _is_latest(row)]
    shown = [
        [
            *(row["month"], row["account_id"], row["fiscal_year"]),
            *(row["annual_sales_amount"], row["annual_profit_amount"]),
            *(row["annual_sales_growth_pct"], row["annual_profit_growth_pct"]),
        ]
        for row in golden
    ]
    found = [[write(value) for value in row] for row in rows]
    assert sorted(row for row in found if row[0] > "2024-01-01") == sorted(
        [write(value) for value in row] for row in shown
    )


def _is_latest(row: dict[str, str]) -> bool:
    return row["is_latest_year"] == "True"


def test_an_overview_counts_the_rows_of_its_detail_marts(systems):
    """S2-16, S2-17, S2-22."""
    for mart, column, where in (
        ("dim_key_persons", "key_persons", "true"),
        ("dim_buying_steps", "buying_steps", "true"),
        ("dim_account_branches", "account_branches", "true"),
        ("dim_competitor_products", "competitor_products", "true"),
        ("fct_visits", "visits", "true"),
        ("fct_tasks", "open_tasks", "is_open and task_kind = 'task'"),
        ("fct_tasks", "open_processes", "is_open and task_kind = 'process'"),
        ("fct_tasks", "overdue_tasks", "is_overdue"),
        ("fct_surveys", "open_follow_ups", "follow_up_status in ('open', 'overdue')"),
        ("fct_account_needs", "needs", "is_open and need_kind = 'need'"),
        ("fct_account_needs", "needed_resources", "is_open and need_kind = 'resource'"),
        ("fct_account_needs", "difficulties", "is_open and need_kind = 'difficulty'"),
    ):
        counts = systems.rows(
            f"select month, sum({column}) from marts.fct_account_overviews group by 1"
        )
        listed = dict(
            systems.rows(
                f"select month, count(*) from marts.{mart} where {where} "
                "and group_account_id in "
                "(select group_account_id from marts.fct_account_overviews) group by 1"
            )
        )
        for month, count in counts:
            assert count == listed.get(month, 0), (mart, column, month)


def test_a_months_leased_lines_are_those_of_the_ledger(systems):
    """S2-10: bandwidth and rent are there, and what was removed says so."""
    rows = systems.rows(
        "select to_char(month, 'MM'), circuit_id, bandwidth_mbps::text, "
        "monthly_rent::text, is_in_service from marts.dim_leased_lines order by 1, 2"
    )
    assert rows == [
        ("01", "z3", "2.000", "300.00", False),
        ("02", "z1", "10.000", "500.00", True),
        ("03", "z1", "10.000", "500.00", False),
        ("03", "z2", "2.048", None, True),
    ]


def test_details_hold_what_stood_at_the_months_end(systems):
    """S2-07, S2-10: a survey stays until what it asks for is done."""
    surveys = systems.rows(
        "select month::text, survey_id, follow_up_status from marts.fct_surveys"
    )
    assert set(surveys) == {
        ("2024-01-01", "q1", "open"),
        ("2024-02-01", "q1", "overdue"),
        ("2024-02-01", "q2", "none"),
        ("2024-02-01", "q3", "open"),
        ("2024-03-01", "q1", "done"),
        ("2024-03-01", "q3", "overdue"),
        ("2024-03-01", "q4", "none"),
    }
    solutions = systems.rows(
        "select solution_id, uses, accounts_served, uses_delivered "
        f"from marts.dim_solutions where month = '{MARCH}'"
    )
    assert set(solutions) == {("j1", 3, 2, 1), ("j2", 1, 1, 0)}
    tasks = systems.rows(
        "select task_id, is_open, is_overdue, closed_date, task_result "
        "from marts.fct_tasks where month = '2024-02-01'"
    )
    # The task of January was done in February, that of March has not begun.
    assert {row[0] for row in tasks} == {"t1", "t2"}
    january = systems.rows(
        "select is_open, closed_date from marts.fct_tasks where month = '2024-01-01'"
    )
    assert january == [(True, None)]


def test_accounts_of_who_left_are_proposed_to_who_is_there(systems):
    """S2-12, S2-14, S4-10: by kind; nobody is proposed where nobody is in post."""
    rows = systems.rows(
        "select customer_id, effective_tier, reason, proposals.manager_id, "
        "manager_id_proposed, initial_class = 'B_GOV', fit, manager_kinds "
        "from marts.fct_owner_proposals as proposals "
        "inner join marts.dim_group_accounts using (month, group_account_id) "
        f"where month = '{MARCH}' and coverage_rule_id = 'group'"
    )
    assert len(rows) == 4
    assert {row[2:5] for row in rows} == {("owner_left", "mym", "my2")}
    # my2 is a territory manager of two counties: large groups and government should
    # have another kind, and the hospital of Tonghai is of a third county.
    fits = {(row[1][0] in "AB" or row[5], row[6:]) for row in rows}
    assert fits == {
        (True, ("any", "industry")),
        (False, ("own", "territory")),
        (False, ("kind", "territory")),
    }


def test_plans_say_whether_the_visit_took_place(systems):
    """S4-07: a01 was visited on 21 February, a02 after the day that was planned."""
    rows = systems.rows(
        "select month::text, plan_id, is_open, is_overdue, visit_status "
        "from marts.fct_customer_plans"
    )
    assert sorted(rows) == [
        ("2024-01-01", "p3", True, False, "planned"),
        ("2024-02-01", "p1", True, False, "done"),
        ("2024-02-01", "p3", True, True, "overdue"),
        ("2024-03-01", "p1", True, False, "done"),
        ("2024-03-01", "p2", True, False, "late"),
        ("2024-03-01", "p3", False, False, "overdue"),
    ]
    assert systems.rows(
        "select customer_id, reason, manager_id_proposed "
        f"from marts.fct_owner_proposals where month = '{MARCH}' "
        "and coverage_rule_id = 'individual'"
    ) == [("office:c3", "owner_none", None)]


def test_a_manager_is_on_no_list_before_the_first_day_in_post(systems):
    """S2-12, S2-14: mq2 begins in February, and owns a customer in January."""
    rows = systems.rows(
        "select month::text, accounts_of_unknown, managers_in_post "
        "from marts.fct_manager_coverage "
        "where coverage_rule_id = 'individual' and branch_id = 'qj'"
    )
    assert set(rows) == {
        ("2024-01-01", 1, 0),
        ("2024-02-01", 0, 1),
        ("2024-03-01", 0, 1),
    }


def test_managers_are_listed_by_number_with_their_days_in_post(systems):
    """S2-12: all kinds; a leaving is known from its month on, names never."""
    rows = systems.rows(
        "select month::text, manager_id, manager_kind, posted_date::text, "
        "left_date::text, is_in_post from marts.dim_managers "
        "where manager_id in ('mq2', 'mq3', 'mym')"
    )
    territory = ("mym", "territory", "2018-06-01")
    assert sorted(rows) == [
        ("2024-01-01", "mq3", "solution", "2019-01-01", None, True),
        ("2024-01-01", *territory, None, True),
        ("2024-02-01", "mq2", "customer_grade", "2024-02-01", None, True),
        ("2024-02-01", "mq3", "solution", "2019-01-01", None, True),
        ("2024-02-01", *territory, None, True),
        ("2024-03-01", "mq2", "customer_grade", "2024-02-01", None, True),
        ("2024-03-01", "mq3", "solution", "2019-01-01", None, True),
        ("2024-03-01", *territory, "2024-03-15", False),
    ]


def test_every_branch_of_any_mart_has_a_name(systems):
    """S0-02: what an analyst reads beside branch_id; `all` is no branch."""
    assert systems.rows(
        "select branch_id, branch_name, province_name, city_name, is_listed "
        "from marts.dim_branches order by branch_id"
    ) == [
        ("qj", "曲靖分公司", "云南省", "曲靖市", True),
        ("unknown", "unknown", None, None, False),
        ("ym", "玉溪分公司", "云南省", "玉溪市", True),
    ]
    marts = systems.rows(
        "select columns.table_name from information_schema.columns "
        "inner join marts.shown_months on table_name = mart "
        "where table_schema = 'marts' and column_name = 'branch_id' "
        "group by columns.table_name"
    )
    assert len(marts) > 5
    for (mart,) in marts:
        unnamed = systems.rows(
            f"select distinct branch_id from marts.{mart} where branch_id <> 'all' "
            "and branch_id not in (select branch_id from marts.dim_branches)"
        )
        assert unnamed == [], mart


def test_names_of_key_persons_are_pseudonyms_but_for_the_auditor(systems):
    """S2-17."""
    query = f"select person_name from marts.dim_key_persons where month = '{MARCH}'"
    assert ("关键人甲",) in systems.rows(query)
    shown = systems.rows(query, role="reporter")
    assert shown
    assert all(name.startswith("person-") for (name,) in shown)


def test_what_no_rule_needs_never_lands(systems):
    """S2-17, S2-18: identity number, birthday, salary, hobbies stay in the source."""
    with connect(systems.settings, "owner") as connection:
        tables = connection.execute(
            "select relname from pg_class where relnamespace = 'raw'::regnamespace "
            "and relname in ('crm__key_persons', 'crm__individual_key_accounts', "
            "'crm__managers')"
        ).fetchall()
        assert len(tables) == 3
        texts = [
            str(row)
            for (name,) in tables
            for row in connection.execute(
                sql.SQL("select * from {}").format(sql.Identifier("raw", name))
            )
        ]
        quarantined = connection.execute("select payload from quarantine.rows")
        texts += [str(row) for row in quarantined]
    assert any("关键人甲" in text for text in texts)
    for text in texts:
        assert not any(private in text for private in PRIVATE), text


SPOILT = {
    "overviews_complete": (
        "fct_account_overviews",
        "select * from {} where account_name <> '澄江抚仙湖旅行社有限公司'",
    ),
    "segments_composed": (
        "fct_segment_composition",
        (
            "select month, segment_id, amount + case segment_id when 'ordinary' "
            "then 0.01 else 0 end as amount from {}"
        ),
    ),
    "logs_lost": ("fct_visits", "select * from {} where visit_id <> 'v2'"),
    "logs_unidentified": (
        "fct_visits",
        "select month, visit_id, 'unidentified-unknown' as group_account_id from {}",
    ),
    "owners_missing": (
        "fct_manager_coverage",
        (
            "select month, coverage_rule_id, branch_id, 20 * key_accounts as "
            "key_accounts, key_accounts + 2 as accounts_without_owner_in_post, "
            "coverage_gap from {}"
        ),
    ),
    "managers_lacking": (
        "fct_manager_coverage",
        (
            "select month, coverage_rule_id, branch_id, 20 * key_accounts as "
            "key_accounts, 0 as accounts_without_owner_in_post, "
            "1 as coverage_gap from {}"
        ),
    ),
}


def test_the_gate_finds_nothing_critical_in_what_was_published(systems):
    # One visit of six is to a unit that is in no file.
    assert find_broken(systems, ["prf_customers"], PARENTS, {}) <= {"logs_unidentified"}


@pytest.mark.parametrize("check_id", SPOILT)
def test_a_planted_defect_is_found(systems, check_id):
    table, query = SPOILT[check_id]
    assert check_id in find_broken(systems, ["prf_customers"], PARENTS, {table: query})
