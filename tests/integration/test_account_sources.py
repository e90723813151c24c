"""The source rows behind each account's indicators, against raw (F68, S0-04)."""

from __future__ import annotations

import csv
import shutil

import pytest

from jinta.sources.contract import load_contract
from tests.integration.spoiling import find_broken
from tests.running import TINY, read_hashes, read_rows, run_pipeline

MARCH, MARCH_END = "2024-03-01", "2024-03-31"
MARTS = ("dim_source_deliveries", "fct_account_deliveries")
# What prf_sources reads: taken as published, but for what a test spoils.
PARENTS = (
    "prf_landed",
    "dim_source_deliveries",
    "fct_account_deliveries",
    "fct_account_indicators",
)
SPOILT = {
    "source_rows_lost": (
        "select month, group_account_id, delivery_ids[2:] as delivery_ids, "
        "source_rows[2:] as source_rows from {}"
    ),
    "source_rows_misplaced": (
        "select month, lead(group_account_id, 1, 'g0') over (partition by month "
        "order by group_account_id) as group_account_id, delivery_ids, source_rows "
        "from {}"
    ),
}


@pytest.fixture(scope="module", autouse=True)
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


def list_tables(systems, kind):
    """Tables of a kind whose rows name accounts, and that no rule has to resolve."""
    tables = load_contract(systems.settings.dbt_project).tables.values()
    return [
        table
        for table in tables
        if table.kind == kind
        and {"account_id", "prospect_id"} & set(table.columns)
        and table.spread.reads != "nothing"
    ]


def count_listed(systems, table, where="true"):
    rows = systems.rows(
        f"""
        select group_account_id, sum(source_rows)::int
        from marts.fct_account_sources
        where month = '{MARCH}' and table_name = '{table.name}' and {where}
        group by 1
        """
    )
    return dict(rows)


def count_raw(systems, table, where):
    """Rows of raw by the account or prospect they name, without the marts' SQL."""
    account, prospect = (
        f"rows.{name}" if name in table.columns else "null"
        for name in ("account_id", "prospect_id")
    )
    rows = systems.rows(
        f"""
        select
            coalesce(
                records.group_account_id, prospects.group_account_id,
                'unidentified-unknown'
            ),
            count(*)
        from raw.{table.identifier} as rows
        left join (
            select distinct account_id_crm, group_account_id
            from marts.bridge_account_records where month = '{MARCH}'
        ) as records on {account} = records.account_id_crm
        left join marts.bridge_prospect_records as prospects
            on {account} is null and {prospect} = prospects.prospect_id
            and prospects.month = '{MARCH}'
        where _last_load_id is null and {where}
        group by 1
        """,
        "transformer",
    )
    return dict(rows)


def test_each_fact_that_names_an_account_is_listed_once(systems):
    told = 0
    for table in list_tables(systems, "fact"):
        wanted = count_raw(systems, table, f"{table.month_column} = '{MARCH}'")
        found = count_listed(systems, table, "source_month = month")
        assert found == wanted, table.name
        told += sum(wanted.values())
    assert told > 50


def test_each_entity_that_the_month_knows_is_listed_once(systems):
    """Of prospects only those that are there; individuals' lines are nobody's."""
    told = set()
    for table in list_tables(systems, "entity"):
        names = " is not null or ".join(
            f"rows.{name}"
            for name in ("account_id", "prospect_id")
            if name in table.columns
        )
        began = f"coalesce(rows.{table.spread.begins} <= '{MARCH_END}', true)"
        wanted = count_raw(systems, table, f"({names} is not null) and {began}")
        assert count_listed(systems, table) == wanted, table.name
        told |= {table.name} if wanted else set()
    assert {"billing.subscriptions", "crm.prospects", "crm.assessments"} <= told


def test_what_names_an_agreement_is_listed_for_the_account_that_signed_it(systems):
    wanted = systems.rows(
        f"""
        select records.group_account_id, count(*)
        from raw.crm__agreement_changes as changes
        inner join raw.crm__agreements as agreements using (agreement_id)
        inner join marts.bridge_account_records as records
            on
                agreements.account_id = records.account_id_crm
                and records.month = '{MARCH}'
        where changes.changed_date <= '{MARCH_END}'
        group by 1
        """,
        "transformer",
    )
    found = systems.rows(
        "select group_account_id, sum(source_rows)::int from marts.fct_account_sources "
        f"where month = '{MARCH}' and table_name = 'crm.agreement_changes' group by 1"
    )
    assert sorted(found) == sorted(wanted) != []


def test_an_indicator_has_the_rows_of_its_tables_in_its_window(systems):
    """Three months of bills, one of products, twelve of feedback."""
    rows = systems.rows(
        f"""
        select indicators.indicator_id, counted.table_name, counted.group_account_id
        from (
            select sources.group_account_id, sources.table_name, windows.window_months,
                sum(sources.source_rows) as source_rows
            from marts.fct_account_sources as sources
            cross join (
                select distinct window_months from marts.dim_indicators
            ) as windows
            where
                month = '{MARCH}'
                and coalesce(
                    age(month, source_month)
                    < make_interval(months => windows.window_months), true
                )
            group by 1, 2, 3
        ) as counted
        inner join marts.dim_indicators as indicators
            on
                counted.window_months = indicators.window_months
                and ' ' || indicators.source_tables || ' '
                like '% ' || counted.table_name || ' %'
        full join marts.fct_indicator_sources as told
            on
                told.month = '{MARCH}'
                and indicators.indicator_id = told.indicator_id
                and counted.table_name = told.table_name
                and counted.group_account_id = told.group_account_id
        where
            coalesce(told.month, '{MARCH}') = '{MARCH}'
            and counted.source_rows is distinct from told.source_rows
        """
    )
    assert rows == []
    [(products, revenue)] = systems.rows(
        f"""
        select
            sum(source_rows) filter (where indicator_id = 'informatization_products'),
            sum(source_rows) filter (where indicator_id = 'informatization_amount')
        from marts.fct_indicator_sources
        where month = '{MARCH}' and table_name = 'billing.informatization_bills'
        """
    )
    assert 0 < products < revenue


def test_an_indicator_says_whether_older_rows_count_too(systems):
    """Of its facts; an entity's rows are all there."""
    told = systems.rows(
        """
        select distinct sources.indicator_id, sources.table_name
        from marts.fct_indicator_sources as sources
        inner join marts.dim_indicators as indicators using (indicator_id)
        where sources.reads_older_rows
        """
    )
    assert {
        ("transaction_age_months", "billing.transactions"),
        ("average_arrears_amount", "billing.invoices"),
        ("collection_cycle_days", "billing.invoices"),
    } <= set(told)
    assert ("off_net_rate_pct", "billing.subscriptions") not in told
    assert "transaction_amount" not in {name for name, _ in told}


def test_a_late_row_is_told_with_its_load_and_nowhere_else(make_warehouse, tmp_path):
    settings, folder = make_warehouse(), tmp_path / "tiny"
    shutil.copytree(TINY.parent, folder)
    sources = folder / "sources.yml"
    run_pipeline(settings, sources, "2024-01", "2024-03")
    before = read_hashes(settings)
    path = folder / "unified_payment_bills.csv"
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    late = dict(zip(header, rows[0], strict=True)) | {"account_id": "a04"}
    late |= {"bill_id": "late", "bill_month": "2024-02-01", "amount": "1.00"}
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow(late.values())
    text = sources.read_text(encoding="utf-8")
    sources.write_text(text.replace("2024-04-05", "2024-04-06"), encoding="utf-8")
    run_pipeline(settings, sources, "2024-01", "2024-03")
    after = read_hashes(settings)
    changed = {key for key in after if key[0] in MARTS and after[key] != before[key]}
    assert {month for _, month in changed} == {"2024-02-01", MARCH}
    told = read_rows(
        settings,
        "select month::text, source_month::text, source_rows, landed_date::text, "
        "load_ids from marts.fct_account_sources inner join "
        "marts.bridge_account_records using (month, group_account_id) "
        "where account_id_crm = 'a04' and landed_date > '2024-04-05' order by month",
        "auditor",
    )
    [(load_id,)] = read_rows(
        settings,
        "select _first_load_id from raw.billing__unified_payment_bills "
        "where bill_id = 'late'",
        "transformer",
    )
    assert told == [
        (month, "2024-02-01", 1, "2024-04-06", [load_id])
        for month in ("2024-02-01", MARCH)
    ]


def test_the_gate_finds_nothing_in_what_was_published(systems):
    assert find_broken(systems, ["prf_sources"], PARENTS, {}) == set()


@pytest.mark.parametrize("check_id", SPOILT)
def test_a_planted_defect_is_found(systems, check_id):
    spoilt = {"fct_account_deliveries": SPOILT[check_id]}
    assert check_id in find_broken(systems, ["prf_sources"], PARENTS, spoilt)
