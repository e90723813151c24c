from datetime import date, timedelta

import pytest

from jinta.errors import SourceError
from jinta.landing.ledger import History, LandedFile
from jinta.landing.planning import plan_load
from jinta.settings import CHECKOUT
from jinta.sources.config import ColumnMapping, LoadMode, System, TableMapping
from jinta.sources.contract import load_contract

BILLS = load_contract(CHECKOUT / "dbt_project").tables["billing.line_bills"]
AS_OF = date(2024, 7, 5)


def month_mapping(formats=()):
    column = ColumnMapping("bill_month", column="M", formats=formats)
    return TableMapping(
        BILLS.name, {"bill_month": column}, load=LoadMode("month", "M", 2)
    )


def plan(mapping, history, months=None, root=None):
    system = System("s", "files" if root else "postgres", {}, root=root)
    return plan_load(system, mapping, BILLS, history, AS_OF, months)


def known(mapping, **fields):
    return History(fingerprint=mapping.fingerprint(BILLS), mode="month", **fields)


def test_the_first_landing_takes_everything_up_to_the_as_of_month():
    found = plan(month_mapping(), History())
    assert found.scope.kind == "until"
    assert found.slice.ranges == ((None, "2024-08-01"),)


def test_later_ones_take_the_last_months_again():
    mapping = month_mapping(("%Y%m",))
    found = plan(mapping, known(mapping, last_month=date(2024, 6, 1)))
    assert found.scope.months == tuple(date(2024, m, 1) for m in (4, 5, 6, 7))
    assert found.slice.ranges == (("202404", "202408"),)


def test_late_billing_leaves_no_gap():
    mapping = month_mapping()
    found = plan(mapping, known(mapping, last_month=date(2024, 2, 1)))
    assert found.scope.months[0] == date(2023, 12, 1)
    assert found.scope.months[-1] == date(2024, 7, 1)


@pytest.mark.parametrize("asked", [None, [date(2024, 6, 1)]])
def test_a_changed_mapping_starts_over(asked):
    # Months that are not read again would keep what the old mapping made of them.
    history = History(last_month=date(2024, 6, 1), fingerprint="x")
    found = plan(month_mapping(), history, asked)
    assert found.scope.kind == "until"
    assert found.notes


def test_asked_months_bring_the_two_before_each():
    mapping = month_mapping()
    asked = [date(2024, 1, 1), date(2024, 6, 1)]
    found = plan(mapping, known(mapping, last_month=date(2024, 6, 1)), asked)
    assert found.slice.ranges == (
        ("2023-11-01", "2024-02-01"),
        ("2024-04-01", "2024-07-01"),
    )
    future = plan(mapping, known(mapping), [date(2024, 8, 1)])
    assert future.scope.months == (date(2024, 6, 1), date(2024, 7, 1))


def test_what_is_read_from_its_beginning_lands_from_its_beginning():
    table = load_contract(CHECKOUT / "dbt_project").tables["billing.receipts"]
    column = ColumnMapping(table.month_column, column="M", formats=())
    mapping = TableMapping(
        table.name, {table.month_column: column}, load=LoadMode("month", "M", 2)
    )
    system = System("s", "postgres", {})
    asked = [date(2024, 3, 1)]
    first = plan_load(system, mapping, table, History(), AS_OF, asked)
    assert first.slice.ranges == ((None, "2024-08-01"),)
    landed = History(
        fingerprint=mapping.fingerprint(table),
        mode="month",
        last_month=date(2024, 6, 1),
    )
    later = plan_load(system, mapping, table, landed, AS_OF, asked)
    assert later.slice.ranges == (("2024-01-01", "2024-04-01"),)


def test_months_after_the_as_of_date_never_mean_all_months():
    with pytest.raises(SourceError, match="begin in 2024-10, after the as-of date"):
        plan(month_mapping(), History(), [date(2024, 10, 1)])


@pytest.mark.parametrize(
    ("mark", "overlap", "low"),
    [
        ({"kind": "number", "value": "5000"}, 1000, "4000"),
        ({"kind": "number", "value": "1000.50"}, 1000, "0.50"),
        (
            {"kind": "moment", "value": "2024-07-01 10:00:00"},
            timedelta(days=2),
            "2024-06-29 10:00:00",
        ),
        (
            {"kind": "moment", "value": "2024-07-01T10:00:00"},
            timedelta(hours=1),
            "2024-07-01T09:00:00",
        ),
        ({"kind": "date", "value": "2024-07-01"}, timedelta(days=1), "2024-06-30"),
    ],
)
def test_a_watermark_is_lowered_by_its_overlap(mark, overlap, low):
    mapping = TableMapping(
        BILLS.name, {}, load=LoadMode("watermark", "W", overlap=overlap)
    )
    history = History(
        fingerprint=mapping.fingerprint(BILLS), mode="watermark", watermark=mark
    )
    assert plan(mapping, history).slice.ranges == ((low, None),)
    assert plan(mapping, History()).slice is None
    wrong = TableMapping(
        BILLS.name,
        {},
        load=LoadMode(
            "watermark", "W", overlap=timedelta(1) if isinstance(overlap, int) else 5
        ),
    )
    with pytest.raises(SourceError, match="overlap"):
        plan(wrong, history)


FILES = TableMapping(BILLS.name, {}, files=("*.csv",), load=LoadMode("files"))


def names(found):
    return [file.name for _, file in found.files]


def test_each_content_is_landed_once(tmp_path):
    (tmp_path / "a.csv").write_text("1")
    (tmp_path / "b.csv").write_text("2")
    (tmp_path / "c.csv").write_text("1")
    first = plan(FILES, History(), root=tmp_path)
    assert names(first) == ["a.csv", "b.csv"]
    assert first.notes == ["c.csv is the same as a.csv: skipped"]
    fingerprint = FILES.fingerprint(BILLS)
    landed = {
        f.name: LandedFile(f.name, f.content_id, fingerprint) for _, f in first.files
    }
    (tmp_path / "b.csv").write_text("3")
    (tmp_path / "a.csv").unlink()
    again = plan(FILES, History(files=landed), root=tmp_path)
    assert names(again) == ["b.csv"]
    assert again.scope.file_ids == (landed["b.csv"].content_id,)
    assert any("a.csv no longer there" in note for note in again.notes)


def test_content_that_moved_to_another_name_is_not_lost(tmp_path):
    (tmp_path / "a.csv").write_text("1")
    first = plan(FILES, History(), root=tmp_path)
    file = first.files[0][1]
    landed = {"a.csv": LandedFile("a.csv", file.content_id, FILES.fingerprint(BILLS))}
    (tmp_path / "a.csv").write_text("2")
    (tmp_path / "b.csv").write_text("1")
    again = plan(FILES, History(files=landed), root=tmp_path)
    assert names(again) == ["a.csv", "b.csv"]
    assert again.scope.file_ids == (file.content_id,)


def test_files_of_another_mapping_are_read_again(tmp_path):
    (tmp_path / "a.csv").write_text("1")
    first = plan(FILES, History(), root=tmp_path)
    file = first.files[0][1]
    landed = {"a.csv": LandedFile("a.csv", file.content_id, "another")}
    again = plan(FILES, History(files=landed), root=tmp_path)
    assert names(again) == ["a.csv"]
    assert again.scope.file_ids == (file.content_id,)


def test_no_file_at_all_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="no file in"):
        plan(FILES, History(), root=tmp_path)
