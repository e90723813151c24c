"""The delivered rows of the three further scorecards, against what they serve."""

import csv
from collections import defaultdict
from decimal import Decimal

import pytest

from jinta.settings import CHECKOUT

RULES = CHECKOUT / "dbt_project" / "seeds" / "rules"
# Named by S4-02, in its order; what stands together is one named item.
CLASSES = {
    "transaction": (
        42,
        [
            ["transaction_count"],
            ["transaction_amount", "transaction_margin_amount"],
            ["gross_margin_pct"],
            ["average_transaction_amount"],
            ["largest_transaction_amount"],
            ["return_amount"],
            ["return_count"],
            ["transaction_age_months"],
            ["transaction_cycle_days"],
            ["expected_sales_amount"],
        ],
    ),
    "financial": (
        23,
        [
            ["largest_receipt_amount"],
            ["average_receipt_amount"],
            ["collection_cycle_days"],
            ["average_arrears_amount"],
            ["average_arrears_rate_pct"],
        ],
    ),
    "contact": (
        12,
        [
            ["related_tasks"],
            ["related_processes"],
            ["praise_count", "praise_ratio_pct"],
            ["complaint_count", "complaint_ratio_pct"],
            ["suggestion_count", "suggestion_ratio_pct"],
        ],
    ),
    "feature": (
        23,
        [
            ["employees"],
            ["registered_capital_amount"],
            ["region_grade"],
            ["industry_grade"],
            ["annual_sales_amount"],
            ["is_listed"],
        ],
    ),
}
# A.6.4: fixed signs; all others count the more the better.
NEGATIVE = {
    "return_amount",
    "return_count",
    "transaction_cycle_days",
    "collection_cycle_days",
    "average_arrears_amount",
    "average_arrears_rate_pct",
    "complaint_count",
    "complaint_ratio_pct",
}
# S3-05 with A.8 #24: the lower bound belongs to the upper band.
MANUAL = {
    "strength_points": (
        15,
        {0: "weak", 4: "weak", 5: "average", 9: "average", 10: "strong", 15: "strong"},
    ),
    "growth_points": (
        15,
        {0: "low", 4: "low", 5: "medium", 9: "medium", 10: "high", 15: "high"},
    ),
    "relationship_points": (
        20,
        {
            9: "no rapport",
            10: "rapport with senior level",
            14: "rapport with senior level",
            15: "rapport with the very top",
            20: "rapport with the very top",
        },
    ),
    "strategic_importance_points": (
        20,
        {
            9: "not important",
            10: "fairly important",
            14: "fairly important",
            15: "very important",
            20: "very important",
        },
    ),
}


def read_rules(name: str, card: str) -> list[dict[str, str]]:
    with (RULES / f"{name}.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["scorecard_id"] == card]


def find_band(card: str, indicator: str, value: Decimal | int) -> dict[str, str]:
    """The band that holds a value: the greatest lower bound that is not above it."""
    rows = [
        r for r in read_rules("scorecard_bands", card) if r["indicator_id"] == indicator
    ]
    fitting = [
        r for r in rows if not r["lower_bound"] or Decimal(r["lower_bound"]) <= value
    ]
    return max(fitting, key=lambda r: Decimal(r["lower_bound"] or "-Infinity"))


def find_tier(card: str, score: str) -> str:
    (tier,) = (
        row["tier"]
        for row in read_rules("tier_rules", card)
        if (row["score_from"] or row["score_to"])
        and Decimal(row["score_from"] or "-Infinity") <= Decimal(score)
        and Decimal(score) < Decimal(row["score_to"] or "Infinity")
    )
    return tier


def read_weights(card: str) -> dict[str, Decimal]:
    rows = read_rules("scorecard_indicators", card)
    return {row["indicator_id"]: Decimal(row["weight"]) for row in rows}


def test_the_pyramid_has_every_named_indicator_of_s4_02_with_its_sign():
    named = {i for _, items in CLASSES.values() for item in items for i in item}
    rows = read_rules("scorecard_indicators", "value_pyramid")
    assert {row["indicator_id"] for row in rows} == named
    assert {r["indicator_id"] for r in rows if r["direction"] == "lower"} == NEGATIVE
    assert {r["direction"] for r in rows} == {"higher", "lower"}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_its_weight_and_its_items_share_it_alike(name):
    """A.6.4: equal weights within a class, to the hundredth by largest remainder."""
    total, items = CLASSES[name]
    rows = read_rules("scorecard_indicators", "value_pyramid")
    weights = {
        row["indicator_id"]: Decimal(row["weight"])
        for row in rows
        if row["dimension_name"] == name
    }
    assert sum(weights.values()) == total
    shares = [sum(weights[i] for i in item) for item in items]
    assert max(shares) - min(shares) <= Decimal("0.01")
    for item in items:
        halves = [weights[i] for i in item]
        assert max(halves) - min(halves) <= Decimal("0.01")


def test_bands_of_the_pyramid_give_fifths_of_the_weight():
    """A.6.4: percentile bands 0/20/40/60/80/100, the best band the whole weight."""
    weights = read_weights("value_pyramid")
    bands = defaultdict(list)
    for row in read_rules("scorecard_bands", "value_pyramid"):
        bands[row["indicator_id"]].append(Decimal(row["points"]))
    assert bands.keys() == weights.keys()
    for indicator, points in bands.items():
        quarters = {weights[indicator] * step / 4 for step in range(5)}
        assert all(
            min(abs(p - q) for q in quarters) <= Decimal("0.005") for p in points
        )
        assert max(points) == weights[indicator]
        assert min(points) == 0
    assert sum(len(points) == 5 for points in bands.values()) >= 10


@pytest.mark.parametrize(
    ("score", "tier"),
    [
        ("100", "VIP"),
        ("80.01", "VIP"),
        ("80", "important"),
        ("60.01", "important"),
        ("60", "ordinary"),
        ("40.01", "ordinary"),
        ("40", "small"),
        ("0", "small"),
    ],
)
def test_bands_of_value_s4_04(score, tier):
    assert find_tier("value_pyramid", score) == tier


@pytest.mark.parametrize("indicator", MANUAL)
def test_points_of_people_count_as_they_are_s3_05(indicator):
    most, words = MANUAL[indicator]
    assert read_weights("existing_customer")[indicator] == most
    for value in range(most + 1):
        assert (
            Decimal(find_band("existing_customer", indicator, value)["points"]) == value
        )
    # Who gives more than there are gives the most.
    assert Decimal(find_band("existing_customer", indicator, 25)["points"]) == most
    for value, word in words.items():
        assert find_band("existing_customer", indicator, value)["meaning"] == word


@pytest.mark.parametrize("card", ["existing_customer", "potential_customer"])
@pytest.mark.parametrize(("grade", "points"), [(3, 15), (2, 10), (1, 5)])
def test_nature_has_the_points_of_s3_05(card, grade, points):
    assert Decimal(find_band(card, "nature_grade", grade)["points"]) == points


@pytest.mark.parametrize(
    ("amount", "points", "word"),
    [
        ("-0.01", 0, "small: no profit"),
        ("0", 0, "small: no profit"),
        ("0.01", 2, "small"),
        ("999.99", 2, "small"),
        ("1000", 4, "small"),
        ("2999.99", 4, "small"),
        ("3000", 5, "average"),
        ("6000", 7, "average"),
        ("10000", 9, "average"),
        ("19999.99", 9, "average"),
        ("20000", 10, "large"),
        ("50000", 12, "large"),
        ("100000", 14, "large"),
        ("200000", 15, "large"),
    ],
)
def test_profit_contribution_keeps_to_the_words_of_s3_05(amount, points, word):
    """Large is 10 to 15 points, average 5 to 10, small below 5."""
    band = find_band("existing_customer", "profit_contribution_amount", Decimal(amount))
    assert (Decimal(band["points"]), band["meaning"]) == (points, word)


@pytest.mark.parametrize(
    ("indicator", "value", "points"),
    [
        ("asset_amount", "4999999.99", "3.33"),
        ("asset_amount", "5000000", "10"),
        ("asset_amount", "50000000", "20"),
        ("turnover_amount", "4999999.99", "4.17"),
        ("turnover_amount", "5000000", "12.5"),
        ("turnover_amount", "50000000", "25"),
        ("development_speed_pct", "4.99", "2.5"),
        ("development_speed_pct", "5", "7.5"),
        ("development_speed_pct", "20", "15"),
        ("potential_need_points", "0", "0"),
        ("potential_need_points", "25", "25"),
    ],
)
def test_items_of_prospects_lie_within_their_thirds_a_6_3(indicator, value, points):
    """Weak scores below a third of an item, average below two thirds (S3-05)."""
    band = find_band("potential_customer", indicator, Decimal(value))
    assert Decimal(band["points"]) == Decimal(points)


@pytest.mark.parametrize(
    ("value", "word"), [(8, "weak"), (9, "average"), (16, "average"), (17, "strong")]
)
def test_potential_need_is_strong_from_two_thirds_on(value, word):
    assert (
        find_band("potential_customer", "potential_need_points", value)["meaning"]
        == word
    )


@pytest.mark.parametrize(
    ("card", "score", "tier"),
    [
        ("existing_customer", "70", "A"),
        ("existing_customer", "69.99", "B"),
        ("existing_customer", "40", "B"),
        ("existing_customer", "39.99", "C"),
        ("potential_customer", "66.67", "A"),
        ("potential_customer", "66.66", "B"),
        ("potential_customer", "33.33", "B"),
        ("potential_customer", "33.32", "C"),
    ],
)
def test_tiers_of_the_grading_cards(card, score, tier):
    assert find_tier(card, score) == tier


def test_two_cards_never_in_one_ranking_s3_02():
    heads = {
        row["scorecard_id"]: row["subject"]
        for name in ("existing_customer", "potential_customer", "value_pyramid")
        for row in read_rules("scorecards", name)
    }
    assert heads == {
        "existing_customer": "account",
        "potential_customer": "prospect",
        "value_pyramid": "account",
    }


@pytest.mark.parametrize(
    ("card", "weights"),
    [
        ("existing_customer", [15, 15, 15, 15, 20, 20]),
        ("potential_customer", [15, 20, 25, 15, 25]),
    ],
)
def test_weights_of_the_grading_cards(card, weights):
    assert list(read_weights(card).values()) == weights
