"""What makes rule rows sound: functions that list problems as `seed.csv, row: what`.

Rules are checked like configuration, before SQL sees them: a message must name the file
and the row that its owner has to correct.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from jinta.report.agreement_checks import find_disagreements
from jinta.report.grade_checks import find_grade_problems
from jinta.report.judgement_checks import find_judgement_problems
from jinta.report.rule_families import RULE_FAMILIES, Family, list_seeds

Row = dict[str, str]
Rules = dict[str, list[Row]]

_ALLOWED: dict[str, dict[str, frozenset[str]]] = {
    "scorecards": {
        "subject": frozenset({"account", "prospect"}),
        "partition_by": frozenset({"branch", "county", "all"}),
        "population": frozenset({"active_identified", "complete_active_identified"}),
        "cut_off_basis": frozenset({"rank_share", "score"}),
        "rounding": frozenset({"half_up", "up", "down"}),
        "ties": frozenset({"break", "include"}),
    },
    "scorecard_indicators": {
        "dimension": frozenset({"x", "y", "z", "w"}),
        "direction": frozenset({"higher", "lower", "none"}),
    },
    "tier_rules": {"sub_tier_rule": frozenset({"", "x_ge_y", "x_lt_y"})},
    "lead_conditions": {"comparison": frozenset({"at_least", "below"})},
    "cost_flags": {"comparison": frozenset({"at_least", "at_most"})},
    "pressing_kinds": {
        "matter_kind": frozenset(
            {
                *("complaint", "attitude", "task", "survey", "agreement", "visit"),
                *("promise", "competitor", "arrears"),
            }
        )
    },
    "indicators": {
        "value_type": frozenset({"smallint", "integer", "bigint", "numeric"}),
        "is_manual": frozenset({"true", "false"}),
        "is_changeable": frozenset({"true", "false"}),
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
_RANK_KEYS = frozenset({"total", "x", "y", "z", "w", "amount", "amount_3m"})
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
    "stability_rules": ("exit_months",),
    "lead_conditions": ("condition_group", "threshold"),
    "feature_grades": ("grade",),
    "net_value_tiers": ("tier_order", "share_from_pct", "share_to_pct"),
}
# Whole numbers, not below zero: what is added up, and days.
_COUNTS: dict[str, tuple[str, ...]] = {
    "pressing_rules": (
        *("top_tier_weight", "largest_amount_weight", "due_weight", "soon_days"),
        *("least_amount", "promise_days"),
    ),
    "pressing_kinds": ("kind_weight",),
    "handover_rules": (
        *("agreement_days", "competitor_contract_days", "unvisited_days"),
        *("visit_history_months", "introduced_accounts"),
    ),
}
_HUNDRED = Decimal(100)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,47}")
_VALIDITY = ("valid_from", "valid_to", "approver")
# By basis of the cut-offs: the exit bound, the one to be left empty, the tiers' ends.
_EXIT_COLUMNS = {
    "rank_share": ("exit_share_pct", "exit_score", "share_to_pct"),
    "score": ("exit_score", "exit_share_pct", "score_from"),
}


def find_problems(
    rules: Rules,
    months: list[date],
    seed_keys: Mapping[str, tuple[str, ...]],
    matching_keys: Mapping[str, tuple[str, ...]] | None = None,
) -> list[str]:
    """List what is wrong with the rule rows; shape first, since the rest relies on it.

    Args:
        rules: Rows by seed, in canonical text.
        months: Months that must have a version.
        seed_keys: Columns that name a row of each seed.
        matching_keys: The same of the matcher's seeds, where `rules` holds them.
    """
    matching = {seed: k for seed, k in (matching_keys or {}).items() if seed in rules}
    problems = [
        *_check_keys(rules, {**seed_keys, **matching}),
        *_check_values(rules),
        *_check_numbers(rules),
        *_check_figures(rules),
        *(p for f in RULE_FAMILIES.values() for p in _check_dates(rules, f.head)),
        *(problem for seed in matching for problem in _check_dates(rules, seed)),
    ]
    if problems:
        return problems
    return [
        *(
            problem
            for family in RULE_FAMILIES.values()
            for problem in _check_validity(rules, family, months)
        ),
        *_check_parents(rules),
        *_check_positions(rules),
        *_check_cards(rules),
        *_check_leads(rules),
        *find_grade_problems(rules),
        *find_judgement_problems(
            rules.get("ahp_judgements", []), rules.get("ahp_matrices", [])
        ),
        *_check_judged(rules),
        *find_disagreements(rules),
        *_check_matching(rules, matching),
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
    for seed, columns in _COUNTS.items():
        for row in rules.get(seed, []):
            for column in columns:
                if not row.get(column, "").isdecimal():
                    yield f"{_name(seed, row)}: {column} must be 0, 1, 2 …"


def _check_figures(rules: Rules) -> Iterator[str]:
    """What a family's list says is a number is one, or empty."""
    for seed in list_seeds(RULE_FAMILIES.values()):
        for row in rules.get(seed.name, []):
            for column in seed.numeric:
                if row.get(column) and not _is_number(row[column]):
                    yield f"{_name(seed.name, row)}: {column} is no number"


def _check_dates(rules: Rules, seed: str) -> Iterator[str]:
    """Dates are dates, validity is whole months, and somebody approved it."""
    for row in rules.get(seed, []):
        name = _name(seed, row)
        if not row.get("approver"):
            yield f"{name}: it names no approver"
        wrong = [
            column
            for column in ("valid_from", "recorded_at", "valid_to")
            if not _is_date(row.get(column, ""))
            and (row.get(column) or column != "valid_to")
        ]
        yield from (f"{name}: {column} is no date like 2026-01-01" for column in wrong)
        if wrong:
            continue
        if row["valid_from"][8:] != "01":
            yield f"{name}: valid_from must be the first day of a month"
        if not row["valid_to"]:
            continue
        if row["valid_to"] < row["valid_from"]:
            yield f"{name}: valid_to lies before valid_from"
        elif _day_after(row["valid_to"]).day != 1:
            yield f"{name}: valid_to must be the last day of a month"


def _check_validity(rules: Rules, family: Family, months: list[date]) -> Iterator[str]:
    """Versions of one rule follow each other without overlap and without a hole."""
    seed = family.head
    by_id: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rules.get(seed, []):
        known = by_id[row[family.id_column]].setdefault(row["version"], row)
        if any(known[column] != row[column] for column in _VALIDITY):
            yield f"{_name(seed, row)}: rows of one version must hold alike"
    for rule_id, versions in by_id.items():
        rows = list(versions.values())
        yield from _check_succession(f"{seed}.csv, {rule_id}", rows)
        last_end = max((row["valid_to"] or "9999-12-31") for row in rows)
        first = min(row["valid_from"] for row in rows)
        after = [m for m in months if m.isoformat() >= first and str(m) > last_end]
        if after:
            yield (
                f"{seed}.csv, {rule_id}: no version is valid in {_list_months(after)}; "
                f"the last one ends {last_end} and none follows"
            )
    if family.name == "scorecard":
        lacking = [m for m in months if not any(_holds(r, m) for r in rules[seed])]
        if lacking:
            yield f"{seed}.csv: no scorecard is valid in {_list_months(lacking)}"


def _check_succession(name: str, rows: list[Row]) -> Iterator[str]:
    for earlier, later in pairwise(sorted(rows, key=lambda row: row["valid_from"])):
        last_day = date.fromisoformat(later["valid_from"]) - timedelta(days=1)
        versions = f"{earlier['version']} and {later['version']}"
        if not earlier["valid_to"] or earlier["valid_to"] >= later["valid_from"]:
            yield (
                f"{name}: {versions} overlap; end {earlier['version']} with "
                f"valid_to {last_day}"
            )
        elif _day_after(earlier["valid_to"]).isoformat() < later["valid_from"]:
            yield (
                f"{name}: no version is valid between {versions}, from "
                f"{_day_after(earlier['valid_to']):%Y-%m} on; end {earlier['version']} "
                f"with valid_to {last_day}"
            )


def _check_matching(
    rules: Rules, matching_keys: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Each rule of the matcher is valid once at a time, and weights sum to one."""
    for seed, key in matching_keys.items():
        by_name: dict[str, list[Row]] = defaultdict(list)
        for row in rules[seed]:
            by_name[row[key[0]]].append(row)
        for name, rows in by_name.items():
            yield from _check_succession(f"{seed}.csv, {name}", rows)
    weights = rules.get("match_weights", [])
    for start in sorted({date.fromisoformat(row["valid_from"]) for row in weights}):
        total = sum(Decimal(row["weight"]) for row in weights if _holds(row, start))
        if total != 1:
            yield f"match_weights.csv: weights from {start:%Y-%m} on sum to {total}"


def _check_parents(rules: Rules) -> Iterator[str]:
    """Rows that hang on a version need it, and a version needs such rows."""
    for family in RULE_FAMILIES.values():
        heads = _list_versions(rules, family.head, family.id_column)
        for seed in family.seeds[1:]:
            keys = _list_versions(rules, seed.name, family.id_column)
            for key in sorted(keys - heads):
                yield (
                    f"{seed.name}.csv, {' '.join(key)}: {family.head}.csv has no such "
                    "version"
                )
            for key in sorted(heads - keys):
                if not seed.is_optional:
                    yield f"{seed.name}.csv, {' '.join(key)}: the version has no rows"


def _list_versions(rules: Rules, seed: str, id_column: str) -> set[tuple[str, str]]:
    return {(row[id_column], row["version"]) for row in rules.get(seed, [])}


def _check_positions(rules: Rules) -> Iterator[str]:
    positions = sorted(int(row["position"]) for row in rules["indicators"])
    if positions != list(range(1, len(positions) + 1)):
        yield "indicators.csv: positions must be 1, 2, 3 … without holes, each once"
    for row in rules["indicators"]:
        for column in ("indicator_id", "measured_by"):
            if not _IDENTIFIER.fullmatch(row.get(column, "unknown")):
                yield (
                    f"{_name('indicators', row)}: {column} {row[column]!r} must be a "
                    "name in lower case of at most 48 letters: SQL is written from it"
                )


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
        yield from _check_halves(key, indicators, tiers)
        yield from _check_tiers(card, tiers)
        yield from _check_stability(card, tiers, _select(rules, "stability_rules", key))


def _check_halves(
    key: tuple[str, str], indicators: list[Row], tiers: list[Row]
) -> Iterator[str]:
    """Where X against Y halves a tier, both can reach as much (A.6.1)."""
    if all(not row["sub_tier_rule"] for row in tiers):
        return
    x, y = (
        sum(Decimal(row["weight"]) for row in indicators if row["dimension"] == part)
        for part in ("x", "y")
    )
    if x != y:
        yield (
            f"scorecard_indicators.csv, {' '.join(key)}: the weights of x sum to {x}, "
            f"those of y to {y}; tiers halved by x_ge_y need equal sums, or they tell "
            "the weights apart instead of the customers"
        )


def _check_judged(rules: Rules) -> Iterator[str]:
    """The judgements that a scorecard names hold in its first month."""
    for card in rules["scorecards"]:
        if not card.get("ahp_id"):
            continue
        first = date.fromisoformat(card["valid_from"])
        if not any(
            row["ahp_id"] == card["ahp_id"] and _holds(row, first)
            for row in rules.get("ahp_matrices", [])
        ):
            yield (
                f"{_name('scorecards', card)}: no version of the judgements "
                f"{card['ahp_id']} holds in {first:%Y-%m}"
            )


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
    yield from _check_order(card, tiers)


def _check_order(card: Row, tiers: list[Row]) -> Iterator[str]:
    """The order is from the best tier on; who is not ranked comes last."""
    column, sign = {
        "rank_share": ("share_from_pct", 1),
        "score": ("score_from", -1),
    }[card["cut_off_basis"]]
    best_first = sorted(
        tiers,
        key=lambda row: (
            row["tier"] == "other",
            sign * Decimal(row[column] or "-Infinity"),
            row["sub_tier_rule"],
        ),
    )
    for better, worse in pairwise(best_first):
        if Decimal(better["tier_order"]) >= Decimal(worse["tier_order"]):
            yield (
                f"{_name('tier_rules', worse)}: tier_order must be more than that of "
                f"{better['tier']}, which is better"
            )


def _check_stability(card: Row, tiers: list[Row], rows: list[Row]) -> Iterator[str]:
    """A band is kept beyond where it ends, and a better one not further out."""
    ends = _find_band_ends(card, tiers)
    problems = [p for row in rows for p in _check_exit(card, row, ends)]
    yield from problems
    if problems:
        return
    column = _EXIT_COLUMNS[card["cut_off_basis"]][0]
    sign = 1 if card["cut_off_basis"] == "rank_share" else -1
    in_order = [row for band in ends for row in rows if row["tier_band"] == band]
    for better, worse in pairwise(in_order):
        if sign * Decimal(better[column]) > sign * Decimal(worse[column]):
            yield (
                f"{_name('stability_rules', better)}: the band is kept further out "
                f"than {worse['tier_band']}"
            )


def _find_band_ends(card: Row, tiers: list[Row]) -> dict[str, Decimal]:
    """Where each band ends that has an end, the best band first."""
    column = _EXIT_COLUMNS[card["cut_off_basis"]][2]
    ends: dict[str, Decimal] = {}
    for tier in sorted(tiers, key=lambda row: Decimal(row["tier_order"])):
        if tier[column]:
            ends[tier["tier_band"]] = Decimal(tier[column])
    return ends


def _check_exit(card: Row, row: Row, ends: Mapping[str, Decimal]) -> Iterator[str]:
    name = _name("stability_rules", row)
    column, other, _ = _EXIT_COLUMNS[card["cut_off_basis"]]
    end = ends.get(row["tier_band"])
    if end is None:
        yield f"{name}: tier_rules.csv has no band {row['tier_band']} that ends"
    if not row["exit_months"].isdecimal() or row["exit_months"] == "0":
        yield f"{name}: exit_months must be 1, 2, 3 …"
    if row[other] or not _is_number(row[column]):
        yield f"{name}: {column} must be a number, and {other} empty"
        return
    bound = Decimal(row[column])
    is_share = column == "exit_share_pct"
    if end is not None and (bound < end if is_share else bound > end):
        yield (
            f"{name}: {column} is {bound}, but the band ends at {end}; it must be kept "
            f"at least that far"
        )
    if is_share and bound > _HUNDRED:
        yield f"{name}: {column} is more than 100"


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


_OTHER_NAMES = (
    *("limit_name", "component", "key_kind", "organ_type", "column_name", "version"),
)


def _name(seed: str, row: Row) -> str:
    """Name a row by what identifies it, whatever else it holds."""
    columns: Sequence[str] = next(
        (s.key for s in list_seeds(RULE_FAMILIES.values()) if s.name == seed),
        _OTHER_NAMES if seed != "indicators" else ("indicator_id",),
    )
    return f"{seed}.csv, {' '.join(row[c] for c in columns if row.get(c))}"


def _day_after(text: str) -> date:
    return date.fromisoformat(text) + timedelta(days=1)


def _list_months(months: list[date]) -> str:
    return ", ".join(f"{month:%Y-%m}" for month in months[:6])


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
