import datetime as dt
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from jinta.landing.casting import Caster
from jinta.settings import CHECKOUT
from jinta.sources.config import ColumnMapping, FileFormat, System, TableMapping
from jinta.sources.contract import load_contract
from jinta.sources.readers import BrokenRow, FileInput, RawBatch

CONTRACT = load_contract(CHECKOUT / "dbt_project")
BILLS = CONTRACT.tables["billing.unified_payment_bills"]
FILE = FileInput("a.csv", "f1")
MAPPING = TableMapping(
    BILLS.name,
    {
        "bill_id": ColumnMapping("bill_id", is_row_key=True),
        "bill_month": ColumnMapping("bill_month", column="date", is_month_of=True),
        "account_id": ColumnMapping("account_id", column="payer"),
        "amount": ColumnMapping("amount", column="sum"),
    },
    files=("a.csv",),
)


def cast(*rows, mapping=MAPPING, kind="files", broken=(), table=BILLS):
    """Cast rows of texts (date, payer, sum), which stand in lines 2, 3, …"""
    names = ["date", "payer", "sum"]
    columns = [pa.array(c, pa.string()) for c in zip(*rows, strict=True)]
    batch = RawBatch(
        pa.record_batch(columns, names=names),
        pa.array(range(2, len(rows) + 2), pa.int64()),
        broken,
    )
    return Caster(table, mapping, System("s", kind, {})).cast(batch, FILE)


def test_good_rows_are_typed_and_keyed_by_file_and_line():
    batch = cast(("2024-01-31", " Ａ１ ", "1,000.5"), ("2024-02-01", "", "-2"))
    assert batch.rows.to_pylist() == [
        {
            "bill_id": "f1-2",
            "bill_month": date(2024, 1, 1),
            "account_id": "A1",
            "amount": Decimal("1000.50"),
        },
        {
            "bill_id": "f1-3",
            "bill_month": date(2024, 2, 1),
            "account_id": None,
            "amount": Decimal("-2.00"),
        },
    ]
    assert batch.quarantined == []


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (("2024-13-01", "a", "1"), "bill_month", "'2024-13-01', not a date"),
        (("", "a", "1"), "bill_month", "is empty, and every row needs one"),
        (("1890-01-01", "a", "1"), "bill_month", "outside 1990 to 2100"),
        (("2024-01-01", "a", "x"), "amount", "'x', not a number"),
        (("2024-01-01", "a", ""), "amount", "is empty"),
        (("2024-01-01", "a", "1.239"), "amount", "more decimals"),
    ],
)
def test_a_broken_row_is_kept_with_reason_place_and_as_it_came(row, column, words):
    batch = cast(("2024-01-01", "a", "1"), row)
    assert batch.rows.num_rows == 1
    assert batch.row_numbers.to_pylist() == [2]
    (bad,) = batch.quarantined
    assert (bad.column_name, bad.row_number, bad.file) == (column, 3, FILE)
    assert words in bad.reason
    assert bad.payload == dict(zip(("date", "payer", "sum"), row, strict=True))
    assert bad.row_key == "f1-3"
    assert batch.refused == {column: 1}


OPPORTUNITIES = CONTRACT.tables["crm.opportunities"]


def cast_owners(*owners, columns=("account_id", "prospect_id")):
    """Cast opportunities of who owns them; a row is (account, prospect)."""
    mapping = TableMapping(
        OPPORTUNITIES.name,
        {
            "opportunity_id": ColumnMapping("opportunity_id", is_row_key=True),
            "opened_date": ColumnMapping("opened_date", column="date"),
            "account_id": ColumnMapping("account_id", column="payer"),
            "prospect_id": ColumnMapping("prospect_id", column="sum"),
        },
        files=("a.csv",),
    )
    kept = {"opportunity_id", "opened_date", *columns}
    mapped = {name: c for name, c in mapping.columns.items() if name in kept}
    rows = [("2024-01-01", *owner) for owner in owners]
    return cast(*rows, mapping=replace(mapping, columns=mapped), table=OPPORTUNITIES)


def test_an_opportunity_is_a_customers_or_a_prospects_never_both_nor_nobodys():
    """S4-14: whose it is stands in one of two columns."""
    batch = cast_owners(("a1", ""), ("", "p1"), ("a1", "p1"), ("", " "))
    owners = [(row["account_id"], row["prospect_id"]) for row in batch.rows.to_pylist()]
    assert owners == [("a1", None), (None, "p1")]
    assert [(row.row_number, row.column_name) for row in batch.quarantined] == [
        (4, "prospect_id"),
        (5, "prospect_id"),
    ]
    both, neither = (row.reason for row in batch.quarantined)
    assert both.startswith("prospect_id is filled beside account_id, and every row")
    assert neither.startswith("prospect_id is empty as is account_id, and every row")


def test_a_source_that_knows_no_prospects_may_leave_the_owner_open():
    batch = cast_owners(("a1", ""), ("", ""), columns=("account_id",))
    assert batch.quarantined == []
    assert batch.rows.num_rows == 2


def test_every_row_comes_out_once():
    batch = cast(
        ("2024-01-01", "a", "1"),
        ("2024-01-01", "b", "?"),
        ("合计", "", "1"),
        broken=(BrokenRow(9, "torn", {"line": "2024"}),),
    )
    assert batch.rows.num_rows == 1
    assert len(batch.quarantined) == 2
    assert batch.excluded == 1
    assert batch.quarantined[1].row_number == 9


def test_months_are_counted_before_the_contract_is_applied():
    batch = cast(
        ("2024-01-01", "a", "1.10"),
        ("2024-01-15", "b", "1.239"),
        ("2024-01-20", "c", "none"),
        ("2024-02-01", "d", "-5"),
        ("never", "e", "7"),
    )
    january, february = batch.totals[date(2024, 1, 1)], batch.totals[date(2024, 2, 1)]
    assert (january.rows, january.quarantined) == (3, 2)
    assert january.amount == Decimal("2.339")
    assert january.quarantined_amount == Decimal("1.239")
    assert (february.rows, february.amount) == (1, -5)
    assert len(batch.totals) == 2


@pytest.mark.parametrize(
    "row",
    [
        ("合计", "", "12.50"),
        ("Total:", "", "12.50"),
        ("", "总 计", "12.50"),
        ("", "", "1,000.00"),
        ("Grand Total", "", ""),
    ],
)
def test_total_rows_are_no_data(row):
    batch = cast(("2024-01-01", "a", "12.50"), row)
    assert (batch.rows.num_rows, batch.excluded) == (1, 1)
    assert batch.quarantined == []


def test_a_customer_called_total_is_data():
    batch = cast(("2024-01-01", "Total", "1"), ("", "Total Energies Ltd", "2"))
    assert batch.rows.num_rows == 1
    assert batch.excluded == 0
    assert batch.quarantined[0].payload["payer"] == "Total Energies Ltd"


def test_databases_have_no_total_rows():
    columns = {k: v for k, v in MAPPING.columns.items() if k != "bill_id"}
    columns["bill_id"] = ColumnMapping("bill_id", column="payer")
    mapping = replace(MAPPING, columns=columns)
    batch = cast(("合计", "a", "1"), mapping=mapping, kind="database")
    assert (batch.excluded, len(batch.quarantined)) == (0, 1)


def test_rows_can_be_excluded_and_values_emptied():
    payer = replace(MAPPING.columns["account_id"], null_values=("-",))
    mapping = replace(
        MAPPING,
        columns={**MAPPING.columns, "account_id": payer},
        exclude={"payer": "test.*"},
    )
    batch = cast(
        ("2024-01-01", "-", "1"), ("2024-01-01", " tester ", "2"), mapping=mapping
    )
    assert batch.excluded == 1
    assert batch.rows.column("account_id").to_pylist() == [None]


def test_the_format_of_a_file_holds_for_all_its_columns():
    style = FileFormat(date_formats=("%d.%m.%Y",), decimal=",", thousands=".")
    batch = cast(("05.02.2024", "a", "1.234,5"), mapping=replace(MAPPING, format=style))
    assert batch.rows.to_pylist()[0]["bill_month"] == date(2024, 2, 1)
    assert batch.rows.to_pylist()[0]["amount"] == Decimal("1234.50")


def cast_typed(table, timezone="UTC", **columns):
    """Cast one batch of a database; keyword: contract column = Arrow array."""
    mapping = TableMapping(
        table.name, {name: ColumnMapping(name, column=name) for name in columns}
    )
    rows = pa.record_batch(list(columns.values()), names=list(columns))
    return Caster(table, mapping, System("s", "postgres", {}, timezone=timezone)).cast(
        RawBatch(rows)
    )


def test_a_databases_own_types_are_kept():
    table = CONTRACT.tables["crm.accounts"]
    batch = cast_typed(
        table,
        account_id=pa.array([1001, 1002]),
        account_name=pa.array(["  a ", "b\x00c"]),
        branch_id=pa.array(["KM   ", "QJ"]),
        employees=pa.array([5.0, 7.5]),
        has_oa=pa.array([1, 0]),
        competitor_share_pct=pa.array([Decimal("12.5"), Decimal(101)]),
        signed_date=pa.array(["2024-01-05T23:00:00", None]).cast(pa.timestamp("us")),
    )
    assert batch.rows.to_pylist() == [
        {
            "account_id": "1001",
            "account_name": "  a ",
            "branch_id": "KM",
            "employees": 5,
            "has_oa": True,
            "competitor_share_pct": Decimal("12.50"),
            "signed_date": date(2024, 1, 5),
        }
    ]
    assert "employees is 7.5, not a whole number" in batch.quarantined[0].reason


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", date(2024, 1, 4)), ("Asia/Shanghai", date(2024, 1, 5))]
)
def test_a_moment_becomes_a_day_in_the_sources_zone(zone, day):
    table = CONTRACT.tables["crm.account_needs"]
    moment = dt.datetime(2024, 1, 4, 20, tzinfo=dt.UTC)
    text = pa.array(["x"])
    batch = cast_typed(
        table,
        zone,
        need_id=text,
        account_id=text,
        recorded_date=pa.array([moment]),
        need_kind=pa.array(["need"]),
        need_text=text,
    )
    assert batch.rows.column("recorded_date").to_pylist() == [day]


def test_ranges_and_accepted_values_are_checked():
    table = CONTRACT.tables["crm.accounts"]
    text = pa.array(["x", "y"])
    batch = cast_typed(
        table,
        account_id=text,
        account_name=text,
        branch_id=text,
        informatization_level=pa.array([5, 6]),
    )
    assert "informatization_level is '6', more than 5." in batch.quarantined[0].reason
    table = CONTRACT.tables["crm.account_needs"]
    batch = cast_typed(
        table,
        need_id=text,
        account_id=text,
        recorded_date=pa.array([date(2024, 1, 1)] * 2),
        need_kind=pa.array(["need", "wish"]),
        need_text=text,
    )
    assert (
        "'wish', not one of need, resource, difficulty" in batch.quarantined[0].reason
    )


def test_a_reason_shows_no_personal_data():
    table = CONTRACT.tables["crm.contacts"]
    secret = replace(
        table, columns={**table.columns, "contact_role": replace(
            table.columns["contact_role"], accepted_values=("boss",), is_personal=True
        )}
    )  # fmt: skip
    text = pa.array(["x"])
    batch = cast_typed(
        secret, contact_id=text, account_id=text, contact_role=pa.array(["Mr Secret"])
    )
    assert "Secret" not in batch.quarantined[0].reason


def test_a_month_that_is_no_first_day_is_told_with_its_cure():
    columns = {
        **MAPPING.columns,
        "bill_month": ColumnMapping("bill_month", column="date"),
    }
    batch = cast(("2024-01-15", "a", "1"), mapping=replace(MAPPING, columns=columns))
    assert "month_of: true" in batch.quarantined[0].reason


def test_the_quarantine_keeps_no_personal_data_that_no_rule_needs():
    mapping = replace(MAPPING, withheld=(" Hobby",))
    names = ["date", "payer", "sum", "HOBBY"]
    rows = pa.record_batch(
        [pa.array([text]) for text in ("never", "A1", "1", "fishing")], names=names
    )
    broken = (
        BrokenRow(3, "too many fields", {"date": "2024-01-01", "sum": "fishing"}),
    )
    batch = Caster(BILLS, mapping, System("s", "files", {})).cast(
        RawBatch(rows, pa.array([2], pa.int64()), broken), FILE
    )
    bad, split = batch.quarantined
    assert bad.payload == {"date": "never", "payer": "A1", "sum": "1"}
    # In a line that can't be split, any field may hold it.
    assert split.payload == {"date": None, "sum": None}
