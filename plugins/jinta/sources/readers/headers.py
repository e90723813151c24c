"""Finds the header of a file and matches its names to those of the mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jinta.errors import SourceError
from jinta.sources.readers.base import match_columns, normalise_name


@dataclass(frozen=True)
class Header:
    """The header of a file.

    Attributes:
        row_number: Its line, from 1.
        cells: Its cells as they stand there.
        positions: Positions of the named cells.
        names: Their names; those that the mapping knows are spelled as there.
        matched: How many columns of the mapping it has.
        notes: Where its spelling differs from the mapping's.
    """

    row_number: int
    cells: list[str]
    positions: list[int]
    names: list[str]
    matched: int
    notes: list[str] = field(default_factory=list)


def choose_header(
    file_name: str,
    rows: Sequence[tuple[int, list[str]]],
    wanted: list[str],
    header_row: int | None,
) -> Header:
    """Take the given row, or the first one that has the most wanted columns.

    Args:
        file_name: For messages.
        rows: Line number and cells of the first rows that aren't blank.
        wanted: Columns that the mapping names.
        header_row: The header's line, if the mapping says it.

    Raises:
        SourceError: The line that should hold the header is blank, or two columns
            that the mapping could mean have one name.
    """
    if header_row is not None:
        chosen = next(((n, c) for n, c in rows if n == header_row), None)
        if chosen is None:
            raise SourceError(
                f"{file_name} has no header in line {header_row}: it is blank.",
                "Mend `header_row` in the table's format, or leave it out.",
            )
    else:
        chosen = max(rows, key=lambda row: _count_matches(row[1], wanted))
        if not _count_matches(chosen[1], wanted):
            chosen = rows[0]
    return _build_header(file_name, chosen[0], chosen[1], wanted)


def _count_matches(cells: list[str], wanted: list[str]) -> int:
    return len(match_columns(wanted, [cell.strip() for cell in cells if cell]))


def _build_header(
    file_name: str, row_number: int, cells: list[str], wanted: list[str]
) -> Header:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    positions = [i for i, cell in enumerate(cells) if cell.strip()]
    names = [" ".join(cells[i].replace("\ufeff", "").split()) for i in positions]
    _refuse_twins(file_name, cells, names, wanted)
    spelled = {found: name for name, found in match_columns(wanted, names).items()}
    notes = [
        f"header {cells[i]!r} is read as {spelled[name]!r}"
        for i, name in zip(positions, names, strict=True)
        if name in spelled and cells[i] != spelled[name]
    ]
    return Header(
        row_number=row_number,
        cells=cells,
        positions=positions,
        names=_make_unique([spelled.get(name, name) for name in names]),
        matched=len(spelled),
        notes=notes,
    )


def _refuse_twins(
    file_name: str, cells: list[str], names: list[str], wanted: list[str]
) -> None:
    normal = [normalise_name(name) for name in names]
    for name in wanted:
        if normal.count(normalise_name(name)) > 1 and names.count(name) != 1:
            raise SourceError(
                f"{file_name} has more than one column {name!r}: "
                f"{', '.join(repr(cell) for cell in cells)}.",
                "Have the sender name them differently.",
            )


def _make_unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique
