"""Two scorecards, or two versions of one, on the same accounts and month (F38).

The report of deviations: how many accounts and how much revenue either puts into which
tier, and who stands in quite another place. Points of two scorecards don't compare, so
places among those ranked do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from jinta.errors import UsageError
from jinta.replay import Replay, open_replay
from jinta.report.explain import (
    check_scorecard,
    choose_month,
    fetch_branch_name,
)
from jinta.report.rules import Rules, read_files
from jinta.settings import Settings
from jinta.trials.candidates import CARD_SEEDS
from jinta.trials.scoring import hold_in, replace_published
from jinta.warehouse import connect

_TIERED, _SCORED = "int_scoring__tiers_assigned", "int_scoring__accounts_scored"


@dataclass(frozen=True)
class Comparison:
    """What two ways to score make of one month.

    Attributes:
        summary: Who is compared and how much they agree; fit for JSON.
        tables: `matrix` by tier and tier, `deviations` with the accounts that stand in
            the most different places and, if asked for, `accounts` with all of them.
    """

    summary: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]] = field(repr=False)


def compare_cards(
    settings: Settings,
    scorecard_id: str,
    other_scorecard_id: str,
    month: date | None = None,
    branch_id: str | None = None,
    *,
    with_accounts: bool = False,
) -> Comparison:
    """Compare two published scorecards of one subject.

    Args:
        settings: Whose warehouse; the reporter's rights are enough.
        scorecard_id: The scorecard on the left.
        other_scorecard_id: The one on the right.
        month: The month; None takes the last published one.
        branch_id: Compare the accounts of one branch only.
        with_accounts: Return every account too.

    Raises:
        UsageError: There is no such scorecard, or no account that both rank.
    """
    with connect(settings, "reporter", stage="compare") as connection:
        with connection.cursor(row_factory=dict_row) as cursor:
            month = _choose_month(cursor, month, branch_id)
            for name in (scorecard_id, other_scorecard_id):
                check_scorecard(cursor, name)
        flipped = scorecard_id > other_scorecard_id
        ids = sorted((scorecard_id, other_scorecard_id))
        pairs = sql.SQL(_FLIPPED if flipped else _PUBLISHED).format(
            left=sql.Literal(ids[0]), right=sql.Literal(ids[1])
        )
        names = (scorecard_id, other_scorecard_id)
        return _report(connection, pairs, month, names, branch_id, with_accounts)


def compare_versions(
    settings: Settings,
    scorecard_id: str,
    versions: tuple[str, str],
    month: date | None = None,
    branch_id: str | None = None,
    *,
    with_accounts: bool = False,
) -> Comparison:
    """Compare two versions of a scorecard on the values published of a month.

    Both are scored anew by the rule alone, without stability and overrides, because
    neither has a history with the other.

    Args:
        settings: Whose warehouse.
        scorecard_id: The scorecard.
        versions: The version on the left and the one on the right, from the files.
        month: The month; None takes the last published one.
        branch_id: Compare the accounts of one branch only.
        with_accounts: Return every account too.

    Raises:
        UsageError: There is no such version, or nothing is published.
    """
    with (
        connect(settings, "transformer", stage="compare") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        month = _choose_month(cursor, month, branch_id)
    sides = [_read_version(settings, scorecard_id, version) for version in versions]
    with open_replay(settings, [month]) as replay:
        replace_published(replay, [month])
        for seed in CARD_SEEDS:
            rows = [
                row | {"scorecard_id": side}
                for side, rules in zip(("left", "right"), sides, strict=True)
                for row in hold_in(rules, [month]).get(seed, [])
            ]
            replay.replace_rows(seed, rows)
        replay.build([_TIERED])
        names = (
            f"{scorecard_id} {versions[0]}",
            f"{scorecard_id} {versions[1]}",
        )
        pairs = _select_replayed(replay)
        return _report(replay.connection, pairs, month, names, branch_id, with_accounts)


def _choose_month(
    cursor: psycopg.Cursor, month: date | None, branch_id: str | None
) -> date:
    """Return the month to compare in, and refuse a branch without accounts in it.

    Raises:
        UsageError: The month is not published, or there is no such branch.
    """
    month = choose_month(cursor, month)
    rows = cursor.execute(
        "select distinct branch_id from marts.dim_group_accounts "
        "where month = %s and branch_id is not null order by branch_id",
        [month],
    ).fetchall()
    known = [row["branch_id"] for row in rows]
    if branch_id is not None and branch_id not in known:
        raise UsageError(
            f"No account of {month:%Y-%m} is of a branch {branch_id}.",
            f"Branches are {', '.join(known) or 'none'}.",
        )
    return month


def _read_version(settings: Settings, scorecard_id: str, version: str) -> Rules:
    """Read the rows of one version from the seeds' files."""
    files = read_files(settings.dbt_project / "seeds" / "rules")
    rules = {
        seed: [
            row
            for row in files[seed]
            if (row["scorecard_id"], row["version"]) == (scorecard_id, version)
        ]
        for seed in CARD_SEEDS
    }
    if not rules[CARD_SEEDS[0]]:
        known = [
            row["version"]
            for row in files[CARD_SEEDS[0]]
            if row["scorecard_id"] == scorecard_id
        ]
        raise UsageError(
            f"There is no version {version} of {scorecard_id}.",
            f"Its versions are {', '.join(known) or 'none'}; `jinta rules list` shows "
            "those of all scorecards.",
        )
    return rules


def _select_replayed(replay: Replay) -> sql.Composable:
    return sql.SQL(_REPLAYED).format(
        tiered=replay.relation(_TIERED),
        scored=replay.relation(_SCORED),
        tier_rules=replay.relation("tier_rules"),
    )


def _report(
    connection: psycopg.Connection[Any],
    pairs: sql.Composable,
    month: date,
    names: tuple[str, str],
    branch_id: str | None,
    with_accounts: bool,
) -> Comparison:
    """Count and list what either side makes of the accounts."""
    values = {"month": month, "branch": branch_id}
    wanted = ["summary", "matrix", "deviations", *["accounts"][: int(with_accounts)]]
    with connection.cursor(row_factory=dict_row) as cursor:
        found = {
            name: cursor.execute(
                sql.SQL("with pairs as ({}) ").format(pairs) + sql.SQL(_TABLES[name]),
                values,
            ).fetchall()
            for name in wanted
        }
        branch_name = fetch_branch_name(cursor, branch_id)
    [summary] = found.pop("summary")
    if not summary["accounts"]:
        raise UsageError(
            f"{names[0]} and {names[1]} rank no account in common in {month:%Y-%m}"
            + (f" in branch {branch_id}." if branch_id else "."),
            "Scorecards compare if they score the same subject; `jinta rules list` "
            "shows when each holds.",
        )
    head = {
        "left": names[0],
        "right": names[1],
        "month": month,
        "branch_id": branch_id,
        "branch_name": branch_name,
    }
    return Comparison(head | dict(summary), found)


# Bands of two cards say the same only where both have the same ones; places never do.
_COMPARED: LiteralString = """
    from marts.fct_scorecard_comparisons
    inner join (
        select
            scorecard_id, scorecard_version,
            array_agg(distinct tier_band order by tier_band) as bands
        from marts.dim_scorecard_tiers
        group by scorecard_id, scorecard_version
    ) as lefts using (scorecard_id, scorecard_version)
    inner join (
        select
            scorecard_id as other_scorecard_id,
            scorecard_version as other_scorecard_version,
            array_agg(distinct tier_band order by tier_band) as bands
        from marts.dim_scorecard_tiers
        group by scorecard_id, scorecard_version
    ) as rights using (other_scorecard_id, other_scorecard_version)
    where scorecard_id = {left} and other_scorecard_id = {right}
"""

_PUBLISHED: LiteralString = (
    """
    select
        group_account_id, month, tier, other_tier, tier_order, other_tier_order,
        tier_band, other_tier_band, lefts.bands = rights.bands as has_same_bands,
        total_points, other_total_points, percentile, other_percentile,
        percentile_deviation, revenue
"""
    + _COMPARED
)

_FLIPPED: LiteralString = (
    """
    select
        group_account_id, month, other_tier as tier, tier as other_tier,
        other_tier_order as tier_order, tier_order as other_tier_order,
        other_tier_band as tier_band, tier_band as other_tier_band,
        lefts.bands = rights.bands as has_same_bands,
        other_total_points as total_points, total_points as other_total_points,
        other_percentile as percentile, percentile as other_percentile,
        -percentile_deviation as percentile_deviation, revenue
"""
    + _COMPARED
)

# The left side keeps its order where a tier of the right one has no counterpart. In all
# versions of a card a band means the same.
_REPLAYED: LiteralString = """
    select
        lefts.group_account_id,
        lefts.month,
        lefts.raw_tier as tier,
        rights.raw_tier as other_tier,
        left_tiers.tier_order,
        right_tiers.tier_order as other_tier_order,
        left_tiers.tier_band,
        right_tiers.tier_band as other_tier_band,
        true as has_same_bands,
        left_scores.total_points,
        right_scores.total_points as other_total_points,
        places.percentile,
        places.other_percentile,
        places.other_percentile - places.percentile as percentile_deviation,
        left_scores.total_amount as revenue
    from {tiered} as lefts
    inner join {tiered} as rights
        on
            lefts.scorecard_id = 'left'
            and rights.scorecard_id = 'right'
            and lefts.month = rights.month
            and lefts.group_account_id = rights.group_account_id
            and lefts.value_rank is not null
            and rights.value_rank is not null
    inner join {scored} as left_scores
        on
            left_scores.scorecard_id = 'left'
            and lefts.month = left_scores.month
            and lefts.group_account_id = left_scores.group_account_id
    inner join {scored} as right_scores
        on
            right_scores.scorecard_id = 'right'
            and lefts.month = right_scores.month
            and lefts.group_account_id = right_scores.group_account_id
    inner join {tier_rules} as left_tiers
        on left_tiers.scorecard_id = 'left' and lefts.raw_tier = left_tiers.tier
    inner join {tier_rules} as right_tiers
        on right_tiers.scorecard_id = 'right' and rights.raw_tier = right_tiers.tier
    cross join lateral (
        values (
            round(
                100.0 * (lefts.population - lefts.value_rank)
                / nullif(lefts.population - 1, 0),
                2
            ),
            round(
                100.0 * (rights.population - rights.value_rank)
                / nullif(rights.population - 1, 0),
                2
            )
        )
    ) as places (percentile, other_percentile)
"""

_OF_BRANCH: LiteralString = """
    from pairs
    inner join marts.dim_group_accounts as accounts
        on
            pairs.month = accounts.month
            and pairs.group_account_id = accounts.group_account_id
    where
        pairs.month = %(month)s
        and coalesce(accounts.branch_id = %(branch)s, %(branch)s::text is null)
"""

_TABLES: dict[str, LiteralString] = {
    "summary": """
        select
            count(*) as accounts,
            count(*) filter (where pairs.tier = pairs.other_tier) as same_tier_name,
            case
                when bool_and(pairs.has_same_bands)
                    then count(*) filter (
                        where pairs.tier_band = pairs.other_tier_band
                    )
            end as same_tier_band,
            round(avg(abs(pairs.percentile_deviation)), 2) as mean_deviation,
            round(
                corr(pairs.percentile, pairs.other_percentile)::numeric, 3
            ) as rank_correlation
    """
    + _OF_BRANCH,
    "matrix": """
        select
            pairs.tier,
            pairs.other_tier,
            count(*) as accounts,
            sum(pairs.revenue) as revenue
    """
    + _OF_BRANCH
    + """
        group by pairs.tier, pairs.tier_order, pairs.other_tier, pairs.other_tier_order
        order by pairs.tier_order, pairs.other_tier_order
    """,
    "deviations": """
        select
            pairs.group_account_id,
            accounts.account_name,
            accounts.branch_id,
            accounts.manager_id,
            pairs.tier,
            pairs.other_tier,
            pairs.percentile,
            pairs.other_percentile,
            pairs.percentile_deviation,
            pairs.revenue
    """
    + _OF_BRANCH
    + """
        order by
            abs(pairs.percentile_deviation) desc nulls last,
            pairs.revenue desc nulls last,
            pairs.group_account_id
        limit 20
    """,
    "accounts": """
        select pairs.*, accounts.account_name, accounts.branch_id, accounts.manager_id
    """
    + _OF_BRANCH
    + """
        order by pairs.group_account_id
    """,
}
