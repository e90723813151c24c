"""Rows that break the contract, in known small numbers: they belong into quarantine."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

# Facts are dirty in the last months only; the oldest ones are what they always were.
DIRTY_MONTHS = 3


class Fault(NamedTuple):
    """A number of rows with the same defect.

    Attributes:
        table: The contract's table that they are meant for.
        reason: What is wrong with them.
        rows: How many there are.
        month: Month of facts as yyyymm, 0 for entities and files.
    """

    table: str
    reason: str
    rows: int
    month: int = 0


def spoil_rows(
    rows: pd.DataFrame, changes: Iterable[Mapping[str, Any]]
) -> pd.DataFrame:
    """Return copies of the first rows, each with some values changed for the worse.

    Args:
        rows: Good rows, at least as many as there are changes.
        changes: For each copy, new values by column.
    """
    changes = list(changes)
    spoilt = rows.iloc[: len(changes)].astype(object).reset_index(drop=True)
    for position, change in enumerate(changes):
        for column, value in change.items():
            spoilt.loc[position, column] = value
    return spoilt
