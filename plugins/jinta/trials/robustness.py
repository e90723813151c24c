"""How far tiers depend on the choice of the weights (goal 11, A.6.1).

Each weight is shifted by a fifth both ways, and all weights are drawn at random around
those in force. Every draw is a version of the scorecard, made of rows, and scored by
the models of the nightly run; Python makes the draws and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, LiteralString

from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from jinta.errors import UsageError
from jinta.replay import Replay, open_replay
from jinta.report.rules import Rules
from jinta.settings import Settings
from jinta.trials.candidates import CARD_SEEDS
from jinta.trials.draws import (
    SHIFT_PCT,
    choose_concentration,
    draw_weights,
    shift_weight,
    to_hundredths,
)
from jinta.trials.scoring import Published, hold_in, read_published, replace_published

# The share of accounts from which the tier list is an artefact of the weights (A.6.1).
ARTEFACT_PCT = 10
# Rows that are scored at once: more are no faster, and fewer keep to the memory.
BATCH_ROWS = 1_000_000

_HEAD, _INDICATORS, _BANDS = CARD_SEEDS[:3]
_TIERS = "int_scoring__tiers_assigned"
# Tables of the size of the month: for files, not for the screen.
ACCOUNT_TABLES = ("accounts", "probabilities")


@dataclass(frozen=True)
class Certificate:
    """How robust the tiers of one month are.

    Attributes:
        summary: What was drawn and the shares of accounts that change; fit for JSON.
        tables: `weights`, `confidence` and `least_certain`, and for files every account
            (`accounts`) with its probability in each tier (`probabilities`).
        request: What is needed to draw the same again.
        publication_id: The publication whose tiers were judged.
        result_hash: Hash of all probabilities.
    """

    summary: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]] = field(repr=False)
    request: dict[str, Any] = field(repr=False)
    publication_id: int
    result_hash: str


@dataclass(frozen=True)
class _Draw:
    """Weights by indicator in hundredths, and what they are."""

    draw_id: str
    kind: str
    weights: Sequence[int]


def measure_robustness(
    settings: Settings,
    scorecard_id: str,
    month: date | None = None,
    *,
    draws: int = 1000,
    seed: int = 7,
    concentration: float | None = None,
    with_accounts: bool = False,
    batch_rows: int = BATCH_ROWS,
    tell: Callable[[str], None] = lambda _: None,
) -> Certificate:
    """Score a published month by many versions that differ in their weights alone.

    Args:
        settings: Whose warehouse.
        scorecard_id: The scorecard.
        month: A published month; None takes the last.
        draws: How many random draws.
        seed: Equal seeds give equal certificates.
        concentration: Of the Dirichlet distribution; None lets a weight of mean size
            vary by a fifth.
        with_accounts: Return every account and probability too.
        batch_rows: Accounts times draws to be scored at once.
        tell: Is told of the progress.

    Raises:
        UsageError: The month isn't published, or nobody is ranked in it.
    """
    published = read_published(settings, scorecard_id, month)
    month = published.months[0]
    rules = hold_in(published.rules[published.versions[month]], [month])
    weights, parts = _read_weights(rules)
    concentration = concentration or choose_concentration(len(weights))
    drawn = _make_draws(weights, parts, draws, seed, concentration)
    with open_replay(settings, [month]) as replay:
        replace_published(replay, [month])
        size = max(batch_rows // _prepare(replay, published, rules, weights, drawn), 1)
        for start in range(0, len(drawn), size):
            tell(f"{start:,} of {len(drawn):,} versions scored")
            _score(replay, rules, drawn[start : start + size])
        result_hash = _conclude(replay, draws)
        tables = {
            name: _fetch(replay, query)
            for name, query in _TABLES.items()
            if with_accounts or name not in ACCOUNT_TABLES
        }
    asked = {
        "scorecard_id": scorecard_id,
        "month": month,
        "draws": draws,
        "seed": seed,
        "concentration": concentration,
    }
    return Certificate(
        summary=_summarise(asked, published, tables.pop("summary")[0]),
        tables=tables,
        request=asked | {"weights": weights, "parts": parts},
        publication_id=published.publication_id,
        result_hash=result_hash,
    )


def _summarise(
    asked: dict[str, Any], published: Published, found: dict[str, Any]
) -> dict[str, Any]:
    """What was drawn, what came out, and whether the list is an artefact."""
    return {
        **asked,
        "scorecard_version": published.versions[asked["month"]],
        "publication_id": published.publication_id,
        "shift_pct": SHIFT_PCT,
        "artefact_pct": ARTEFACT_PCT,
        **found,
        "is_artefact": found["changed_by_a_single_weight_pct"] >= ARTEFACT_PCT,
    }


def _read_weights(rules: Rules) -> tuple[dict[str, int], list[str]]:
    """Weights in hundredths by indicator, and the part of the card of each.

    An indicator without weight stays without. The parts are the dimensions where X
    against Y halves a tier; without, all weights may give way to each other.
    """
    is_halved = any(row["sub_tier_rule"] for row in rules["tier_rules"])
    weights, parts = {}, []
    for row in rules[_INDICATORS]:
        if weight := to_hundredths(row["weight"]):
            weights[row["indicator_id"]] = weight
            parts.append(row["dimension"] if is_halved else "")
    return weights, parts


def _make_draws(
    weights: dict[str, int],
    parts: list[str],
    draws: int,
    seed: int,
    concentration: float,
) -> list[_Draw]:
    """Two shifts of each weight, then the random draws."""
    values = list(weights.values())
    shifts = [
        _Draw(f"{kind} {name}", kind, shift_weight(values, parts, place, percent))
        for place, name in enumerate(weights)
        for kind, percent in (("less", -SHIFT_PCT), ("more", SHIFT_PCT))
    ]
    drawn = draw_weights(values, parts, draws, seed, concentration)
    return shifts + [
        _Draw(f"draw {number}", "draw", row) for number, row in enumerate(drawn, 1)
    ]


def _prepare(
    replay: Replay,
    published: Published,
    rules: Rules,
    weights: Mapping[str, int],
    drawn: Sequence[_Draw],
) -> int:
    """Lay down the draws and the tiers as published; how many accounts are ranked."""
    connection = replay.connection
    connection.execute(_CREATE)
    cursor = connection.cursor()
    with cursor.copy("copy pg_temp.robustness_draws from stdin") as copy:
        for draw in drawn:
            for name, weight in zip(weights, draw.weights, strict=True):
                copy.write_row((draw.draw_id, draw.kind, name, weight))
    with cursor.copy("copy pg_temp.robustness_bands from stdin") as copy:
        for row in rules["tier_rules"]:
            copy.write_row((row["tier"], row["tier_band"]))
    with cursor.copy("copy pg_temp.robustness_weights from stdin") as copy:
        for place, (name, weight) in enumerate(weights.items()):
            copy.write_row((name, weight, place))
    connection.execute(
        sql.SQL(_RANKED).format(
            month=sql.Literal(published.months[0]),
            scorecard_id=sql.Literal(published.scorecard_id),
        )
    )
    connection.execute("analyze pg_temp.robustness_draws")
    connection.execute("analyze pg_temp.robustness_accounts")
    [(accounts,)] = replay.fetch(
        sql.SQL("select count(*) from pg_temp.robustness_accounts")
    )
    if not accounts:
        raise UsageError(
            f"{published.scorecard_id} ranks nobody in {published.months[0]:%Y-%m}.",
            "Choose another month: --month.",
        )
    return int(accounts)


def _score(replay: Replay, rules: Rules, batch: Sequence[_Draw]) -> None:
    """Score one batch of versions and count in which tier each account comes."""
    for seed, query in _SEEDS.items():
        if seed in rules:
            replay.forget(seed)
            replay.replace(
                seed,
                sql.SQL(query).format(
                    original=replay.original(seed),
                    rows=sql.Literal(Jsonb(_drop_empty(rules[seed]))),
                    batch=sql.Literal([draw.draw_id for draw in batch]),
                ),
            )
    replay.build([_TIERS])
    for statement in (_COUNT, _COUNT_SHIFTED):
        replay.connection.execute(
            sql.SQL(statement).format(tiers=replay.relation(_TIERS))
        )


def _conclude(replay: Replay, draws: int) -> str:
    """Turn counts into probabilities; the hash of them all."""
    for statement in (_PROBABILITIES, _CONFIDENCE):
        replay.connection.execute(sql.SQL(statement).format(draws=sql.Literal(draws)))
    [(text,)] = replay.fetch(sql.SQL(_HASH))
    return str(text)


def _fetch(replay: Replay, query: LiteralString) -> list[dict[str, Any]]:
    with replay.connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def _drop_empty(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: text for name, text in row.items() if text} for row in rows]


_CREATE = """
create temporary table robustness_draws (
    draw_id text, kind text, indicator_id text, weight integer
);
create temporary table robustness_counts (
    group_account_id text, tier text, draws bigint
);
create temporary table robustness_shifted (
    indicator_id text, kind text, group_account_id text, is_band_changed boolean
);
create temporary table robustness_bands (tier text, tier_band text);
create temporary table robustness_weights (
    indicator_id text, weight integer, position integer
);
"""

_RANKED: LiteralString = """
create temporary table robustness_accounts as
select
    scores.group_account_id,
    accounts.account_name,
    accounts.branch_id,
    scores.raw_tier as tier,
    bands.tier_band,
    scores.value_rank,
    scores.total_points
from marts.fct_account_scores as scores
inner join marts.dim_group_accounts as accounts
    on
        scores.month = accounts.month
        and scores.group_account_id = accounts.group_account_id
inner join pg_temp.robustness_bands as bands on scores.raw_tier = bands.tier
where
    scores.scorecard_id = {scorecard_id}
    and scores.month = {month}
    and scores.value_rank is not null
"""

# A version per draw: the rows in force under the draw's name, with its weights. Points
# go with the weight, to hundredths, so that the best band keeps to it exactly.
_SEEDS: dict[str, LiteralString] = {
    _HEAD: """
        select made.*
        from jsonb_populate_recordset(null::{original}, {rows}) as rules
        cross join unnest({batch}::text[]) as draws (draw_id)
        cross join lateral jsonb_populate_record(
            rules, jsonb_build_object('scorecard_id', draws.draw_id)
        ) as made
    """,
    "tier_rules": """
        select made.*
        from jsonb_populate_recordset(null::{original}, {rows}) as rules
        cross join unnest({batch}::text[]) as draws (draw_id)
        cross join lateral jsonb_populate_record(
            rules, jsonb_build_object('scorecard_id', draws.draw_id)
        ) as made
    """,
    _INDICATORS: """
        select made.*
        from jsonb_populate_recordset(null::{original}, {rows}) as rules
        inner join pg_temp.robustness_draws as draws
            on
                rules.indicator_id = draws.indicator_id
                and draws.draw_id = any({batch}::text[])
        cross join lateral jsonb_populate_record(
            rules,
            jsonb_build_object(
                'scorecard_id', draws.draw_id, 'weight', draws.weight / 100.0
            )
        ) as made
    """,
    _BANDS: """
        select made.*
        from jsonb_populate_recordset(null::{original}, {rows}) as rules
        inner join pg_temp.robustness_draws as draws
            on
                rules.indicator_id = draws.indicator_id
                and draws.draw_id = any({batch}::text[])
        inner join (
            select indicator_id, max(points) as weight
            from jsonb_populate_recordset(null::{original}, {rows})
            group by indicator_id
        ) as weights
            on rules.indicator_id = weights.indicator_id
        cross join lateral jsonb_populate_record(
            rules,
            jsonb_build_object(
                'scorecard_id', draws.draw_id,
                'points',
                round(rules.points * draws.weight / (100 * weights.weight), 2)
            )
        ) as made
    """,
}

_COUNT: LiteralString = """
insert into pg_temp.robustness_counts
select tiers.group_account_id, tiers.raw_tier, count(*)
from {tiers} as tiers
inner join pg_temp.robustness_accounts as accounts
    on tiers.group_account_id = accounts.group_account_id
where starts_with(tiers.scorecard_id, 'draw ')
group by tiers.group_account_id, tiers.raw_tier
"""

_COUNT_SHIFTED: LiteralString = """
insert into pg_temp.robustness_shifted
select
    draws.indicator_id,
    draws.kind,
    tiers.group_account_id,
    accounts.tier_band is distinct from bands.tier_band
from {tiers} as tiers
inner join pg_temp.robustness_accounts as accounts
    on
        tiers.group_account_id = accounts.group_account_id
        and tiers.raw_tier <> accounts.tier
inner join pg_temp.robustness_draws as draws
    on
        tiers.scorecard_id = draws.draw_id
        and draws.draw_id = draws.kind || ' ' || draws.indicator_id
left join pg_temp.robustness_bands as bands on tiers.raw_tier = bands.tier
"""

_PROBABILITIES: LiteralString = """
create temporary table robustness_probabilities as
select
    counts.group_account_id,
    counts.tier,
    sum(counts.draws)::bigint as draws_in_tier,
    sum(counts.draws)::numeric / {draws} as probability
from pg_temp.robustness_counts as counts
group by counts.group_account_id, counts.tier
"""

# A tier with its confidence: how often draws put the account where it is published.
_CONFIDENCE: LiteralString = """
create temporary table robustness_confidence as
select
    accounts.group_account_id,
    coalesce(sum(drawn.draws_in_tier) filter (where drawn.tier = accounts.tier), 0)
    / {draws} as confidence,
    coalesce(
        sum(drawn.draws_in_tier) filter (where bands.tier_band = accounts.tier_band), 0
    ) / {draws} as band_confidence,
    jsonb_object_agg(drawn.tier, trim_scale(drawn.probability)) as probabilities
from pg_temp.robustness_accounts as accounts
inner join pg_temp.robustness_probabilities as drawn
    on accounts.group_account_id = drawn.group_account_id
left join pg_temp.robustness_bands as bands on drawn.tier = bands.tier
group by accounts.group_account_id
"""

_HASH: LiteralString = """
select
    encode(
        sha256(
            convert_to(
                string_agg(
                    concat_ws('/', group_account_id, tier, draws_in_tier),
                    ' ' order by group_account_id, tier
                ),
                'UTF8'
            )
        ),
        'hex'
    )
from pg_temp.robustness_probabilities
"""

_TABLES: dict[str, LiteralString] = {
    "summary": """
        select
            count(*) as accounts,
            round(avg(confidence.confidence), 4) as mean_confidence,
            round(avg(confidence.band_confidence), 4) as mean_band_confidence,
            round(
                100.0 * count(*) filter (where shifted.group_account_id is not null)
                / count(*),
                2
            ) as changed_by_a_single_weight_pct,
            round(
                100.0 * count(*) filter (where shifted.is_band_changed) / count(*), 2
            ) as band_changed_by_a_single_weight_pct
        from pg_temp.robustness_confidence as confidence
        left join (
            select group_account_id, bool_or(is_band_changed) as is_band_changed
            from pg_temp.robustness_shifted
            group by group_account_id
        ) as shifted
            on confidence.group_account_id = shifted.group_account_id
    """,
    "weights": """
        select
            weights.indicator_id,
            round(weights.weight / 100.0, 2) as weight,
            round(
                100.0 * count(*) filter (where shifted.kind = 'less')
                / max(ranked.accounts),
                2
            ) as changed_less_pct,
            round(
                100.0 * count(*) filter (where shifted.kind = 'more')
                / max(ranked.accounts),
                2
            ) as changed_more_pct
        from pg_temp.robustness_weights as weights
        cross join (
            select count(*) as accounts from pg_temp.robustness_accounts
        ) as ranked
        left join pg_temp.robustness_shifted as shifted
            on weights.indicator_id = shifted.indicator_id
        group by weights.indicator_id, weights.weight, weights.position
        order by weights.position
    """,
    "confidence": """
        select
            accounts.tier,
            count(*) as accounts,
            round(avg(confidence.confidence), 4) as mean_confidence,
            round(avg(confidence.band_confidence), 4) as mean_band_confidence,
            count(*) filter (where confidence.confidence < 0.5) as accounts_below_half,
            count(*) filter (where confidence.confidence >= 0.9)
                as accounts_from_nine_tenths
        from pg_temp.robustness_accounts as accounts
        inner join pg_temp.robustness_confidence as confidence
            on accounts.group_account_id = confidence.group_account_id
        group by accounts.tier
        order by accounts.tier
    """,
    "least_certain": """
        select
            accounts.group_account_id,
            accounts.account_name,
            accounts.branch_id,
            accounts.tier,
            accounts.tier_band,
            trim_scale(confidence.confidence) as confidence,
            trim_scale(confidence.band_confidence) as band_confidence,
            confidence.probabilities
        from pg_temp.robustness_accounts as accounts
        inner join pg_temp.robustness_confidence as confidence
            on accounts.group_account_id = confidence.group_account_id
        where confidence.confidence < 1
        order by
            confidence.band_confidence, confidence.confidence, accounts.group_account_id
        limit 20
    """,
    "accounts": """
        select
            accounts.group_account_id,
            accounts.account_name,
            accounts.branch_id,
            accounts.value_rank,
            accounts.total_points,
            accounts.tier,
            trim_scale(confidence.confidence) as confidence,
            accounts.tier_band,
            trim_scale(confidence.band_confidence) as band_confidence
        from pg_temp.robustness_accounts as accounts
        inner join pg_temp.robustness_confidence as confidence
            on accounts.group_account_id = confidence.group_account_id
        order by accounts.branch_id, accounts.value_rank, accounts.group_account_id
    """,
    "probabilities": """
        select
            group_account_id,
            tier,
            draws_in_tier,
            trim_scale(probability) as probability
        from pg_temp.robustness_probabilities
        order by group_account_id, tier
    """,
}
