"""Turns numbers into exact decimals and integers of the contract.

Nothing is rounded in silence: a number with more decimals than the column holds is
refused, unless the difference is the noise of a binary fraction (0.1 + 0.2), or the
mapping says `round: true`. A number that would become zero is refused too: what is
left of a binary sum that cancelled out (5.7E-13) is no amount.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc

from jinta.sources.config import ColumnMapping
from jinta.sources.contract import Column

# Relative size below which a difference is noise of binary fractions.
_NOISE = Decimal("1e-9")
_CONTEXT = Context(prec=60)
# What the source holds is summed up with this many decimals.
AS_READ = pa.decimal128(38, 8)
_AS_READ_UNIT = Decimal("1e-8")
_AS_READ_LIMIT = Decimal("1e28")


@dataclass(frozen=True)
class Numbers:
    """Numbers of one batch.

    Attributes:
        typed: Typed as the contract says; empty where a number was refused.
        refused: Why, by position.
        as_read: What the source said, refused or not, for reconciling sums.
    """

    typed: pa.Array
    refused: dict[int, str]
    as_read: pa.Array


def cast_plain(
    texts: pa.Array, column: Column, mapping: ColumnMapping
) -> pa.Array | None:
    """Cast a whole batch of plain decimals at once; None if it holds anything else."""
    try:
        if column.family == "integer":
            # Arrow also reads 0x1F, which is no number to anybody else.
            is_odd = mapping.factor or pc.any(pc.match_substring(texts, "x")).as_py()
            return None if is_odd else pc.cast(texts, column.arrow_type)
        if mapping.factor is None:
            return pc.cast(texts, column.arrow_type)
        precision, scale = column.precision_and_scale
        read = pc.cast(texts, pa.decimal128(18, min(scale + 2, 10)))
        product = pc.multiply(read, pa.scalar(mapping.factor))
        return pc.cast(product, pa.decimal128(precision, scale))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def cast_numbers(texts: pa.Array, column: Column, mapping: ColumnMapping) -> Numbers:
    """Cast decimal text (see `clean_numbers`) number by number.

    Only batches that hold something unusual come here.
    """
    judge = _judge_integer if column.family == "integer" else _judge_decimal
    values: list[Decimal | int | None] = []
    as_read: list[Decimal | None] = []
    refused: dict[int, str] = {}
    for position, text in enumerate(texts.to_pylist()):
        value, read, complaint = _read_one(text, column, mapping, judge)
        values.append(value)
        as_read.append(read)
        if complaint:
            refused[position] = complaint
    return Numbers(
        pa.array(values, column.arrow_type), refused, pa.array(as_read, AS_READ)
    )


_Judge = Callable[[Decimal, Column, ColumnMapping], tuple[Decimal | int | None, str]]


def _read_one(
    text: str | None, column: Column, mapping: ColumnMapping, judge: _Judge
) -> tuple[Decimal | int | None, Decimal | None, str]:
    """Value, what was read, and complaint of one number."""
    if text is None:
        return None, None, ""
    try:
        read = Decimal(text)
    except InvalidOperation:
        return None, None, f"is {text!r}, not a number"
    if mapping.factor is not None:
        read = _CONTEXT.multiply(read, mapping.factor)
    if abs(read) >= _AS_READ_LIMIT:
        return None, None, f"is {text}, more than any column holds"
    value, complaint = judge(read, column, mapping)
    # Rounding noise is no part of what the source meant.
    exact = Decimal(value) if value is not None and not mapping.is_rounded else read
    as_read = exact.quantize(_AS_READ_UNIT, context=_CONTEXT)
    return value, as_read, f"is {text}, {complaint}" if complaint else ""


def _judge_decimal(
    read: Decimal, column: Column, mapping: ColumnMapping
) -> tuple[Decimal | None, str]:
    precision, scale = column.precision_and_scale
    unit = Decimal(1).scaleb(-scale)
    value = read.quantize(unit, rounding=ROUND_HALF_UP, context=_CONTEXT)
    if abs(value) >= Decimal(10) ** (precision - scale):
        return None, f"more than {column.data_type} holds"
    if mapping.is_rounded:
        return value, ""
    if value == 0 and read != 0:
        return None, f"less than the smallest unit, {unit}: what binary sums leave over"
    if abs(value - read) > _NOISE * max(abs(read), Decimal(1)):
        return None, f"with more decimals than {column.data_type} holds"
    return value, ""


def _judge_integer(
    read: Decimal, column: Column, mapping: ColumnMapping
) -> tuple[int | None, str]:
    whole = read.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=_CONTEXT)
    noise = _NOISE * max(abs(read), Decimal(1))
    if not mapping.is_rounded and abs(whole - read) > noise:
        return None, "not a whole number"
    limit = 2**63 if column.data_type == "bigint" else 2**31
    if not -limit <= whole < limit:
        return None, f"more than {column.data_type} holds"
    return int(whole), ""
