"""The real files of examples/exeter, as they are.

They are looked for beside the checkout, in `../shared/data`, or where EXETER_DATA says.
"""

import csv
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from jinta.landing import complete_months, land_system
from jinta.settings import CHECKOUT
from jinta.sources import load_sources
from tests.integration.landing_cases import Case, count_rows

BESIDE = CHECKOUT.parent / "shared/data/exeter-spending/raw"
DATA = Path(os.environ.get("EXETER_DATA", BESIDE))

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the Exeter files are neither in ../shared/data nor in "
    "EXETER_DATA"
)  # fmt: skip


@pytest.fixture(scope="module")
def sources(warehouse):
    settings = replace(warehouse, parameters={"EXETER_DATA": str(DATA)})
    return load_sources(CHECKOUT / "examples/exeter/sources.yml", settings)


@pytest.fixture(scope="module")
def landed(warehouse, sources):
    return {
        result.table_name: result
        for result in land_system(warehouse, "exeter", "council", sources=sources)
    }


@pytest.fixture
def case(warehouse, tmp_path):
    return Case(warehouse, tmp_path)


def test_every_amount_lands_or_is_quarantined(landed, case):
    bills = landed["billing.unified_payment_bills"]
    assert bills.rows_extracted == 60_165
    assert count_rows(bills) == {"new": 60_156, "quarantined": 9}
    credits_kept = case.fetch(
        "select count(*) from raw.billing__unified_payment_bills where amount < 0"
    )
    assert credits_kept == [(539,)]
    broken = case.fetch(
        "select distinct column_name from quarantine.rows "
        "where table_name = 'billing.unified_payment_bills'"
    )
    assert broken == [("amount",)]


def test_months_equal_what_another_project_worked_out(landed, case):
    assert landed
    with (DATA.parent / "expected_by_month.csv").open(newline="") as file:
        expected = {
            date.fromisoformat(f"{row['year_month']}-01"): (
                round(Decimal(row["total"]), 2),
                int(row["txn_count"]),
            )
            for row in csv.DictReader(file)
        }
    found = {
        month: (total, count)
        for month, total, count in case.fetch(
            "select bill_month, sum(amount), count(*) "
            "from raw.billing__unified_payment_bills "
            "where _last_load_id is null group by bill_month"
        )
    }
    assert len(found) == 61
    assert found == expected
    ledger = case.fetch(
        "select sum(source_amount - quarantined_amount) is not null, "
        "sum(source_amount), sum(rows_extracted) from control.load_months"
    )
    assert ledger == [(True, Decimal("317782174.87000000"), 60_165)]


def test_withheld_payees_are_no_account(landed, case):
    accounts = landed["crm.accounts"]
    assert accounts.rows_extracted == 60_165
    assert accounts.rows_excluded == 241
    assert accounts.rows_quarantined == 0
    assert case.fetch(
        "select account_id from raw.crm__accounts where account_id ilike 'redact%%'"
    ) == [("Redactive Publishing Ltd",)]
    assert case.fetch(
        "select count(*) from raw.billing__unified_payment_bills "
        "where account_id is null"
    ) == [(241,)]
    assert (
        case.fetch(
            "select 1 from raw.billing__unified_payment_bills as bills "
            "left join raw.crm__accounts as accounts using (account_id) "
            "where bills.account_id is not null and accounts.account_id is null"
        )
        == []
    )


def test_a_record_begins_with_its_first_payment(landed, case):
    assert landed
    assert (
        case.fetch(
            "select account_id from raw.crm__accounts as accounts "
            "inner join raw.billing__unified_payment_bills as bills using (account_id) "
            "group by account_id, created_date "
            "having min(bill_month) <> date_trunc('month', created_date)"
        )
        == []
    )


def test_header_drift_is_told(landed):
    notes = landed["billing.unified_payment_bills"].notes
    assert any("'Category ' is read as 'Category'" in note for note in notes)


def test_all_months_are_complete_and_nothing_lands_twice(
    warehouse, sources, landed, case
):
    assert landed
    months = complete_months(warehouse, sources)
    assert (len(months), months[0], months[-1]) == (
        61,
        date(2021, 4, 1),
        date(2026, 4, 1),
    )
    again = land_system(warehouse, "exeter-again", "council", sources=sources)
    assert [result.rows_new + result.rows_changed for result in again] == [0, 0]
    rows = case.fetch("select count(*) from raw.billing__unified_payment_bills")
    assert rows == [(60_156,)]
