import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from jinta.errors import SourceError
from jinta.sources.config import FileFormat
from jinta.sources.readers import excel
from jinta.sources.readers.discovery import find_files, identify_file
from jinta.sources.readers.excel import ExcelReader


@pytest.fixture
def read(tmp_path):
    """Write rows to a sheet and read them; returns the reader and its rows."""

    def run(rows, wanted, sheet="台账", **style):
        book = openpyxl.Workbook()
        book.active.title = "说明"
        page = book.create_sheet(sheet)
        for row in rows:
            page.append(row)
        book.save(tmp_path / "a.xlsx")
        return open_book(wanted, sheet=sheet, **style)

    def open_book(wanted, **style):
        (found,) = find_files(tmp_path, ("a.xlsx",))
        file = identify_file(found)
        reader = ExcelReader(found, file, FileFormat(**style), wanted)
        batches = list(reader.read())
        rows = [row for batch in batches for row in batch.rows.to_pylist()]
        return reader, batches, rows

    run.open_book = open_book
    return run


def test_a_ledger_below_its_title_is_read(read):
    reader, batches, rows = read(
        [
            ["专线台账 2024"],
            [],
            ["电路编号", "带宽 ", "开通日期", "时间", "数量", "备注"],
            [
                1001,
                10.0,
                date(2024, 1, 5),
                datetime.fromisoformat("2024-01-05T08:30"),
                0.1 + 0.2,
                None,
            ],
            ["A-2", "２０", "2024/2/1", None, 7, True],
            ["电路编号", "带宽", "开通日期", "时间", "数量", "备注"],
            ["A-3"],
        ],
        ["电路编号", "带宽", "开通日期"],
    )
    assert reader.header.row_number == 3
    assert rows[0] == {
        "电路编号": "1001",
        "带宽": "10",
        "开通日期": "2024-01-05",
        "时间": "2024-01-05 08:30:00",
        "数量": "0.3",
        "备注": "",
    }
    assert rows[1]["带宽"] == "２０"
    assert rows[1]["备注"] == "true"
    assert rows[2]["电路编号"] == "A-3"
    assert batches[0].row_numbers.to_pylist() == [4, 5, 7]
    assert batches[0].excluded == 1
    assert reader.notes.said == ["header '带宽 ' is read as '带宽'"]


def test_an_unknown_sheet_is_told_with_those_there_are(read):
    read([["a"], [1]], ["a"])
    with pytest.raises(SourceError, match="no sheet '账'") as caught:
        read.open_book(["a"], sheet="账")
    assert "'说明', '台账'" in caught.value.cure


def test_an_empty_sheet_has_no_columns(read):
    reader, _, rows = read([], ["a"])
    assert reader.is_empty
    assert rows == []


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("MAX_ENTRIES", "parts"),
        ("MAX_INFLATED_BYTES", "bytes when it is unpacked"),
        ("MAX_CELLS", "cells"),
    ],
)
def test_a_workbook_that_would_fill_the_memory_is_refused(
    read, monkeypatch, limit, words
):
    monkeypatch.setattr(excel, limit, 3)
    with pytest.raises(SourceError, match=words):
        read([["a", "b"], [1, "x"], [2, "y"]], ["a"])


def test_a_bomb_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "a" * 5000)
    monkeypatch.setattr(excel, "MAX_SHARED_STRING_BYTES", 4999)
    monkeypatch.setattr(excel.openpyxl, "load_workbook", None)
    (found,) = find_files(tmp_path, ("a.xlsx",))
    with pytest.raises(SourceError, match="bytes of text"):
        ExcelReader(found, identify_file(found), FileFormat(), ["a"])


def cut_sheet(archive, sheet):
    return archive, sheet[: len(sheet) // 2]


def spoil_bytes(archive, sheet):
    start = archive.index(b"xl/worksheets/sheet2.xml") + 1000
    garbage = bytes(byte ^ 0x55 for byte in archive[start : start + 40])
    return archive[:start] + garbage + archive[start + 40 :], None


@pytest.mark.parametrize("damage", [cut_sheet, spoil_bytes])
def test_a_damaged_worksheet_is_told(read, tmp_path, damage):
    read([["a", "b"], *([f"text {n}", n] for n in range(3000))], ["a"])
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    whole, sheet = damage(path.read_bytes(), parts["xl/worksheets/sheet2.xml"])
    path.write_bytes(whole)
    if sheet is not None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (parts | {"xl/worksheets/sheet2.xml": sheet}).items():
                archive.writestr(name, content)
    with pytest.raises(SourceError, match="can't be read as an Excel workbook") as told:
        read.open_book(["a"], sheet="台账")
    assert "a.xlsx" in str(told.value)


@pytest.mark.parametrize("data", [b"", b"no workbook", b"PK\x03\x04cut off"])
def test_what_is_no_workbook_is_told(tmp_path, data):
    (tmp_path / "a.xlsx").write_bytes(data)
    (found,) = find_files(tmp_path, ("a.xlsx",))
    with pytest.raises(SourceError, match="can't be read as an Excel workbook"):
        ExcelReader(found, identify_file(found), FileFormat(), ["a"])
