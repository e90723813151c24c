"""Other weights for a scorecard: each one shifted, and all of them drawn at random.

Weights are integer hundredths of a point. Each belongs to a part of the card, and what
the weights of a part sum to stays: X is only comparable with Y while both can reach as
much (A.6.1). A card whose tiers nothing halves is one part.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

# By how many per cent a single weight is shifted (A.6.1).
SHIFT_PCT = 20


def shift_weight(
    weights: Sequence[int], parts: Sequence[str], place: int, percent: int
) -> list[int]:
    """Shift one weight by per cent of itself and bring its part back to its sum.

    Args:
        weights: In hundredths.
        parts: The part of each weight.
        place: Which one to shift.
        percent: By how much, such as -20.
    """
    shifted = np.array(weights, dtype=float)
    shifted[place] *= 1 + percent / 100
    return _restore_sums(shifted, weights, parts)


def draw_weights(
    weights: Sequence[int],
    parts: Sequence[str],
    draws: int,
    seed: int,
    concentration: float,
) -> list[list[int]]:
    """Draw weights from a Dirichlet distribution whose mean they are.

    Args:
        weights: In hundredths, all positive.
        parts: The part of each weight.
        draws: How many draws.
        seed: Equal seeds give equal draws.
        concentration: The sum of the distribution's parameters: the greater, the
            closer draws keep to the weights.
    """
    generator = np.random.default_rng(seed)
    alpha = np.array(weights) / sum(weights) * concentration
    # What a part's draws are of their sum follows a Dirichlet distribution as well.
    return [
        _restore_sums(shares, weights, parts)
        for shares in generator.dirichlet(alpha, draws)
    ]


def choose_concentration(count: int) -> float:
    """Return the concentration at which a weight of mean size varies by a fifth.

    A share s has the variance s (1 - s) / (c + 1). For s = 1 / n its standard
    deviation is a fifth of it where c + 1 = 25 (n - 1): 249 for eleven indicators.
    """
    return max(25.0 * (count - 1) - 1, 1.0)


def to_hundredths(weight: str) -> int:
    """Return a weight as a rule row has it in hundredths."""
    return int((Decimal(weight) * 100).to_integral_value(ROUND_HALF_UP))


def _restore_sums(
    values: np.ndarray, weights: Sequence[int], parts: Sequence[str]
) -> list[int]:
    """Scale the values of each part to the sum of its weights, in whole hundredths."""
    restored = [0] * len(weights)
    for part in dict.fromkeys(parts):
        places = [place for place, name in enumerate(parts) if name == part]
        total = sum(weights[place] for place in places)
        shares = values[places] / values[places].sum()
        for place, value in zip(places, _round_shares(shares, total), strict=True):
            restored[place] = value
    return restored


def _round_shares(shares: Sequence[float], total: int) -> list[int]:
    """Round shares of a total to whole numbers: the largest remainders win."""
    exact = [share * total for share in shares]
    rounded = [int(value) for value in exact]
    by_remainder = sorted(
        range(len(exact)), key=lambda place: (rounded[place] - exact[place], place)
    )
    for place in by_remainder[: total - sum(rounded)]:
        rounded[place] += 1
    return rounded
