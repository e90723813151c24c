"""Rule rows: read them, keep published versions unchanged, say what is in force.

A *rule set* is what is versioned together: a rule of a family with the rows that hang
on it (a scorecard with its indicators, bands and tiers, a lead rule with its
conditions), an indicator of the dictionary, or one seed of the matcher. Whoever
publishes records the rows of each version used; from then on they must not change. Only
`valid_to` may: a later version ends its predecessor.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from jinta.errors import RuleError
from jinta.report.rule_checks import find_problems
from jinta.report.rule_families import RULE_FAMILIES, list_seeds
from jinta.settings import Settings
from jinta.warehouse import connect

Row = dict[str, str]
Rules = dict[str, list[Row]]

SEED_SCHEMA = "rules"
# The scorecard that is meant where none is named.
DEFAULT_SCORECARD = "group_account_value"
# Every seed of the rule sets, with the columns that name a row within its version.
SEED_KEYS: dict[str, tuple[str, ...]] = {
    "indicators": ("indicator_id",),
    **{seed.name: seed.key for seed in list_seeds(RULE_FAMILIES.values())},
}
# Kind of rule set → the column that names it, and its seeds, the versions' own first.
FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    family.name: (family.id_column, tuple(seed.name for seed in family.seeds))
    for family in RULE_FAMILIES.values()
}
# Seeds that a version may have no rows in: without any, it is the version it would be
# if there were no such seed.
OPTIONAL_SEEDS = frozenset(
    seed.name for seed in list_seeds(RULE_FAMILIES.values()) if seed.is_optional
)
# Every seed of the matcher: its rows of one version are a rule set.
MATCHING_KEYS: dict[str, tuple[str, ...]] = {
    "match_limits": ("limit_name", "version"),
    "match_weights": ("component", "version"),
    "match_hard_keys": ("key_kind", "version"),
    "match_place_bound_organs": ("organ_type", "version"),
    "survivorship_rules": ("column_name", "version"),
}
_ROW_KEYS = SEED_KEYS | MATCHING_KEYS
_NUMERIC_COLUMNS = frozenset(
    (
        *("position", "scale", "window_months", "limit_value", "weight", "max_records"),
        *(c for seed in list_seeds(RULE_FAMILIES.values()) for c in seed.numeric),
    )
)
# What of the dictionary decides numbers; names and meanings may be reworded.
_DICTIONARY_COLUMNS = (
    "indicator_id",
    "position",
    "unit",
    "scale",
    "window_months",
    "absence_rule",
)
_DICTIONARY_VERSION = "1"
# What of a version's rows is not part of it: a later version ends it, and how its
# weights and bands were found decides no number. The matcher's first versions were
# published before their day of recording was kept.
_REMARKS = frozenset({"valid_to", "ahp_id", "freeze_percentiles"})
_MATCHING_REMARKS = frozenset({"valid_to", "recorded_at"})
# Columns that came later: a version without them means this.
_ADDED: dict[str, Row] = {
    "scorecards": {"subject": "account"},
    "handover_rules": {"introduced_accounts": "10"},
}


@dataclass(frozen=True)
class RuleVersion:
    """One version of a rule set with all its rows, in canonical text.

    Attributes:
        rule_set: Kind and id, for example `scorecard group_account_value`.
        version: The version.
        rows: Rows by seed, without `valid_to`, in the order of their keys; an optional
            seed without rows is left out.
    """

    rule_set: str
    version: str
    rows: Rules = field(repr=False)

    @property
    def content_hash(self) -> str:
        """Hash of the rows; equal for equal content, however the file is ordered."""
        text = json.dumps(self.rows, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def check_rules(settings: Settings) -> None:
    """Check the rule rows in the warehouse before anything is computed by them.

    Raises:
        RuleError: The rows of a version don't fit together, the months of the run
            lack a version, or a published version was changed.
    """
    with connect(settings, "transformer", stage="rules") as connection:
        rules = read_seeds(connection)
        months = [
            row[0]
            for row in connection.execute(
                "select month from control.run_months order by month"
            )
        ]
        check_unchanged(rules, read_published(connection))
        check_soundness(rules, months)


def check_soundness(rules: Rules, months: Iterable[date]) -> None:
    """Check that the rows of every version fit together and cover the months.

    Raises:
        RuleError: Naming each seed and version with what is wrong.
    """
    problems = find_problems(rules, list(months), SEED_KEYS, MATCHING_KEYS)
    if problems:
        raise RuleError(
            "The rule rows don't fit together:\n" + _list_lines(problems),
            "Correct the named files under dbt_project/seeds/rules; docs/rules.md "
            "explains each.",
        )


def check_unchanged(
    rules: Rules, published: Mapping[tuple[str, str], RuleVersion]
) -> None:
    """Check that every published version still has the rows it was published with.

    Raises:
        RuleError: Naming seed, version and row, with what changed.
    """
    current = {(v.rule_set, v.version): v for v in collect_versions(rules)}
    changes = []
    for key, earlier in published.items():
        now = current.get(key)
        if now is None:
            changes.append(f"{key[0]} {key[1]} was removed")
        elif now.content_hash != earlier.content_hash:
            changes += _describe_changes(earlier, now)
    if changes:
        raise RuleError(
            "Published rule versions were changed:\n" + _list_lines(changes),
            "Put the rows back as they were and make a new version instead, with "
            "`jinta rules new-version`; docs/rules.md tells how. Readers must be able "
            "to explain what they were shown.",
        )


def register_rules(
    connection: psycopg.Connection[Any],
    publication_id: int,
    months: Iterable[date] | None = None,
) -> list[str]:
    """Record the versions in force in the published months, with their rows.

    What is recorded already stays as it is; the caller commits.

    Args:
        connection: A connection that may insert into `control.rule_versions`.
        publication_id: The publication that uses them.
        months: The published months; None takes the months of the run.

    Returns:
        Rule set and version of each one in force, such as
        `scorecard group_account_value 2026.1`.
    """
    rows = connection.execute(
        "select month, as_of_date from control.run_months"
    ).fetchall()
    in_force = list_versions_in_force(
        read_seeds(connection),
        [row[0] for row in rows] if months is None else list(months),
        as_of=max((row[1] for row in rows), default=None),
    )
    for version in in_force:
        connection.execute(
            """
            insert into control.rule_versions
                (rule_set, version, content_hash, rows, publication_id)
            values (%s, %s, %s, %s, %s)
            on conflict (rule_set, version) do nothing
            """,
            [
                version.rule_set,
                version.version,
                version.content_hash,
                Jsonb(version.rows),
                publication_id,
            ],
        )
    return [f"{version.rule_set} {version.version}" for version in in_force]


def read_seeds(connection: psycopg.Connection[Any]) -> Rules:
    """Read the rule rows as dbt loaded them; a seed that isn't there is empty."""
    rules: Rules = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for seed, key in _ROW_KEYS.items():
            found = cursor.execute(
                "select to_regclass(%s) is not null as found", [f"{SEED_SCHEMA}.{seed}"]
            ).fetchone()
            rules[seed] = []
            if found and found["found"]:
                query = sql.SQL("select * from {}").format(
                    sql.Identifier(SEED_SCHEMA, seed)
                )
                rules[seed] = sort_rows(
                    [normalise_row(row) for row in cursor.execute(query)], key
                )
    return rules


def read_files(
    folder: Path, seed_keys: Mapping[str, tuple[str, ...]] = SEED_KEYS
) -> Rules:
    """Read the rule rows from the seeds' CSV files.

    Args:
        folder: Where the files are.
        seed_keys: The seeds to read, with the columns that name a row of each.

    Raises:
        RuleError: A file is missing or lacks a key column.
    """
    rules: Rules = {}
    for seed, key in seed_keys.items():
        path = folder / f"{seed}.csv"
        if not path.exists():
            raise RuleError(f"There is no {path}.", "Restore it from version control.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [normalise_row(row) for row in csv.DictReader(file)]
        if rows and not set(key) <= set(rows[0]):
            raise RuleError(
                f"{path.name} lacks the columns {', '.join(set(key) - set(rows[0]))}.",
                "Restore its header.",
            )
        rules[seed] = sort_rows(rows, key)
    return rules


def read_published(
    connection: psycopg.Connection[Any],
) -> dict[tuple[str, str], RuleVersion]:
    """Read the versions that were ever published, by rule set and version."""
    rows = connection.execute(
        "select rule_set, version, rows from control.rule_versions order by 1, 2"
    ).fetchall()
    return {(row[0], row[1]): RuleVersion(row[0], row[1], row[2]) for row in rows}


def collect_versions(rules: Rules) -> list[RuleVersion]:
    """Collect all versions of all rule sets, published or not."""
    versions = [
        RuleVersion(
            f"indicator {row['indicator_id']}",
            _DICTIONARY_VERSION,
            {"indicators": [{c: row.get(c, "") for c in _DICTIONARY_COLUMNS}]},
        )
        for row in rules["indicators"]
    ]
    for family, (id_column, seeds) in FAMILIES.items():
        keys = {(head[id_column], head["version"]) for head in rules.get(seeds[0], [])}
        for key in sorted(keys):
            rows = {
                seed: [
                    _drop_added(seed, _drop_columns(row, _REMARKS))
                    for row in rules.get(seed, [])
                    if (row[id_column], row["version"]) == key
                ]
                for seed in seeds
            }
            rows = {s: r for s, r in rows.items() if r or s not in OPTIONAL_SEEDS}
            versions.append(RuleVersion(f"{family} {key[0]}", key[1], rows))
    for seed in MATCHING_KEYS:
        by_version: dict[str, list[Row]] = {}
        for row in rules.get(seed, []):
            by_version.setdefault(row["version"], []).append(
                _drop_columns(row, _MATCHING_REMARKS)
            )
        versions += [
            RuleVersion(f"matching {seed}", version, {seed: rows_of_version})
            for version, rows_of_version in by_version.items()
        ]
    return versions


def list_versions_in_force(
    rules: Rules, months: list[date], as_of: date | None = None
) -> list[RuleVersion]:
    """List the versions that hold in any of the months, and the whole dictionary.

    The matcher's rules hold as of the run's day, whatever the month: identity is
    derived as of one day.
    """
    matching_days = months if as_of is None else [as_of]
    used = {
        (f"matching {seed}", row["version"])
        for seed in MATCHING_KEYS
        for row in rules.get(seed, [])
        if any(is_in_force(row, day) for day in matching_days)
    }
    for family, (id_column, seeds) in FAMILIES.items():
        used |= {
            (f"{family} {row[id_column]}", row["version"])
            for row in rules.get(seeds[0], [])
            if any(is_in_force(row, month) for month in months)
        }
    return [
        version
        for version in collect_versions(rules)
        if version.rule_set.startswith("indicator ")
        or (version.rule_set, version.version) in used
    ]


def is_in_force(row: Row, month: date) -> bool:
    """Whether a version's row holds in a month (its first day), or on a day."""
    return row["valid_from"] <= month.isoformat() <= (row["valid_to"] or "9999-12-31")


def normalise_row(row: Mapping[str, Any]) -> Row:
    """Bring a row into one form, whether it comes from a file or from the warehouse."""
    return {
        column: _normalise_value(column, value)
        for column, value in row.items()
        if column is not None
    }


def sort_rows(rows: list[Row], key: tuple[str, ...]) -> list[Row]:
    """Sort rows by their key, so that the order in the file says nothing."""
    return sorted(rows, key=lambda row: [row.get(column, "") for column in key])


def restore_row(seed: str, row: Row) -> Row:
    """Return a recorded row with the columns that came after it was recorded."""
    return _ADDED.get(seed, {}) | row


def _drop_added(seed: str, row: Row) -> Row:
    """Leave out what a row without the column would mean: the version is the same."""
    added = _ADDED.get(seed, {})
    return {c: value for c, value in row.items() if added.get(c) != value}


def _drop_columns(row: Row, columns: frozenset[str]) -> Row:
    return {column: value for column, value in row.items() if column not in columns}


def _normalise_value(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    if column in _NUMERIC_COLUMNS and text:
        try:
            number = Decimal(text)
        except ArithmeticError:
            return text
        return format(number.normalize() if number else Decimal(0), "f")
    return text


def _describe_changes(earlier: RuleVersion, now: RuleVersion) -> list[str]:
    lines = []
    for seed in sorted(set(earlier.rows) | set(now.rows)):
        key = _ROW_KEYS[seed]
        before = _index_rows(earlier.rows.get(seed, []), key)
        after = _index_rows(now.rows.get(seed, []), key)
        for row_key in sorted(set(before) | set(after)):
            what = _compare_rows(before.get(row_key), after.get(row_key))
            if what:
                lines.append(f"{seed}.csv, {' '.join(row_key)}: {what}")
    return lines or [f"{now.rule_set} {now.version} has other columns than published"]


def _index_rows(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    return {tuple(row.get(column, "") for column in key): row for row in rows}


def _compare_rows(before: Row | None, after: Row | None) -> str:
    if before is None:
        return "the row was added"
    if after is None:
        return "the row was removed"
    changed = [
        f"{column} was {before.get(column) or 'empty'} and is "
        f"{after.get(column) or 'empty'}"
        for column in sorted(set(before) | set(after))
        if before.get(column, "") != after.get(column, "")
    ]
    return ", ".join(changed)


def _list_lines(lines: list[str], limit: int = 12) -> str:
    shown = [f"  {line}" for line in lines[:limit]]
    if len(lines) > limit:
        shown.append(f"  … and {len(lines) - limit} more")
    return "\n".join(shown)
