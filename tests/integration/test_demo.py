"""The demo's source systems stand, land, and hold what their truth tells."""

from dataclasses import replace

import pandas as pd
import psycopg
import pytest

from demo import ensure_demo
from demo.build import write_stamp
from demo.databases import open_system
from jinta import pipeline
from jinta.runs import Request
from jinta.settings import CHECKOUT
from jinta.warehouse import connect

ACCOUNTS, MONTHS, SEED = 300, 4, 11


@pytest.fixture(scope="module")
def settings(make_warehouse):
    made = make_warehouse()
    parameters = {**made.parameters, "JINTA_HOME": str(made.home)}
    return replace(made, parameters=parameters)


@pytest.fixture(scope="module")
def demo(settings):
    return ensure_demo(settings, ACCOUNTS, MONTHS, SEED)


@pytest.fixture(scope="module")
def landed(settings, demo):
    """Land all systems; their names are those of the demo's sources file."""
    run = pipeline.open_run(
        settings, Request(sources=str(CHECKOUT / "demo" / "sources.yml"))
    )
    for system in pipeline.list_systems(settings, run.run_id):
        pipeline.extract(settings, run.run_id, system)
    return run


def read_truth(demo, name):
    return pd.read_parquet(demo.truth / f"{name}.parquet")


def fetch(settings, query):
    with connect(settings, "owner") as connection:
        return connection.execute(query).fetchall()


def test_second_call_builds_nothing(settings, demo):
    ledger = next(demo.files.glob("*.xlsx"))
    before = ledger.stat().st_mtime_ns
    again = ensure_demo(settings, ACCOUNTS, MONTHS, SEED)
    assert again == demo
    assert ledger.stat().st_mtime_ns == before


def test_stamp_tells_requests_apart():
    stamps = {
        write_stamp(*request)
        for request in [(300, 4, 11), (301, 4, 11), (300, 5, 11), (300, 4, 12)]
    }
    assert len(stamps) == 4


def test_a_lost_database_is_noticed_and_built_again(settings, demo):
    with open_system(settings, "crm") as connection:
        connection.execute("drop schema crm cascade")
    again = ensure_demo(settings, ACCOUNTS, MONTHS, SEED)
    assert again.digest == demo.digest
    with open_system(settings, "crm") as connection:
        count = connection.execute("select count(*) from crm.grp_cust_info").fetchone()
    assert count[0] > again.records


def test_a_build_that_fails_leaves_the_old_one(settings, demo, monkeypatch):
    def fail(*_):
        raise psycopg.OperationalError("killed")

    monkeypatch.setattr("demo.truth.write_truth", fail)
    with pytest.raises(psycopg.OperationalError):
        ensure_demo(settings, ACCOUNTS, MONTHS, SEED + 1)
    monkeypatch.undo()
    with open_system(settings, "boss") as connection:
        lines = connection.execute("select count(*) from boss.subs_user").fetchone()
    assert lines[0] == demo.lines + 4
    assert ensure_demo(settings, ACCOUNTS, MONTHS, SEED).digest == demo.digest


def test_quarantine_holds_what_was_planted(settings, demo, landed):
    planted = read_truth(demo, "quarantine").groupby(["table", "month"])["rows"].sum()
    found = fetch(
        settings,
        """
        select
            table_name,
            coalesce(to_char(month, 'YYYYMM')::integer, 0),
            count(*)
        from quarantine.rows
        group by 1, 2
        """,
    )
    assert {(table, month): rows for table, month, rows in found} == planted.to_dict()


def test_landed_months_have_the_true_rows_and_sums(settings, demo, landed):
    totals = read_truth(demo, "monthly_totals")
    bills = totals[totals["table_name"] != "billing.line_status_changes"]
    assert len(bills) == 3 * MONTHS
    for table, of_table in bills.groupby("table_name"):
        found = fetch(
            settings,
            f"""
            select bill_month, count(*), (sum(amount) * 100)::bigint
            from raw.{table.replace(".", "__")}
            group by 1 order by 1
            """,
        )
        expected = of_table.sort_values("month")[["month", "rows", "fen"]]
        assert found == [
            (month.date(), rows, fen)
            for month, rows, fen in expected.itertuples(index=False, name=None)
        ]


def test_all_records_land_under_the_contracts_names(settings, demo, landed):
    records = read_truth(demo, "records")
    accounts = fetch(settings, "select account_id from raw.crm__accounts")
    assert {account for (account,) in accounts} == set(records["account_id"])
    (shapes,) = fetch(
        settings,
        """
        select
            count(*) filter (where branch_id not in (
                select branch_id from raw.crm__branches
            )),
            count(*) filter (where ownership ~ '[0-9]'),
            max(competitor_share_pct) > 50,
            count(closed_date) between 1 and 100,
            count(*) filter (where manager_id not in (
                select manager_id from raw.crm__managers
            )),
            bool_or(has_oa) and not bool_and(has_oa)
        from raw.crm__accounts
        """,
    )
    assert shapes == (0, 0, True, True, 0, True)


def test_most_needs_are_settled_some_time(settings, landed):
    (settled,) = fetch(
        settings,
        """
        select
            count(closed_date)::numeric / count(*) between 0.6 and 0.95,
            bool_and(closed_date > recorded_date),
            bool_and((closed_date is null) = (need_result is null)),
            count(distinct need_result)
        from raw.crm__account_needs
        """,
    )
    assert settled == (True, True, True, 2)


def test_few_references_are_open_and_those_on_purpose(settings, landed):
    (found,) = fetch(
        settings,
        """
        select
            (
                select count(distinct account_id)
                from raw.billing__subscriptions as subscriptions
                where not exists (
                    select from raw.crm__accounts as accounts
                    where accounts.account_id = subscriptions.account_id
                ) and account_id is not null
            ),
            (
                select count(distinct line_id)
                from raw.billing__line_bills as bills
                where not exists (
                    select from raw.billing__subscriptions as subscriptions
                    where subscriptions.line_id = bills.line_id
                )
            )
        """,
    )
    assert found == (5, 4)


def test_files_land_with_their_dates_and_full_width_digits(settings, landed):
    (ranks,) = fetch(
        settings,
        """
        select count(*), min(tax_rank), max(tax_rank), count(distinct branch_id)
        from raw.registry__tax_rankings where ranking_year = 2025
        """,
    )
    assert ranks == (3_000, 1, 500, 6)
    (circuits,) = fetch(
        settings,
        """
        select
            count(*) > 20,
            min(installed_date) > '2005-01-01',
            bool_and(product_code like '%_leased_line'),
            min(monthly_rent) > 0
        from raw.ledger__leased_lines
        """,
    )
    assert circuits == (True, True, True, True)
    (grades,) = fetch(
        settings,
        "select min(influence_grade), max(influence_grade), max(decided_date) "
        "from raw.registry__policy_influences",
    )
    assert grades[:2] == (0, 5)
    assert grades[2].isoformat() < "2026-01-05"
