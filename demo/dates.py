"""Months of the demo as numbers of days since 1970, and the year's ups and downs."""

import numpy as np

from demo.traits import FIRST_MONTH, MONTHS

STARTS = (FIRST_MONTH + np.arange(MONTHS + 1)).astype("datetime64[D]").astype(int)
CODES = np.array([int(str(FIRST_MONTH + i).replace("-", "")) for i in range(MONTHS)])

# Spring Festival fell on 10 February 2024 and 29 January 2025.
_YEAR = (1.00, 1.00, 1.00, 1.01, 1.02, 1.01, 1.01, 0.98, 1.00, 1.02)
_SEASONS = np.array([0.99, 0.93, *_YEAR, 0.94, 0.97, *_YEAR])
SEASONS = _SEASONS * 1.004 ** np.arange(MONTHS)


def write_days(days: np.ndarray, empty: int = 20991231) -> np.ndarray:
    """Write days since 1970 as whole numbers yyyymmdd; negative days as `empty`."""
    known = np.maximum(days, 0).astype("datetime64[D]")
    months = known.astype("datetime64[M]").astype(int)
    day = (known - known.astype("datetime64[M]")).astype(int) + 1
    written = (1970 + months // 12) * 10_000 + (months % 12 + 1) * 100 + day
    return np.where(np.asarray(days) < 0, empty, written).astype(np.int64)
