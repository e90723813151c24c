"""Reads delimited text: any encoding, delimiter and compression, however broken.

No row is lost. What can't be split into the header's columns is handed over as a
broken row with its line. A quote that nobody closes would swallow the rest of the
file: such a row ends after one line, and reading goes on with the next one.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from jinta.errors import SourceError
from jinta.sources.config import BLANKS, FileFormat
from jinta.sources.readers.base import (
    BATCH_ROWS,
    BrokenRow,
    FileInput,
    Notes,
    RawBatch,
    SourceColumn,
    normalise_name,
)
from jinta.sources.readers.discovery import FoundFile, open_file
from jinta.sources.readers.encodings import detect_encoding
from jinta.sources.readers.headers import Header, choose_header

DELIMITERS = (",", "\t", ";", "|")
# A header stands within the first lines, below titles.
HEADER_LINES = 30
MAX_LINE = 1 << 20
# A quoted field may span this many lines; beyond, its quote was never closed.
MAX_RECORD_LINES = 100
_BLANKS = re.compile(r"[ \t]+")

csv.field_size_limit(MAX_LINE * 4)


class _OpenQuote(Exception):
    """The record being read doesn't end."""


class _Lines:
    """Hands lines to the CSV reader and remembers those of the record under way."""

    def __init__(self, stream: io.TextIOBase, name: str) -> None:
        self._stream = stream
        self._name = name
        self._waiting: deque[str] = deque()
        self.record: list[str] = []
        self.line_number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.record) >= MAX_RECORD_LINES:
            raise _OpenQuote
        line = self._waiting.popleft() if self._waiting else self._read()
        if not line:
            if self.record:
                raise _OpenQuote
            raise StopIteration
        self.record.append(line)
        return line.replace("\x00", "") if "\x00" in line else line

    def _read(self) -> str:
        line = self._stream.readline(MAX_LINE)
        if len(line) >= MAX_LINE:
            raise SourceError(
                f"{self._name} has a line of more than {MAX_LINE:,} characters.",
                "It is not a text file of this delimiter, or its line ends are lost.",
            )
        return line

    def close_record(self) -> int:
        """Forget the record that was completed; the line it began in."""
        begun = self.line_number + 1
        self.line_number += len(self.record)
        self.record = []
        return begun

    def give_up_record(self) -> str:
        """Take the first line of the record as broken, and the others back."""
        first, *others = self.record
        self._waiting.extendleft(reversed(others))
        self.record = [first]
        return first


@dataclass
class CsvReader:
    """Reads one delimited file.

    Attributes:
        found: The file.
        file: Its name and content id.
        format: How it is written, as far as the mapping says.
        wanted: Source columns that the mapping names; the header must have them.
    """

    found: FoundFile
    file: FileInput
    format: FileFormat
    wanted: list[str]
    notes: Notes = field(default_factory=Notes)
    columns: list[SourceColumn] = field(default_factory=list)
    header: Header | None = None

    def __post_init__(self) -> None:
        given = self.format.encoding
        self.encoding = (
            codecs.lookup(given).name
            if given
            else detect_encoding(lambda: open_file(self.found))
        )
        self.delimiter = self.format.delimiter or ","
        head = self._read_head()
        if not head:
            return
        self.header = self._choose_header(head)
        self.columns = [SourceColumn(name) for name in self.header.names]
        self.notes.said += self.header.notes

    @property
    def is_empty(self) -> bool:
        """Whether the file holds nothing at all, not even a header."""
        return self.header is None

    def read(self) -> Iterator[RawBatch]:
        """Read all rows below the header."""
        if self.header is None:
            return
        builder = _BatchBuilder(self.header)
        replaced = 0
        with self._open_text() as stream:
            for line_number, cells, complaint in self._split(stream):
                if line_number <= self.header.row_number:
                    continue
                builder.add(line_number, cells, complaint)
                replaced += any("\ufffd" in cell for cell in cells)
                if builder.is_full:
                    yield builder.build()
        if builder.has_rows:
            yield builder.build()
        if replaced:
            self.notes.add(
                f"{replaced:,} rows hold \ufffd: bytes that were not {self.encoding}, "
                "here or at the sender"
            )
        self.found.check_unchanged()

    def _read_head(self) -> list[str]:
        with self._open_text() as stream:
            lines = [stream.readline(MAX_LINE) for _ in range(HEADER_LINES)]
        return lines if any(line.strip("\x00\ufeff \r\n\t") for line in lines) else []

    def _choose_header(self, head: list[str]) -> Header:
        delimiters = (self.format.delimiter,) if self.format.delimiter else DELIMITERS
        found: list[tuple[Header, str]] = []
        for delimiter in delimiters:
            self.delimiter = delimiter
            text = io.StringIO("".join(head), newline="")
            rows = [(n, cells) for n, cells, _ in self._split(text)]
            header = choose_header(
                self.file.name, rows, self.wanted, self.format.header_row
            )
            found.append((header, delimiter))
        header, self.delimiter = max(found, key=lambda pair: pair[0].matched)
        return header

    @contextmanager
    def _open_text(self) -> Iterator[io.TextIOBase]:
        with open_file(self.found) as stream:
            # "utf-8-sig" also reads UTF-8 without a mark.
            encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
            text = io.TextIOWrapper(
                stream, encoding=encoding, errors="replace", newline=""
            )
            try:
                yield text
            finally:
                text.detach()

    def _split(self, stream: io.TextIOBase) -> Iterator[tuple[int, list[str], str]]:
        """Line number, cells and complaint of each record that isn't blank."""
        lines = _Lines(stream, self.file.name)
        parser = self._parse(lines)
        while True:
            try:
                cells = next(parser)
            except StopIteration:
                return
            except _OpenQuote:
                parser = self._parse(lines)
                text = lines.give_up_record().replace("\x00", "").rstrip("\r\n")
                yield lines.close_record(), [text], "has a quote that is never closed"
                continue
            except csv.Error as error:
                raise SourceError(
                    f"{self.file.name}, line {lines.line_number + 1}: {error}.",
                    "Check `delimiter` and `quote` in the table's format.",
                ) from error
            begun = lines.close_record()
            if any(cell and not cell.isspace() for cell in cells):
                yield begun, cells, ""

    def _parse(self, lines: _Lines) -> Iterator[list[str]]:
        if self.delimiter == BLANKS:
            return (_BLANKS.split(line.strip(" \t\r\n")) for line in lines)
        if self.format.quote:
            return csv.reader(
                lines, delimiter=self.delimiter, quotechar=self.format.quote
            )
        return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)


class _BatchBuilder:
    """Collects rows until they make a batch."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._names = [normalise_name(cell) for cell in header.cells]
        self._reset()

    def _reset(self) -> None:
        self._rows: list[list[str]] = []
        self._numbers: list[int] = []
        self._broken: list[BrokenRow] = []
        self._excluded = 0

    @property
    def is_full(self) -> bool:
        return len(self._rows) + len(self._broken) >= BATCH_ROWS

    @property
    def has_rows(self) -> bool:
        return bool(self._rows or self._broken or self._excluded)

    def add(self, number: int, cells: list[str], complaint: str) -> None:
        width = len(self._names)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if complaint or len(cells) != width:
            self._broken.append(
                BrokenRow(
                    number,
                    f"The row {complaint or _count_fields(len(cells), width)}.",
                    self._describe(cells, complaint),
                )
            )
        elif self._is_header(cells):
            self._excluded += 1
        else:
            self._rows.append(cells)
            self._numbers.append(number)

    def build(self) -> RawBatch:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._names)
        batch = RawBatch(
            pa.record_batch(
                [pa.array(columns[i], pa.string()) for i in self._header.positions],
                names=self._header.names,
            ),
            pa.array(self._numbers, pa.int64()),
            tuple(self._broken),
            self._excluded,
        )
        self._reset()
        return batch

    def _is_header(self, cells: list[str]) -> bool:
        first = self._header.positions[0]
        return (
            normalise_name(cells[first]) == self._names[first]
            and [normalise_name(cell) for cell in cells] == self._names
        )

    def _describe(self, cells: list[str], complaint: str) -> dict[str, Any]:
        if complaint:
            return {"line": cells[0]}
        names = [cell.strip() or f"({i})" for i, cell in enumerate(self._header.cells)]
        payload = dict(zip(names, cells, strict=False))
        if len(cells) > len(names):
            payload["(more)"] = cells[len(names) :]
        return payload


def _count_fields(found: int, expected: int) -> str:
    hint = (
        "the file is cut off here, or a line break stands inside a value"
        if found < expected
        else "a delimiter stands inside a value"
    )
    return f"has {found} fields and the header {expected}: {hint}"
