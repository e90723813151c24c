"""What if: score published months by candidate rules and compare account by account.

Nothing that is published, or that a run builds, is touched: the scoring models run on
temporary tables (see `jinta.replay`), whose rows have no way into a publication.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, LiteralString

from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from jinta.errors import UsageError
from jinta.replay import Replay
from jinta.report.rules import Rules
from jinta.settings import Settings
from jinta.trials.candidates import (
    CARD_SEEDS,
    UNCHANGED,
    Candidate,
    apply_candidate,
    check_candidate,
    describe_differences,
    strip_rows,
)
from jinta.trials.scoring import (
    SCORES,
    Published,
    hold_in,
    open_trial,
    read_published,
    read_rules_of,
)

_HEAD, _TIERS = "scorecards", "tier_rules"
_SCORED, _TIERED = "int_scoring__accounts_scored", "int_scoring__tiers_overridden"


@dataclass(frozen=True)
class Question:
    """What is to be tried on which published months.

    Attributes:
        scorecard_id: The scorecard.
        candidate: What differs from the version it is applied to.
        first: First month; None takes the last published one.
        last: Last month; None takes the first.
        rules_of: A month whose version is tried on all months; None takes the version
            that each month was scored by.
        branch_id: Tell of one branch only; all are scored.
    """

    scorecard_id: str
    candidate: Candidate = UNCHANGED
    first: date | None = None
    last: date | None = None
    rules_of: date | None = None
    branch_id: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the candidate would change.

    Attributes:
        summary: What was tried, and how much would change; fit for JSON.
        tables: `migration`, `tiers`, `managers`, `quota` and `movers`, each a list of
            rows; with `accounts`, every account, if asked for.
        request: What is needed to ask again: months, versions and the rows tried.
        publication_id: The publication that it was compared with.
        result_hash: Hash of all scores, if asked for; equal answers have equal ones.
    """

    summary: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]] = field(repr=False)
    request: dict[str, Any] = field(repr=False)
    publication_id: int
    result_hash: str | None


def ask_what_if(
    settings: Settings,
    question: Question,
    *,
    with_accounts: bool = False,
    with_hash: bool = False,
) -> Answer:
    """Score the months by the candidate and compare with what is published.

    Args:
        settings: Whose warehouse.
        question: What to try.
        with_accounts: Return every account too, not the biggest movers only.
        with_hash: Hash the scores, as the log of trials keeps it.

    Raises:
        UsageError: The months, the scorecard or the branch aren't published.
        RuleError: The candidate doesn't fit together.
    """
    published = read_published(
        settings, question.scorecard_id, question.first, question.last
    )
    tried = _apply_to_months(settings, question, published)
    rules = _join_versions(tried)
    with open_trial(settings, published.months, rules) as replay:
        replay.build([_SCORED, _TIERED])
        result_hash = _hash_scores(replay) if with_hash else None
        _compare(replay, published, tried, question.branch_id)
        tables = {
            name: _fetch(replay, query)
            for name, query in _TABLES.items()
            if with_accounts or name != "accounts"
        }
    return Answer(
        summary=_summarise(question, published, tried, tables),
        tables=tables,
        request=_describe_request(question, published, tried),
        publication_id=published.publication_id,
        result_hash=result_hash,
    )


@dataclass(frozen=True)
class _Tried:
    """The version to try in a row of months that were scored by one version."""

    months: list[date]
    base: Rules
    rules: Rules


def _apply_to_months(
    settings: Settings, question: Question, published: Published
) -> list[_Tried]:
    """Apply the candidate to the version of each month, or to another month's."""
    other = None
    if question.rules_of is not None:
        other = read_rules_of(settings, question.scorecard_id, question.rules_of)
    tried = []
    for version, group in groupby(published.months, key=published.versions.__getitem__):
        months = list(group)
        base = published.rules[version]
        rules = apply_candidate(question.candidate, other or base)
        check_candidate(question.candidate, rules, published.dictionary, months)
        tried.append(_Tried(months, base, rules))
    return tried


def _join_versions(tried: Sequence[_Tried]) -> Rules:
    """Rows of all versions tried, each valid in its months; other rows stand once."""
    joined: Rules = {seed: [] for seed in CARD_SEEDS}
    for part in tried:
        for seed, rows in hold_in(part.rules, part.months).items():
            joined[seed] += [row for row in rows if row not in joined[seed]]
    return joined


def _compare(
    replay: Replay,
    published: Published,
    tried: Sequence[_Tried],
    branch_id: str | None,
) -> None:
    """Put each account's published and tried place beside each other, and count."""
    tiers = [
        {"month": month, "side": side}
        | {column: row[column] for column in ("tier", "tier_band", "tier_order")}
        for part in tried
        for month in part.months
        for side, rules in (("before", part.base), ("after", part.rules))
        for row in rules[_TIERS]
    ]
    values = {
        "scored": replay.relation(_SCORED),
        "tiered": replay.relation(_TIERED),
        "scorecard": sql.Literal(published.scorecard_id),
        "months": sql.Literal(published.months),
        "tiers": sql.Literal(Jsonb(tiers, dumps=partial(json.dumps, default=str))),
        "branch": sql.Literal(branch_id),
    }
    for statement in (_TIER_ROWS, _ACCOUNTS, _MOVES):
        replay.connection.execute(sql.SQL(statement).format(**values))
    found = replay.fetch(sql.SQL("select 1 from pg_temp.what_if_moves limit 1"))
    if branch_id is not None and not found:
        raise UsageError(
            f"The branch {branch_id} has no account in these months.",
            "Name a branch by its branch_id, as in dim_group_accounts.",
        )


def _hash_scores(replay: Replay) -> str:
    """Hash the scores of all months, as publishing would hash them."""
    replay.build([SCORES])
    hashes = {str(month): text for month, text in replay.hash(SCORES).items()}
    return hashlib.sha256(str(sorted(hashes.items())).encode()).hexdigest()


def _fetch(replay: Replay, query: LiteralString) -> list[dict[str, Any]]:
    with replay.connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def _summarise(
    question: Question,
    published: Published,
    tried: Sequence[_Tried],
    tables: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    """Say what was tried and how much of it would change, in all and by month."""
    return {
        "scorecard_id": question.scorecard_id,
        "candidate": question.candidate.source,
        "rules_of": question.rules_of,
        "branch_id": question.branch_id,
        "publication_id": published.publication_id,
        "versions": [
            {
                "from_month": part.months[0],
                "to_month": part.months[-1],
                "published_version": part.base[_HEAD][0]["version"],
                "tried_version": part.rules[_HEAD][0]["version"],
                "differences": describe_differences(part.base, part.rules),
            }
            for part in tried
        ],
        "months": [
            {"month": month} | _count_changes(list(rows))
            for month, rows in groupby(tables["migration"], key=itemgetter("month"))
        ],
    }


def _count_changes(migration: list[dict[str, Any]]) -> dict[str, Any]:
    """Count the accounts and the revenue of one month that change their tier."""
    counts: dict[str, Any] = {}
    for kind in ("raw", "suggested", "effective"):
        rows = [row for row in migration if row["tier_kind"] == kind]
        moved = [row for row in rows if row["tier_before"] != row["tier_after"]]
        counts |= {
            "accounts": sum(row["accounts"] for row in rows),
            "revenue": sum(row["revenue"] for row in rows),
            f"accounts_moved_{kind}": sum(row["accounts"] for row in moved),
            f"revenue_moved_{kind}": sum(row["revenue"] for row in moved),
        }
    return counts


def _describe_request(
    question: Question, published: Published, tried: Sequence[_Tried]
) -> dict[str, Any]:
    return {
        "scorecard_id": question.scorecard_id,
        "candidate": question.candidate.source,
        "rules_of": question.rules_of,
        "branch_id": question.branch_id,
        "publication_id": published.publication_id,
        "tried": [
            {
                "months": part.months,
                "published_version": part.base[_HEAD][0]["version"],
                "rows": strip_rows(part.rules),
            }
            for part in tried
        ],
    }


_TIER_ROWS: LiteralString = """
create temporary table what_if_tiers as
select *
from jsonb_to_recordset({tiers}) as tiers (
    month date, side text, tier text, tier_band text, tier_order integer
)
"""

_ACCOUNTS: LiteralString = """
create temporary table what_if_accounts as

with

before as (

    select
        month,
        group_account_id,
        total_points,
        value_rank,
        raw_tier,
        suggested_tier,
        effective_tier
    from marts.fct_account_scores
    where scorecard_id = {scorecard} and month = any({months})

),

after as (

    select
        tiered.month,
        tiered.group_account_id,
        scored.total_points,
        tiered.value_rank,
        tiered.raw_tier,
        tiered.suggested_tier,
        tiered.effective_tier
    from {tiered} as tiered
    inner join {scored} as scored
        on
            tiered.month = scored.month
            and tiered.group_account_id = scored.group_account_id

)

select
    accounts.month,
    accounts.group_account_id,
    accounts.branch_id,
    accounts.manager_id,
    indicators.total_amount as revenue,
    before.total_points as points_before,
    after.total_points as points_after,
    before.value_rank as rank_before,
    after.value_rank as rank_after,
    before.raw_tier as raw_tier_before,
    after.raw_tier as raw_tier_after,
    before.suggested_tier as suggested_tier_before,
    after.suggested_tier as suggested_tier_after,
    before.effective_tier as effective_tier_before,
    after.effective_tier as effective_tier_after
from before
full join after
    on
        before.month = after.month
        and before.group_account_id = after.group_account_id
inner join marts.dim_group_accounts as accounts
    on
        accounts.month = coalesce(before.month, after.month)
        and accounts.group_account_id
        = coalesce(before.group_account_id, after.group_account_id)
        and coalesce(accounts.branch_id = {branch}, {branch} is null)
inner join marts.fct_account_indicators as indicators
    on
        accounts.month = indicators.month
        and accounts.group_account_id = indicators.group_account_id
"""

_MOVES: LiteralString = """
create temporary table what_if_moves as
select
    month,
    branch_id,
    manager_id,
    raw_tier_before,
    raw_tier_after,
    suggested_tier_before,
    suggested_tier_after,
    effective_tier_before,
    effective_tier_after,
    rank_before is not null as is_ranked_before,
    rank_after is not null as is_ranked_after,
    count(*) as accounts,
    coalesce(sum(revenue), 0) as revenue
from pg_temp.what_if_accounts
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""

_TABLES: dict[str, LiteralString] = {
    # Every move there is, from tier to tier, accounts that stay included.
    "migration": """
        select
            moves.month,
            tiers.tier_kind,
            tiers.tier_before,
            tiers.tier_after,
            sum(moves.accounts)::bigint as accounts,
            sum(moves.revenue) as revenue
        from pg_temp.what_if_moves as moves
        cross join lateral (
            values
            ('raw', moves.raw_tier_before, moves.raw_tier_after),
            ('suggested', moves.suggested_tier_before, moves.suggested_tier_after),
            ('effective', moves.effective_tier_before, moves.effective_tier_after)
        ) as tiers (tier_kind, tier_before, tier_after)
        group by 1, 2, 3, 4
        order by 1, 2, 3, 4
    """,
    # The best first: readers of the other tables take the order from here.
    "tiers": """
        select
            moves.month,
            tiers.tier,
            sum(moves.accounts * tiers.before)::bigint as accounts_before,
            sum(moves.accounts * tiers.after)::bigint as accounts_after,
            sum(moves.revenue * tiers.before) as revenue_before,
            sum(moves.revenue * tiers.after) as revenue_after
        from pg_temp.what_if_moves as moves
        cross join lateral (
            values
            (moves.effective_tier_before, 1, 0),
            (moves.effective_tier_after, 0, 1)
        ) as tiers (tier, before, after)
        group by 1, 2
        order by
            1,
            (
                select min(known.tier_order)
                from pg_temp.what_if_tiers as known
                where known.month = moves.month and known.tier = tiers.tier
            ),
            2
    """,
    "managers": """
        select
            moves.month,
            moves.manager_id,
            tiers.tier,
            sum(moves.accounts * tiers.before)::bigint as accounts_before,
            sum(moves.accounts * tiers.after)::bigint as accounts_after,
            sum(moves.revenue * tiers.before) as revenue_before,
            sum(moves.revenue * tiers.after) as revenue_after
        from pg_temp.what_if_moves as moves
        cross join lateral (
            values
            (moves.effective_tier_before, 1, 0),
            (moves.effective_tier_after, 0, 1)
        ) as tiers (tier, before, after)
        group by 1, 2, 3
        order by 1, 2, 3
    """,
    # Shares are of the ranked accounts of a branch, by the rule alone and in effect.
    "quota": """
        select
            month,
            branch_id,
            tier_kind,
            tier_band,
            coalesce(accounts_before, 0) as accounts_before,
            coalesce(accounts_after, 0) as accounts_after,
            round(
                100.0 * coalesce(accounts_before, 0)
                / nullif(sum(accounts_before) over ranked, 0),
                2
            ) as share_before_pct,
            round(
                100.0 * coalesce(accounts_after, 0)
                / nullif(sum(accounts_after) over ranked, 0),
                2
            ) as share_after_pct
        from (
            select
                moves.month,
                moves.branch_id,
                sides.tier_kind,
                tiers.tier_band,
                sum(moves.accounts) filter (where sides.side = 'before')::bigint
                    as accounts_before,
                sum(moves.accounts) filter (where sides.side = 'after')::bigint
                    as accounts_after
            from pg_temp.what_if_moves as moves
            cross join lateral (
                values
                ('raw', 'before', moves.raw_tier_before, moves.is_ranked_before),
                ('raw', 'after', moves.raw_tier_after, moves.is_ranked_after),
                (
                    'effective',
                    'before',
                    moves.effective_tier_before,
                    moves.is_ranked_before
                ),
                (
                    'effective',
                    'after',
                    moves.effective_tier_after,
                    moves.is_ranked_after
                )
            ) as sides (tier_kind, side, tier, is_ranked)
            inner join pg_temp.what_if_tiers as tiers
                on
                    moves.month = tiers.month
                    and sides.side = tiers.side
                    and sides.tier = tiers.tier
            where sides.is_ranked
            group by 1, 2, 3, 4
        ) as counted
        window ranked as (partition by month, branch_id, tier_kind)
        order by 1, 2, 3, 4
    """,
    "movers": """
        select
            moved.month,
            moved.group_account_id,
            accounts.account_name,
            moved.branch_id,
            moved.manager_id,
            moved.revenue,
            moved.effective_tier_before,
            moved.effective_tier_after,
            moved.points_before,
            moved.points_after,
            moved.rank_before,
            moved.rank_after,
            tiers_before.tier_order - tiers_after.tier_order as tiers_gained
        from pg_temp.what_if_accounts as moved
        inner join pg_temp.what_if_tiers as tiers_before
            on
                tiers_before.side = 'before'
                and moved.month = tiers_before.month
                and moved.effective_tier_before = tiers_before.tier
        inner join pg_temp.what_if_tiers as tiers_after
            on
                tiers_after.side = 'after'
                and moved.month = tiers_after.month
                and moved.effective_tier_after = tiers_after.tier
        inner join marts.dim_group_accounts as accounts
            on
                moved.month = accounts.month
                and moved.group_account_id = accounts.group_account_id
        where moved.effective_tier_before <> moved.effective_tier_after
        order by
            abs(tiers_before.tier_order - tiers_after.tier_order) desc,
            moved.revenue desc,
            moved.group_account_id,
            moved.month
        limit 20
    """,
    "accounts": """
        select
            compared.month,
            compared.group_account_id,
            accounts.account_name,
            compared.branch_id,
            compared.manager_id,
            compared.revenue,
            compared.points_before,
            compared.points_after,
            compared.rank_before,
            compared.rank_after,
            compared.raw_tier_before,
            compared.raw_tier_after,
            compared.suggested_tier_before,
            compared.suggested_tier_after,
            compared.effective_tier_before,
            compared.effective_tier_after
        from pg_temp.what_if_accounts as compared
        inner join marts.dim_group_accounts as accounts
            on
                compared.month = accounts.month
                and compared.group_account_id = accounts.group_account_id
        order by compared.month, compared.group_account_id
    """,
}
