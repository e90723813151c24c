"""CSV that a spreadsheet opens as it is meant: Chinese text, and no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def encode_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows as CSV in UTF-8 with a mark, text that would run as a formula guarded.

    Args:
        columns: The header; rows have these keys and no others.
        rows: What stands below it.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _guard(v) for k, v in row.items()} for row in rows)
    return ("\ufeff" + stream.getvalue()).encode()


def _guard(value: Any) -> Any:
    """Keep a spreadsheet from running text as a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
