"""Whether a card asks for grades that somebody can have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from jinta.report.rule_families import holds_together

Row = dict[str, str]
Rules = dict[str, list[Row]]

# Units such as `grade 1-3`, `points 0-15` and `0 or 1` name all that there can be.
_SCALE = re.compile(r"(?:grade|points) (\d+)-(\d+)|(\d+) or (\d+)")
# Which words of `feature_grades` SQL makes the grades of which indicator.
_FEATURES = {
    "nature_grade": "enterprise_nature",
    "region_grade": "region_kind",
    "industry_grade": "industry",
    "credit_rating_grade": "credit_grade",
}


def read_scale(indicator: Mapping[str, str]) -> tuple[Decimal, Decimal] | None:
    """Read the least and the largest value that an indicator's unit allows.

    Returns:
        None if the unit sets no bounds, as that of amounts.
    """
    found = _SCALE.fullmatch(indicator.get("unit", ""))
    if found is None:
        return None
    least, most = (Decimal(text) for text in found.groups() if text is not None)
    return least, most


def find_grade_problems(rules: Rules) -> Iterator[str]:
    """List bands of grades and codes that no value reaches.

    Yields:
        Problems as `seed.csv, row: what`: a grade of a word beyond the scale of the
        indicator, or a band that begins beyond what grades there are.
    """
    scales = {row["indicator_id"]: read_scale(row) for row in rules["indicators"]}
    for indicator, feature in _FEATURES.items():
        scale = scales.get(indicator)
        for row in rules.get("feature_grades", []):
            if scale is None or row["feature"] != feature:
                continue
            if not scale[0] <= Decimal(row["grade"]) <= scale[1]:
                yield (
                    f"feature_grades.csv, {feature} {row['version']} "
                    f"{row['feature_value']}: grade {row['grade']} is not in the "
                    f"{scale[0]} to {scale[1]} of {indicator}"
                )
    for card in rules["scorecards"]:
        yield from _check_card(rules, card, scales)


def _check_card(
    rules: Rules, card: Row, scales: Mapping[str, tuple[Decimal, Decimal] | None]
) -> Iterator[str]:
    key = (card["scorecard_id"], card["version"])
    for row in rules["scorecard_bands"]:
        scale = scales.get(row["indicator_id"])
        if (row["scorecard_id"], row["version"]) != key or scale is None:
            continue
        least, most = _narrow(rules, card, row["indicator_id"], scale)
        if row["lower_bound"] and not least <= Decimal(row["lower_bound"]) <= most:
            yield (
                f"scorecard_bands.csv, {' '.join(key)} {row['indicator_id']} "
                f"{row['band']}: lower_bound is {row['lower_bound']}, but there are "
                f"only {least} to {most}"
            )


def _narrow(
    rules: Rules, card: Row, indicator: str, scale: tuple[Decimal, Decimal]
) -> tuple[Decimal, Decimal]:
    """The grades that words have while the card holds, else the whole scale."""
    grades = [
        Decimal(row["grade"])
        for row in rules.get("feature_grades", [])
        if row["feature"] == _FEATURES.get(indicator) and holds_together(row, card)
    ]
    return (min(grades), max(grades)) if grades else scale
