"""Key figures: what is defined is what is computed (S2-23, F67).

Each by branch and for the province (S0-34).
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.running import TINY, read_rows, run_pipeline

GOLDEN = Path(__file__).parents[1] / "data" / "tiny" / "golden_kpis.csv"


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def tiny(warehouse):
    run_pipeline(warehouse, TINY, "2024-03", "2024-03")
    return warehouse


def test_the_tiny_company_has_the_key_figures_worked_out_by_hand(tiny):
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        golden = {
            (row["kpi_id"], row["branch_id"]): Decimal(row["kpi_value"])
            for row in csv.DictReader(file)
        }
    found = read_rows(tiny, "select kpi_id, branch_id, kpi_value from fct_kpis")
    mine = {(kpi, branch): value for kpi, branch, value in found}
    assert {key: mine.get(key) for key in golden} == golden


def test_every_definition_is_computed_and_nothing_else(tiny):
    defined = read_rows(tiny, "select distinct kpi_id from dim_kpis order by 1")
    computed = read_rows(
        tiny, "select distinct kpi_id from fct_kpis where branch_id = 'all' order by 1"
    )
    assert set(computed) <= set(defined)
    # A mart without rows in the month gives none.
    marts = dict(read_rows(tiny, "select kpi_id, numerator_mart from dim_kpis"))
    for (kpi_id,) in set(defined) - set(computed):
        [(rows,)] = read_rows(tiny, f"select count(*) from {marts[kpi_id]}")
        assert rows == 0, kpi_id


def test_a_sum_over_branches_is_the_sum_of_all(tiny):
    """Only sums add up; quotients of all are computed from all rows."""
    wrong = read_rows(
        tiny,
        """
        select kpi_id
        from fct_kpis
        group by kpi_id, month
        having
            bool_or(branch_id <> 'all')
            and sum(numerator) filter (where branch_id <> 'all')
            <> sum(numerator) filter (where branch_id = 'all')
        """,
    )
    assert wrong == []


def test_what_is_unknown_of_every_row_is_no_zero(tiny):
    """S4-12: nothing is known of margins where no transaction landed."""
    values = read_rows(
        tiny,
        "select distinct numerator, kpi_value from fct_kpis "
        "where kpi_id = 'established_value_amount'",
    )
    assert values == [(None, None)]


def test_a_quotient_is_its_parts(tiny):
    rows = read_rows(
        tiny,
        "select figures.kpi_id, numerator, denominator, kpi_value, factor "
        "from fct_kpis as figures inner join (select kpi_id, kpi_version, factor, "
        "denominator_mart from dim_kpis) as kpis using (kpi_id, kpi_version)",
    )
    assert rows
    for kpi_id, numerator, denominator, value, factor in rows:
        if numerator is None:
            assert value is None, kpi_id
        elif denominator is None:
            assert value in (None, round(numerator * factor, 4)), kpi_id
        elif denominator == 0:
            assert value is None, kpi_id
        else:
            expected = numerator * factor / denominator
            assert abs(value - expected) <= Decimal("0.00005"), kpi_id
