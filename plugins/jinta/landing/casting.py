"""Makes contract rows of source rows, a batch at a time.

A row that breaks the contract is taken out with its reason and as it arrived. Every
row of a batch comes out exactly once: good, broken or excluded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jinta.errors import SourceError
from jinta.landing.cleaning import (
    as_array,
    as_series,
    clean_numbers,
    clean_text,
    drop_nulls,
    is_plain,
    map_values,
    narrow_width,
    parse_booleans,
    parse_dates,
)
from jinta.landing.numbers import AS_READ, cast_numbers, cast_plain
from jinta.sources.config import ColumnMapping, System, TableMapping
from jinta.sources.contract import Column, ContractTable
from jinta.sources.readers import FileInput, RawBatch
from jinta.sources.readers.base import normalise_name

EARLIEST_MONTH = date(1990, 1, 1)
LATEST_MONTH = date(2100, 1, 1)
# How many values a message shows.
_SHOWN = 40


@dataclass(frozen=True)
class QuarantinedRow:
    """A source row that broke the contract."""

    reason: str
    payload: dict[str, Any]
    column_name: str | None = None
    row_number: int | None = None
    row_key: str | None = None
    month: date | None = None
    file: FileInput | None = None


@dataclass
class MonthTotals:
    """What a load holds for one month, as counted before the contract was applied."""

    rows: int = 0
    amount: Decimal | None = None
    quarantined: int = 0
    quarantined_amount: Decimal | None = None


@dataclass
class CastBatch:
    """One batch after casting.

    Attributes:
        rows: The good rows, with the mapped contract columns.
        row_numbers: Their lines; None for databases.
        quarantined: The broken ones.
        excluded: How many rows are no data of this table.
        refused: How many rows each column's values broke.
        totals: What the batch holds by month.
    """

    rows: pa.RecordBatch
    row_numbers: pa.Array | None
    quarantined: list[QuarantinedRow]
    excluded: int
    refused: Counter[str]
    totals: dict[date, MonthTotals]


@dataclass
class _Complaints:
    """Why rows are broken: the first reason of each row, and its column."""

    reasons: dict[int, tuple[str, str]] = field(default_factory=dict)

    def add(self, position: int, column: Column, what: str) -> None:
        if position not in self.reasons:
            self.reasons[position] = (column.name, f"{column.name} {what}.")

    def add_where(
        self, mask: np.ndarray, column: Column, describe: Callable[[int], str]
    ) -> None:
        for position in np.flatnonzero(mask):
            self.add(int(position), column, describe(int(position)))


class Caster:
    """Casts the batches of one contract table by its mapping."""

    def __init__(
        self, table: ContractTable, mapping: TableMapping, system: System
    ) -> None:
        self.table = table
        self.mapping = mapping
        self.is_file = system.kind == "files"
        self.timezone = system.timezone
        self.columns = [
            (table.columns[name], column) for name, column in mapping.columns.items()
        ]
        self._exclude = {
            name: re.compile(pattern) for name, pattern in mapping.exclude.items()
        }
        # Columns that every real row has a value in: a total row has none.
        self._anchors = [
            source.column
            for column, source in self.columns
            if column.is_required and not column.is_measure and source.column
        ]
        self._total_words = {
            _fold(word) for word in mapping.format.total_words if self.is_file
        }

    def cast(self, batch: RawBatch, file: FileInput | None = None) -> CastBatch:
        """Cast one batch."""
        keep, excluded = self._exclude_rows(batch.rows)
        raw = batch.rows if keep is None else batch.rows.filter(keep)
        numbers = batch.row_numbers
        if numbers is not None and keep is not None:
            numbers = numbers.filter(keep)
        complaints = _Complaints()
        arrays: dict[str, pa.Array] = {}
        amounts: pa.Array | None = None
        for column, source in self.columns:
            if source.is_row_key:
                array = self._build_row_keys(numbers, file)
            elif source.constant is not None:
                array = self._repeat(column, source.constant, raw.num_rows)
            else:
                origin = raw.column(source.column)
                array, read = self._cast_column(origin, column, source, complaints)
                amounts = read if read is not None else amounts
            arrays[column.name] = array
        for column, _ in self.columns:
            self._check_column(arrays[column.name], column, complaints)
        self._check_one_of(arrays, complaints)
        good, quarantined, totals = self._separate(
            raw, numbers, arrays, amounts, complaints, file
        )
        quarantined += self._quarantine_broken(batch, file)
        if numbers is not None and good is not None:
            numbers = numbers.filter(good)
        rows = pa.record_batch(list(arrays.values()), names=list(arrays))
        return CastBatch(
            rows=rows if good is None else rows.filter(good),
            row_numbers=numbers,
            quarantined=quarantined,
            excluded=excluded + batch.excluded,
            refused=Counter(name for name, _ in complaints.reasons.values()),
            totals=totals,
        )

    # Columns

    def _cast_column(
        self,
        origin: pa.Array,
        column: Column,
        source: ColumnMapping,
        complaints: _Complaints,
    ) -> tuple[pa.Array, pa.Array | None]:
        """The column's values, and what was read of a measure."""
        if not _needs_text(origin, column, source):
            return self._cast_typed(origin, column, source, complaints), None
        texts = self._clean(_write_texts(origin), column, source)
        if column.family == "text":
            return as_array(texts), None
        if column.family in ("numeric", "integer"):
            return self._cast_numbers(texts, column, source, complaints)
        if column.family == "date":
            formats = source.formats or self.mapping.format.date_formats
            is_month = source.is_month_of or column.name == self.table.month_column
            array, is_bad = parse_dates(texts, formats, is_month=is_month)
            self._complain_values(texts, is_bad, column, complaints, _describe(formats))
            return _take_month(array) if source.is_month_of else array, None
        array, is_bad = parse_booleans(texts)
        self._complain_values(texts, is_bad, column, complaints, "neither yes nor no")
        return array, None

    def _clean(
        self, origin: pa.Array, column: Column, source: ColumnMapping
    ) -> pd.Series:
        texts = as_series(origin)
        if is_plain(origin):
            return self._replace_values(texts, source)
        if self.is_file or column.is_identifier or column.family != "text":
            texts = clean_text(texts)
        else:
            # Text of a database is kept as it stands; only blank text is empty.
            texts = texts.mask((texts == "").fillna(value=False).astype(bool), pd.NA)
            if pc.any(pc.match_substring(origin, "\x00")).as_py():
                texts = texts.str.replace("\x00", "", regex=False)
        if column.is_identifier:
            texts = narrow_width(texts)
        return self._replace_values(texts, source)

    def _replace_values(self, texts: pd.Series, source: ColumnMapping) -> pd.Series:
        nulls = source.null_values + self.mapping.format.null_values
        texts = drop_nulls(texts, nulls, source.null_pattern)
        if not source.replacements:
            return texts
        return map_values(texts, source.replacements)

    def _cast_numbers(
        self,
        texts: pd.Series,
        column: Column,
        source: ColumnMapping,
        complaints: _Complaints,
    ) -> tuple[pa.Array, pa.Array | None]:
        plain = cast_plain(as_array(texts), column, source)
        if plain is not None:
            return plain, pc.cast(plain, AS_READ) if column.is_measure else None
        style = self.mapping.format
        if column.name.endswith("_pct"):
            texts = texts.str.replace(r"\s*[%％]$", "", regex=True)
        cleaned, is_bad = clean_numbers(texts, style.decimal, style.thousands)
        self._complain_values(texts, is_bad, column, complaints, "not a number")
        numbers = cast_numbers(as_array(cleaned), column, source)
        for position, what in numbers.refused.items():
            complaints.add(position, column, what)
        return numbers.typed, numbers.as_read if column.is_measure else None

    def _cast_typed(
        self,
        origin: pa.Array,
        column: Column,
        source: ColumnMapping,
        complaints: _Complaints,
    ) -> pa.Array:
        """Cast a database's own dates and booleans, and whole numbers in range."""
        kind = origin.type
        if column.family == "date" and pa.types.is_timestamp(kind):
            if kind.tz is not None:
                local = pa.timestamp(kind.unit, self.timezone)
                origin = pc.local_timestamp(pc.cast(origin, local))
            array = pc.cast(pc.floor_temporal(origin, unit="day"), pa.date32())
        else:
            array = pc.cast(origin, column.arrow_type)
        return _take_month(array) if source.is_month_of else array

    def _complain_values(
        self,
        texts: pd.Series,
        is_bad: pd.Series,
        column: Column,
        complaints: _Complaints,
        what: str,
    ) -> None:
        def describe(position: int) -> str:
            return f"is {_show(texts.iloc[position], column)}, {what}"

        complaints.add_where(is_bad.to_numpy(bool), column, describe)

    def _build_row_keys(
        self, numbers: pa.Array | None, file: FileInput | None
    ) -> pa.Array:
        if numbers is None or file is None:
            raise SourceError(
                f"{self.table.name}: only rows of files have a row key.",
                "Map a column of the source.",
            )
        return pc.binary_join_element_wise(
            file.content_id, pc.cast(numbers, pa.string()), "-"
        )

    def _repeat(self, column: Column, constant: str, count: int) -> pa.Array:
        scalar = pa.scalar(constant, pa.string()).cast(column.arrow_type)
        return pa.repeat(scalar, count)

    # Rows

    def _exclude_rows(self, rows: pa.RecordBatch) -> tuple[pa.Array | None, int]:
        """Which rows are data of this table, and how many are not."""
        excluded = np.zeros(rows.num_rows, dtype=bool)
        for name, pattern in self._exclude.items():
            texts = clean_text(as_series(_write_texts(rows.column(name))))
            known = texts.dropna().unique()
            hits = [text for text in known if pattern.fullmatch(text)]
            excluded |= texts.isin(hits).to_numpy(bool)
        if self._total_words and self._anchors:
            excluded |= self._find_totals(rows)
        count = int(excluded.sum())
        return (None, 0) if not count else (pa.array(~excluded), count)

    def _find_totals(self, rows: pa.RecordBatch) -> np.ndarray:
        """Rows that sum others up: a total word or only numbers, and no anchor.

        A row is one only if a column that every real row has is empty in it, so that a
        customer called "Total" is not lost.
        """
        found = np.zeros(rows.num_rows, dtype=bool)
        suspects = np.zeros(rows.num_rows, dtype=bool)
        anchors = [
            pc.fill_null(pc.equal(pc.utf8_trim_whitespace(rows.column(name)), ""), True)
            for name in self._anchors
        ]
        anchors_empty = np.array(
            [mask.to_numpy(zero_copy_only=False) for mask in anchors]
        )
        # The word may itself stand in one of the anchors, such as the date.
        suspects = anchors_empty.any(axis=0) | self._find_words_in_anchors(rows)
        for position in np.flatnonzero(suspects):
            row = rows.slice(int(position), 1).to_pylist()[0]
            cells = [str(v).strip() for v in row.values() if v is not None]
            cells = [cell for cell in cells if cell]
            is_named = bool(cells) and _fold(cells[0]) in self._total_words
            is_bare = bool(cells) and bool(anchors_empty[:, position].all())
            found[position] = is_named or (is_bare and _are_numbers(cells))
        return found

    def _find_words_in_anchors(self, rows: pa.RecordBatch) -> np.ndarray:
        found = np.zeros(rows.num_rows, dtype=bool)
        for (column, _), name in zip(
            self._anchor_columns(), self._anchors, strict=True
        ):
            if column.family == "text":
                continue
            texts = rows.column(name)
            known = texts.unique().to_pylist()
            words = [t for t in known if t and _fold(t) in self._total_words]
            if words:
                mask = pc.is_in(texts, pa.array(words, texts.type))
                found |= mask.to_numpy(zero_copy_only=False)
        return found

    def _anchor_columns(self) -> list[tuple[Column, ColumnMapping]]:
        return [
            (column, source)
            for column, source in self.columns
            if column.is_required and not column.is_measure and source.column
        ]

    def _check_column(
        self, array: pa.Array, column: Column, complaints: _Complaints
    ) -> None:
        """Check required values, ranges and accepted values of one column."""
        if column.is_required and array.null_count:
            mask = array.is_null().to_numpy(zero_copy_only=False)
            complaints.add_where(
                mask, column, lambda _: "is empty, and every row needs one"
            )
        for limit, compare, what in (
            (column.minimum, pc.less, "less than"),
            (column.maximum, pc.greater, "more than"),
        ):
            if limit is not None:
                bound = pa.scalar(limit).cast(column.arrow_type)
                self._complain_where(
                    compare(array, bound), array, column, complaints, f"{what} {limit}"
                )
        if column.accepted_values:
            accepted = pa.array(column.accepted_values, pa.string())
            unknown = pc.and_(pc.invert(pc.is_in(array, accepted)), pc.is_valid(array))
            what = f"not one of {', '.join(column.accepted_values)}"
            self._complain_where(unknown, array, column, complaints, what)
        if column.name == self.table.month_column:
            self._check_months(array, column, complaints)

    def _check_one_of(
        self, arrays: dict[str, pa.Array], complaints: _Complaints
    ) -> None:
        """Check that rows fill one of the columns that say the same in several ways.

        A source that maps only some of them can't say more: its rows are left alone.
        """
        names = self.table.one_of
        if not names or not all(name in arrays for name in names):
            return
        filled = np.array(
            [arrays[name].is_valid().to_numpy(zero_copy_only=False) for name in names]
        )
        column = self.table.columns[names[-1]]
        others = ", ".join(names[:-1])
        what = "every row needs exactly one of them"
        for mask, text in (
            (filled.sum(axis=0) > 1, f"is filled beside {others}, and {what}"),
            (~filled.any(axis=0), f"is empty as is {others}, and {what}"),
        ):
            complaints.add_where(mask, column, lambda _, text=text: text)

    def _check_months(
        self, array: pa.Array, column: Column, complaints: _Complaints
    ) -> None:
        is_inside = pc.and_(pc.equal(pc.day(array), 1), pc.is_valid(array))
        self._complain_where(
            pc.invert(is_inside), array, column, complaints,
            "not the first day of a month (`month_of: true` takes it there)",
        )  # fmt: skip
        is_odd = pc.or_(
            pc.less(array, pa.scalar(EARLIEST_MONTH)),
            pc.greater_equal(array, pa.scalar(LATEST_MONTH)),
        )
        what = f"outside {EARLIEST_MONTH:%Y} to {LATEST_MONTH:%Y}"
        self._complain_where(is_odd, array, column, complaints, what)

    def _complain_where(
        self,
        mask: pa.Array,
        array: pa.Array,
        column: Column,
        complaints: _Complaints,
        what: str,
    ) -> None:
        if not pc.any(mask).as_py():
            return
        hits = pc.and_(pc.fill_null(mask, False), pc.is_valid(array))

        def describe(position: int) -> str:
            return f"is {_show(array[position].as_py(), column)}, {what}"

        complaints.add_where(hits.to_numpy(zero_copy_only=False), column, describe)

    def _separate(
        self,
        raw: pa.RecordBatch,
        numbers: pa.Array | None,
        arrays: dict[str, pa.Array],
        amounts: pa.Array | None,
        complaints: _Complaints,
        file: FileInput | None,
    ) -> tuple[pa.Array | None, list[QuarantinedRow], dict[date, MonthTotals]]:
        """Which rows are good, the others with their reasons, and all by month."""
        is_bad = np.zeros(raw.num_rows, dtype=bool)
        is_bad[list(complaints.reasons)] = True
        months = arrays.get(self.table.month_column or "")
        totals: dict[date, MonthTotals] = {}
        if months is not None:
            measure = self.table.measure
            if amounts is None and measure is not None and measure.name in arrays:
                amounts = pc.cast(arrays[measure.name], AS_READ)
            totals = sum_by_month(_take_month(months), amounts, is_bad)
        quarantined = [
            self._quarantine(position, raw, numbers, arrays, complaints, file)
            for position in sorted(complaints.reasons)
        ]
        good = pa.array(~is_bad) if complaints.reasons else None
        return good, quarantined, totals

    def _quarantine_broken(
        self, batch: RawBatch, file: FileInput | None
    ) -> list[QuarantinedRow]:
        """The lines that could not be split into columns."""
        return [
            QuarantinedRow(
                row.reason,
                drop_values(row.payload, self.mapping),
                None,
                row.row_number,
                file=file,
            )
            for row in batch.broken
        ]

    def _quarantine(
        self,
        position: int,
        raw: pa.RecordBatch,
        numbers: pa.Array | None,
        arrays: dict[str, pa.Array],
        complaints: _Complaints,
        file: FileInput | None,
    ) -> QuarantinedRow:
        column_name, reason = complaints.reasons[position]
        keys = [arrays[name][position].as_py() for name in self.table.key]
        month = None
        if self.table.month_column in arrays:
            month = arrays[self.table.month_column][position].as_py()
        return QuarantinedRow(
            reason=reason,
            payload=drop_withheld(raw.slice(position, 1).to_pylist()[0], self.mapping),
            column_name=column_name,
            row_number=None if numbers is None else numbers[position].as_py(),
            row_key=" | ".join("" if key is None else str(key) for key in keys),
            month=None if month is None else month.replace(day=1),
            file=file,
        )


def drop_withheld(payload: dict[str, Any], mapping: TableMapping) -> dict[str, Any]:
    """A row as it arrived, without the personal data that no rule needs."""
    withheld = {normalise_name(name) for name in mapping.withheld}
    return {k: v for k, v in payload.items() if normalise_name(k) not in withheld}


def drop_values(payload: dict[str, Any], mapping: TableMapping) -> dict[str, Any]:
    """A line that could not be split, without values if one of them may be withheld."""
    return dict.fromkeys(payload) if mapping.withheld else payload


def sum_by_month(
    months: pa.Array, amounts: pa.Array | None, is_bad: np.ndarray
) -> dict[date, MonthTotals]:
    """Count rows and sum amounts by month; rows without a month are left out."""
    columns = {"month": months, "is_bad": pa.array(is_bad)}
    sums: list[tuple[str, str]] = [("is_bad", "count")]
    if amounts is not None:
        columns["amount"] = amounts
        sums.append(("amount", "sum"))
    grouped = pa.table(columns).group_by(["month", "is_bad"]).aggregate(sums)
    totals: dict[date, MonthTotals] = {}
    for row in grouped.to_pylist():
        if row["month"] is None:
            continue
        total = totals.setdefault(row["month"], MonthTotals())
        amount = row.get("amount_sum")
        total.rows += row["is_bad_count"]
        total.amount = add_amounts(total.amount, amount)
        if row["is_bad"]:
            total.quarantined += row["is_bad_count"]
            total.quarantined_amount = add_amounts(total.quarantined_amount, amount)
    return totals


def add_amounts(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """Sum of two amounts, of which either may be missing."""
    if left is None or right is None:
        return left if right is None else right
    return left + right


def _needs_text(origin: pa.Array, column: Column, source: ColumnMapping) -> bool:
    """Whether a source column has to be looked at as text."""
    if source.replacements or source.null_values or source.null_pattern:
        return True
    kind = origin.type
    if column.family == "date":
        return not (pa.types.is_date(kind) or pa.types.is_timestamp(kind))
    if column.family == "boolean":
        return not pa.types.is_boolean(kind)
    if column.family == "integer" and source.factor is None:
        small = (
            pa.types.is_integer(kind) and kind.bit_width < column.arrow_type.bit_width
        )
        return not (small or kind.equals(column.arrow_type))
    return True


def _write_texts(origin: pa.Array) -> pa.Array:
    """Any Arrow column as text."""
    kind = origin.type
    if pa.types.is_string(kind):
        return origin
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        texts = [
            None if v is None else v.decode("utf-8", "replace")
            for v in origin.to_pylist()
        ]
        return pa.array(texts, pa.string())
    if pa.types.is_null(kind):
        return pa.nulls(len(origin), pa.string())
    try:
        return pc.cast(origin, pa.string())
    except pa.ArrowNotImplementedError:
        texts = [None if v is None else str(v) for v in origin.to_pylist()]
        return pa.array(texts, pa.string())


def _take_month(days: pa.Array) -> pa.Array:
    return pc.cast(pc.floor_temporal(days, unit="month"), pa.date32())


def _describe(formats: tuple[str, ...]) -> str:
    if not formats:
        return "not a date in any usual format"
    return f"not a date like {' or '.join(formats)}"


def _show(value: Any, column: Column) -> str:
    if column.is_personal:
        return "a value that is not shown"
    text = str(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _fold(word: str) -> str:
    return re.sub(r"[\s:：]+", "", word).casefold()


def _are_numbers(cells: list[str]) -> bool:
    _, is_bad = clean_numbers(clean_text(as_series(pa.array(cells, pa.string()))))
    return not is_bad.any()
