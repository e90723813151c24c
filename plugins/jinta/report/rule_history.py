"""Rule versions over time: what holds when, what was published by it, what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from jinta.errors import UsageError
from jinta.report.rule_families import HEAD_COLUMNS
from jinta.report.rules import FAMILIES, MATCHING_KEYS, Row, Rules
from jinta.runs.stale import list_stale_months
from jinta.settings import Settings
from jinta.warehouse import connect

# How the reasons of a stale month begin that lie in the rules.
_RULE_REASONS = ("other ", "a lead rule", "a scorecard")


def list_versions(rules: Rules) -> list[Row]:
    """List every version of every rule set: when it holds and who approved it.

    A version of the matcher is the rows of one file that bear its name; it begins with
    the first and ends with the last of them.
    """
    heads = {
        (family, row[id_column], row["version"]): row
        for family, (id_column, seeds) in FAMILIES.items()
        for row in rules[seeds[0]]
    }
    versions = [
        {"kind": family, "rule": rule_id, "version": version}
        | {column: row[column] for column in HEAD_COLUMNS}
        for (family, rule_id, version), row in heads.items()
    ]
    for seed in MATCHING_KEYS:
        rows = sorted(rules[seed], key=lambda row: row["version"])
        for version, found in groupby(rows, key=lambda row: row["version"]):
            members = list(found)
            ends = [row["valid_to"] for row in members]
            versions.append(
                {
                    "kind": "matching",
                    "rule": seed,
                    "version": version,
                    "valid_from": min(row["valid_from"] for row in members),
                    "valid_to": "" if "" in ends else max(ends),
                    "approver": _join(row["approver"] for row in members),
                    "recorded_at": max(row["recorded_at"] for row in members),
                    "note": "",
                }
            )
    return versions


def check_rule(rules: Rules, rule_id: str) -> None:
    """Refuse a rule set that the files don't have.

    Raises:
        UsageError: There is none of this name.
    """
    if rule_id not in {row["rule"] for row in list_versions(rules)}:
        raise UsageError(
            f"There is no rule {rule_id!r}.", "`jinta rules list` names all of them."
        )


def fetch_months(connection: psycopg.Connection[Any]) -> list[date]:
    """The months that need rules: those published and those of the run under way."""
    rows = connection.execute(
        "select month from control.run_months union "
        "select month from control.pointers where month is not null order by month"
    ).fetchall()
    return [row[0] for row in rows]


def refuse_published(settings: Settings, rule_id: str, first_month: date) -> None:
    """Refuse a version of a scorecard or lead rule that reaches back, unless meant.

    The matcher's rules hold as of the run's day for all months, so they reach back
    whatever their first month is.

    Raises:
        UsageError: Months from the first one on are published.
    """
    if rule_id in MATCHING_KEYS:
        return
    with connect(settings, "owner", stage="rules") as connection:
        rows = connection.execute(
            "select distinct month from control.pointers where month >= %s "
            "order by month",
            [first_month],
        ).fetchall()
    if rows:
        raise UsageError(
            f"{format_months([row[0] for row in rows])} published already; the new "
            "version would restate them.",
            "Choose a later month. If it shall reach back, say --retroactive: those "
            "months are stale then, and `jinta backfill --stale` restates them. What "
            "was shown stays on record.",
        )


def fetch_restatements(settings: Settings) -> dict[str, list[date]]:
    """Published months that other rules hold for now, by the reason they are stale."""
    found: dict[str, list[date]] = defaultdict(list)
    with connect(settings, "owner", stage="rules") as connection:
        stale = list_stale_months(connection, settings.dbt_project)
    for month, reasons in stale.items():
        for reason in reasons.split("; "):
            if reason.startswith(_RULE_REASONS):
                found[reason[:1].upper() + reason[1:]].append(month)
    return dict(found)


def fetch_rule_changes(
    settings: Settings, rule_id: str | None, limit: int
) -> list[dict[str, Any]]:
    """Read what each version changed from the published audit mart, the latest first.

    Rows that were added or removed are one entry each, changed values one each. The
    first version of a rule is one entry: it has nothing to be compared with. Approvers
    are named, as in the files themselves.

    Args:
        settings: Where the warehouse is.
        rule_id: Only this scorecard, lead rule or file of the matcher.
        limit: How many entries at most.
    """
    with connect(settings, "transformer", stage="rules") as connection:
        if not _exists(connection):
            return []
        return (
            connection.cursor(row_factory=dict_row)
            .execute(_CHANGES, {"rule": rule_id, "limit": limit})
            .fetchall()
        )


def format_months(months: Sequence[date]) -> str:
    """Name a month, or how many there are from which to which."""
    if len(months) == 1:
        return f"{months[0]:%Y-%m} is"
    return f"{len(months)} months from {months[0]:%Y-%m} to {months[-1]:%Y-%m} are"


_CHANGES = sql.SQL(
    """
    with

    entries as (

        select
            recorded_date,
            valid_from,
            rule_set,
            rule_version,
            case when is_first_version then 'all' else seed_name end as what,
            case when is_first_version then '' else row_key end as row_key,
            change_kind,
            case when change_kind = 'changed' then column_name else '' end
                as column_name,
            case when change_kind = 'changed' then old_value else '' end as old_value,
            case when change_kind = 'changed' then new_value else '' end as new_value,
            approver,
            -- The rows of some files have a reason each, told when they change.
            case when is_first_version and (
                seed_name = split_part(rule_set, ' ', 2)
                or min(note) over of_version <> max(note) over of_version
            ) then '' else note end as note,
            seed_name = 'scorecard_bands' as is_detail
        from marts.fct_rule_changes
        where %(rule)s::text is null or split_part(rule_set, ' ', 2) = %(rule)s
        window of_version as (partition by rule_set, rule_version)

    )

    select
        recorded_date,
        valid_from,
        rule_set,
        rule_version,
        what,
        row_key,
        change_kind,
        column_name,
        old_value,
        new_value,
        approver,
        note
    from entries
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
    order by
        valid_from desc, recorded_date desc nulls last, rule_set, rule_version,
        bool_and(is_detail), what, row_key, column_name
    limit %(limit)s
    """
)


def _exists(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        "select to_regclass('marts.fct_rule_changes') is not null"
    ).fetchone()
    return row == (True,)


def _join(texts: Iterable[str]) -> str:
    return ", ".join(sorted(set(texts)))
