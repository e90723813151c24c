"""What a `sources.yml` says, as plain values; `jinta.sources.parsing` reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from jinta.sources.contract import ContractTable

# A delimiter of its own: any number of blanks and tabs.
BLANKS = "blanks"
# Cells that open a total row in an export; compared without case, colon and blanks.
TOTAL_WORDS = (
    "total", "totals", "grand total", "subtotal", "sub-total", "sub total", "sum",
    "合计", "总计", "小计", "累计", "共计", "汇总",
)  # fmt: skip


@dataclass(frozen=True)
class ColumnMapping:
    """Where the values of one contract column come from.

    Exactly one of `column`, `constant` and `is_row_key` is set.

    Attributes:
        name: The contract column.
        column: The source's column.
        constant: One value for every row.
        is_row_key: The value is the file's content id and the row's number.
        type: Kind of the source's values, if it may differ from the last landing's.
        formats: Date formats to try in order; empty means the file's or the usual ones.
        is_month_of: A date is taken to the first day of its month.
        factor: Numbers are multiplied by it (unit conversion).
        is_rounded: Numbers with more decimals than the contract holds are rounded.
        replacements: Values to replace, after cleaning; None makes the value empty.
        null_values: Values that mean "empty".
        null_pattern: Regular expression; what it matches whole means "empty".
        line: Line in `sources.yml`.
    """

    name: str
    column: str | None = None
    constant: str | None = None
    is_row_key: bool = False
    type: str | None = None
    formats: tuple[str, ...] = ()
    is_month_of: bool = False
    factor: Decimal | None = None
    is_rounded: bool = False
    replacements: Mapping[str, str | None] = field(default_factory=dict)
    null_values: tuple[str, ...] = ()
    null_pattern: str | None = None
    line: int = 0


@dataclass(frozen=True)
class FileFormat:
    """How files are written. None means: found out from the file.

    Attributes:
        kind: `csv` or `excel`.
        delimiter: Separates fields; found among comma, semicolon, tab and bar. `BLANKS`
            for columns aligned with blanks: fields then hold none and aren't quoted.
        quote: Encloses fields; empty for files without quoting.
        encoding: Character encoding, as Python names it.
        sheet: Name of the worksheet; the first one if None.
        header_row: Line of the header, from 1; the first row with all mapped columns.
        date_formats: Formats of every date column that names none.
        decimal: Decimal mark.
        thousands: Mark between groups of three digits.
        null_values: Values that mean "empty" in every column.
        total_words: Cells that mark a total row.
    """

    kind: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    date_formats: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ","
    null_values: tuple[str, ...] = ()
    total_words: tuple[str, ...] = TOTAL_WORDS


@dataclass(frozen=True)
class LoadMode:
    """How much of a source one landing takes.

    Attributes:
        mode: `snapshot` (all of it), `month`, `watermark` or `files` (each once).
        column: Source column that months or watermarks are read from.
        overlap_months: Months before the last landed one that are read again.
        overlap: How far below the last watermark rows are read again.
    """

    mode: str = "snapshot"
    column: str | None = None
    overlap_months: int = 2
    overlap: timedelta | int | None = None


@dataclass(frozen=True)
class Collapse:
    """Rows with the same key become one: the one with the least or greatest value."""

    by: str
    keep: str = "earliest"


@dataclass(frozen=True)
class TableMapping:
    """Where one contract table comes from.

    Attributes:
        withheld: Source columns of personal data that no rule needs; never read.
    """

    name: str
    columns: Mapping[str, ColumnMapping]
    relation: str | None = None
    query: str | None = None
    files: tuple[str, ...] = ()
    load: LoadMode = field(default_factory=LoadMode)
    format: FileFormat = field(default_factory=FileFormat)
    exclude: Mapping[str, str] = field(default_factory=dict)
    collapse: Collapse | None = None
    ignore: tuple[str, ...] = ()
    is_empty_allowed: bool = False
    withheld: tuple[str, ...] = ()
    line: int = 0

    @property
    def source_columns(self) -> list[str]:
        """The source columns that landing needs, in the order of the file."""
        wanted = [c.column for c in self.columns.values() if c.column is not None]
        wanted += list(self.exclude)
        if self.load.column is not None:
            wanted.append(self.load.column)
        return list(dict.fromkeys(wanted))

    def fingerprint(self, table: ContractTable) -> str:
        """A hash of all that decides how a source row becomes a landed row.

        When it changes, an incremental load starts over: rows that landed under
        another mapping would otherwise stay as they are.
        """
        said = {
            "columns": {
                name: {k: v for k, v in asdict(mapping).items() if k != "line"}
                for name, mapping in sorted(self.columns.items())
            },
            "from": [self.relation, self.query],
            "format": asdict(self.format),
            "exclude": dict(self.exclude),
            "collapse": None if self.collapse is None else asdict(self.collapse),
            "contract": [
                asdict(table.columns[name]) | {"description": ""}
                for name in sorted(self.columns)
            ],
            "key": table.key,
        }
        text = json.dumps(said, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class System:
    """One source system and the tables it delivers.

    Attributes:
        kind: `postgres`, `database` (any SQLAlchemy dialect) or `files`.
        connection: Name of its connection; None for files.
        root: Folder that file patterns start from.
        timezone: Zone in which a moment of the source becomes a day.
    """

    name: str
    kind: str
    tables: Mapping[str, TableMapping]
    connection: str | None = None
    root: Path = Path()
    timezone: str = "UTC"
    line: int = 0


@dataclass(frozen=True)
class SourcesConfig:
    """A whole `sources.yml`.

    Attributes:
        path: The file.
        systems: Source systems by name, in the order of the file.
        as_of: Fixed as-of date for data that ends in the past.
    """

    path: Path
    systems: Mapping[str, System]
    as_of: date | None = None

    @property
    def mapped_tables(self) -> set[str]:
        """Names of all contract tables that some system delivers."""
        return {t for system in self.systems.values() for t in system.tables}
