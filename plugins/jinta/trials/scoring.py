"""Score published months by other rules: the scoring models on what was published.

Indicators, accounts and overrides are taken from the marts, so a trial says what the
rules would have made of exactly what readers see. The models are the nightly run's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from jinta.errors import RuleError, UsageError
from jinta.replay import Replay, open_replay
from jinta.report.rules import (
    Row,
    Rules,
    is_in_force,
    normalise_row,
    read_files,
    restore_row,
)
from jinta.settings import Settings
from jinta.trials.candidates import CARD_SEEDS
from jinta.warehouse import connect

SCORES = "fct_account_scores"
_INDICATORS, _ACCOUNTS = "fct_account_indicators", "dim_group_accounts"
_INPUTS = (_INDICATORS, _ACCOUNTS, SCORES)
# An indicator by this rule has a value that a mart can't show: known, and last.
_OUTSIDE_LIST = "outside_list_if_delivered"


@dataclass(frozen=True)
class Published:
    """What is published of a scorecard in some months.

    Attributes:
        scorecard_id: The scorecard.
        versions: Version that each month was scored by.
        rules: Rows by seed of each of these versions.
        dictionary: Rows of `indicators`.
        publication_id: The last publication: what readers see.
    """

    scorecard_id: str
    versions: dict[date, str]
    rules: dict[str, Rules]
    dictionary: list[Row]
    publication_id: int

    @property
    def months(self) -> list[date]:
        """The months, in order."""
        return sorted(self.versions)


def read_published(
    settings: Settings,
    scorecard_id: str,
    first: date | None = None,
    last: date | None = None,
) -> Published:
    """Read which versions scored the published months from first to last.

    Args:
        settings: Whose warehouse.
        scorecard_id: The scorecard.
        first: First month; None takes the last published one.
        last: Last month; None takes the first.

    Raises:
        UsageError: A month, or the scorecard in it, isn't published.
    """
    with connect(settings, "transformer", stage="trial") as connection:
        publication_id = _find_publication(connection)
        months = _list_months(connection, first, last)
        versions = _read_versions(connection, scorecard_id, months)
        rules = {
            version: _read_rows(connection, scorecard_id, version)
            for version in set(versions.values())
        }
        dictionary = _read_dictionary(connection)
    return Published(scorecard_id, versions, rules, dictionary, publication_id)


def read_rules_of(settings: Settings, scorecard_id: str, month: date) -> Rules:
    """Read the version that is in force in a month, from the seeds' files.

    Raises:
        UsageError: No version of the scorecard holds in that month.
    """
    files = read_files(settings.dbt_project / "seeds" / "rules")
    for head in files[CARD_SEEDS[0]]:
        if head["scorecard_id"] == scorecard_id and is_in_force(head, month):
            key = (scorecard_id, head["version"])
            return {
                seed: [
                    row
                    for row in files[seed]
                    if (row["scorecard_id"], row["version"]) == key
                ]
                for seed in CARD_SEEDS
            }
    raise UsageError(
        f"No version of {scorecard_id} holds in {month:%Y-%m}.",
        "`jinta rules list` shows the versions and when they hold.",
    )


@contextmanager
def open_trial(
    settings: Settings, months: Sequence[date], rules: Rules
) -> Iterator[Replay]:
    """Open a replay in which the scoring models read published values and these rules.

    Args:
        settings: Whose warehouse.
        months: Published months.
        rules: Rows by seed; each head's validity says in which of the months it holds.

    Raises:
        RuleError: A value of a row doesn't fit its column.
    """
    with open_replay(settings, months) as replay:
        replace_published(replay, months)
        for seed in CARD_SEEDS:
            try:
                replay.replace_rows(seed, rules.get(seed, []))
            except psycopg.DataError as error:
                raise RuleError(
                    f"A value of {seed} doesn't fit its column: "
                    f"{str(error).splitlines()[0]}.",
                    "Correct it in the candidate; docs/rules.md explains each column.",
                ) from error
        yield replay


def hold_in(rules: Rules, months: Sequence[date]) -> Rules:
    """Return a version's rows with the head valid in the months given."""
    heads = [
        row | {"valid_from": str(min(months)), "valid_to": str(max(months))}
        for row in rules[CARD_SEEDS[0]]
    ]
    return dict(rules) | {CARD_SEEDS[0]: heads}


def replace_published(replay: Replay, months: Sequence[date]) -> None:
    """Let scoring read what was published of the months instead of earlier models."""
    within = sql.SQL("where month = any({})").format(sql.Literal(list(months)))
    replay.replace(
        "int_accounts__months_mastered",
        sql.SQL("select {} from marts.dim_group_accounts {}").format(
            _select_kinds(replay), within
        ),
    )
    replay.replace(
        "int_indicators__accounts_measured", _select_measured(replay, within)
    )
    # Latches are carried from an account of the month before to the one it is part of.
    replay.replace(
        "int_accounts__records_clustered",
        sql.SQL(
            "select distinct on (source_record_id) source_record_id, group_account_id "
            "from marts.bridge_account_records {} order by source_record_id, month"
        ).format(within),
    )
    # An override stands beside the tier it overrides, so a published one is whole.
    replay.replace(
        "int_scoring__overrides_resolved",
        sql.SQL(
            "select scorecard_id, month, group_account_id, override_id, "
            "effective_tier as tier, override_reason as reason, "
            "override_approver as approver, override_valid_to as valid_to "
            "from marts.fct_account_scores {} and override_id is not null"
        ).format(within),
    )


def _list_columns(replay: Replay, mart: str) -> list[str]:
    rows = replay.fetch(
        sql.SQL(
            "select column_name from information_schema.columns "
            "where table_schema = 'marts' and table_name = {} order by ordinal_position"
        ).format(sql.Literal(mart))
    )
    return [name for (name,) in rows]


def _select_kinds(replay: Replay) -> sql.Composable:
    """All columns of the accounts; what was published before kinds were is accounts."""
    kept = [c for c in _list_columns(replay, _ACCOUNTS) if c != "account_kind"]
    return sql.SQL(", ").join([*map(sql.Identifier, kept), _select_kind(replay)])


def _select_kind(replay: Replay) -> sql.Composable:
    if "account_kind" in _list_columns(replay, _ACCOUNTS):
        return sql.SQL("coalesce(account_kind, 'account') as account_kind")
    return sql.SQL("'account' as account_kind")


def _select_measured(replay: Replay, within: sql.Composable) -> sql.Composable:
    """Turn published indicators back into what was measured, without loss.

    The mart rounds nothing: it narrows whole numbers, and leaves empty what is known to
    be outside a list, which only the missing indicators tell from the unknown. An
    indicator that was not yet in the dictionary is missing.
    """
    dictionary = replay.fetch(
        sql.SQL("select indicator_id, absence_rule from {}").format(
            replay.relation("indicators")
        )
    )
    published = set(_list_columns(replay, _INDICATORS))
    columns = []
    for name, absence_rule in dictionary:
        value = sql.SQL("indicators.{}::numeric").format(sql.Identifier(name))
        if name not in published:
            value = sql.SQL("null::numeric")
        elif absence_rule == _OUTSIDE_LIST:
            value = sql.SQL(
                "case when {} = any(indicators.missing_indicators) then null "
                "else coalesce({}, 'Infinity') end"
            ).format(sql.Literal(name), value)
        columns.append(sql.SQL("{} as {}").format(value, sql.Identifier(name)))
    return sql.SQL(
        "select month, group_account_id, accounts.account_kind, "
        "{columns}, indicators.missing_indicators, indicators.total_amount, "
        "indicators.total_amount_3m "
        "from (select * from marts.fct_account_indicators {within}) as indicators "
        "inner join (select month, group_account_id, {kind} "
        "from marts.dim_group_accounts {within}) as accounts "
        "using (month, group_account_id)"
    ).format(
        columns=sql.SQL(", ").join(columns), within=within, kind=_select_kind(replay)
    )


def _find_publication(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(
        "select max(publication_id), "
        "count(to_regclass('marts.fct_account_scores')) from control.publications"
    ).fetchone()
    if row is None or row[0] is None or not row[1]:
        raise UsageError("Nothing has been published yet.", "Run `make nightly` first.")
    return int(row[0])


def _list_months(
    connection: psycopg.Connection[Any], first: date | None, last: date | None
) -> list[date]:
    rows = connection.execute(
        "select month from control.pointers where mart = any(%s) "
        "and month is not null group by month having count(*) = %s order by month",
        [list(_INPUTS), len(_INPUTS)],
    ).fetchall()
    published = [row[0] for row in rows]
    first = first or (published[-1] if published else None)
    last = last or first
    chosen = [m for m in published if first and last and first <= m <= last]
    if not chosen:
        known = (
            f"{published[0]:%Y-%m} to {published[-1]:%Y-%m}" if published else "none"
        )
        raise UsageError(
            "No month asked for has been published.",
            f"Published months are {known}; `make backfill` builds others.",
        )
    return chosen


def _read_versions(
    connection: psycopg.Connection[Any], scorecard_id: str, months: list[date]
) -> dict[date, str]:
    rows = connection.execute(
        """
        select distinct month, scorecard_version
        from marts.fct_account_scores
        where scorecard_id = %s and month = any(%s)
        order by month
        """,
        [scorecard_id, months],
    ).fetchall()
    versions = dict(rows)
    lacking = [month for month in months if month not in versions]
    if lacking:
        known = connection.execute(
            "select distinct scorecard_id from rules.scorecards order by 1"
        ).fetchall()
        raise UsageError(
            f"{scorecard_id} has no scores in {lacking[0]:%Y-%m}.",
            f"Scorecards are {', '.join(row[0] for row in known)}; `jinta rules list` "
            "shows when each holds.",
        )
    return versions


def _read_rows(
    connection: psycopg.Connection[Any], scorecard_id: str, version: str
) -> Rules:
    """Read a published version as it was recorded; it has no end of its own."""
    row = connection.execute(
        "select rows from control.rule_versions where rule_set = %s and version = %s",
        [f"scorecard {scorecard_id}", version],
    ).fetchone()
    assert row is not None
    return {
        seed: [
            ({"valid_to": ""} if seed == CARD_SEEDS[0] else {})
            | restore_row(seed, rule)
            for rule in rows
        ]
        for seed, rows in row[0].items()
    }


def _read_dictionary(connection: psycopg.Connection[Any]) -> list[Row]:
    cursor = connection.execute("select * from rules.indicators order by position")
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    return [normalise_row(dict(zip(names, row, strict=True))) for row in cursor]
