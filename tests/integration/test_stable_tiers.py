"""Stable tiers against a walk through the months, and cut into runs of any length."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from jinta.replay import open_replay
from tests.running import TINY, run_pipeline

CARD = "group_account_value"
MONTHS = [date(2021 + i // 12, i % 12 + 1, 1) for i in range(24)]
ACCOUNTS = 300
# Bands of the default version from the best: entry and exit share in per cent.
BANDS = {"A": (10, 12), "B": (30, 33)}
EXIT_MONTHS = 2


@dataclass
class Walk:
    """Points by month and account; who is missing in a month is not ranked then."""

    points: dict[date, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def random(cls, seed: int) -> "Walk":
        """Accounts drift slowly, stumble each month, and now and then are missing."""
        chance = random.Random(seed)  # noqa: S311
        level = {f"g{i:03}": chance.gauss(5000, 1500) for i in range(ACCOUNTS)}
        walk = cls()
        for month in MONTHS:
            walk.points[month] = {
                name: round(value + chance.gauss(0, 200))
                for name, value in level.items()
                if chance.random() > 0.01
            }
            level = {n: v + chance.gauss(0, 100) for n, v in level.items()}
        return walk


@pytest.fixture(scope="module")
def published(warehouse):
    """A replay asks what was published; the walks below lie long before it."""
    run_pipeline(warehouse, TINY, "2024-03", "2024-03")
    return warehouse


@pytest.fixture(scope="module")
def rows(published):
    """The walk and what one pass over all of its months makes of it."""
    walk = Walk.random(1)
    return walk, replay_tiers(published, walk, MONTHS, set())


def replay_tiers(settings, walk, months, carried):
    """Tiers by month and account, and the latches held, by the models themselves.

    Args:
        settings: Where the warehouse is.
        walk: The points.
        months: The months of the run.
        carried: Latches published before: month, account, band, months outside.
    """
    rows = [
        {"month": str(month), "group_account_id": name, "total": points}
        for month in months
        for name, points in walk.points[month].items()
    ]
    facts = sql.SQL(
        "select * from jsonb_to_recordset(%s) as facts "
        "(month date, group_account_id text, total integer)"
    )
    with open_replay(settings, months=months) as replay:
        replay.replace(
            "int_scoring__accounts_scored",
            sql.SQL(
                "select 'group_account_value' as scorecard_id, "
                "'2026.1' as scorecard_version, facts.month, facts.group_account_id, "
                "facts.total / 2 as x_points, facts.total / 2 as y_points, "
                "0 as z_points, 0 as w_points, facts.total as total_points, "
                "false as is_provisional, "
                "0 as total_amount, 0 as total_amount_3m from ({}) as facts"
            ).format(facts),
            [Jsonb(rows)],
        )
        replay.replace(
            "int_accounts__months_mastered",
            sql.SQL(
                "select facts.month, facts.group_account_id, 'b1' as branch_id, "
                "null::text as county_name, 'account' as account_kind, "
                "true as is_active, true as is_identified "
                "from ({}) as facts"
            ).format(facts),
            [Jsonb(rows)],
        )
        replay.replace(
            "int_accounts__records_clustered",
            sql.SQL(
                "select 'r' || to_char(number, 'FM000') as source_record_id, "
                "'g' || to_char(number, 'FM000') as group_account_id "
                "from generate_series(0, 999) as numbers (number)"
            ),
        )
        replay.connection.execute(
            sql.SQL(
                "insert into {} (scorecard_id, month, group_account_id, tier_band, "
                "months_outside) select 'group_account_value', latches.* "
                "from unnest(%s::date[], %s::text[], %s::text[], %s::integer[]) "
                "as latches"
            ).format(replay.relation("control.carried_tier_latches")),
            [list(column) for column in zip(*carried, strict=True)] or [[]] * 4,
        )
        replay.build(["int_scoring__tiers_stabilised", "int_scoring__latches_held"])
        tiers = replay.connection.execute(
            sql.SQL(
                "select month, group_account_id, raw_tier, suggested_tier from {}"
            ).format(replay.relation("int_scoring__tiers_stabilised"))
        ).fetchall()
        latches = replay.connection.execute(
            sql.SQL(
                "select month, group_account_id, tier_band, months_outside from {}"
            ).format(replay.relation("int_scoring__latches_held"))
        ).fetchall()
    return {row[:2]: row[2:] for row in tiers}, set(latches)


def walk_through(walk):
    """Tiers and latches by the rule as people tell it, one month after the other."""
    held: dict[tuple[str, str], int] = {}
    tiers, latches = {}, set()
    for month in MONTHS:
        order = sorted(walk.points[month].items(), key=lambda item: (-item[1], item[0]))
        now = {}
        for rank, (name, _) in enumerate(order, start=1):
            raw = next((b for b, s in BANDS.items() if rank <= cut(order, s[0])), "C")
            for band, (enter, leave) in BANDS.items():
                before = held.get((name, band))
                is_held = before is not None
                if rank <= cut(order, leave if is_held else enter):
                    now[name, band] = 0
                elif is_held and before + 1 < EXIT_MONTHS:
                    now[name, band] = before + 1
            kept = next((band for band in BANDS if (name, band) in now), raw)
            tiers[month, name] = tuple(t if t == "C" else f"{t}1" for t in (raw, kept))
        held = now
        latches |= {(month, *key, outside) for key, outside in now.items()}
    return tiers, latches


def cut(order, share):
    exact = Decimal(len(order) * share) / 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def before(latches, month):
    """What a run that begins with a month finds published."""
    return {latch for latch in latches if latch[0] < month}


def count_flips(tiers, place):
    """Changes of band per 1,000 accounts that are ranked in both of two months."""
    counts = Counter()
    for earlier, later in pairwise(MONTHS):
        for (month, name), values in tiers.items():
            if month == earlier and (later, name) in tiers:
                changed = values[place][0] != tiers[later, name][place][0]
                counts[changed] += 1
    return 1000 * counts[True] / counts.total()


def test_windows_over_all_months_are_the_walk_through_them(rows):
    walk, (tiers, latches) = rows
    assert walk_through(walk) == (tiers, latches)


def test_raw_shares_stay_exact(rows):
    walk, (tiers, _) = rows
    for month in MONTHS:
        raw = Counter(v[0][0] for (m, _), v in tiers.items() if m == month)
        ranked = list(walk.points[month])
        assert raw["A"] == cut(ranked, 10)
        assert raw["A"] + raw["B"] == cut(ranked, 30)


def test_bands_flip_less(rows):
    """Measured: 83.7 raw and 29.1 suggested flips per 1,000, a factor of 2.9."""
    _, (tiers, _) = rows
    raw, suggested = count_flips(tiers, 0), count_flips(tiers, 1)
    assert raw / suggested > 2, (raw, suggested)


@pytest.mark.parametrize("seed", range(3))
def test_any_cut_into_runs_ends_in_the_same_latches(published, rows, seed):
    walk, (tiers, latches) = rows
    chance = random.Random(seed)  # noqa: S311
    cuts = sorted(chance.sample(range(1, len(MONTHS)), 3))
    run_tiers, run_latches = {}, set()
    for start, end in zip([0, *cuts], [*cuts, len(MONTHS)], strict=True):
        found = replay_tiers(published, walk, MONTHS[start:end], run_latches)
        run_tiers |= found[0]
        run_latches |= found[1]
    assert (run_tiers, run_latches) == (tiers, latches)


def test_a_run_with_gaps_goes_on_from_what_is_published(published, rows):
    walk, (tiers, latches) = rows
    months = [*MONTHS[3:5], MONTHS[9], *MONTHS[20:]]
    found = replay_tiers(published, walk, months, latches)
    assert found[0] == {key: v for key, v in tiers.items() if key[0] in months}
    assert found[1] == {latch for latch in latches if latch[0] in months}


def test_without_a_published_month_before_it_starts_afresh(published, rows):
    walk, (_, latches) = rows
    month = MONTHS[5]
    older = before(latches, MONTHS[4])
    tiers, found = replay_tiers(published, walk, [month], older)
    assert all(raw == suggested for raw, suggested in tiers.values())
    assert {outside for *_, outside in found} == {0}


def test_restating_ends_where_states_agree(published, rows):
    """A late fact in one month restates the next ones until nothing differs."""
    walk, (_, shown) = rows
    late = MONTHS[8]
    changed = Walk(dict(walk.points))
    # Eight accounts that held A turn out to have had no points that month.
    lost = sorted(name for m, name, band, _ in shown if m == late and band == "A")[:8]
    changed.points[late] = walk.points[late] | dict.fromkeys(lost, 0)
    expected = replay_tiers(published, changed, MONTHS, set())[1]
    restated = set()
    for month in MONTHS[8:]:
        found = replay_tiers(published, changed, [month], shown)[1]
        if {latch for latch in shown if latch[0] == month} == found:
            break
        shown = {latch for latch in shown if latch[0] != month} | found
        restated.add(month)
    assert shown == expected
    assert len(restated) in range(2, 16)
