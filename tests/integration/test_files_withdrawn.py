"""A landed file that is taken back, and one that is let land again."""

from dataclasses import replace
from datetime import date

import pytest
from typer.testing import CliRunner

from jinta.errors import UsageError
from jinta.landing import files_cli
from jinta.landing.files import list_files, restore_file, withdraw_file
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
          amount: sum
"""
BILLS = FILES.format(load="files")
HEADER = "bill,date,payer,sum\n"
MAY = HEADER + "1,2024-05-10,a,10\n2,2024-05-11,b,20\n"
# Bill 2 again, with another amount, and one of its own.
JUNE = HEADER + "2,2024-06-11,b,25\n3,2024-06-12,c,30\n"
WHO = {"decided_by": "data office", "reason": "sent by mistake"}


@pytest.fixture
def case(warehouse, tmp_path):
    case = Case(warehouse, tmp_path)
    case.empty_warehouse()
    case.fetch("select count(*) from control.file_decisions")
    return case


@pytest.fixture
def landed(case):
    """Two files, the second of which replaced a row of the first."""
    case.write("in/1-may.csv", MAY)
    case.write("in/2-june.csv", JUNE + f"9,2024-06-30,{case.folder.name},1\n")
    case.land(BILLS)
    return case


def read_bills(case):
    return case.current("billing__unified_payment_bills", "bill_id, amount::int")


def config_of(case):
    return load_sources(case.folder / "sources.yml", case.settings)


def withdraw(case, name="2-june.csv"):
    return withdraw_file(case.settings, config_of(case), name, **WHO)


def test_the_rows_of_a_withdrawn_file_end_and_what_they_replaced_stands_again(landed):
    assert read_bills(landed) == [("1", 10), ("2", 25), ("3", 30), ("9", 1)]
    result = withdraw(landed)
    assert read_bills(landed) == [("1", 10), ("2", 20)]
    assert count_rows(result) == {"changed": 1, "unchanged": 1, "ended": 2}
    assert landed.fetch(
        "select month, rows_changed, rows_ended from control.load_months "
        "where load_id = %s order by month",
        result.load_id,
    ) == [(date(2024, 5, 1), 1, 0), (date(2024, 6, 1), 0, 3)]


def test_a_withdrawn_file_does_not_land_again_under_any_name(landed):
    withdraw(landed)
    landed.write("in/3-again.csv", (landed.folder / "in/2-june.csv").read_bytes())
    (result,) = landed.land(BILLS)
    assert result.rows_extracted == 0
    assert read_bills(landed) == [("1", 10), ("2", 20)]


def test_a_restored_file_lands_again(landed):
    withdraw(landed)
    restore_file(landed.settings, config_of(landed), "2-june.csv", **WHO)
    assert read_bills(landed) == [("1", 10), ("2", 25), ("3", 30), ("9", 1)]
    (result,) = landed.land(BILLS)
    assert result.rows_extracted == 0


def test_other_content_under_a_withdrawn_name_is_a_new_delivery(landed):
    withdraw(landed)
    landed.write("in/2-june.csv", HEADER + "4,2024-06-12,c,40\n")
    landed.land(BILLS)
    assert read_bills(landed) == [("1", 10), ("2", 20), ("4", 40)]


def test_the_next_run_does_what_is_left_of_a_withdrawal(landed, monkeypatch):
    """Who withdraws a file and is killed has withdrawn it."""

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("jinta.landing.files.land_table", die)
    with pytest.raises(KeyboardInterrupt):
        withdraw(landed)
    assert len(read_bills(landed)) == 4
    landed.land(BILLS)
    assert read_bills(landed) == [("1", 10), ("2", 20)]


def test_a_withdrawal_that_is_refused_does_not_stop_the_next_run(landed):
    good = BILLS
    (landed.folder / "sources.yml").write_text(BILLS.replace("payer", "payee"))
    with pytest.raises(Exception, match="payee"):
        withdraw(landed)
    landed.land(good)
    assert len(read_bills(landed)) == 4
    withdraw(landed)
    assert read_bills(landed) == [("1", 10), ("2", 20)]


def test_rows_of_a_file_that_vanished_stay_until_it_is_withdrawn(landed):
    (landed.folder / "in/2-june.csv").unlink()
    (result,) = landed.land(BILLS)
    assert "no longer there: what landed from it stays" in result.notes[0]
    assert len(read_bills(landed)) == 4
    withdraw(landed)
    assert read_bills(landed) == [("1", 10), ("2", 20)]


def test_a_file_of_a_snapshot_is_left_out_of_it(case):
    case.write("in/1-may.csv", MAY)
    case.write("in/2-june.csv", HEADER + f"3,2024-06-12,{case.folder.name},30\n")
    text = FILES.format(load="snapshot")
    case.land(text)
    withdraw(case)
    assert read_bills(case) == [("1", 10), ("2", 20)]
    case.land(text)
    assert read_bills(case) == [("1", 10), ("2", 20)]


def test_the_list_tells_who_took_a_file_back(landed):
    withdraw(landed)
    may, june = list_files(landed.settings)
    assert (may.file_name, may.row_count, may.is_withdrawn) == ("1-may.csv", 2, False)
    assert june.is_withdrawn
    assert (june.withdrawn_by, june.reason) == ("data office", "sent by mistake")


@pytest.mark.parametrize(
    ("name", "who", "words"),
    [
        ("other.csv", WHO, "No file other.csv stands"),
        ("1-may.csv", WHO | {"reason": " "}, "who made it and why"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(landed, name, who, words):
    with pytest.raises(UsageError, match=words):
        withdraw_file(landed.settings, config_of(landed), name, **who)


def test_the_commands_say_what_happened(landed, monkeypatch):
    settings = replace(landed.settings, is_database_chosen=True)
    monkeypatch.setattr(files_cli, "load_settings", lambda: settings)
    run = CliRunner().invoke
    sources = str(landed.folder / "sources.yml")
    decided = ["2-june.csv", "--by", "me", "--reason", "why", "--sources", sources]
    said = run(files_cli.app, ["withdraw", *decided]).output
    assert "2-june.csv is withdrawn" in said
    assert "2 rows ended, 1 changed" in said
    assert "withdrawn by me: why" in run(files_cli.app, ["list"]).output.replace(
        "\n", " "
    )
    assert "may land again" in run(files_cli.app, ["restore", *decided]).output
