"""Human decisions on tiers: add one, read the log.

A decision names an account record as the CRM names it and is only ever added. An
override needs a reason, an approver and an end (S0-04, S0-26). The next run applies it.
Work on leads is in `jinta.report.leads`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from jinta.errors import UsageError
from jinta.settings import Settings
from jinta.warehouse import connect


@dataclass(frozen=True)
class Override:
    """An override of a suggested tier.

    Attributes:
        account_id: The account record, as the CRM names it.
        tier: The tier to use; None ends an earlier override from `valid_from` on.
        valid_from: First day; the override counts in every month it touches.
        valid_to: Last day.
        approver: Who approves it.
        reason: Why.
        scorecard_id: The scorecard whose tier is overridden.
    """

    account_id: str
    tier: str | None
    valid_from: date
    valid_to: date
    approver: str
    reason: str
    scorecard_id: str


def add_override(settings: Settings, override: Override) -> int:
    """Add an override and return its number.

    Raises:
        UsageError: The record, scorecard or tier is unknown, approver or reason is
            blank, or the override ends before it begins.
    """
    if not override.approver.strip() or not override.reason.strip():
        raise UsageError(
            "An override needs who approved it and why.",
            "Fill --approver and --reason.",
        )
    if override.valid_to < override.valid_from:
        raise UsageError(
            f"The override ends on {override.valid_to}, before it begins on "
            f"{override.valid_from}.",
            "Give a later --until.",
        )
    with connect(settings, "owner", stage="override") as connection:
        check_record(connection, override.account_id)
        _check_tier(connection, override.scorecard_id, override.tier)
        row = connection.execute(
            "insert into control.tier_overrides (account_id, scorecard_id, tier, "
            "valid_from, valid_to, approver, reason) "
            "values (%s, %s, %s, %s, %s, %s, %s) returning override_id",
            [
                override.account_id,
                override.scorecard_id,
                override.tier,
                override.valid_from,
                override.valid_to,
                override.approver.strip(),
                override.reason.strip(),
            ],
        ).fetchone()
    assert row is not None
    return int(row[0])


def fetch_overrides(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """Return the latest overrides, the newest first."""
    return fetch_decisions(
        settings,
        "select override_id, recorded_at at time zone 'utc' as recorded_at, "
        "account_id, scorecard_id, tier, valid_from, valid_to, approver, reason "
        "from control.tier_overrides order by override_id desc limit %s",
        [limit],
    )


def check_record(
    connection: psycopg.Connection[Any], account_id: str, hint: str = ""
) -> None:
    """Refuse a record that has not landed, or stands in several systems.

    Args:
        connection: To the warehouse.
        account_id: The record, as the CRM names it.
        hint: Where else records that fit are found, as a sentence.

    Raises:
        UsageError: It has not landed, or is not one record.
    """
    try:
        row = connection.execute(
            "select count(*), count(*) filter (where _last_load_id is null) "
            "from raw.crm__accounts where account_id = %s",
            [account_id],
        ).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise UsageError(
            "No account record has landed yet.", "Run `make nightly` first."
        ) from error
    versions, systems = row or (0, 0)
    if versions == 0:
        raise UsageError(
            f"No account record {account_id} has landed.",
            "Name records as the CRM does; `jinta explain` shows an account's records, "
            f"`jinta review list` those of pairs in doubt. {hint}".strip(),
        )
    if systems > 1:
        raise UsageError(
            f"{account_id} stands in {systems} source systems.",
            "Map the systems' keys so that they differ, for example with a prefix.",
        )


def _check_tier(
    connection: psycopg.Connection[Any], scorecard_id: str, tier: str | None
) -> None:
    check_known(
        connection,
        "select distinct scorecard_id from rules.tier_rules order by 1",
        [],
        scorecard_id,
        "scorecard",
    )
    if tier is not None:
        check_known(
            connection,
            "select tier from rules.tier_rules where scorecard_id = %s "
            "group by tier order by min(tier_order)",
            [scorecard_id],
            tier,
            f"tier of {scorecard_id}",
        )


def check_known(
    connection: psycopg.Connection[Any],
    query: str,
    values: Sequence[Any],
    wanted: str,
    what: str,
) -> None:
    """Refuse what a query doesn't list."""
    try:
        known = [row[0] for row in connection.execute(query, values)]
    except psycopg.errors.UndefinedTable as error:
        raise UsageError(
            "No rule has been loaded yet.", "Run `make nightly` first."
        ) from error
    if wanted not in known:
        raise UsageError(f"{wanted} is no {what}.", f"There are: {', '.join(known)}.")


def fetch_decisions(
    settings: Settings, query: str, values: Sequence[Any]
) -> list[dict[str, Any]]:
    """Read decisions as rows by column."""
    with (
        connect(settings, "owner", stage="decisions") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(query, values).fetchall()
