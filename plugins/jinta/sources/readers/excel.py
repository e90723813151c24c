"""Reads worksheets row by row, after making sure that they can't fill the memory."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from jinta.errors import SourceError
from jinta.sources.config import FileFormat
from jinta.sources.readers.base import (
    BATCH_ROWS,
    FileInput,
    Notes,
    RawBatch,
    SourceColumn,
    normalise_name,
)
from jinta.sources.readers.csv_files import HEADER_LINES
from jinta.sources.readers.discovery import FoundFile
from jinta.sources.readers.headers import Header, choose_header

# What unpacking and reading a damaged workbook ends in.
_DAMAGED = (zipfile.BadZipFile, zlib.error, ParseError, EOFError, KeyError, ValueError)
# A workbook is a zip archive: half a megabyte can inflate to gigabytes.
MAX_ENTRIES = 10_000
MAX_INFLATED_BYTES = 1 << 29
MAX_SHARED_STRING_BYTES = 1 << 27
MAX_CELLS = 20_000_000


@dataclass
class ExcelReader:
    """Reads one worksheet of one workbook; see `CsvReader` for the attributes."""

    found: FoundFile
    file: FileInput
    format: FileFormat
    wanted: list[str]
    notes: Notes = field(default_factory=Notes)
    columns: list[SourceColumn] = field(default_factory=list)
    header: Header | None = None

    def __post_init__(self) -> None:
        check_workbook(self.found)
        head = []
        for number, cells in self._read_rows():
            head.append((number, cells))
            if number >= max(HEADER_LINES, self.format.header_row or 0):
                break
        if not head:
            return
        self.header = choose_header(
            self.file.name, head, self.wanted, self.format.header_row
        )
        self.columns = [SourceColumn(name) for name in self.header.names]
        self.notes.said += self.header.notes

    @property
    def is_empty(self) -> bool:
        """Whether the sheet holds nothing at all, not even a header."""
        return self.header is None

    def read(self) -> Iterator[RawBatch]:
        """Read all rows below the header."""
        if self.header is None:
            return
        rows: list[list[str]] = []
        numbers: list[int] = []
        excluded = 0
        names = [normalise_name(cell) for cell in self.header.cells]
        for number, cells in self._read_rows():
            if number <= self.header.row_number:
                continue
            cells = (cells + [""] * len(names))[: max(len(names), len(cells))]
            if [normalise_name(cell) for cell in cells[: len(names)]] == names:
                excluded += 1
                continue
            rows.append(cells)
            numbers.append(number)
            if len(rows) >= BATCH_ROWS:
                yield self._build(self.header, rows, numbers, excluded)
                rows, numbers, excluded = [], [], 0
        if rows or excluded:
            yield self._build(self.header, rows, numbers, excluded)
        self.found.check_unchanged()

    def _build(
        self, header: Header, rows: list[list[str]], numbers: list[int], excluded: int
    ) -> RawBatch:
        arrays = [
            pa.array([row[i] for row in rows], pa.string()) for i in header.positions
        ]
        batch = pa.record_batch(arrays, names=header.names)
        return RawBatch(batch, pa.array(numbers, pa.int64()), (), excluded)

    def _read_rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and texts of each row that isn't blank."""
        try:
            book = openpyxl.load_workbook(
                self.found.path, read_only=True, data_only=True, keep_links=False
            )
        except (InvalidFileException, *_DAMAGED) as error:
            raise _unreadable(self.found, str(error)) from error
        with closing(book):
            sheet = self._choose_sheet(book)
            # What a sheet says of its size may be wrong or a trap.
            sheet.reset_dimensions()
            cells_read = 0
            for number, row in enumerate(self._unpack_rows(sheet), start=1):
                cells_read += len(row) or 1
                if cells_read > MAX_CELLS:
                    raise SourceError(
                        f"{self.file.name} has more than {MAX_CELLS:,} cells.",
                        "Deliver a table of this size as CSV.",
                    )
                cells = [_write_cell(cell) for cell in row]
                if any(cell and not cell.isspace() for cell in cells):
                    yield number, cells

    def _unpack_rows(self, sheet: Any) -> Iterator[tuple[Any, ...]]:
        """Rows as they are unpacked: damage shows only where it lies."""
        try:
            yield from sheet.iter_rows(values_only=True)
        except _DAMAGED as error:
            raise _unreadable(self.found, str(error)) from error

    def _choose_sheet(self, book: openpyxl.Workbook) -> Any:
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        if not sheets:
            raise _unreadable(self.found, "it has no worksheet")
        name = self.format.sheet
        if name is None:
            return next(iter(sheets.values()))
        for title, sheet in sheets.items():
            if normalise_name(title) == normalise_name(name):
                return sheet
        raise SourceError(
            f"{self.file.name} has no sheet {name!r}.",
            f"It has {', '.join(repr(title) for title in sheets)}: mend `sheet`.",
        )


def check_workbook(found: FoundFile) -> None:
    """Refuse a workbook that would fill the memory, before it is opened.

    Raises:
        SourceError: It has too many parts or inflates too far, or is no workbook.
    """
    try:
        with zipfile.ZipFile(found.path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise _unreadable(found, str(error)) from error
    inflated = sum(entry.file_size for entry in entries)
    strings = sum(
        entry.file_size for entry in entries if entry.filename.endswith("Strings.xml")
    )
    for count, limit, what in (
        (len(entries), MAX_ENTRIES, "parts"),
        (inflated, MAX_INFLATED_BYTES, "bytes when it is unpacked"),
        (strings, MAX_SHARED_STRING_BYTES, "bytes of text"),
    ):
        if count > limit:
            raise SourceError(
                f"{found.name} has {count:,} {what}; at most {limit:,} are read.",
                "Check where it comes from; deliver a table of this size as CSV.",
            )


def _unreadable(found: FoundFile, detail: str) -> SourceError:
    return SourceError(
        f"{found.name} can't be read as an Excel workbook: {detail}.",
        "Save it again as .xlsx; old .xls files are not read. If it was cut off on its "
        "way, ask for it again.",
    )


def _write_cell(value: Any) -> str:
    """A cell as text: whole numbers without a fraction, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # A sheet keeps 15 digits; the rest is noise of the binary number.
        return format(value, ".15g")
    if isinstance(value, datetime):
        is_day = value.time() == time()
        return value.date().isoformat() if is_day else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
