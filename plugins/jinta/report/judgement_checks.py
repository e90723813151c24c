"""What makes pairwise judgements sound, before weights are computed from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import combinations

Row = dict[str, str]

_KEY = ("ahp_id", "version", "item_left", "item_right")
# Saaty's scale: 1 is as important, 9 is absolutely more important.
_LEAST, _MOST = Decimal(1), Decimal(9)
# Two items can't contradict each other.
_FEWEST_CONTRADICTORY = 3
# Mean consistency index of random judgements: 0.52 for three items, 1.6 for very many.
_MOST_RANDOM_INDEX = Decimal(2)


def find_judgement_problems(
    judgements: Sequence[Row], matrices: Sequence[Row]
) -> Iterator[str]:
    """List what is wrong with judgements, by version.

    Args:
        judgements: Rows of `ahp_judgements`, in canonical text.
        matrices: Rows of `ahp_matrices`, likewise.

    Yields:
        Problems as `seed.csv, row: what`: a judgement that is none, a pair that stands
        twice, in either direction, or not at all, and a random index that no
        contradiction can be measured by.
    """
    by_version: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in judgements:
        by_version[row["ahp_id"], row["version"]].append(row)
        name = " ".join(row[column] for column in _KEY)
        if not _is_judgement(row["judgement"]):
            yield (
                f"ahp_judgements.csv, {name}: judgement must be 1 to 9; write the pair "
                "from the more important item"
            )
    for version, rows in by_version.items():
        yield from _check_pairs(f"ahp_judgements.csv, {' '.join(version)}", rows)
    for row in matrices:
        key = (row["ahp_id"], row["version"])
        is_needed = len(_list_items(by_version[key])) >= _FEWEST_CONTRADICTORY
        if is_needed and not _is_random_index(row["random_index"]):
            yield (
                f"ahp_matrices.csv, {' '.join(key)}: random_index must lie above 0 and "
                f"not above {_MOST_RANDOM_INDEX}, such as 0.58 for three items"
            )


def _check_pairs(name: str, rows: list[Row]) -> Iterator[str]:
    items = _list_items(rows)
    pairs = Counter(frozenset((row["item_left"], row["item_right"])) for row in rows)
    for left, right in combinations(items, 2):
        times = pairs[frozenset((left, right))]
        if times != 1:
            yield f"{name}: {left} and {right} are judged {times} times, not once"
    for pair in pairs:
        if len(pair) == 1:
            yield f"{name}: {min(pair)} is judged against itself"


def _list_items(rows: Sequence[Row]) -> list[str]:
    return sorted({row[side] for row in rows for side in ("item_left", "item_right")})


def _is_random_index(text: str) -> bool:
    try:
        return 0 < Decimal(text) <= _MOST_RANDOM_INDEX
    except InvalidOperation:
        return False


def _is_judgement(text: str) -> bool:
    try:
        return _LEAST <= Decimal(text) <= _MOST
    except InvalidOperation:
        return False
