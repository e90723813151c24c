"""What every reader hands over: Arrow batches, with a place for every row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

# Rows of a batch: enough for Arrow to be fast, little enough for the memory of many
# columns.
BATCH_ROWS = 50_000


@dataclass(frozen=True)
class SourceColumn:
    """A column as the source describes it; files have no types."""

    name: str
    type: str = ""


@dataclass(frozen=True)
class Slice:
    """Which rows of a source are read.

    Attributes:
        column: Source column that the limits are about.
        ranges: Half-open ranges of values, as text; a missing end is open.
    """

    column: str
    ranges: tuple[tuple[str | None, str | None], ...]

    def __bool__(self) -> bool:
        return bool(self.ranges)


@dataclass(frozen=True)
class FileInput:
    """One file to read.

    Attributes:
        name: Path below the system's root; how people know the file.
        content_id: Hash of what is in it, whatever its name or compression.
    """

    name: str
    content_id: str


@dataclass(frozen=True)
class BrokenRow:
    """A row that could not be split into the columns of its source."""

    row_number: int
    reason: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class RawBatch:
    """Some rows as they arrived.

    Attributes:
        rows: The source's columns under the names that the mapping uses for them.
        row_numbers: Line of each row in its file; None for databases.
        broken: Rows that could not be split into columns.
        excluded: Rows that are no data: repeated headers.
    """

    rows: pa.RecordBatch
    row_numbers: pa.Int64Array | None = None
    broken: tuple[BrokenRow, ...] = ()
    excluded: int = 0


@dataclass
class Notes:
    """What a reader found worth telling, each once."""

    said: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Note something, unless it was noted before."""
        if text not in self.said:
            self.said.append(text)


class Reader(Protocol):
    """Reads one table, query or file."""

    columns: list[SourceColumn]
    file: FileInput | None
    notes: Notes

    def read(self) -> Iterator[RawBatch]:
        """Read all rows."""
        ...


def normalise_name(name: str) -> str:
    """A column name without what differs by accident: width, blanks, case."""
    plain = unicodedata.normalize("NFKC", name).replace("\ufeff", "")
    return re.sub(r"\s+", " ", plain).strip().casefold()


def match_columns(wanted: list[str], found: list[str]) -> dict[str, str]:
    """Match wanted column names to a source's; exact names go before similar ones.

    Returns:
        The source's name for each wanted name that it has.
    """
    exact = set(found)
    similar: dict[str, list[str]] = {}
    for name in found:
        similar.setdefault(normalise_name(name), []).append(name)
    matched = {}
    for name in wanted:
        candidates = similar.get(normalise_name(name), [])
        if name in exact:
            matched[name] = name
        elif len(candidates) == 1:
            matched[name] = candidates[0]
    return matched
