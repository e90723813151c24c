"""What rules of different families must agree on: which bands and classes there are.

A rule that names a card's bands holds beside it, each with versions of its own. So a
band is looked for in every version of the card that holds in a month with the rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from jinta.report.rule_families import holds_together

Row = dict[str, str]
Rules = dict[str, list[Row]]

# Takes who is not ranked; it is no band of the ranking.
_UNRANKED = "other"


@dataclass(frozen=True)
class _Naming:
    """A row that names bands of a card, with the row that says when it holds."""

    name: str
    head: Row
    scorecard_id: str
    bands: list[str]


def find_disagreements(rules: Rules) -> Iterator[str]:
    """List where rules name what another rule does not have.

    Args:
        rules: Rows by seed, in canonical text, with sound dates and numbers.

    Yields:
        Problems as `seed.csv, row: what`.
    """
    for naming in _list_namings(rules):
        yield from _check_naming(rules, naming)
    for head in rules.get("service_rules", []):
        yield from _check_classes(rules, head)
    yield from _check_value_types(rules.get("value_type_rules", []))
    for head in rules.get("net_value_rules", []):
        yield from _check_net_values(rules, head)


def _list_namings(rules: Rules) -> Iterator[_Naming]:
    for row in rules.get("coverage_rules", []):
        bands = row["served_tier_bands"].split()
        if row["scorecard_id"]:
            name = f"coverage_rules.csv, {row['coverage_rule_id']} {row['version']}"
            yield _Naming(name, row, row["scorecard_id"], bands)
    yield from _list_owner_namings(rules)
    for row in rules.get("look_alike_rules", []):
        name = f"look_alike_rules.csv, {row['look_alike_rule_id']} {row['version']}"
        yield _Naming(name, row, row["scorecard_id"], [row["tier_band"]])
    for head in rules.get("net_value_rules", []):
        for row in _select(rules, "cost_flags", "net_value_rule_id", head):
            name = f"cost_flags.csv, {_key(row, 'net_value_rule_id')} "
            name += row["cost_flag"]
            yield _Naming(name, head, head["scorecard_id"], [row["tier_band"]])
    for head in rules.get("service_rules", []):
        for row in _select(rules, "service_tiers", "service_rule_id", head):
            name = f"service_tiers.csv, {_key(row, 'service_rule_id')}"
            yield _Naming(name, head, row["scorecard_id"], [row["tier_band"]])


def _list_owner_namings(rules: Rules) -> Iterator[_Naming]:
    """Which managers should own an account goes by the card of its coverage rule."""
    for row in rules.get("owner_kinds", []):
        name = f"owner_kinds.csv, {row['owner_kind_rule_id']} {row['version']}"
        for rule in rules.get("coverage_rules", []):
            is_meant = row["coverage_rule_id"] == rule["coverage_rule_id"]
            if is_meant and rule["scorecard_id"] and holds_together(row, rule):
                together = {
                    "valid_from": max(row["valid_from"], rule["valid_from"]),
                    "valid_to": min(
                        filter(None, (row["valid_to"], rule["valid_to"])), default=""
                    ),
                }
                yield _Naming(
                    f"{name} {row['rule_order']}",
                    together,
                    rule["scorecard_id"],
                    row["tier_bands"].split(),
                )


def _check_naming(rules: Rules, naming: _Naming) -> Iterator[str]:
    cards = [
        row for row in rules["scorecards"] if row["scorecard_id"] == naming.scorecard_id
    ]
    if not cards:
        yield f"{naming.name}: there is no scorecard {naming.scorecard_id}"
    for card in cards:
        if not holds_together(naming.head, card):
            continue
        known = _list_bands(rules, card)
        for band in naming.bands:
            if band not in known:
                yield (
                    f"{naming.name}: {_key(card, 'scorecard_id')} has no band {band}, "
                    "and both hold"
                )


def _check_classes(rules: Rules, head: Row) -> Iterator[str]:
    """Who is in a band without a class would be served like those without a score."""
    classed = {
        row["tier_band"]
        for row in _select(rules, "service_tiers", "service_rule_id", head)
        if row["scorecard_id"] == head["scorecard_id"]
    }
    for card in rules["scorecards"]:
        is_meant = card["scorecard_id"] == head["scorecard_id"]
        if not is_meant or not holds_together(head, card):
            continue
        for band in _list_bands(rules, card):
            if band not in classed | {_UNRANKED}:
                yield (
                    f"service_tiers.csv, {_key(head, 'service_rule_id')}: band {band} "
                    f"of {_key(card, 'scorecard_id')} has no service_class"
                )


def _check_value_types(rows: list[Row]) -> Iterator[str]:
    """The model value of an account is its score on one card."""
    cards = {}
    for row in rows:
        cards.setdefault((_key(row, "value_type_rule_id"), row["scorecard_id"]), row)
    for left, right in combinations(cards, 2):
        if left[1] != right[1] and holds_together(cards[left], cards[right]):
            yield (
                f"value_type_rules.csv, {left[0]}: scorecard_id is {left[1]} and "
                f"{right[1]}; what holds at one time must name one"
            )


def _check_net_values(rules: Rules, head: Row) -> Iterator[str]:
    tiers = _select(rules, "net_value_tiers", "net_value_rule_id", head)
    name = f"net_value_tiers.csv, {_key(head, 'net_value_rule_id')}"
    ordered = sorted(tiers, key=lambda row: Decimal(row["tier_order"]))
    starts = [*(row["share_from_pct"] for row in ordered), "100"]
    ends = ["0", *(row["share_to_pct"] for row in ordered)]
    if starts != ends:
        yield (
            f"{name}: share_from_pct and share_to_pct must follow each other from 0 to "
            "100, in the order of tier_order"
        )
    known = {row["net_value_tier"] for row in tiers}
    for row in _select(rules, "cost_flags", "net_value_rule_id", head):
        for tier in row["net_value_tiers"].split():
            if tier not in known:
                yield (
                    f"cost_flags.csv, {_key(row, 'net_value_rule_id')} "
                    f"{row['cost_flag']}: there is no net_value_tier {tier}"
                )


def _list_bands(rules: Rules, card: Row) -> list[str]:
    """The bands of a version of a card, the best first."""
    tiers = _select(rules, "tier_rules", "scorecard_id", card)
    ordered = sorted(tiers, key=lambda row: Decimal(row["tier_order"]))
    return list(dict.fromkeys(row["tier_band"] for row in ordered))


def _select(rules: Rules, seed: str, id_column: str, head: Row) -> list[Row]:
    """The rows that hang on a version."""
    key = (head[id_column], head["version"])
    return [
        row for row in rules.get(seed, []) if (row[id_column], row["version"]) == key
    ]


def _key(row: Row, id_column: str) -> str:
    return f"{row[id_column]} {row['version']}"
