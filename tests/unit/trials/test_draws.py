"""Draws of weights: hundredths that sum to 100 points, and the same for a seed."""

import statistics

import pytest

from jinta.trials.draws import (
    POINTS,
    choose_concentration,
    draw_weights,
    shift_weight,
    to_hundredths,
)

WEIGHTS = [1500, 1000, 1500, 800, 800, 600, 800, 500, 500, 1200, 800]


@pytest.mark.parametrize("place", range(len(WEIGHTS)))
@pytest.mark.parametrize("percent", [-20, 20])
def test_a_shift_moves_one_weight_and_keeps_the_sum(place, percent):
    shifted = shift_weight(WEIGHTS, place, percent)
    assert sum(shifted) == POINTS
    total = POINTS + WEIGHTS[place] * percent / 100
    for number, (before, after) in enumerate(zip(WEIGHTS, shifted, strict=True)):
        factor = 1 + percent / 100 if number == place else 1
        assert after == pytest.approx(before * factor * POINTS / total, abs=1)


def test_draws_sum_to_100_points_and_are_those_of_their_seed():
    drawn = draw_weights(WEIGHTS, 200, 7, 249)
    assert {sum(row) for row in drawn} == {POINTS}
    assert min(min(row) for row in drawn) >= 0
    assert drawn == draw_weights(WEIGHTS, 200, 7, 249)
    assert drawn != draw_weights(WEIGHTS, 200, 8, 249)
    # The first draws do not depend on how many follow.
    assert drawn[:50] == draw_weights(WEIGHTS, 50, 7, 249)


def test_a_weight_of_mean_size_varies_by_a_fifth():
    equal = [POINTS // 10] * 10
    drawn = draw_weights(equal, 2000, 7, choose_concentration(len(equal)))
    values = [row[0] for row in drawn]
    # 2,000 draws tell a mean to 0.5 % and a deviation to 2 %; thrice that is allowed.
    assert statistics.mean(values) == pytest.approx(1000, rel=0.015)
    assert statistics.stdev(values) == pytest.approx(200, rel=0.06)


def test_weights_are_read_as_hundredths():
    assert [to_hundredths(text) for text in ("15", "7.5", "0.01")] == [1500, 750, 1]
