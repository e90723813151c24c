"""Member lines: who opened, who left, who is in a V-net, and what each is billed."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from demo.dates import CODES, SEASONS, STARTS
from demo.geography import BRANCHES
from demo.traits import MONTHS

INDIVIDUALS_SHARE = 0.03
NOT_A_MEMBER, UNKNOWN_ACCOUNT = -1, -2
RENT, VOICE, DATA, CREDIT = 1101, 1201, 1301, 1901
PLANS_FEN = np.array([1800, 3800, 5800, 8800, 12800, 18800])
# One of five individuals is a VIP and uses so much more; nobody else comes near.
VIP_LEVEL, VIP_USAGE_FEN = 40, 20_000
NARROW_COLUMNS = (
    "organisation",
    "opened",
    "closed",
    "record",
    "vnet_joined",
    "vnet_left",
    "rent_fen",
    "usage_fen",
)
ACTIVE, SUSPENDED, OFF_NET = 0, 1, 2


class Months(NamedTuple):
    """One month's rows about lines, as arrays of equal length per pair of names."""

    bill_line: np.ndarray
    bill_item: np.ndarray
    bill_fen: np.ndarray
    change_line: np.ndarray
    change_day: np.ndarray
    change_status: np.ndarray


def make_lines(
    organisations: pd.DataFrame,
    traits: pd.DataFrame,
    records: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Make all lines that lived for at least a day in the 24 months.

    Returns:
        One row per line: the organisation and record it belongs to (`NOT_A_MEMBER` for
        an individual's line), days of opening and closing (−1: it lives), the same for
        its place in the V-net (0: it has none), and what its bills are made from.
    """
    owner, opened = _open_lines(traits, rng)
    rate = traits["leaving_rate"].to_numpy()[owner]
    lived = np.ceil(rng.exponential(1.0, len(owner)) / rate * 30.4).astype(int)
    closed = np.maximum(opened, STARTS[0]) + lived
    left = traits["left"].to_numpy()[owner]
    closed = np.where(left >= 0, np.minimum(closed, left), closed)
    # What closes after the demo's last day lives.
    closed = np.where(closed >= STARTS[-1], -1, closed)
    lines = pd.DataFrame({"organisation": owner, "opened": opened, "closed": closed})
    lines = lines[(closed < 0) | (closed > opened)].reset_index(drop=True)
    lines["record"] = _assign_records(lines["organisation"].to_numpy(), records, rng)
    _add_vnet(lines, traits, rng)
    _add_habits(lines, traits["bill_level"].to_numpy()[lines["organisation"]], rng)
    lines = pd.concat([lines, _make_individuals(len(lines), rng)], ignore_index=True)
    branch = organisations["branch"].to_numpy()
    at = lines["organisation"].to_numpy()
    drawn = rng.choice(len(BRANCHES), len(lines))
    region = np.array([area.region_code for area in BRANCHES])[
        np.where(at >= 0, branch[at], drawn)
    ]
    lines["line_id"] = region * 100_000_000 + rng.permutation(len(lines))
    lines["number"] = 10_000_000_000 + rng.permutation(len(lines)) * 7 + 100_000_000
    # Days and positions fit into half the width; a million accounts feel it.
    return lines.astype(dict.fromkeys(NARROW_COLUMNS, np.int32))


def _open_lines(
    traits: pd.DataFrame, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Open lines before the first month, or with the organisation, and ever after."""
    size, rate = traits["lines"].to_numpy(), traits["leaving_rate"].to_numpy()
    joined, left = traits["joined"].to_numpy(), traits["left"].to_numpy()
    count = len(traits)
    ends = np.where(left >= 0, left, STARTS[-1])
    begins = np.maximum(joined, STARTS[0])
    stays = np.maximum(ends - begins, 0)
    standing = np.where(stays > 0, rng.poisson(size), 0)
    standing = np.where((stays > 0) & (size >= 1), np.maximum(standing, 1), standing)
    growth = 0.004
    later = rng.poisson(size * (rate + growth) * stays / 30.4)
    owner = np.repeat(np.arange(count), standing)
    is_new = joined[owner] >= STARTS[0]
    span = np.clip(np.where(is_new, 60, STARTS[0] - joined[owner]), 1, 3650)
    base = np.where(is_new, joined[owner], STARTS[0] - span)
    opened = base + (rng.random(len(owner)) * span).astype(int)
    later_owner = np.repeat(np.arange(count), later)
    later_opened = begins[later_owner] + (
        rng.random(len(later_owner)) * stays[later_owner]
    ).astype(int)
    opened = np.concatenate([opened, later_opened])
    return np.concatenate([owner, later_owner]), np.minimum(opened, STARTS[-1] - 1)


def _assign_records(
    owner: np.ndarray, records: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Spread an organisation's lines over its open records, most on the first."""
    first, usable = find_usable_records(records)
    others = usable[owner] - 1
    is_first = (rng.random(len(owner)) < 0.62) | (others == 0)
    other = 1 + (rng.random(len(owner)) * np.maximum(others, 1)).astype(int)
    return first[owner] + np.where(is_first, 0, other)


def find_usable_records(records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return each organisation's first record, and how many from it on take bills.

    A record that was closed while its organisation lived on takes none, nor does one
    behind it.
    """
    owner = records["organisation"].to_numpy()
    first = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    closed = records["closed"].to_numpy()
    is_open = closed == closed[first][owner]
    is_open = pd.Series(is_open).groupby(owner).cummin().to_numpy()
    return first, np.bincount(owner, weights=is_open).astype(int)


def _add_vnet(
    lines: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator
) -> None:
    owner = lines["organisation"].to_numpy()
    joins = rng.random(len(lines)) < traits["vnet_share"].to_numpy()[owner]
    begins = traits["joined"].to_numpy()[owner] + 30
    joined = np.maximum(lines["opened"].to_numpy(), begins)
    joined += (rng.exponential(20, len(lines))).astype(int)
    closed = lines["closed"].to_numpy()
    quits = rng.random(len(lines)) < 0.04
    quit_day = np.maximum(joined + 1, rng.integers(STARTS[0], STARTS[-1], len(lines)))
    left = np.where(quits, quit_day, -1)
    is_later = (closed >= 0) & ((left < 0) | (left > closed))
    left = np.where(is_later, closed, left)
    # A line that would have joined behind its end or the demo's never did.
    joins &= (joined < STARTS[-1]) & ((closed < 0) | (joined < closed))
    lines["vnet_joined"] = np.where(joins, joined, 0)
    lines["vnet_left"] = np.where(joins, left, -1)


def _add_habits(
    lines: pd.DataFrame, level: np.ndarray, rng: np.random.Generator
) -> None:
    count = len(lines)
    level = level * np.exp(0.5 * rng.standard_normal(count))
    lines["rent_fen"] = PLANS_FEN[np.digitize(level, [0.55, 0.9, 1.4, 2.0, 3.2])]
    lines["usage_fen"] = (1_400 * level).astype(int)
    lines["voice_mark"] = rng.random(count).astype(np.float32)
    lines["data_mark"] = rng.random(count).astype(np.float32)


def _make_individuals(members: int, rng: np.random.Generator) -> pd.DataFrame:
    count = max(20, round(INDIVIDUALS_SHARE * members))
    lines = pd.DataFrame(
        {
            "organisation": NOT_A_MEMBER,
            "opened": STARTS[0] - rng.integers(1, 2500, count),
            "closed": -1,
            "record": NOT_A_MEMBER,
            "vnet_joined": 0,
            "vnet_left": -1,
        }
    )
    # One in twelve belongs to an account that the CRM doesn't know yet.
    unknown = np.arange(count) < max(6, count // 12)
    lines.loc[unknown, ["organisation", "record"]] = UNKNOWN_ACCOUNT
    _add_habits(lines, np.where(np.arange(count) % 5, 1, VIP_LEVEL), rng)
    return lines


def bill_month(lines: pd.DataFrame, month: int, rng: np.random.Generator) -> Months:
    """Bill every line that lived in a month: rent, mostly voice, ever more data.

    Args:
        lines: What `make_lines` made.
        month: Position of the month.
        rng: Source of this month's choices.
    """
    start, end = STARTS[month], STARTS[month + 1]
    opened, closed = lines["opened"].to_numpy(), lines["closed"].to_numpy()
    at = np.flatnonzero((opened < end) & ((closed < 0) | (closed >= start)))
    from_day = np.maximum(opened[at], start)
    to_day = np.where(closed[at] < 0, end, np.minimum(closed[at] + 1, end))
    part = (to_day - from_day) / (end - start)
    noise = np.exp(0.18 * rng.standard_normal(len(at))) * SEASONS[month] * part
    usage = lines["usage_fen"].to_numpy()[at]
    parts = [
        (at, RENT, np.round(lines["rent_fen"].to_numpy()[at] * part)),
        _bill_usage(
            lines["voice_mark"].to_numpy()[at] < 0.85, at, VOICE, usage * noise
        ),
        _bill_usage(
            lines["data_mark"].to_numpy()[at] < 0.40 + 0.012 * month,
            at,
            DATA,
            1.3 * usage * noise,
        ),
        _bill_usage(
            rng.random(len(at)) < 0.001,
            at,
            CREDIT,
            -rng.integers(500, 3000, len(at)).astype(float),
        ),
    ]
    line_ids = lines["line_id"].to_numpy()
    return Months(
        np.concatenate([line_ids[rows] for rows, _, _ in parts]),
        np.concatenate([np.full(len(rows), item) for rows, item, _ in parts]),
        np.concatenate([fen for _, _, fen in parts]).astype(np.int64),
        *_change_statuses(lines, at, month, rng),
    )


def _bill_usage(
    takes: np.ndarray, at: np.ndarray, item: int, fen: np.ndarray
) -> tuple[np.ndarray, int, np.ndarray]:
    return at[takes], item, np.round(fen[takes])


def _change_statuses(
    lines: pd.DataFrame, at: np.ndarray, month: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tell who came, who left, and who was cut off for some days."""
    start, end = STARTS[month], STARTS[month + 1]
    ids = lines["line_id"].to_numpy()
    opened, closed = lines["opened"].to_numpy(), lines["closed"].to_numpy()
    came = at[opened[at] >= start]
    left = at[(closed[at] >= start) & (closed[at] < end)]
    lasting = at[(opened[at] < start) & ((closed[at] < 0) | (closed[at] >= end))]
    cut = lasting[rng.random(len(lasting)) < 0.006]
    cut_day = start + rng.integers(0, 14, len(cut))
    back_day = cut_day + rng.integers(2, 13, len(cut))
    events = (
        (came, opened[came], ACTIVE),
        (left, closed[left], OFF_NET),
        (cut, cut_day, SUSPENDED),
        (cut, back_day, ACTIVE),
    )
    return (
        np.concatenate([ids[rows] for rows, _, _ in events]),
        np.concatenate([days for _, days, _ in events]),
        np.concatenate([np.full(len(rows), status) for rows, _, status in events]),
    )


def count_members(lines: pd.DataFrame, organisations: int, month: int) -> pd.DataFrame:
    """Count, by organisation, what the indicators of a month are made from.

    Returns:
        One row per organisation: lines alive at the start of the month, those of them
        that left in it, and V-net members at its end.
    """
    start, end = STARTS[month], STARTS[month + 1]
    members = lines[lines["organisation"] >= 0]
    owner = members["organisation"].to_numpy()
    opened, closed = members["opened"].to_numpy(), members["closed"].to_numpy()
    alive = (opened < start) & ((closed < 0) | (closed >= start))
    left = alive & (closed >= start) & (closed < end)
    joined, quit_day = members["vnet_joined"], members["vnet_left"]
    in_vnet = (joined > 0) & (joined < end) & ((quit_day < 0) | (quit_day >= end))
    return pd.DataFrame(
        {
            "lines_at_start": np.bincount(owner[alive], minlength=organisations),
            "lines_left": np.bincount(owner[left], minlength=organisations),
            "vnet_users": np.bincount(owner[in_vnet], minlength=organisations),
        }
    )


def format_month(month: int) -> int:
    """Write a month as billing does, yyyymm."""
    return int(CODES[month])


def list_months(count: int) -> range:
    """Return the positions of the last months of the demo."""
    if not 1 <= count <= MONTHS:
        raise ValueError(f"The demo has 1 to {MONTHS} months, not {count}.")
    return range(MONTHS - count, MONTHS)
