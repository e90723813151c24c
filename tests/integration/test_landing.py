"""Landing, case by case: what arrives, what changes, what is refused."""

import gzip
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from jinta.errors import ContractError, SourceError
from jinta.landing import complete_months, ensure_raw
from jinta.landing.raw_tables import ensure_raw_tables
from jinta.settings import CHECKOUT
from jinta.sources import load_contract, load_sources
from jinta.warehouse import connect
from tests.integration.landing_cases import Case, count_rows

BRANCHES = """\
version: 1
as_of: {as_of}
systems:
  office:
    kind: database
    connection: office
    tables:
      crm.branches:
        table: branches
        columns: {{branch_id: id, branch_name: name, city_name: city}}
{more}"""

BILLS = """\
version: 1
as_of: {as_of}
systems:
  office:
    kind: database
    connection: office
    tables:
      billing.line_bills:
        table: bills
        load: {{by: month}}
        columns:
          bill_month: {{column: cycle, format: "%Y%m"}}
          line_id: line
          item_code: item
          amount: {{column: fen, factor: 0.01}}
"""

FILES = """\
version: 1
as_of: 2024-07-05
systems:
  lists:
    kind: files
    root: in
    tables:
      billing.unified_payment_bills:
        files: "*.csv*"
        load: files
        columns:
          bill_id: {row_key: true}
          bill_month: {column: date, month_of: true}
          account_id: payer
          amount: sum
"""


@pytest.fixture
def case(warehouse, tmp_path):
    """An empty folder and an empty warehouse."""
    case = Case(warehouse, tmp_path)
    case.empty_warehouse()
    return case


def test_versions_of_a_snapshot(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x'), ('2','b',null), ('3','c','z')",
    )
    (first,) = case.land(BRANCHES.format(as_of="2024-01-05", more=""))
    assert count_rows(first) == {"new": 3}
    case.write_sqlite(
        "update branches set name = 'B' where id = '2'",
        "delete from branches where id = '3'",
        "insert into branches values ('4','d','y')",
    )
    (second,) = case.land(BRANCHES.format(as_of="2024-02-05", more=""))
    assert count_rows(second) == {"new": 1, "changed": 1, "unchanged": 1, "ended": 1}
    assert case.fetch(
        "select branch_id, branch_name, _first_load_id, _last_load_id, "
        "_first_as_of, _last_as_of from raw.crm__branches order by 1, 3"
    ) == [
        ("1", "a", first.load_id, None, date(2024, 1, 5), None),
        ("2", "b", first.load_id, second.load_id, date(2024, 1, 5), date(2024, 2, 5)),
        ("2", "B", second.load_id, None, date(2024, 2, 5), None),
        ("3", "c", first.load_id, second.load_id, date(2024, 1, 5), date(2024, 2, 5)),
        ("4", "d", second.load_id, None, date(2024, 2, 5), None),
    ]
    (third,) = case.land(BRANCHES.format(as_of="2024-03-05", more=""))
    assert count_rows(third) == {"unchanged": 3}


def test_a_row_that_comes_back_is_a_new_version(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x'), ('2','b','y')",
    )
    text = BRANCHES.format(as_of="2024-01-05", more="")
    case.land(text)
    case.write_sqlite("delete from branches where id = '2'")
    case.land(text)
    case.write_sqlite("insert into branches values ('2','b','y')")
    (third,) = case.land(text)
    assert count_rows(third) == {"new": 1, "unchanged": 1}
    assert case.fetch("select count(*) from raw.crm__branches") == [(3,)]


def test_a_run_lands_a_table_once(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x')",
    )
    text = BRANCHES.format(as_of="2024-01-05", more="")
    (first,) = case.land(text, run_id="same")
    case.write_sqlite("insert into branches values ('2','b','y')")
    (again,) = case.land(text, run_id="same")
    assert again.is_skipped
    assert again.load_id == first.load_id
    assert case.current("crm__branches", "branch_id") == [("1",)]


def test_an_empty_snapshot_ends_nothing_unless_allowed(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x')",
    )
    case.land(BRANCHES.format(as_of="2024-01-05", more=""))
    case.write_sqlite("delete from branches")
    with pytest.raises(SourceError, match="the snapshot is empty") as caught:
        case.land(BRANCHES.format(as_of="2024-01-06", more=""))
    assert "allow_empty" in caught.value.cure
    assert case.current("crm__branches", "branch_id") == [("1",)]
    allowed = "        allow_empty: true\n"
    (third,) = case.land(BRANCHES.format(as_of="2024-01-06", more=allowed))
    assert count_rows(third) == {"ended": 1}


def test_a_column_that_changed_stops_the_table_and_changes_nothing(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x')",
    )
    text = BRANCHES.format(as_of="2024-01-05", more="")
    case.land(text)
    case.write_sqlite("alter table branches add phone text")
    with pytest.raises(SourceError, match="new:     'phone'"):
        case.land(text)
    case.write_sqlite(
        "alter table branches drop phone", "alter table branches rename name to title"
    )
    with pytest.raises(SourceError, match=r"(?s)missing: 'name'.*new:     'title'"):
        case.land(text)
    assert case.fetch("select count(*) from control.loads") == [(1,)]
    case.write_sqlite(
        "alter table branches rename title to name",
        "alter table branches add phone text",
    )
    (second,) = case.land(
        BRANCHES.format(as_of="2024-01-05", more="        ignore: [phone]\n")
    )
    assert count_rows(second) == {"unchanged": 1}


def test_a_renamed_column_lands_once_the_mapping_names_it(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x')",
    )
    text = BRANCHES.format(as_of="2024-01-05", more="")
    case.land(text)
    case.write_sqlite("alter table branches rename name to title")
    (second,) = case.land(text.replace("branch_name: name", "branch_name: title"))
    assert count_rows(second) == {"unchanged": 1}


def test_a_retyped_column_stops_the_table(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('01','a','x')",
    )
    text = BRANCHES.format(as_of="2024-01-05", more="")
    case.land(text)
    case.write_sqlite(
        "drop table branches",
        "create table branches (id integer, name text, city text)",
        "insert into branches values (1,'a','x')",
    )
    with pytest.raises(SourceError, match="retyped: 'id' was text and is number"):
        case.land(text)
    assert case.current("crm__branches", "branch_id") == [("01",)]


def test_a_column_of_other_values_stops_instead_of_filling_the_quarantine(case):
    rows = "".join(f"2024-01-01,p,{'x' if n % 2 else 'y'}\n" for n in range(40))
    case.write("in/a.csv", "date,payer,sum\n" + rows)
    with pytest.raises(SourceError, match="in 40 of 40 rows") as caught:
        case.land(FILES)
    assert "line 15" in caught.value.cure
    assert case.fetch("select count(*) from quarantine.rows") == [(0,)]


def test_one_table_that_fails_does_not_stop_the_others(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x')",
    )
    more = """\
      crm.managers:
        table: nowhere
        columns: {manager_id: id, branch_id: b}
      crm.contacts:
        table: branches
        columns: {contact_id: nothing, account_id: id}
"""
    with pytest.raises(SourceError, match="2 tables of office") as caught:
        case.land(BRANCHES.format(as_of="2024-01-05", more=more))
    assert "crm.managers" in caught.value.message
    assert "missing: 'nothing'" in caught.value.message
    assert case.current("crm__branches", "branch_id") == [("1",)]


# Facts by month


def make_bills(case, *statements):
    case.write_sqlite(
        "create table bills (cycle text, line text, item text, fen integer)",
        "insert into bills values "
        "('202401','L1','A',100), ('202402','L1','A',200), ('202403','L1','A',300), "
        "('202404','L1','A',400), ('202405','L1','A',500)",
        *statements,
    )


def test_months_are_landed_and_partitioned(case):
    make_bills(case)
    (first,) = case.land(BILLS.format(as_of="2024-04-10"))
    assert count_rows(first) == {"new": 4}
    assert case.current("billing__line_bills", "bill_month, amount") == [
        (date(2024, m, 1), Decimal(m)) for m in (1, 2, 3, 4)
    ]
    assert case.fetch(
        "select tableoid::regclass::text from raw.billing__line_bills "
        "where bill_month = '2024-02-01'"
    ) == [("raw.billing__line_bills_2024_02",)]
    assert case.fetch(
        "select month, rows_extracted, source_amount, rows_new "
        "from control.load_months where month = '2024-03-01'"
    ) == [(date(2024, 3, 1), 1, Decimal(3), 1)]


def test_late_rows_arrive_and_old_months_are_left_alone(case):
    make_bills(case)
    case.land(BILLS.format(as_of="2024-04-10"))
    case.write_sqlite(
        "insert into bills values ('202401','L9','A',1), ('202402','L9','A',2)",
        "update bills set fen = 333 where cycle = '202403'",
        "delete from bills where cycle = '202404'",
    )
    (second,) = case.land(BILLS.format(as_of="2024-05-10"))
    # 2024-04 was the last month landed, so 2024-02 to 2024-05 are read again.
    assert count_rows(second) == {"new": 2, "changed": 1, "unchanged": 1, "ended": 1}
    months = case.fetch(
        "select month, rows_new, rows_changed, rows_ended from control.load_months "
        "where load_id = %s order by 1",
        second.load_id,
    )
    assert months == [
        (date(2024, 2, 1), 1, 0, 0),
        (date(2024, 3, 1), 0, 1, 0),
        (date(2024, 4, 1), 0, 0, 1),
        (date(2024, 5, 1), 1, 0, 0),
    ]
    (third,) = case.land(BILLS.format(as_of="2024-05-10"), [date(2024, 3, 1)])
    assert count_rows(third) == {"new": 1, "unchanged": 4}
    assert ("L9",) in case.fetch(
        "select line_id from raw.billing__line_bills where bill_month = '2024-01-01'"
    )


def test_a_month_is_complete_when_its_bills_are_there_and_it_is_over(case):
    make_bills(case)
    text = BILLS.format(as_of="2024-05-20")
    case.land(text)
    config = load_sources(case.folder / "sources.yml", case.settings)
    assert complete_months(case.settings, config) == [
        date(2024, m, 1) for m in (1, 2, 3, 4)
    ]
    case.write_sqlite("delete from bills where cycle = '202404'")
    case.land(text)
    assert complete_months(case.settings, config)[-1] == date(2024, 3, 1)


def test_a_bill_that_moves_to_another_month_ends_in_the_old_one(case):
    case.write_sqlite(
        "create table bills (id text, month text, sum real)",
        "insert into bills values ('b1','2024-01-01',1.1), ('b2','2024-05-01',2.2)",
    )
    text = """\
version: 1
as_of: 2024-05-20
systems:
  office:
    kind: database
    connection: office
    tables:
      billing.unified_payment_bills:
        table: bills
        load: {by: month}
        columns: {bill_id: id, bill_month: month, amount: sum}
"""
    case.land(text)
    case.write_sqlite("update bills set month = '2024-04-01' where id = 'b1'")
    (second,) = case.land(text)
    assert count_rows(second) == {"changed": 1, "unchanged": 1}
    columns = "bill_id, bill_month"
    assert case.current("billing__unified_payment_bills", columns) == [
        ("b1", date(2024, 4, 1)),
        ("b2", date(2024, 5, 1)),
    ]
    assert case.fetch(
        "select month, rows_changed, rows_ended from control.load_months "
        "where load_id = %s and rows_changed + rows_ended > 0 order by 1",
        second.load_id,
    ) == [(date(2024, 1, 1), 0, 1), (date(2024, 4, 1), 1, 0)]


def test_duplicate_keys_go_to_the_quarantine_in_the_order_they_came(case):
    # The first landing copies straight into raw, the second one compares.
    for number in (1, 2):
        if number == 1:
            make_bills(case, "insert into bills values ('202402','L1','A',999)")
        (result,) = case.land(BILLS.format(as_of="2024-04-10"))
        assert result.rows_quarantined == 1
        (bad,) = case.fetch(
            "select reason, row_key, month, payload ->> 'amount' from quarantine.rows "
            "where load_id = %s",
            result.load_id,
        )
        assert bad[0].startswith("The key (bill_month, line_id, item_code) stands in")
        assert bad[1:] == ("2024-02-01 | L1 | A", date(2024, 2, 1), "9.99")
        assert case.fetch(
            "select rows_quarantined, quarantined_amount from control.load_months "
            "where load_id = %s and month = '2024-02-01'",
            result.load_id,
        ) == [(1, Decimal("9.99"))]
    february = case.fetch(
        "select amount from raw.billing__line_bills where bill_month = '2024-02-01'"
    )
    assert february == [(Decimal(2),)]


def test_a_key_of_another_system_goes_to_the_quarantine(case):
    case.write_sqlite(
        "create table branches (id text, name text, city text)",
        "insert into branches values ('1','a','x')",
    )
    text = BRANCHES.format(as_of="2024-01-05", more="")
    case.land(text)
    case.write_sqlite("insert into branches values ('2','b','y')")
    (other,) = case.land(text.replace("  office:\n    kind", "  second:\n    kind"))
    assert count_rows(other) == {"new": 1, "quarantined": 1}
    reasons = case.fetch("select reason from quarantine.rows")
    assert "held by another source system" in reasons[0][0]


def test_a_watermark_reads_what_was_written_since_and_ends_nothing(case):
    case.write_sqlite(
        "create table lines (id text, opened text, changed text)",
        "insert into lines values ('1','2020-01-01','2024-01-01 08:00:00'), "
        "('2','2020-01-01','2024-01-10 08:00:00')",
    )
    text = """\
version: 1
systems:
  office:
    kind: database
    connection: office
    tables:
      billing.subscriptions:
        table: lines
        load: {by: watermark, column: changed, overlap: 2 days}
        columns: {line_id: id, opened_date: opened}
"""
    (first,) = case.land(text)
    assert count_rows(first) == {"new": 2}
    case.write_sqlite(
        "delete from lines where id = '1'",
        "insert into lines values ('3','2024-01-09','2024-01-09 09:00:00'), "
        "('4','2024-01-01','2024-01-02 09:00:00')",
    )
    (second,) = case.land(text)
    # 3 was written late but inside the overlap, 4 outside of it.
    assert count_rows(second) == {"new": 1, "unchanged": 1}
    assert case.current("billing__subscriptions", "line_id") == [("1",), ("2",), ("3",)]
    marks = case.fetch(
        "select watermark ->> 'value' from control.loads order by load_id"
    )
    assert marks == [("2024-01-10 08:00:00",)] * 2


def test_a_watermark_of_numbers_written_as_text_is_refused(case):
    case.write_sqlite(
        "create table lines (id text, opened text, seq text)",
        "insert into lines values ('1', '2020-01-01', '9')",
    )
    with pytest.raises(SourceError, match="seq is a text that holds '9'") as caught:
        case.land(
            """\
version: 1
systems:
  office:
    kind: database
    connection: office
    tables:
      billing.subscriptions:
        table: lines
        load: {by: watermark, column: seq, overlap: 1}
        columns: {line_id: id, opened_date: opened}
"""
        )
    assert "cast" in caught.value.cure
    assert case.current("billing__subscriptions", "line_id") == []


# Files


ROWS = "date,payer,sum\n2024-01-05,A,10\n2024-02-05,B,-2.50\n"


def test_files_are_landed_once_and_a_copy_is_told(case):
    case.write("in/a.csv", ROWS)
    case.write("in/copy.csv.gz", gzip.compress(ROWS.encode()))
    (first,) = case.land(FILES)
    assert count_rows(first) == {"new": 2}
    assert "copy.csv.gz is the same as a.csv: skipped" in first.notes
    (second,) = case.land(FILES)
    assert second.rows_extracted == 0
    assert second.notes == ()
    case.write("in/later.csv", ROWS)
    (third,) = case.land(FILES)
    assert third.rows_extracted == 0
    assert third.notes == ("later.csv is the same as a.csv: skipped",)


def test_a_corrected_file_replaces_its_rows_and_a_vanished_one_stays(case):
    case.write("in/a.csv", ROWS)
    case.write("in/b.csv", ROWS.replace("10", "99"))
    case.land(FILES)
    case.write("in/a.csv", ROWS.replace("10", "11"))
    (case.folder / "in/b.csv").unlink()
    (second,) = case.land(FILES)
    assert count_rows(second) == {"new": 2, "ended": 2}
    assert any("a.csv changed" in note for note in second.notes)
    assert any("b.csv no longer there" in note for note in second.notes)
    assert case.current("billing__unified_payment_bills", "amount") == [
        (Decimal("-2.50"),),
        (Decimal("-2.50"),),
        (Decimal(11),),
        (Decimal(99),),
    ]


def test_a_new_mapping_reads_landed_files_again(case):
    case.write("in/a.csv", "date,payer,sum,product\n2024-01-05,A,10,MAS\n")
    case.land(FILES)
    (second,) = case.land(FILES + "          product_code: product\n")
    assert count_rows(second) == {"changed": 1}
    assert case.current("billing__unified_payment_bills", "product_code") == [("MAS",)]


def test_files_that_share_keys_are_landed_in_the_order_of_their_names(case):
    keyed = FILES.replace("{row_key: true}", "id")
    case.write("in/2.csv", "id,date,payer,sum\nb1,2024-01-05,A,2\nb2,2024-01-05,A,5\n")
    case.write("in/1.csv", "id,date,payer,sum\nb1,2024-01-05,A,1\n")
    (first,) = case.land(keyed)
    assert count_rows(first) == {"new": 2, "collapsed": 1}
    assert case.current("billing__unified_payment_bills", "amount") == [
        (Decimal(2),),
        (Decimal(5),),
    ]
    assert case.fetch(
        "select rows_extracted, source_amount from control.load_months"
    ) == [(2, Decimal(7))]
    case.write("in/3.csv", "id,date,payer,sum\nb2,2024-01-05,A,6\n")
    (second,) = case.land(keyed)
    assert count_rows(second) == {"changed": 1}


def test_a_duplicate_key_in_a_file_keeps_its_raw_line(case):
    keyed = FILES.replace("{row_key: true}", "id")
    case.write(
        "in/1.csv", "id,date,payer,sum\nb1,2024-01-05,A,1\nb1,2024-01-05,A,￥１\n"
    )
    (first,) = case.land(keyed)
    assert count_rows(first) == {"new": 1, "quarantined": 1}
    assert case.fetch(
        "select file_name, row_number, payload ->> 'sum' from quarantine.rows"
    ) == [("1.csv", 3, "￥１")]


def test_a_polluted_file_loses_nothing(case):
    text = (
        "Payments,,\n\nDate ,PAYER,Sum\n"
        "2024-01-05,昆明市人民医院,￥1,234\n"
        '2024/1/6,曲靖　卷烟厂,"1,234.50"\n'
        "date,payer,sum\n"
        "２０２４-０１-０７,B\x00C,（５）\n"
        "2024-01-08,D,five\n"
        "2024-01-09,E,1\n"
        "合计,,1234\n"
        "2024-01-1"
    )
    case.write("in/a.csv", text.encode("gb18030"))
    (result,) = case.land(FILES)
    assert result.rows_extracted == 8
    assert count_rows(result) == {"new": 3, "quarantined": 3, "excluded": 2}
    assert case.current("billing__unified_payment_bills", "account_id, amount") == [
        ("BC", Decimal(-5)),
        ("E", Decimal(1)),
        ("曲靖 卷烟厂", Decimal("1234.50")),
    ]
    found = case.fetch(
        "select row_number, reason, payload::text from quarantine.rows order by 1"
    )
    assert [row[0] for row in found] == [4, 8, 11]
    assert "header 3" in found[0][1]
    assert "'five', not a number" in found[1][1]
    assert "cut off here" in found[2][1]


def test_zero_bytes_and_broken_characters_can_be_quarantined(case):
    case.write("in/a.csv", b"date,payer,sum\n2024-01-05,a\x00b\xff,\x00x\n")
    (result,) = case.land(FILES)
    assert count_rows(result) == {"quarantined": 1}


def test_an_empty_file_is_told_and_lands_nothing(case):
    case.write("in/a.csv", ROWS)
    case.write("in/b.csv", "")
    (result,) = case.land(FILES)
    assert count_rows(result) == {"new": 2}
    assert "b.csv is empty" in result.notes


def test_a_damaged_file_lands_nothing_of_its_table(case):
    case.write("in/a.csv", ROWS)
    case.write("in/b.csv.gz", gzip.compress((ROWS * 300).encode())[:-40])
    with pytest.raises(SourceError, match=r"b\.csv\.gz is cut off or damaged"):
        case.land(FILES)
    assert case.fetch("select count(*) from control.loads") == [(0,)]


def test_files_of_one_landing_must_agree_on_their_columns(case):
    case.write("in/a.csv", ROWS)
    case.write("in/b.csv", "date,payer,sum,vat\n2024-01-05,A,10,1\n")
    with pytest.raises(SourceError, match=r"b\.csv are not those expected"):
        case.land(FILES)


def test_rows_collapse_to_one_per_key(case):
    case.write(
        "in/a.csv",
        "supplier,day\nA,2024-02-01\nB,2024-01-05\nA,2024-01-01\nsecret,2024-01-01\n",
    )
    text = """\
version: 1
systems:
  lists:
    kind: files
    root: in
    tables:
      crm.accounts:
        files: a.csv
        collapse: {keep: earliest, by: created_date}
        exclude: {supplier: secret}
        columns:
          account_id: supplier
          account_name: supplier
          branch_id: {constant: b1}
          created_date: day
"""
    (result,) = case.land(text)
    assert count_rows(result) == {"new": 2, "collapsed": 1, "excluded": 1}
    assert case.current("crm__accounts", "account_id, created_date") == [
        ("A", date(2024, 1, 1)),
        ("B", date(2024, 1, 5)),
    ]
    (again,) = case.land(text)
    assert count_rows(again) == {"unchanged": 2, "collapsed": 1, "excluded": 1}


def test_a_ledger_in_excel_is_landed(case):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "专线"
    for row in (
        ["专线台账"],
        ["电路编号", "集团编号", "类型", "带宽(G)", "月租", "开通"],
        [1001, "G1", "互联网专线", 1, 3500.5, date(2024, 1, 5)],
        [1002, "G2", "数据专线", 0.1, "1,200", "2024年2月1日"],
        ["合计", None, None, None, 4700.5, None],
    ):
        page.append(row)
    (case.folder / "in").mkdir()
    book.save(case.folder / "in/台账.xlsx")
    (result,) = case.land("""\
version: 1
systems:
  lists:
    kind: files
    root: in
    tables:
      ledger.leased_lines:
        files: "*.xlsx"
        format: {sheet: 专线}
        columns:
          circuit_id: 电路编号
          account_id: 集团编号
          product_code: {column: 类型, values: {互联网专线: internet}}
          bandwidth_mbps: {column: 带宽(G), factor: 1000}
          monthly_rent: 月租
          installed_date: 开通
""")
    assert count_rows(result) == {"new": 2, "excluded": 1}
    columns = "circuit_id, product_code, bandwidth_mbps, monthly_rent, installed_date"
    assert case.current("ledger__leased_lines", columns) == [
        ("1001", "internet", 1000, Decimal("3500.50"), date(2024, 1, 5)),
        ("1002", "数据专线", 100, 1200, date(2024, 2, 1)),
    ]


# The raw tables


def test_every_table_of_the_contract_exists(case):
    ensure_raw(case.settings)
    found = {
        name
        for (name,) in case.fetch(
            "select relname from pg_class where relnamespace = 'raw'::regnamespace "
            "and relkind in ('r', 'p') and not relispartition"
        )
    }
    contract = load_contract(CHECKOUT / "dbt_project")
    assert found == {table.identifier for table in contract.tables.values()}
    described = case.fetch("select obj_description('raw.crm__accounts'::regclass)")
    assert "集团客户档案" in described[0][0]


def change_contract(tmp_path, *replacements):
    source = CHECKOUT / "dbt_project/models/staging/crm/_crm__sources.yml"
    text = source.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    folder = tmp_path / f"contract{len(replacements)}/models/staging/crm"
    folder.mkdir(parents=True)
    (folder / "_crm__sources.yml").write_text(text)
    return load_contract(folder.parents[2])


def test_a_new_contract_column_is_added_and_a_changed_type_refused(case, tmp_path):
    ensure_raw(case.settings)
    city = "          - name: city_name\n            data_type: text\n"
    wider = change_contract(
        tmp_path, (city, city.replace("city_name", "region_name") + city)
    )
    with connect(case.settings, "loader") as connection:
        ensure_raw_tables(connection, wider)
    assert case.fetch("select region_name from raw.crm__branches") == []
    integer = "name: employees\n            data_type: integer"
    changed = change_contract(
        tmp_path, (integer, integer.replace("integer", "bigint")), ("OA", "OA")
    )
    with (
        pytest.raises(ContractError, match="employees is integer in raw and bigint"),
        connect(case.settings, "loader") as connection,
    ):
        ensure_raw_tables(connection, changed)


def test_a_personal_column_leaves_raw_with_the_last_need_of_it(case, tmp_path):
    """S2-17, S2-18: staging's view of the table goes with it, and is built anew."""
    ensure_raw(case.settings)
    with connect(case.settings, "owner") as connection:
        connection.execute(
            "create view staging.contacts_seen as select * from raw.crm__contacts"
        )
    needless = change_contract(tmp_path, ("                needed_for: S2-06\n", ""))
    assert "contact_name" in needless.tables["crm.contacts"].withheld
    with connect(case.settings, "loader") as connection:
        ensure_raw_tables(connection, needless)
    columns = case.fetch(
        "select attname from pg_attribute where attnum > 0 and not attisdropped "
        "and attrelid = 'raw.crm__contacts'::regclass"
    )
    assert ("contact_phone",) in columns
    assert ("contact_name",) not in columns


PERSONS = """\
version: 1
as_of: 2024-04-10
systems:
  lists:
    kind: files
    tables:
      crm.key_persons:
        files: persons.csv
        columns:
          person_id: 编号
          account_id: 集团编号
          recorded_date: 登记日期
          hobbies: 爱好
"""


def test_a_personal_column_leaves_the_quarantine_too(case):
    """S2-17: as the row came, as it was cast, and a line that was not split."""
    case.write("persons.csv", "编号,集团编号,登记日期,爱好\n1,A1,2024-01-02,围棋\n")
    payloads = {
        ("lists", "crm.key_persons", "9"): '{"编号": "9", " 爱好": "围棋"}',
        ("lists", "crm.key_persons", "8"): '{"person_id": "8", "hobbies": "围棋"}',
        ("lists", "crm.key_persons", None): '{"line": "7,A1,围棋,x"}',
        ("other", "crm.key_persons", "6"): '{"爱好": "围棋"}',
        ("lists", "crm.branches", "5"): '{"爱好": "围棋"}',
    }
    with connect(case.settings, "owner") as connection:
        for (system, table, key), payload in payloads.items():
            connection.execute(
                "insert into quarantine.rows "
                "(run_id, system_name, table_name, row_key, reason, payload) "
                "values ('r', %s, %s, %s, 'before', %s)",
                [system, table, key, payload],
            )
    case.land(PERSONS)
    assert case.fetch("select payload from quarantine.rows order by quarantine_id") == [
        ({"编号": "9"},),
        ({"person_id": "8"},),
        ({"line": None},),
        ({"爱好": "围棋"},),
        ({"爱好": "围棋"},),
    ]


def test_the_transformer_may_read_what_landed(case):
    make_bills(case)
    case.land(BILLS.format(as_of="2024-04-10"))
    with connect(case.settings, "transformer") as connection:
        rows = connection.execute("select count(*) from raw.billing__line_bills")
        assert rows.fetchone() == (4,)


def test_tables_are_analyzed(case):
    make_bills(case)
    case.land(BILLS.format(as_of="2024-04-10"))
    assert case.fetch(
        "select count(*) from pg_class "
        "where relname like 'billing\\_\\_line\\_bills%%' and reltuples > 0"
    ) == [(5,)]
