"""Write a new version of a rule set into the seeds' CSV files.

A scorecard or lead rule is the rows of several files under `seeds/rules`; a rule set of
the matcher is one file under `seeds/matching`.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from jinta.errors import RuleError, UsageError
from jinta.report.rules import (
    FAMILIES,
    MATCHING_KEYS,
    SEED_KEYS,
    check_soundness,
    normalise_row,
    read_files,
    sort_rows,
)

Row = dict[str, str]

_HUNDREDTH = Decimal("0.01")
# What an owner may set in a file of the matcher; its other rows are copied.
_MATCHING_VALUES = {
    "match_limits": "limit_value",
    "match_weights": "weight",
    "match_hard_keys": "max_records",
    "survivorship_rules": "strategy",
}


@dataclass(frozen=True)
class NewVersion:
    """What a new version of a rule shall be.

    Attributes:
        rule_id: The scorecard, lead rule or file of the matcher.
        version: Name of the new version.
        valid_from: First month it holds (first day).
        approver: Who approves it.
        recorded_at: Day it is written down.
        from_version: The version to copy; None takes the latest.
        note: Why.
        weights: New weight by indicator; its points are scaled with it.
        is_balanced: Whether the other weights of the same dimension give way, each by
            the same part, so that the dimension keeps its sum.
        values: New value by rule of the matcher, for example of a limit.
        bands: New bands by indicator of a scorecard: band, lower_bound, points and
            meaning of each; the others keep theirs.
    """

    rule_id: str
    version: str
    valid_from: date
    approver: str
    recorded_at: date
    from_version: str | None = None
    note: str = ""
    weights: Mapping[str, Decimal] = field(default_factory=dict)
    is_balanced: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, Sequence[Row]] = field(default_factory=dict)


def write_new_version(folder: Path, new: NewVersion) -> list[Path]:
    """Copy a version's rows under a new name and end the version before it.

    The rows are checked before a file is touched. Points of a re-weighted indicator are
    scaled with its weight and rounded to hundredths; all else is edited by hand. The
    seed that holds the versions changes last: before it there is no new version, and
    rows that a kill left of it are written anew.

    Args:
        folder: The seeds' folder, `dbt_project/seeds/rules`.
        new: What to write.

    Returns:
        The files that were changed.

    Raises:
        UsageError: The rule, version or indicator is unknown, a name is blank, the
            version exists, it would begin before the one it follows, or another command
            writes at the moment.
        RuleError: With the new rows the rules would not fit together.
    """
    _refuse_blank(new)
    with _hold_lock(folder):
        if new.rule_id in MATCHING_KEYS:
            return [_write_matching_version(folder.parent / "matching", new)]
        return _write_family_version(folder, new)


def _refuse_blank(new: NewVersion) -> None:
    for option, text in (("--version", new.version), ("--approver", new.approver)):
        if not text.strip() or text != text.strip():
            raise UsageError(
                f"{option} is {text!r}, blank or with blanks around it.",
                f"Fill {option} without them.",
            )


def _write_family_version(folder: Path, new: NewVersion) -> list[Path]:
    if new.values:
        raise UsageError(
            f"{new.rule_id} has no values to set.",
            "Give a scorecard's weights, or copy the version and edit its rows.",
        )
    id_column, seeds = _find_family(folder, new.rule_id)
    files = {seed: _read_file(folder / f"{seed}.csv") for seed in seeds}
    head = _find_source(files[seeds[0]], id_column, new)
    _drop_leftovers(files, id_column, new)
    _end_predecessor(files[seeds[0]], id_column, new)
    factors = _find_factors(files.get("scorecard_indicators", []), head, new)
    for seed in seeds:
        copies = [
            dict(row) | {"version": new.version}
            for row in files[seed]
            if row[id_column] == new.rule_id and row["version"] == head["version"]
        ]
        if seed == seeds[0]:
            copies = [row | _describe_version(new, seed) for row in copies]
        if seed == "scorecard_bands":
            copies = _replace_bands(copies, new)
        files[seed] += [_reweight(row, factors) for row in copies]
    _drop_judgements(files, head["version"], new)
    _check(folder, files)
    _replace_files(
        {folder / f"{seed}.csv": files[seed] for seed in reversed(seeds) if files[seed]}
    )
    return [folder / f"{seed}.csv" for seed in seeds]


def _drop_leftovers(
    files: dict[str, list[Row]], id_column: str, new: NewVersion
) -> None:
    """Drop what a kill left of the version: rows of one that there isn't."""
    wanted = (new.rule_id, new.version)
    for seed, rows in files.items():
        files[seed] = [r for r in rows if (r[id_column], r["version"]) != wanted]


def _describe_version(new: NewVersion, seed: str) -> Row:
    """What the rows of a version say of it.

    Where a version is several rows, each has a note of its own, which is kept if none
    is given for all.
    """
    described = {
        "valid_from": new.valid_from.isoformat(),
        "valid_to": "",
        "recorded_at": new.recorded_at.isoformat(),
        "approver": new.approver,
    }
    is_one_row = len(SEED_KEYS[seed]) == len(("id", "version"))
    return described | ({"note": new.note} if new.note or is_one_row else {})


def _drop_judgements(
    files: Mapping[str, list[Row]], source_version: str, new: NewVersion
) -> None:
    """A class that weighs something else than before follows from no judgements."""
    sums: dict[str, dict[str, Decimal]] = {source_version: {}, new.version: {}}
    for row in files.get("scorecard_indicators", []):
        if row["scorecard_id"] == new.rule_id and row["version"] in sums:
            classes, name = sums[row["version"]], row["dimension_name"]
            classes[name] = classes.get(name, Decimal(0)) + Decimal(row["weight"])
    if sums[source_version] == sums[new.version]:
        return
    for row in files["scorecards"]:
        if (row["scorecard_id"], row["version"]) == (new.rule_id, new.version):
            row["ahp_id"] = ""


def _replace_bands(copies: list[Row], new: NewVersion) -> list[Row]:
    """Put given bands in the place of an indicator's, where its first one stood."""
    made: list[Row] = []
    seen: set[str] = set()
    for row in copies:
        bands = new.bands.get(row["indicator_id"])
        if bands is None:
            made.append(row)
        elif row["indicator_id"] not in seen:
            seen.add(row["indicator_id"])
            made += [row | band for band in bands]
    return made


def _write_matching_version(folder: Path, new: NewVersion) -> Path:
    """End the rows that hold and copy them all, so that a version is a whole file."""
    path = folder / f"{new.rule_id}.csv"
    name_column = MATCHING_KEYS[new.rule_id][0]
    rows = _read_file(path)
    in_force = [row for row in rows if not row["valid_to"]]
    _refuse_matching(new, rows, {row[name_column] for row in in_force})
    value_column = _MATCHING_VALUES.get(new.rule_id, "")
    copies = []
    for row in in_force:
        changes = {
            "version": new.version,
            "valid_from": new.valid_from.isoformat(),
            "recorded_at": new.recorded_at.isoformat(),
            "approver": new.approver,
        }
        if row[name_column] in new.values:
            changes[value_column] = new.values[row[name_column]]
            changes["reason"] = new.note or row["reason"]
        copies.append(row | changes)
        row["valid_to"] = _day_before(new.valid_from)
    _check(folder.parent / "rules", {new.rule_id: rows + copies})
    _replace_files({path: rows + copies})
    return path


def _refuse_matching(new: NewVersion, rows: list[Row], names: set[str]) -> None:
    if any(row["version"] == new.version for row in rows):
        raise UsageError(
            f"{new.rule_id} {new.version} exists already.", "Choose another name."
        )
    if new.from_version or new.weights:
        raise UsageError(
            f"A version of {new.rule_id} follows the one in force.",
            "Set values of its rules only.",
        )
    unknown = sorted(set(new.values) - names)
    if unknown or (new.values and new.rule_id not in _MATCHING_VALUES):
        wrong = ", ".join(unknown or new.values)
        raise UsageError(
            f"{new.rule_id} has no value to set for {wrong}.",
            f"There are: {', '.join(sorted(names))}.",
        )
    _refuse_early(new, max(rows, key=lambda row: row["valid_from"]))


def _find_family(folder: Path, rule_id: str) -> tuple[str, tuple[str, ...]]:
    known = [*MATCHING_KEYS]
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
    _refuse_early(new, versions[-1])
    wanted = new.from_version or names[-1]
    if wanted not in names:
        raise UsageError(
            f"{new.rule_id} has no version {wanted}.", f"There are: {', '.join(names)}."
        )
    return versions[names.index(wanted)]


def _refuse_early(new: NewVersion, latest: Row) -> None:
    if new.valid_from.day != 1:
        raise UsageError(
            f"{new.valid_from} is no first day of a month.", "Versions hold by month."
        )
    if new.valid_from.isoformat() <= latest["valid_from"]:
        raise UsageError(
            f"{new.rule_id} {latest['version']} begins in "
            f"{latest['valid_from'][:7]}, not before {new.valid_from:%Y-%m}.",
            "A new version follows the latest one; history keeps its rules.",
        )


def _end_predecessor(heads: list[Row], id_column: str, new: NewVersion) -> None:
    versions = [row for row in heads if row[id_column] == new.rule_id]
    last = max(versions, key=lambda row: row["valid_from"])
    for row in versions:
        if row["version"] == last["version"]:
            row["valid_to"] = _day_before(new.valid_from)


def _day_before(day: date) -> str:
    return (day - timedelta(days=1)).isoformat()


def _find_factors(
    indicators: list[Row], head: Row, new: NewVersion
) -> dict[str, Decimal]:
    """By what each re-weighted indicator's weight and points are to be multiplied."""
    rows = [
        row
        for row in indicators
        if (row["scorecard_id"], row["version"]) == (new.rule_id, head["version"])
    ]
    before = {row["indicator_id"]: Decimal(row["weight"]) for row in rows}
    unknown = sorted(set(new.weights) - set(before))
    if unknown:
        raise UsageError(
            f"{new.rule_id} has no indicator {', '.join(unknown)}.",
            f"There are: {', '.join(before) or 'none, it is no scorecard'}.",
        )
    weights = dict(new.weights)
    if new.is_balanced:
        for name in {row["dimension_name"]: None for row in rows}:
            members = {
                row["indicator_id"] for row in rows if row["dimension_name"] == name
            }
            if not members.isdisjoint(new.weights):
                own = {member: before[member] for member in before if member in members}
                weights |= _balance_weights(name, own, new.weights)
    return {name: weight / before[name] for name, weight in weights.items()}


def _balance_weights(
    dimension: str, before: Mapping[str, Decimal], given: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Divide what given weights leave of their dimension among its others, as it was.

    Between dimensions nothing moves: their sums follow from judgements, and X is only
    comparable with Y while both can reach as much (A.6.1).
    """
    wanted = {name: given[name] for name in before if name in given}
    others = {name: weight for name, weight in before.items() if name not in wanted}
    whole = sum(before.values())
    rest = whole - sum(wanted.values())
    if not others or rest <= 0:
        raise UsageError(
            f"The weights leave {rest} of {whole} to {len(others)} other indicators of "
            f"the dimension {dimension}.",
            "Give weights that leave something to the others, or without --balance "
            "those of all dimensions.",
        )
    total = sum(others.values())
    balanced = {
        name: (weight * rest / total).quantize(_HUNDREDTH, ROUND_HALF_UP)
        for name, weight in others.items()
    }
    # What rounding leaves goes to the largest, the first of equals.
    largest = max(balanced, key=lambda name: balanced[name])
    balanced[largest] += rest - sum(balanced.values())
    return {**wanted, **balanced}


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
    if not MATCHING_KEYS.keys().isdisjoint(files):
        rules |= read_files(folder.parent / "matching", MATCHING_KEYS)
    for seed, rows in files.items():
        rules[seed] = sort_rows(
            [normalise_row(row) for row in rows], (SEED_KEYS | MATCHING_KEYS)[seed]
        )
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


@contextlib.contextmanager
def _hold_lock(folder: Path) -> Iterator[None]:
    """Let one command at a time write versions."""
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UsageError(
            f"Another command writes a version in {folder}.",
            "Try again when it is done.",
        ) from error
    finally:
        os.close(number)


def _replace_files(files: Mapping[Path, list[Row]]) -> None:
    """Write all files beside the old ones, then put them in place, in this order."""
    for path, rows in files.items():
        with _beside(path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
    for path in files:
        _beside(path).replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")
