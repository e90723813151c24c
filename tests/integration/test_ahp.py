"""Weights from pairwise judgements, against published answers (S4-03, A.6.1, A.6.4)."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinta.replay import Replay
from jinta.warehouse import connect

# Saaty: how often Americans drink what. The left one is so many times the right one.
DRINKS = {
    ("coffee", "wine"): 9,
    ("coffee", "tea"): 5,
    ("coffee", "beer"): 2,
    ("coffee", "sodas"): 1,
    ("coffee", "milk"): 1,
    ("water", "coffee"): 2,
    ("tea", "wine"): 3,
    ("beer", "wine"): 9,
    ("beer", "tea"): 3,
    ("sodas", "wine"): 9,
    ("sodas", "tea"): 4,
    ("sodas", "beer"): 2,
    ("sodas", "milk"): 2,
    ("milk", "wine"): 9,
    ("milk", "tea"): 3,
    ("milk", "beer"): 1,
    ("water", "wine"): 9,
    ("water", "tea"): 9,
    ("water", "beer"): 3,
    ("water", "sodas"): 2,
    ("water", "milk"): 3,
}
PUBLISHED = {
    "water": ".3268",
    "sodas": ".1896",
    "coffee": ".1775",
    "milk": ".1288",
    "beer": ".1164",
    "tea": ".0418",
    "wine": ".0191",
}
WEIGHED = "int_scoring__judgements_weighed"


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about one model, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def weigh(warehouse, project):
    """Weigh judgements by the model; item → weight, and the other columns once."""
    manifest = project.manifest(warehouse.database)

    def run(matrices):
        with connect(warehouse, "transformer", autocommit=True) as connection:
            replay = Replay(connection, manifest, [])
            replay.replace_rows(
                "ahp_matrices",
                [
                    {"ahp_id": name, "version": "1", "random_index": str(index)}
                    for name, (index, _) in matrices.items()
                ],
            )
            replay.replace_rows(
                "ahp_judgements",
                [
                    {
                        "ahp_id": name,
                        "version": "1",
                        "item_left": left,
                        "item_right": right,
                        "judgement": str(judgement),
                    }
                    for name, (_, judgements) in matrices.items()
                    for (left, right), judgement in judgements.items()
                ],
            )
            replay.build([WEIGHED])
            cursor = connection.execute(f"select * from pg_temp.{WEIGHED}")
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    return run


def test_the_drinks_of_saaty(weigh):
    """S4-03: all published digits, λmax 7.1766 and CR .0223 with RI 1.32."""
    rows = weigh({"drinks": (1.32, DRINKS)})
    found = {row["item"]: row["weight"].quantize(Decimal(".0001")) for row in rows}
    assert found == {item: Decimal(text) for item, text in PUBLISHED.items()}
    assert {row["lambda_max"].quantize(Decimal(".0001")) for row in rows} == {
        Decimal("7.1766")
    }
    assert {row["consistency_ratio"].quantize(Decimal(".0001")) for row in rows} == {
        Decimal(".0223")
    }
    assert {row["items"] for row in rows} == {7}


def test_the_delivered_judgements_give_the_delivered_weights(warehouse, project):
    """A.6.1: 40/40/20, CR 0; A.6.4: .424/.227/.122/.227, CR .004, 42/23/12/23."""
    with connect(warehouse, "transformer", autocommit=True) as connection:
        replay = Replay(connection, project.manifest(warehouse.database), [])
        replay.build([WEIGHED])
        rows = connection.execute(
            f"select ahp_id, item, round(weight, 3), weight_pct, "
            f"round(consistency_ratio, 3) from pg_temp.{WEIGHED} order by 1, 2"
        ).fetchall()
    value = "group_value_dimensions"
    pyramid = "value_pyramid_classes"
    assert rows == [
        (value, "attribute", Decimal(".400"), 40, Decimal(0)),
        (value, "contribution", Decimal(".400"), 40, Decimal(0)),
        (value, "influence", Decimal(".200"), 20, Decimal(0)),
        (pyramid, "contact", Decimal(".122"), 12, Decimal(".004")),
        (pyramid, "feature", Decimal(".227"), 23, Decimal(".004")),
        (pyramid, "financial", Decimal(".227"), 23, Decimal(".004")),
        (pyramid, "transaction", Decimal(".424"), 42, Decimal(".004")),
    ]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from([1, 2, 3, 4, 6, 8, 9]), min_size=2, max_size=7))
def test_consistent_judgements_have_no_inconsistency(weigh, strengths):
    """CR is 0 and the weights are the strengths, whatever they are."""
    items = {f"item {number}": value for number, value in enumerate(strengths)}
    judgements = {}
    for left, right in itertools.combinations(items, 2):
        ratio = Decimal(items[left]) / items[right]
        pair = (left, right) if ratio >= 1 else (right, left)
        judgements[pair] = max(ratio, 1 / ratio)
    exact = all(value == round(value, 4) for value in judgements.values())
    rows = weigh({"consistent": (1.32, judgements)})
    total = sum(strengths)
    for row in rows:
        expected = Decimal(items[row["item"]]) / total
        assert abs(row["weight"] - expected) < Decimal("1e-4")
        assert row["consistency_ratio"] < Decimal("1e-6")
        if exact:
            assert row["consistency_ratio"] == 0
            assert abs(row["weight"] - expected) < Decimal("1e-11")
    assert sum(row["weight_pct"] for row in rows) == 100


def test_whole_per_cents_sum_to_100(weigh):
    """Three equal items: the first one by name takes the rest."""
    pairs = itertools.combinations("abc", 2)
    rows = weigh({"equal": (0.58, dict.fromkeys(pairs, 1))})
    assert {row["item"]: row["weight_pct"] for row in rows} == {
        "a": 34,
        "b": 33,
        "c": 33,
    }


def test_contradicting_judgements_are_seen(weigh):
    """A beats b, b beats c, and c beats a: a gate refuses 0.10 and more."""
    rows = weigh({"circle": (0.58, {("a", "b"): 3, ("b", "c"): 3, ("c", "a"): 3})})
    assert {round(row["weight"], 3) for row in rows} == {Decimal("0.333")}
    assert min(row["consistency_ratio"] for row in rows) > Decimal("0.1")


@pytest.mark.parametrize("index", ["", 0, -5])
def test_without_a_random_index_nothing_is_consistent(weigh, index):
    """No ratio, which the gate takes for contradictions; two items need no index."""
    circle = {("a", "b"): 3, ("b", "c"): 3, ("c", "a"): 3}
    rows = weigh({"circle": (index, circle)})
    assert {row["consistency_ratio"] for row in rows} == {None}
    rows = weigh({"pair": (index, {("a", "b"): 3})})
    assert {row["consistency_ratio"] for row in rows} == {0}
