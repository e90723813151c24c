"""Rows of the quarantine, tried again once what broke them is mended."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from jinta.errors import UsageError
from jinta.landing import cli
from jinta.landing.replaying import replay_quarantine
from jinta.sources import load_sources
from tests.integration.landing_cases import Case, count_rows

FILES = """\
version: 1
as_of: 2024-07-05
systems:
  lists:
    kind: files
    root: in
    tables:
      billing.unified_payment_bills:
        files: "*.csv"
        load: {load}
        columns:
          bill_id: bill
          bill_month: {{column: date, month_of: true}}
          account_id: payer
          amount: {amount}
"""
BROKEN = FILES.format(load="files", amount="sum")
MENDED = FILES.format(load="files", amount="{column: sum, null_values: ['-']}")
MAPPED = FILES.format(load="files", amount="{column: sum, values: {n/a: 0}}")
HEADER = "bill,date,payer,sum\n"
BILLS = HEADER + "1,2024-05-10,a,10\n2,2024-05-11,b,n/a\n3,2024-06-11,c,n/a\n"


@pytest.fixture
def case(warehouse, tmp_path):
    case = Case(warehouse, tmp_path)
    case.empty_warehouse()
    return case


def replay(case, sources, **chosen):
    path = case.folder / "sources.yml"
    path.write_text(sources)
    return replay_quarantine(case.settings, load_sources(path, case.settings), **chosen)


def read_bills(case):
    return case.current("billing__unified_payment_bills", "bill_id, amount::int")


def read_open(case):
    return case.fetch(
        "select row_key, reason from quarantine.rows "
        "where replayed_load_id is null order by quarantine_id"
    )


def test_mended_rows_land_in_their_place_and_stay_on_record(case):
    case.write("in/bills.csv", BILLS)
    (first,) = case.land(BROKEN)
    assert count_rows(first) == {"new": 1, "quarantined": 2}
    (result,) = replay(case, MAPPED)
    assert count_rows(result) == {"new": 2}
    assert result.rows_extracted == 2
    assert read_bills(case) == [("1", 10), ("2", 0), ("3", 0)]
    assert case.fetch(
        "select _row_number, _first_load_id from raw.billing__unified_payment_bills "
        "where bill_id = '3'"
    ) == [(4, result.load_id)]
    assert case.fetch(
        "select count(*), min(replayed_load_id) from quarantine.rows"
    ) == [(2, result.load_id)]
    assert case.fetch(
        "select mode, scope, touched_from from control.loads where load_id = %s",
        result.load_id,
    ) == [("replay", {"kind": "none"}, None)]
    assert case.fetch(
        "select month, rows_extracted, source_amount, rows_new, rows_quarantined "
        "from control.load_months where load_id = %s order by month",
        result.load_id,
    ) == [
        (date(2024, 5, 1), 1, Decimal(0), 1, 0),
        (date(2024, 6, 1), 1, Decimal(0), 1, 0),
    ]


def test_nothing_lands_twice(case):
    case.write("in/bills.csv", BILLS)
    case.land(BROKEN)
    replay(case, MAPPED)
    assert replay(case, MAPPED) == []
    assert case.fetch("select count(*) from raw.billing__unified_payment_bills") == [
        (3,)
    ]


def test_what_is_still_broken_stays_with_todays_reason(case):
    case.write("in/bills.csv", BILLS.replace("2,2024-05-11", "2,2024-05-99"))
    case.land(BROKEN)
    (result,) = replay(case, MAPPED)
    assert count_rows(result) == {"new": 1, "quarantined": 1}
    ((key, reason),) = read_open(case)
    assert key == "2"
    assert reason.startswith("bill_month is '2024-05-99'")
    assert case.fetch(
        "select load_id, file_name, row_number, payload ->> 'date' "
        "from quarantine.rows where replayed_load_id is null"
    ) == [(result.load_id, "bills.csv", 3, "2024-05-99")]


def test_only_chosen_rows_are_tried(case):
    case.write("in/bills.csv", BILLS.replace("2,2024-05-11", "2,2024-05-99"))
    case.land(BROKEN)
    with pytest.raises(UsageError, match=r"no table crm\.accounts"):
        replay(case, MAPPED, table="crm.accounts")
    with pytest.raises(UsageError, match="no system other"):
        replay(case, MAPPED, system="other")
    assert replay(case, MAPPED, reason="no such reason") == []
    (result,) = replay(case, MAPPED, reason="NOT A NUMBER")
    assert result.rows_extracted == 1
    assert read_bills(case) == [("1", 10), ("3", 0)]


def test_a_corrected_delivery_takes_the_place_of_its_quarantined_rows(case):
    case.write("in/bills.csv", BILLS)
    case.land(BROKEN)
    case.write("in/bills.csv", BILLS.replace("2,2024-05-11,b,n/a", "2,2024-05-11,b,7"))
    case.land(BROKEN)
    (result,) = replay(case, MAPPED)
    # Row 2 was read again since, and so was row 3; only its latest copy is tried.
    assert count_rows(result) == {"new": 1}
    assert read_bills(case) == [("1", 10), ("2", 7), ("3", 0)]


def test_a_row_delivered_since_in_another_file_is_not_overwritten(case):
    case.write("in/1.csv", BILLS)
    case.land(BROKEN)
    case.write("in/2.csv", HEADER + "2,2024-05-11,b,8\n")
    case.land(BROKEN)
    (result,) = replay(case, MAPPED)
    assert count_rows(result) == {"new": 1, "collapsed": 1}
    assert read_bills(case) == [("1", 10), ("2", 8), ("3", 0)]


def test_a_later_file_replaces_the_row_of_an_earlier_one(case):
    case.write("in/1.csv", HEADER + "2,2024-05-11,b,8\n")
    case.land(BROKEN)
    case.write("in/2.csv", HEADER + "2,2024-05-11,b,n/a\n")
    case.land(BROKEN)
    assert read_bills(case) == [("2", 8)]
    (result,) = replay(case, MAPPED)
    assert count_rows(result) == {"changed": 1}
    assert read_bills(case) == [("2", 0)]


def test_a_duplicate_stays_a_duplicate(case):
    case.write("in/bills.csv", HEADER + "1,2024-05-10,a,10\n1,2024-05-10,a,11\n")
    case.land(BROKEN)
    (result,) = replay(case, BROKEN)
    assert count_rows(result) == {"quarantined": 1}
    assert read_bills(case) == [("1", 10)]
    assert "stands in an earlier row" in read_open(case)[0][1]
    assert case.fetch(
        "select rows_extracted, rows_quarantined, quarantined_amount "
        "from control.load_months where load_id = %s",
        result.load_id,
    ) == [(1, 1, Decimal(11))]


DATABASE = """\
version: 1
as_of: 2024-07-05
systems:
  office:
    kind: database
    connection: office
    tables:
      billing.subscriptions:
        table: lines
        columns:
          line_id: id
          account_id: payer
          opened_date: {opened}
"""


def test_a_row_the_source_no_longer_holds_does_not_come_back(case):
    """A snapshot that was read since says what there is."""
    case.write_sqlite(
        "create table lines (id text, payer text, opened text)",
        "insert into lines values ('l1', 'a', '2024-01-01'), ('l2', 'a', 'soon')",
    )
    broken = DATABASE.format(opened="opened")
    mended = DATABASE.format(opened="{column: opened, values: {soon: 2024-07-01}}")
    case.land(broken)
    case.write_sqlite("delete from lines where id = 'l2'")
    case.land(broken)
    assert replay(case, mended) == []
    assert case.current("billing__subscriptions", "line_id") == [("l1",)]


def test_a_line_of_a_database_lands_and_touches_months_from_its_opening(case):
    case.write_sqlite(
        "create table lines (id text, payer text, opened text)",
        "insert into lines values ('l1', 'a', '2024-01-01'), ('l2', 'a', '1.3.2024')",
    )
    case.land(DATABASE.format(opened="opened"))
    mended = DATABASE.format(
        opened='{column: opened, format: ["%Y-%m-%d", "%d.%m.%Y"]}'
    )
    (result,) = replay(case, mended)
    assert count_rows(result) == {"new": 1}
    assert case.fetch(
        "select touched_from from control.loads where load_id = %s", result.load_id
    ) == [(date(2024, 3, 1),)]


def test_a_replay_is_no_landing_to_go_on_from(case):
    """The next landing compares with the last one, not with the replay."""
    case.write("in/bills.csv", BILLS)
    case.land(BROKEN)
    replay(case, MAPPED)
    (result,) = case.land(MAPPED)
    # The mapping changed: the file is read again, and holds what the replay landed.
    assert count_rows(result) == {"unchanged": 3}


def test_the_command_says_what_became_of_the_rows(case, monkeypatch):
    settings = replace(case.settings, is_database_chosen=True)
    monkeypatch.setattr(cli, "load_settings", lambda: settings)
    case.write("in/bills.csv", BILLS)
    case.land(BROKEN)
    path = case.folder / "sources.yml"
    run = CliRunner().invoke
    path.write_text(MENDED)
    said = run(cli.app, ["replay", "--sources", str(path)]).output
    assert "2 rows tried, 0 landed, 2 still broken" in said
    path.write_text(MAPPED)
    said = run(cli.app, ["replay", "--sources", str(path)]).output
    assert "2 rows tried, 2 landed, 0 still broken" in said
    assert "empty" in run(cli.app, ["list"]).output
    assert "not a number" in run(cli.app, ["list", "--all"]).output
    assert "No row waits" in run(cli.app, ["replay", "--sources", str(path)]).output
