"""Draws of weights: each part of a card keeps its sum, and a seed gives the same."""

import statistics

import pytest

from jinta.trials.draws import (
    choose_concentration,
    draw_weights,
    shift_weight,
    to_hundredths,
)

WEIGHTS = [1500, 1000, 1500, 800, 800, 600, 800, 500, 500, 1200, 800]
WHOLE = [""] * 11
PARTS = ["x"] * 3 + ["y"] * 6 + ["z"] * 2


@pytest.mark.parametrize("parts", [WHOLE, PARTS])
@pytest.mark.parametrize("place", range(len(WEIGHTS)))
@pytest.mark.parametrize("percent", [-20, 20])
def test_a_shift_moves_one_weight_and_keeps_the_sum_of_its_part(place, percent, parts):
    shifted = shift_weight(WEIGHTS, parts, place, percent)
    whole = sum_parts(WEIGHTS, parts)[parts[place]]
    grown = whole + WEIGHTS[place] * percent / 100
    for number, (before, after) in enumerate(zip(WEIGHTS, shifted, strict=True)):
        if parts[number] != parts[place]:
            assert after == before
            continue
        factor = 1 + percent / 100 if number == place else 1
        assert after == pytest.approx(before * factor * whole / grown, abs=1)
    assert sum_parts(shifted, parts) == sum_parts(WEIGHTS, parts)


def sum_parts(weights, parts):
    return {
        name: sum(w for w, part in zip(weights, parts, strict=True) if part == name)
        for name in parts
    }


@pytest.mark.parametrize("parts", [WHOLE, PARTS])
def test_draws_keep_the_sums_of_parts_and_are_those_of_their_seed(parts):
    drawn = draw_weights(WEIGHTS, parts, 200, 7, 249)
    assert all(sum_parts(row, parts) == sum_parts(WEIGHTS, parts) for row in drawn)
    assert min(min(row) for row in drawn) >= 0
    assert len({row[0] for row in drawn}) > 100
    assert drawn == draw_weights(WEIGHTS, parts, 200, 7, 249)
    assert drawn != draw_weights(WEIGHTS, parts, 200, 8, 249)
    # The first draws do not depend on how many follow.
    assert drawn[:50] == draw_weights(WEIGHTS, parts, 50, 7, 249)


def test_a_weight_of_mean_size_varies_by_a_fifth():
    equal = [1000] * 10
    drawn = draw_weights(equal, WHOLE[:10], 2000, 7, choose_concentration(len(equal)))
    values = [row[0] for row in drawn]
    # 2,000 draws tell a mean to 0.5 % and a deviation to 2 %; thrice that is allowed.
    assert statistics.mean(values) == pytest.approx(1000, rel=0.015)
    assert statistics.stdev(values) == pytest.approx(200, rel=0.06)


def test_weights_are_read_as_hundredths():
    assert [to_hundredths(text) for text in ("15", "7.5", "0.01")] == [1500, 750, 1]
