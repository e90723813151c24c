"""Scorecards of grading (S3) and the value pyramid (S4) on the test company.

What is expected is worked out by hand in tests/data/systems/golden. S3-01, S4-11.
"""

import csv
from datetime import date
from decimal import Decimal

import pytest
from psycopg.rows import dict_row

from jinta.report.explain import find_account
from jinta.settings import CHECKOUT
from jinta.transform.compiled import load_compiled
from jinta.warehouse import connect
from tests.running import SYSTEMS

GOLDEN = SYSTEMS.parent / "golden"
RULES = CHECKOUT / "dbt_project" / "seeds" / "rules"
MARCH = date(2024, 3, 1)
PROSPECTS = (
    "select month, prospect_name, branch_id, is_active, conversion_basis, record_count "
    'from marts.dim_prospects order by month, prospect_name collate "C"'
)


def read_golden(name: str) -> list[dict[str, str]]:
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_rules(name: str) -> list[dict[str, str]]:
    with (RULES / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_indicators_are_those_worked_out_by_hand(systems):
    """S4-02, S3-05: windows, returns, days, ages, assessments that expire."""
    for row in read_golden("dealings"):
        columns = list(row)[2:]
        (found,) = systems.rows(
            f"select {', '.join('indicators.' + c for c in columns)} "
            "from marts.fct_account_indicators as indicators "
            "inner join marts.bridge_account_records as records "
            "using (month, group_account_id) "
            f"where month = '{row['month']}' and account_id_crm = '{row['account_id']}'"
        )
        expected = [Decimal(row[c]) if row[c] else None for c in columns]
        assert dict(zip(columns, found, strict=True)) == dict(
            zip(columns, expected, strict=True)
        ), row


def test_scores_are_those_worked_out_by_hand(systems):
    """S3-05, A.6.3: points of people as they are, expired ones gone, missing told."""
    found = systems.rows(
        "select scorecard_id, month::text, coalesce(account_id_crm, account_name), "
        "total_score::text, completeness_pct::text, raw_tier "
        "from marts.fct_account_scores "
        "inner join marts.dim_group_accounts using (month, group_account_id) "
        "left join marts.bridge_account_records using (month, group_account_id)"
    )
    for row in read_golden("card_scores"):
        assert tuple(row.values()) in found, [
            other for other in found if other[:3] == tuple(row.values())[:3]
        ]


def test_prospects_are_joined_and_leave_when_they_are_customers(systems):
    """S3-02: by name, by code, by what the CRM notes; given up is not active."""
    found = systems.rows(PROSPECTS)
    assert [row[1:] for row in found if row[0] == MARCH] == [
        ("元江热带水果有限公司", "ym", False, None, 1),
        ("富源新煤贸易有限公司", "qj", False, "crm", 1),
        ("昆明新星科技股份有限公司", "qj", True, None, 1),
        ("易门绿源茶业有限公司", "ym", True, None, 2),
        ("曲靖沾益磷肥股份有限公司", "qj", False, "exact_name", 1),
        ("红塔集团卷烟分厂", "ym", False, "credit_code", 1),
    ]
    january = {row[1]: row[3:] for row in found if row[0] == date(2024, 1, 1)}
    assert january["富源新煤贸易有限公司"] == (True, None, 1)
    assert january["易门绿源茶业有限公司"] == (True, None, 1)


def test_prospects_answer_to_their_number(systems):
    """F68: whichever record of it is asked for."""
    with connect(systems.settings, "auditor") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        first, second = (find_account(cursor, n, MARCH) for n in ("p4", "p5"))
    assert first == second
    assert first.startswith("p")


def test_prospects_and_customers_are_never_ranked_together(systems):
    """S3-02: each card scores one kind, and only active ones have a rank."""
    assert systems.rows(
        "select distinct scorecard_id, account_kind from marts.fct_account_scores "
        "inner join marts.dim_group_accounts using (month, group_account_id) order by 1"
    ) == [
        ("existing_customer", "account"),
        ("group_account_value", "account"),
        ("potential_customer", "prospect"),
        ("value_pyramid", "account"),
    ]
    assert systems.rows(
        "select sum(population) / count(*) from marts.fct_account_scores "
        "where month = '2024-03-01' and scorecard_id = 'potential_customer' "
        "and population is not null group by partition_id"
    ) == [(1,), (1,)]


def test_the_pyramid_scores_all_its_indicators(systems):
    """S4-02 to S4-04: 30 indicators in four classes, points by fixed bands."""
    classes = systems.rows(
        "select dimension, dimension_name, count(*), sum(max_points) "
        "from marts.fct_account_points "
        "where scorecard_id = 'value_pyramid' and month = '2024-03-01' "
        "group by dimension, dimension_name, group_account_id"
    )
    assert set(classes) == {
        ("x", "transaction", 11, 4200),
        ("y", "financial", 5, 2300),
        ("z", "contact", 8, 1200),
        ("w", "feature", 6, 2300),
    }
    assert systems.rows(
        "select count(*) from marts.fct_account_scores "
        "where scorecard_id = 'value_pyramid' "
        "and total_points <> x_points + y_points + z_points + w_points"
    ) == [(0,)]


def test_each_row_of_rules_is_told_with_its_own_note(systems):
    """Versions that are several rows, such as value types, have a note per row."""
    heads = [
        row
        for row in read_rules("rule_families")
        if row["position"] == "1" and row["key_columns"]
    ]
    written = {
        (
            head["seed"],
            f"{head['family']} {row[head['id_column']]}",
            " ".join(row[key] for key in head["key_columns"].split()),
            row["note"] or None,
        )
        for head in heads
        for row in read_rules(head["seed"])
    }
    told = systems.rows(
        "select distinct seed_name, rule_set, row_key, note from marts.fct_rule_changes"
    )
    seeds = {head["seed"] for head in heads}
    assert {row for row in told if row[0] in seeds} == written
    served = systems.rows(
        "select distinct value_type, treatment from marts.fct_account_values "
        "where value_type is not null"
    )
    rules = read_rules("value_type_rules")
    assert set(served) <= {(row["value_type"], row["treatment_en"]) for row in rules}
    assert served


def test_three_values_stand_side_by_side(systems):
    """S4-12, S3-03: margin of a year, expected sales, score; averages.

    Its first sale is 14 months old: the averages leave the first two of them out, and
    it has no whole year before to grow from.
    """
    (found,) = systems.rows(
        "select established_value_amount, potential_value_amount - agreement_amount "
        "- opportunity_amount, model_value_score - total_score, "
        "model_value_tier = effective_tier, cumulative_sales_amount, "
        "average_yearly_sales_amount, average_quarterly_sales_amount, "
        "average_monthly_sales_amount, sales_growth_pct, transaction_days, "
        "first_transaction_date, last_transaction_date "
        "from marts.fct_account_values "
        "inner join marts.bridge_account_records using (month, group_account_id) "
        "inner join marts.fct_account_scores using (month, group_account_id) "
        "where month = '2024-03-01' and account_id_crm = 'a01' "
        "and scorecard_id = 'value_pyramid'"
    )
    assert found == (
        Decimal("1150.00"),
        0,
        0,
        True,
        Decimal("5100.00"),
        Decimal("4600.00"),
        Decimal("1150.00"),
        Decimal("364.29"),
        None,
        3,
        date(2023, 2, 10),
        date(2024, 3, 31),
    )


def test_assessments_say_who_when_and_why(systems):
    """S3-05: what is in force at the month's end, for customers and prospects."""
    found = systems.rows(
        "select month, coalesce(account_id_crm, 'prospect'), item, points, manager_id, "
        "assessed_date, expires_date, reason from marts.fct_assessments "
        "left join marts.bridge_account_records using (month, group_account_id) "
        "where item in ('strength', 'growth', 'potential_need')"
    )
    march = {row[1:] for row in found if row[0] == MARCH}
    day = date.fromisoformat
    assert march >= {
        ("a01", "strength", 12, "mqj", MARCH, day("2025-02-28"), "capital raised"),
        (
            "prospect",
            "potential_need",
            17,
            "mqj",
            day("2024-01-05"),
            day("2024-12-31"),
            "need and budget named",
        ),
    }
    assert not any(row[1:3] == ("a01", "growth") for row in found if row[0] == MARCH)
    assert any(row[1:3] == ("a01", "growth") for row in found)


def test_assessments_stand_beside_what_is_known_of_the_customer(systems):
    """S3-05: sales of three years and projects; of a prospect neither is known."""
    found = systems.rows(
        "select distinct coalesce(account_id_crm, 'prospect'), fiscal_year, "
        "average_sales_3y_amount, sales_growth_3y_pct, projects_3y "
        "from marts.fct_assessments "
        "left join marts.bridge_account_records using (month, group_account_id) "
        f"where month = '{MARCH}'"
    )
    assert set(found) >= {
        ("a01", 2023, Decimal("20000000.00"), Decimal("50.00"), 1),
        ("b01", 2022, None, None, 1),
        ("prospect", None, None, None, None),
    }


def test_bands_are_published_with_their_accounts(systems):
    """A.6.4: each item of each card places every ranked account once."""
    ranked = systems.rows(
        "select scorecard_id, month, branch_id, count(*) from marts.fct_account_scores "
        "inner join marts.dim_group_accounts using (month, group_account_id) "
        "where population is not null group by 1, 2, 3"
    )
    banded = systems.rows(
        "select scorecard_id, month, branch_id, item, sum(account_count) "
        "from marts.fct_band_distributions group by 1, 2, 3, 4"
    )
    counts = {row[:3]: row[3] for row in ranked}
    assert {row[:3] for row in banded} == counts.keys()
    assert all(row[4] == counts[row[:3]] for row in banded)
    items = {row[3] for row in banded if row[0] == "existing_customer"}
    assert items == {
        "nature_grade",
        "strength_points",
        "growth_points",
        "profit_contribution_amount",
        "relationship_points",
        "strategic_importance_points",
        "total",
    }


# A wrong mart for each critical rule of the gate, and the metric that must tell.
DEFECTS = {
    "a transaction lost": (
        (
            "update candidate.fct_account_indicators set transaction_amount = null "
            "where transaction_amount = (select max(transaction_amount) "
            "from candidate.fct_account_indicators)"
        ),
        "unattributed_amount",
    ),
    "a value that is not its parts": (
        (
            "update candidate.fct_account_values "
            "set potential_value_amount = coalesce(potential_value_amount, 0) + 1"
        ),
        "value_gaps",
    ),
    "an account without a type": (
        "update candidate.fct_account_values set value_type = null",
        "untyped_accounts",
    ),
    "a prospect among customers": (
        (
            "update candidate.fct_account_scores "
            "set scorecard_id = 'existing_customer' "
            "where scorecard_id = 'potential_customer'"
        ),
        "mixed_scores",
    ),
    "a band that lost an account": (
        (
            "delete from candidate.fct_band_distributions "
            "where item = 'strength_points' "
            "and band = 'missing'"
        ),
        "uneven_items",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_gate_is_shown_each_planted_defect(systems, defect):
    """The profile is zero on what was built, and tells the defect of what was not."""
    statement, metric = DEFECTS[defect]
    with connect(systems.settings, "owner") as connection:
        profile = _read_profile(systems.settings)
        question = (
            f"select coalesce(max(value), 0) from ({profile}) as p where metric = %s"
        )
        assert connection.execute(question, [metric]).fetchone() == (0,)
        connection.execute(statement)
        assert connection.execute(question, [metric]).fetchone() != (0,)
        connection.rollback()


def _read_profile(settings) -> str:
    manifest = load_compiled(settings)
    (node,) = (
        node
        for unique_id, node in manifest["nodes"].items()
        if unique_id.endswith(".prf_cards")
    )
    return node["compiled_code"]
