"""Other weights for a scorecard: each one shifted, and all of them drawn at random.

Weights are integer hundredths of a point and sum to 10,000: 100 points.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

POINTS = 10_000
# By how many per cent a single weight is shifted (A.6.1).
SHIFT_PCT = 20


def shift_weight(weights: Sequence[int], place: int, percent: int) -> list[int]:
    """Shift one weight by per cent of itself and bring the sum back to 100 points.

    Args:
        weights: Hundredths that sum to 10,000.
        place: Which one to shift.
        percent: By how much, such as -20.
    """
    shifted = [Decimal(weight) for weight in weights]
    shifted[place] += shifted[place] * percent / 100
    total = sum(shifted)
    return _round_shares([float(weight / total) for weight in shifted])


def draw_weights(
    weights: Sequence[int], draws: int, seed: int, concentration: float
) -> list[list[int]]:
    """Draw weights from a Dirichlet distribution whose mean they are.

    Args:
        weights: Hundredths that sum to 10,000, all positive.
        draws: How many draws.
        seed: Equal seeds give equal draws.
        concentration: The sum of the distribution's parameters: the greater, the
            closer draws keep to the weights.
    """
    generator = np.random.default_rng(seed)
    alpha = np.array(weights) / POINTS * concentration
    return [_round_shares(list(shares)) for shares in generator.dirichlet(alpha, draws)]


def choose_concentration(count: int) -> float:
    """Return the concentration at which a weight of mean size varies by a fifth.

    A share s has the variance s (1 - s) / (c + 1). For s = 1 / n its standard
    deviation is a fifth of it where c + 1 = 25 (n - 1): 249 for eleven indicators.
    """
    return max(25.0 * (count - 1) - 1, 1.0)


def to_hundredths(weight: str) -> int:
    """Return a weight as a rule row has it in hundredths."""
    return int((Decimal(weight) * 100).to_integral_value(ROUND_HALF_UP))


def _round_shares(shares: Sequence[float]) -> list[int]:
    """Round shares to hundredths that sum to 100 points: the largest remainders win."""
    exact = [share * POINTS for share in shares]
    rounded = [int(value) for value in exact]
    by_remainder = sorted(
        range(len(exact)), key=lambda place: (rounded[place] - exact[place], place)
    )
    for place in by_remainder[: POINTS - sum(rounded)]:
        rounded[place] += 1
    return rounded
