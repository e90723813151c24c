"""What makes rule rows sound: functions that list problems as `seed.csv, row: what`.

Rules are checked like configuration, before SQL sees them: a message must name the file
and the row that its owner has to correct.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

Row = dict[str, str]
Rules = dict[str, list[Row]]

_ALLOWED: dict[str, dict[str, frozenset[str]]] = {
    "scorecards": {
        "partition_by": frozenset({"branch", "county", "all"}),
        "population": frozenset({"active_identified", "complete_active_identified"}),
        "cut_off_basis": frozenset({"rank_share", "score"}),
        "rounding": frozenset({"half_up", "up", "down"}),
        "ties": frozenset({"break", "include"}),
    },
    "scorecard_indicators": {
        "dimension": frozenset({"x", "y", "z"}),
        "direction": frozenset({"higher", "lower", "none"}),
    },
    "tier_rules": {"sub_tier_rule": frozenset({"", "x_ge_y", "x_lt_y"})},
    "lead_conditions": {"comparison": frozenset({"at_least", "below"})},
    "indicators": {
        "absence_rule": frozenset(
            {
                "missing",
                "zero_if_landed",
                "zero_if_delivered",
                "outside_list_if_delivered",
            }
        ),
    },
}
_RANK_KEYS = frozenset({"total", "x", "y", "z", "amount", "amount_3m"})
_MOST_RANK_KEYS = 4
_NUMBERS: dict[str, tuple[str, ...]] = {
    "indicators": ("position", "scale", "window_months"),
    "scorecards": (
        "min_completeness_pct",
        "min_sub_tier_share_pct",
        "max_sub_tier_share_pct",
    ),
    "scorecard_indicators": ("weight",),
    "scorecard_bands": ("band", "points"),
    "tier_rules": ("tier_order", "tier_code"),
    "lead_conditions": ("condition_group", "threshold"),
}
_HUNDRED = Decimal(100)


def find_problems(
    rules: Rules, months: list[date], seed_keys: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """List what is wrong with the rule rows; shape first, since the rest relies on it.

    Args:
        rules: Rows by seed, in canonical text.
        months: Months that must have a version.
        seed_keys: Columns that name a row of each seed.
    """
    problems = [
        *_check_keys(rules, seed_keys),
        *_check_values(rules),
        *_check_numbers(rules),
        *_check_dates(rules, "scorecards"),
        *_check_dates(rules, "lead_rules"),
    ]
    if problems:
        return problems
    return [
        *_check_validity(rules, "scorecards", "scorecard_id", months),
        *_check_validity(rules, "lead_rules", "lead_rule_id", months),
        *_check_parents(rules),
        *_check_positions(rules),
        *_check_cards(rules),
        *_check_leads(rules),
    ]


def _check_keys(
    rules: Rules, seed_keys: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    for seed, key in seed_keys.items():
        counts = Counter(tuple(row.get(c, "") for c in key) for row in rules[seed])
        for values, count in counts.items():
            if count > 1:
                yield f"{seed}.csv, {' '.join(values)}: the row stands {count} times"
            if "" in values:
                yield f"{seed}.csv, {' '.join(values)}: {', '.join(key)} must be filled"


def _check_values(rules: Rules) -> Iterator[str]:
    for seed, columns in _ALLOWED.items():
        for row in rules[seed]:
            for column, allowed in columns.items():
                if row.get(column, "") not in allowed:
                    yield (
                        f"{_name(seed, row)}: {column} is {row.get(column)!r}, not one "
                        f"of {', '.join(sorted(value or 'empty' for value in allowed))}"
                    )
    for row in rules["scorecards"]:
        keys = row.get("rank_order", "").split()
        if not keys or len(keys) > _MOST_RANK_KEYS or not set(keys) <= _RANK_KEYS:
            yield (
                f"{_name('scorecards', row)}: rank_order must hold one to four of "
                f"{', '.join(sorted(_RANK_KEYS))}"
            )


def _check_numbers(rules: Rules) -> Iterator[str]:
    for seed, columns in _NUMBERS.items():
        for row in rules[seed]:
            for column in columns:
                if not _is_number(row.get(column, "")):
                    yield f"{_name(seed, row)}: {column} is no number"


def _check_dates(rules: Rules, seed: str) -> Iterator[str]:
    for row in rules[seed]:
        for column in ("valid_from", "recorded_at", "valid_to"):
            text = row.get(column, "")
            if not _is_date(text) and (text or column != "valid_to"):
                yield f"{_name(seed, row)}: {column} is no date like 2026-01-01"
        if not row.get("approver"):
            yield f"{_name(seed, row)}: it names no approver"
        if row.get("valid_from", "")[8:] != "01":
            yield f"{_name(seed, row)}: valid_from must be the first day of a month"
        if row.get("valid_to") and row["valid_to"] < row["valid_from"]:
            yield f"{_name(seed, row)}: valid_to lies before valid_from"


def _check_validity(
    rules: Rules, seed: str, id_column: str, months: list[date]
) -> Iterator[str]:
    """Versions of one rule follow each other without overlap and without a hole."""
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in rules[seed]:
        by_id[row[id_column]].append(row)
    for rule_id, rows in by_id.items():
        rows.sort(key=lambda row: row["valid_from"])
        for earlier, later in pairwise(rows):
            if not earlier["valid_to"] or earlier["valid_to"] >= later["valid_from"]:
                last_day = date.fromisoformat(later["valid_from"]) - timedelta(days=1)
                yield (
                    f"{seed}.csv, {rule_id}: {earlier['version']} and "
                    f"{later['version']} overlap; end {earlier['version']} with "
                    f"valid_to {last_day}"
                )
        holes = [
            month
            for month in months
            if month.isoformat() >= rows[0]["valid_from"]
            and not any(_holds(row, month) for row in rows)
        ]
        if holes:
            yield (
                f"{seed}.csv, {rule_id}: no version is valid in "
                f"{', '.join(f'{month:%Y-%m}' for month in holes[:6])}"
            )
    uncovered = [
        month for month in months if not any(_holds(row, month) for row in rules[seed])
    ]
    if uncovered and seed == "scorecards":
        yield (
            f"{seed}.csv: no scorecard is valid in "
            f"{', '.join(f'{month:%Y-%m}' for month in uncovered[:6])}"
        )


def _check_parents(rules: Rules) -> Iterator[str]:
    """Rows that hang on a version need it, and a version needs such rows."""
    for parent, id_column, children in (
        ("scorecards", "scorecard_id", ("scorecard_indicators", "tier_rules")),
        ("lead_rules", "lead_rule_id", ("lead_conditions",)),
    ):
        heads = {(row[id_column], row["version"]) for row in rules[parent]}
        for child in (*children, *(["scorecard_bands"] * (parent == "scorecards"))):
            keys = {(row[id_column], row["version"]) for row in rules[child]}
            for key in sorted(keys - heads):
                yield f"{child}.csv, {' '.join(key)}: {parent}.csv has no such version"
            for key in sorted(heads - keys):
                yield f"{child}.csv, {' '.join(key)}: the version has no rows"


def _check_positions(rules: Rules) -> Iterator[str]:
    positions = sorted(int(row["position"]) for row in rules["indicators"])
    if positions != list(range(1, len(positions) + 1)):
        yield "indicators.csv: positions must be 1, 2, 3 … without holes, each once"


def _check_cards(rules: Rules) -> Iterator[str]:
    known = {row["indicator_id"] for row in rules["indicators"]}
    for card in rules["scorecards"]:
        key = (card["scorecard_id"], card["version"])
        indicators = _select(rules, "scorecard_indicators", key)
        bands = _select(rules, "scorecard_bands", key)
        tiers = _select(rules, "tier_rules", key)
        weights = sum((Decimal(row["weight"]) for row in indicators), Decimal(0))
        if weights != _HUNDRED:
            yield (
                f"scorecard_indicators.csv, {' '.join(key)}: weights sum to "
                f"{weights}, not to 100"
            )
        listed = {row["indicator_id"] for row in indicators}
        for name in sorted(listed - known):
            yield (
                f"scorecard_indicators.csv, {' '.join(key)} {name}: the dictionary "
                f"indicators.csv does not know it"
            )
        for name in sorted({row["indicator_id"] for row in bands} - listed):
            yield (
                f"scorecard_bands.csv, {' '.join(key)} {name}: "
                f"scorecard_indicators.csv gives it no weight"
            )
        for row in indicators:
            yield from _check_bands(
                row, [b for b in bands if b["indicator_id"] == row["indicator_id"]]
            )
        yield from _check_tiers(card, tiers)


def _check_bands(indicator: Row, bands: list[Row]) -> Iterator[str]:
    """One band reaches to -∞; points go the indicator's way, up to its weight."""
    name = _name("scorecard_bands", indicator)
    bounds = [row["lower_bound"] for row in bands]
    if bounds.count("") != 1:
        yield f"{name}: exactly one band must have no lower_bound, it reaches to -∞"
        return
    if not all(_is_number(bound) for bound in bounds if bound):
        yield f"{name}: lower_bound is no number"
        return
    if len(set(bounds)) != len(bounds):
        yield f"{name}: two bands have the same lower_bound"
    bands = sorted(bands, key=lambda row: Decimal(row["lower_bound"] or "-Infinity"))
    points = [Decimal(row["points"]) for row in bands]
    if max(points) != Decimal(indicator["weight"]):
        yield (
            f"{name}: the most points are {max(points)}, but its weight is "
            f"{indicator['weight']}; a weight is the maximum of points"
        )
    if any(value < 0 or value != round(value, 2) for value in points):
        yield f"{name}: points must not be negative or finer than a hundredth"
    ordered = {
        "higher": points == sorted(points),
        "lower": points == sorted(points, reverse=True),
    }
    if not ordered.get(indicator["direction"], True):
        yield f"{name}: points must go one way, {indicator['direction']} is better"


def _check_tiers(card: Row, tiers: list[Row]) -> Iterator[str]:
    """Cut-offs follow each other from end to end; one tier takes the unclassified."""
    name = _name("tier_rules", card)
    columns = {
        "rank_share": ("share_from_pct", "share_to_pct", "0", "100"),
        "score": ("score_from", "score_to", "", ""),
    }[card["cut_off_basis"]]
    cut, others = [], []
    for row in tiers:
        is_cut = any(
            row[column]
            for column in ("share_from_pct", "share_to_pct", "score_from", "score_to")
        )
        (cut if is_cut else others).append(row)
    if [row["tier"] for row in others] != ["other"]:
        yield f"{name}: one tier must be named other and have neither shares nor scores"
    spans = {(row[columns[0]], row[columns[1]]) for row in cut}
    if not _are_contiguous(spans, columns[2], columns[3]):
        yield (
            f"{name}: {columns[0]} and {columns[1]} must follow each other from "
            f"{columns[2] or '-∞'} to {columns[3] or '∞'}"
        )
    for span in sorted(spans):
        halves = sorted(
            row["sub_tier_rule"]
            for row in cut
            if (row[columns[0]], row[columns[1]]) == span
        )
        if halves not in ([""], ["x_ge_y", "x_lt_y"]):
            yield (
                f"{name}: the tiers from {span[0] or '-∞'} to {span[1] or '∞'} must be "
                f"one, or two by x_ge_y and x_lt_y"
            )
    codes = Counter(row["tier_code"] for row in tiers)
    if max(codes.values(), default=1) > 1:
        yield f"{name}: two tiers have the same tier_code"


def _are_contiguous(spans: set[tuple[str, str]], start: str, end: str) -> bool:
    """Whether spans, in any order, lead from start to end without hole or overlap."""
    by_start = dict(spans)
    place, steps = start, 0
    while steps < len(spans):
        if place not in by_start:
            return False
        place, steps = by_start[place], steps + 1
    return len(by_start) == len(spans) and place == end


def _check_leads(rules: Rules) -> Iterator[str]:
    cards = {row["scorecard_id"] for row in rules["scorecards"]}
    for rule in rules["lead_rules"]:
        name = _name("lead_conditions", rule)
        if rule["scorecard_id"] not in cards:
            yield f"{_name('lead_rules', rule)}: there is no such scorecard_id"
        groups: dict[str, set[str]] = defaultdict(set)
        for row in rules["lead_conditions"]:
            if (row["lead_rule_id"], row["version"]) == (
                rule["lead_rule_id"],
                rule["version"],
            ) and row["condition_group"] != "0":
                groups[row["metric"]].add(row["condition_group"])
                if not 0 < int(row["condition_group"]) <= 30:
                    yield f"{name}: condition_group must be 0 to 30"
        if not groups:
            yield f"{name}: no condition decides, all are in group 0"
        for metric, places in groups.items():
            if len(places) > 1:
                yield f"{name}: {metric} stands in more than one deciding group"


def _select(rules: Rules, seed: str, key: tuple[str, str]) -> list[Row]:
    return [r for r in rules[seed] if (r["scorecard_id"], r["version"]) == key]


def _holds(row: Row, month: date) -> bool:
    return row["valid_from"] <= month.isoformat() <= (row["valid_to"] or "9999-12-31")


def _name(seed: str, row: Row) -> str:
    columns = (
        "scorecard_id",
        "lead_rule_id",
        "version",
        "indicator_id",
        "tier",
        "metric",
    )
    return f"{seed}.csv, {' '.join(row[c] for c in columns if row.get(c))}"


def _is_number(text: str) -> bool:
    return _parses(Decimal, text)


def _is_date(text: str) -> bool:
    return _parses(date.fromisoformat, text)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except (InvalidOperation, ValueError):
        return False
    return True
