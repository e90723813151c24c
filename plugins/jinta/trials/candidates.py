"""A candidate version of a scorecard: rows in files, applied to a version in force.

A candidate is a folder of CSV files shaped like the seeds, or one CSV file of edits
with the columns `table,key,column,value`. Only what differs needs to be there. A new
weight scales the points of its indicator, unless the candidate gives its bands.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jinta.errors import RuleError
from jinta.report.rule_checks import find_problems
from jinta.report.rules import (
    FAMILIES,
    SEED_KEYS,
    Row,
    Rules,
    normalise_row,
    sort_rows,
)

CARD_SEEDS = FAMILIES["scorecard"][1]
_HEAD = CARD_SEEDS[0]
_INDICATORS, _BANDS = "scorecard_indicators", "scorecard_bands"
_EDIT_COLUMNS = ("table", "key", "column", "value")
# What a version is called, whom it scores, when it holds, who approved it and how its
# weights and bands were found: a candidate has none of its own.
_NOT_TRIED = frozenset(
    (
        *("scorecard_id", "version", "subject", "valid_from", "valid_to"),
        *("recorded_at", "approver", "ahp_id", "freeze_percentiles"),
    )
)
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Edit:
    """One cell to change.

    Attributes:
        place: File and line, to be named when it doesn't fit.
        table: The seed.
        key: What names the row within its version, such as `employees` or
            `employees 3` for a band; empty for the scorecard's own row.
        column: The column.
        value: The new value; empty is none.
    """

    place: str
    table: str
    key: tuple[str, ...]
    column: str
    value: str


@dataclass(frozen=True)
class Candidate:
    """What differs from the version it is applied to.

    Attributes:
        source: The file or folder, or `as it is` where nothing differs.
        edits: Cells to change.
        rows: Rows by seed that take the place of others.
    """

    source: str
    edits: tuple[Edit, ...] = ()
    rows: Mapping[str, list[Row]] = field(default_factory=dict)


UNCHANGED = Candidate("as it is")


def read_candidate(path: Path, scorecard_id: str) -> Candidate:
    """Read a candidate for a scorecard.

    Raises:
        RuleError: The file or folder isn't there, holds nothing of the scorecard, or a
            row is malformed; the message names file and line.
    """
    if path.is_dir():
        return Candidate(str(path), rows=_read_folder(path, scorecard_id))
    if path.is_file():
        return Candidate(str(path), edits=tuple(_read_edits(path)))
    raise RuleError(
        f"There is no candidate {path}.",
        "Name a folder with files like scorecard_indicators.csv, or a CSV file with "
        "the columns table,key,column,value.",
    )


def apply_candidate(candidate: Candidate, base: Rules) -> Rules:
    """Apply a candidate to the rows of one version and return the version to try.

    Args:
        candidate: What differs.
        base: Rows by seed of the version it is applied to, in canonical text.

    Returns:
        Rows by seed. They keep the base's name, validity and approver.

    Raises:
        RuleError: An edit names a row or column that isn't there.
    """
    rules = {seed: [dict(row) for row in base.get(seed) or []] for seed in CARD_SEEDS}
    for seed, rows in candidate.rows.items():
        rules[seed] = _overlay(seed, rules[seed], rows, base)
    for edit in candidate.edits:
        _apply_edit(rules, edit)
    given = {row["indicator_id"] for row in candidate.rows.get(_BANDS, [])}
    given |= {edit.key[0] for edit in candidate.edits if edit.table == _BANDS}
    _scale_points(candidate, rules, base, given)
    return {
        seed: sort_rows([normalise_row(row) for row in rows], SEED_KEYS[seed])
        for seed, rows in rules.items()
    }


def check_candidate(
    candidate: Candidate, rules: Rules, dictionary: list[Row], months: Iterable[date]
) -> None:
    """Check the version to try by the checks that rules in force must pass.

    Args:
        candidate: Where the rows came from.
        rules: The rows of the version, by seed.
        dictionary: Rows of `indicators`.
        months: The months it is tried on.

    Raises:
        RuleError: Naming the seed and row of each problem.
    """
    months = sorted(months)
    # What the weights were derived from holds for the version that is in force.
    always = {"valid_from": months[0].isoformat(), "valid_to": "", "ahp_id": ""}
    heads = [row | always for row in rules[_HEAD]]
    every = {seed: [] for seed in SEED_KEYS} | rules
    every |= {_HEAD: heads, "indicators": dictionary}
    problems = find_problems(every, months, SEED_KEYS)
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems[:12])
        raise RuleError(
            f"The candidate {candidate.source} does not fit together:\n{listed}",
            "Correct the rows named, as they stand after the candidate is applied; "
            "docs/rules.md explains each column.",
        )


def describe_differences(before: Rules, after: Rules) -> list[dict[str, str]]:
    """List the cells in which two versions differ; names and validity aside."""
    found = []
    for seed in CARD_SEEDS:
        key = _key_columns(seed)
        old = {tuple(r[c] for c in key): r for r in before.get(seed) or []}
        new = {tuple(r[c] for c in key): r for r in after.get(seed) or []}
        for name in sorted(old | new):
            for column in sorted(set(old.get(name, {})) | set(new.get(name, {}))):
                values = [rows.get(name, {}).get(column, "") for rows in (old, new)]
                if column not in _NOT_TRIED and len(set(values)) > 1:
                    found.append(
                        {
                            "table": seed,
                            "key": " ".join(name),
                            "column": column,
                            "before": values[0],
                            "after": values[1],
                        }
                    )
    return found


def _read_folder(folder: Path, scorecard_id: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for seed in CARD_SEEDS:
        path = folder / f"{seed}.csv"
        if path.is_file():
            rows = [row for row in _read_rows(path) if _is_of(row, scorecard_id)]
            if rows:
                found[seed] = _check_folder_rows(path, seed, rows)
    if not found:
        raise RuleError(
            f"The folder {folder} holds no row of {scorecard_id}.",
            f"Put one of {', '.join(f'{seed}.csv' for seed in CARD_SEEDS)} into it.",
        )
    return found


def _is_of(row: Row, scorecard_id: str) -> bool:
    return row.get("scorecard_id", scorecard_id) == scorecard_id


def _check_folder_rows(path: Path, seed: str, rows: list[Row]) -> list[Row]:
    lacking = [column for column in _key_columns(seed) if column not in rows[0]]
    if lacking:
        raise RuleError(
            f"{path} lacks the column {', '.join(lacking)}, which names a row.",
            "Copy the header of the seed's file.",
        )
    versions = sorted({row["version"] for row in rows if row.get("version")})
    if len(versions) > 1:
        raise RuleError(
            f"{path} holds several versions ({', '.join(versions)}).",
            "Leave the rows of one of them: the candidate.",
        )
    return rows


def _read_edits(path: Path) -> list[Edit]:
    rows = _read_rows(path)
    if not rows:
        return []
    if set(rows[0]) != set(_EDIT_COLUMNS):
        raise RuleError(
            f"{path} has the columns {', '.join(rows[0])}.",
            f"A file of edits has {','.join(_EDIT_COLUMNS)}, such as "
            "scorecard_indicators,employees,weight,10.",
        )
    return [
        _check_edit(
            Edit(
                place=f"{path}, line {number}",
                table=row["table"].removesuffix(".csv"),
                key=tuple(row["key"].split()),
                column=row["column"],
                value=row["value"],
            )
        )
        for number, row in enumerate(rows, start=2)
    ]


def _check_edit(edit: Edit) -> Edit:
    if edit.table not in CARD_SEEDS:
        raise RuleError(
            f"{edit.place}: {edit.table or 'nothing'} is no table of a scorecard.",
            f"Use {', '.join(CARD_SEEDS)}.",
        )
    key = _key_columns(edit.table)
    if len(edit.key) != len(key):
        raise RuleError(
            f"{edit.place}: {' '.join(edit.key) or 'nothing'} names no row of "
            f"{edit.table}; {' and '.join(key) or 'nothing'} does.",
            f"Write {' '.join(key)} into the column key."
            if key
            else "Leave the column key empty.",
        )
    if edit.column in _NOT_TRIED | set(key):
        raise RuleError(
            f"{edit.place}: {edit.column} names a row or says when it holds; a "
            "candidate can't edit it.",
            "To add or take away rows, give a folder with the seed's file.",
        )
    return edit


def _read_rows(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RuleError(
            f"{path} can't be read: {error}.", "Save it as UTF-8."
        ) from error
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise RuleError(
                f"{path}, line {number}: it has more or fewer fields than the header.",
                "Put quotes round a value that holds a comma.",
            )
    return [normalise_row(row) for row in rows]


def _key_columns(seed: str) -> tuple[str, ...]:
    """What names a row within its version."""
    return tuple(c for c in SEED_KEYS[seed] if c not in ("scorecard_id", "version"))


def _overlay(seed: str, old: list[Row], rows: list[Row], base: Rules) -> list[Row]:
    """Put a file's rows in the place of what they stand for.

    The card's own row and an indicator's row are taken over column by column; the bands
    of an indicator and the rows of any other seed are taken over whole, so that a row
    can be left out.
    """
    names = {c: base[_HEAD][0][c] for c in ("scorecard_id", "version")}
    shape = dict.fromkeys((old or [{}])[0], "")
    given = [
        {c: v for c, v in row.items() if c not in _NOT_TRIED} | names for row in rows
    ]
    if seed == _BANDS:
        listed = {row["indicator_id"] for row in given}
        kept = [row for row in old if row["indicator_id"] not in listed]
        return kept + [shape | row for row in given]
    if seed not in (_HEAD, _INDICATORS):
        return [shape | row for row in given]
    key = _key_columns(seed)
    merged = {tuple(row[c] for c in key): row for row in old}
    for row in given:
        name = tuple(row[c] for c in key)
        merged[name] = merged.get(name, shape) | row
    return list(merged.values())


def _apply_edit(rules: Rules, edit: Edit) -> None:
    key = _key_columns(edit.table)
    rows = [
        row
        for row in rules[edit.table]
        if tuple(row[column] for column in key) == edit.key
    ]
    if not rows:
        names = [" ".join(r[c] for c in key) for r in rules[edit.table]]
        raise RuleError(
            f"{edit.place}: {edit.table} has no row {' '.join(edit.key)}.",
            f"There are: {', '.join(names[:20]) or 'none'}. To add rows, give a folder "
            "with the seed's file.",
        )
    if edit.column not in rows[0]:
        raise RuleError(
            f"{edit.place}: {edit.table} has no column {edit.column}.",
            f"There are: {', '.join(rows[0])}.",
        )
    rows[0][edit.column] = edit.value


def _scale_points(
    candidate: Candidate, rules: Rules, base: Rules, given: set[str]
) -> None:
    """Scale the points of indicators with a new weight, to integer hundredths."""
    old = {row["indicator_id"]: row["weight"] for row in base[_INDICATORS]}
    for row in rules[_INDICATORS]:
        name = row["indicator_id"]
        before, after = _parse(old.get(name, "")), _parse(row["weight"])
        if name in given or before is None or after is None or before == after:
            continue
        if not before:
            raise RuleError(
                f"{candidate.source}: {name} has had no weight, so its points can't be "
                "scaled.",
                "Give its bands too.",
            )
        for band in rules[_BANDS]:
            points = _parse(band["points"])
            if band["indicator_id"] == name and points is not None:
                scaled = points * after / before
                band["points"] = str(scaled.quantize(_HUNDREDTH, ROUND_HALF_UP))


def _parse(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def strip_rows(rules: Rules) -> dict[str, Any]:
    """Return a version's rows without empty cells, to be kept with a trial."""
    return {
        seed: [{c: v for c, v in row.items() if v} for row in rows]
        for seed, rows in rules.items()
    }
