"""Write a new version of a scorecard or lead rule into the seeds' CSV files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from jinta.errors import RuleError, UsageError
from jinta.report.rules import (
    FAMILIES,
    SEED_KEYS,
    check_soundness,
    normalise_row,
    read_files,
    sort_rows,
)

Row = dict[str, str]

_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class NewVersion:
    """What a new version of a rule shall be.

    Attributes:
        rule_id: The scorecard or lead rule.
        version: Name of the new version.
        valid_from: First month it holds (first day).
        approver: Who approves it.
        recorded_at: Day it is written down.
        from_version: The version to copy; None takes the latest.
        note: Why.
        weights: New weight by indicator; its points are scaled with it.
    """

    rule_id: str
    version: str
    valid_from: date
    approver: str
    recorded_at: date
    from_version: str | None = None
    note: str = ""
    weights: Mapping[str, Decimal] = field(default_factory=dict)


def write_new_version(folder: Path, new: NewVersion) -> list[Path]:
    """Copy a version's rows under a new name and end the version before it.

    The rows are checked before a file is touched. Points of a re-weighted indicator are
    scaled with its weight and rounded to hundredths; all else is edited by hand.

    Args:
        folder: The seeds' folder, `dbt_project/seeds/rules`.
        new: What to write.

    Returns:
        The files that were changed.

    Raises:
        UsageError: The rule, version or indicator is unknown, the version exists, or it
            would begin before the one it follows.
        RuleError: With the new rows the rules would not fit together.
    """
    id_column, seeds = _find_family(folder, new.rule_id)
    files = {seed: _read_file(folder / f"{seed}.csv") for seed in seeds}
    head = _find_source(files[seeds[0]], id_column, new)
    _end_predecessor(files[seeds[0]], id_column, new)
    factors = _find_factors(files.get("scorecard_indicators", []), head, new)
    for seed in seeds:
        copies = [
            dict(row) | {"version": new.version}
            for row in files[seed]
            if row[id_column] == new.rule_id and row["version"] == head["version"]
        ]
        if seed == seeds[0]:
            copies[0] |= {
                "valid_from": new.valid_from.isoformat(),
                "valid_to": "",
                "recorded_at": new.recorded_at.isoformat(),
                "approver": new.approver,
                "note": new.note,
            }
        files[seed] += [_reweight(row, factors) for row in copies]
    _check(folder, files)
    for seed, rows in files.items():
        _write_file(folder / f"{seed}.csv", rows)
    return [folder / f"{seed}.csv" for seed in seeds]


def _find_family(folder: Path, rule_id: str) -> tuple[str, tuple[str, ...]]:
    known = []
    for id_column, seeds in FAMILIES.values():
        ids = {row[id_column] for row in _read_file(folder / f"{seeds[0]}.csv")}
        if rule_id in ids:
            return id_column, seeds
        known += sorted(ids)
    raise UsageError(f"There is no rule {rule_id}.", f"There are: {', '.join(known)}.")


def _find_source(heads: list[Row], id_column: str, new: NewVersion) -> Row:
    versions = sorted(
        (row for row in heads if row[id_column] == new.rule_id),
        key=lambda row: row["valid_from"],
    )
    names = [row["version"] for row in versions]
    if new.version in names:
        raise UsageError(
            f"{new.rule_id} {new.version} exists already.", "Choose another name."
        )
    if new.valid_from.day != 1:
        raise UsageError(
            f"{new.valid_from} is no first day of a month.", "Versions hold by month."
        )
    if new.valid_from.isoformat() <= versions[-1]["valid_from"]:
        raise UsageError(
            f"{new.rule_id} {names[-1]} begins in {versions[-1]['valid_from'][:7]}, "
            f"not before {new.valid_from:%Y-%m}.",
            "A new version follows the latest one; history keeps its rules.",
        )
    wanted = new.from_version or names[-1]
    if wanted not in names:
        raise UsageError(
            f"{new.rule_id} has no version {wanted}.", f"There are: {', '.join(names)}."
        )
    return versions[names.index(wanted)]


def _end_predecessor(heads: list[Row], id_column: str, new: NewVersion) -> None:
    last = max(
        (row for row in heads if row[id_column] == new.rule_id),
        key=lambda row: row["valid_from"],
    )
    last["valid_to"] = (new.valid_from - timedelta(days=1)).isoformat()


def _find_factors(
    indicators: list[Row], head: Row, new: NewVersion
) -> dict[str, Decimal]:
    """By what each re-weighted indicator's weight and points are to be multiplied."""
    before = {
        row["indicator_id"]: Decimal(row["weight"])
        for row in indicators
        if (row["scorecard_id"], row["version"]) == (new.rule_id, head["version"])
    }
    unknown = sorted(set(new.weights) - set(before))
    if unknown:
        raise UsageError(
            f"{new.rule_id} has no indicator {', '.join(unknown)}.",
            f"There are: {', '.join(before) or 'none, it is no scorecard'}.",
        )
    return {name: weight / before[name] for name, weight in new.weights.items()}


def _reweight(row: Row, factors: Mapping[str, Decimal]) -> Row:
    factor = factors.get(row.get("indicator_id", ""))
    if factor is None:
        return row
    return row | {
        column: _scale(row[column], factor)
        for column in ("weight", "points")
        if column in row
    }


def _scale(text: str, factor: Decimal) -> str:
    number = (Decimal(text) * factor).quantize(_HUNDREDTH, ROUND_HALF_UP)
    return format(number.normalize() if number else number.to_integral_value(), "f")


def _check(folder: Path, files: Mapping[str, list[Row]]) -> None:
    rules = read_files(folder)
    for seed, rows in files.items():
        rules[seed] = sort_rows([normalise_row(r) for r in rows], SEED_KEYS[seed])
    try:
        check_soundness(rules, [])
    except RuleError as error:
        raise RuleError(
            f"Nothing was written. {error.message}",
            "Change the options, or copy the version as it is and edit its rows.",
        ) from error


def _read_file(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_file(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
