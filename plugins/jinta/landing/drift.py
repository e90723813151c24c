"""Compares the columns a source has with those that were expected.

What is mapped must be there. What was seen at the last landing must still be there, of
the same kind, and nothing new beside it: a renamed column shows as one that is missing
and one that is new. `ignore` lists columns that may come and go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

from jinta.errors import SourceError
from jinta.sources.config import TableMapping
from jinta.sources.readers import SourceColumn, match_columns, normalise_name

KINDS = ("text", "number", "date", "moment", "yes/no", "other")
_KIND_PATTERNS = (
    ("moment", r"timestamp|datetime"),
    ("date", r"\bdate"),
    ("yes/no", r"bool|\bbit\b"),
    ("number", r"int|serial|num|dec|float|double|real|money"),
    ("text", r"char|text|clob|string|name|uuid|enum"),
)
_LIKELY_RENAMED = 0.5


def tell_kind(source_type: str) -> str:
    """The kind of a source's type: widths and precisions don't matter."""
    if not source_type or source_type == "NULL":
        return ""
    lower = source_type.lower()
    for kind, pattern in _KIND_PATTERNS:
        if re.search(pattern, lower):
            return kind
    return "other"


def check_columns(
    where: str,
    found: list[SourceColumn],
    mapping: TableMapping,
    seen: Mapping[str, str] | None,
) -> None:
    """Stop a table whose source no longer has the expected columns.

    Args:
        where: What has the columns, for the message.
        found: The columns it has.
        mapping: What the sources file says.
        seen: Name and type of each column at the last landing; None if this is the
            first.

    Raises:
        SourceError: The columns differ; the message shows how.
    """
    names = [column.name for column in found]
    missing = _find_missing(names, mapping, seen)
    new = _find_new(names, mapping, seen)
    retyped = _find_retyped(found, mapping, seen)
    if not (missing or new or retyped):
        return
    lines = [f"{mapping.name}: the columns of {where} are not those expected."]
    lines += [f"  missing: {n!r}{_name_target(n, mapping)}" for n in missing]
    lines += [f"  new:     {n!r}{_guess_old_name(n, missing)}" for n in new]
    lines += [
        f"  retyped: {name!r} was {before} and is {now}"
        for name, before, now in retyped
    ]
    expected = list(seen) if seen else mapping.source_columns
    lines.append(f"  expected: {', '.join(expected)}")
    lines.append(f"  found:    {', '.join(names)}")
    raise SourceError("\n".join(lines), _name_cure(missing, new, retyped))


def _is_ignored(name: str, mapping: TableMapping) -> bool:
    ignored = {normalise_name(text) for text in (*mapping.ignore, *mapping.withheld)}
    return "*" in mapping.ignore or normalise_name(name) in ignored


def _find_missing(
    names: list[str], mapping: TableMapping, seen: Mapping[str, str] | None
) -> list[str]:
    mapped = mapping.source_columns
    there = match_columns(mapped, names)
    missing = [name for name in mapped if name not in there]
    present = {normalise_name(name) for name in names}
    known = {normalise_name(name) for name in mapped}
    return missing + [
        name
        for name in seen or ()
        if normalise_name(name) not in present | known
        and not _is_ignored(name, mapping)
    ]


def _find_new(
    names: list[str], mapping: TableMapping, seen: Mapping[str, str] | None
) -> list[str]:
    mapped = {normalise_name(name) for name in mapping.source_columns}
    if seen is None:
        # At the first landing nobody knows what is new: it is a rename or nothing.
        there = match_columns(mapping.source_columns, names)
        lost = [name for name in mapping.source_columns if name not in there]
        return [
            name
            for name in names
            if normalise_name(name) not in mapped and _guess_old_name(name, lost)
        ]
    known = {normalise_name(name) for name in seen} | mapped
    return [
        name
        for name in names
        if normalise_name(name) not in known and not _is_ignored(name, mapping)
    ]


def _find_retyped(
    found: list[SourceColumn], mapping: TableMapping, seen: Mapping[str, str] | None
) -> list[tuple[str, str, str]]:
    before = {normalise_name(n): tell_kind(t) for n, t in (seen or {}).items()}
    stated = {
        normalise_name(c.column): c.type
        for c in mapping.columns.values()
        if c.column and c.type
    }
    mapped = {normalise_name(name) for name in mapping.source_columns}
    retyped = []
    for column in found:
        name = normalise_name(column.name)
        if name not in mapped:
            continue
        old, now = stated.get(name) or before.get(name, ""), tell_kind(column.type)
        if old and now and old != now:
            retyped.append((column.name, old, now))
    return retyped


def _name_target(name: str, mapping: TableMapping) -> str:
    targets = [
        c.name
        for c in mapping.columns.values()
        if c.column and normalise_name(c.column) == normalise_name(name)
    ]
    return f" (mapped to {', '.join(targets)})" if targets else ""


def _guess_old_name(name: str, missing: list[str]) -> str:
    """A missing column that the new one is likely to be, by its letters."""
    scored = [
        (SequenceMatcher(None, normalise_name(name), normalise_name(old)).ratio(), old)
        for old in missing
    ]
    score, old = max(scored, default=(0.0, ""))
    return f" (likely {old!r} renamed)" if score >= _LIKELY_RENAMED else ""


def _name_cure(
    missing: list[str], new: list[str], retyped: list[tuple[str, str, str]]
) -> str:
    cures = []
    if missing:
        cures.append(
            "Ask the sender for the missing column or name its new one under `columns`"
        )
    if new:
        cures.append("map a new column, or list it under `ignore`")
    if retyped:
        cures.append(
            "if a column's values still mean the same, write its new `type` in its "
            "mapping"
        )
    text = "; ".join(cures)
    return f"{text[0].upper()}{text[1:]}. Nothing of this table was landed."
