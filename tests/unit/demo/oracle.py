"""Scores a province by the table of A.6.1, straight from what is true of it.

It shares nothing with the product's engine or rule rows, so that each can be wrong
alone.
"""

import numpy as np
import pandas as pd

from demo.boss import iterate_months
from demo.dates import STARTS
from demo.geography import BRANCHES
from demo.province import Province

# Lower ends of the bands above the lowest one, and points from the lowest band up.
BANDS = {
    "unified": ((0.01, 500, 2_000, 5_000, 20_000), (0, 3, 6, 9, 12, 15)),
    "member": ((0.01, 1_000, 5_000, 20_000, 100_000), (0, 2, 4, 6, 8, 10)),
    "informatization": ((0.01, 200, 1_000, 3_000, 10_000), (0, 3, 6, 9, 12, 15)),
    "employees": ((1, 10, 50, 200, 500), (0, 1, 2, 4, 6, 8)),
    "vnet_users": ((1, 20, 50, 100, 300), (0, 2, 3, 4, 6, 8)),
    "level": ((1, 2, 3, 4, 5), (0, 1, 2, 3, 5, 6)),
    "products": ((1, 2, 3, 4, 5), (0, 2, 4, 5, 6, 8)),
    "staying": ((-10 + 1e-9, -5 + 1e-9, -3 + 1e-9, -2 + 1e-9, -1 + 1e-9),
                (0, 1, 2, 3, 4, 5)),
    "signed_years": ((0, 1, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
    "influence": ((1, 2, 3, 4, 5), (0, 2, 4, 6, 9, 12)),
    "rank": ((-500, -300, -100, -50, -10), (0, 2, 3, 4, 6, 8)),
}  # fmt: skip
DIMENSIONS = {
    "x": ("unified", "member", "informatization"),
    "y": ("employees", "vnet_users", "level", "products", "staying", "signed_years"),
    "z": ("influence", "rank"),
}


def measure_indicators(province: Province) -> pd.DataFrame:
    """The 11 indicators of December 2025, one row per active organisation."""
    told = pd.concat([truth for _, _, truth in iterate_months(province.billing)])
    told = told[told["month"] >= 202510]
    mean = told.groupby("organisation")[
        ["unified_fen", "member_fen", "informatization_fen"]
    ].mean()
    rates = 100 * told["lines_left"] / told["lines_at_start"].replace(0, np.nan)
    december = told[told["month"] == 202512].set_index("organisation")
    end = STARTS[-1] - 1
    traits = province.traits
    signed = traits["signed"]
    frame = pd.DataFrame(
        {
            "branch": province.organisations["branch"],
            "kind": province.organisations["kind"],
            "initial_class": province.organisations["initial_class"],
            "rival_share": traits["rival_share"],
            "unified": mean["unified_fen"] / 100,
            "member": mean["member_fen"] / 100,
            "informatization": mean["informatization_fen"] / 100,
            "employees": traits["employees"],
            "vnet_users": december["vnet_users"],
            "level": traits["level"],
            "products": count_products(province),
            "staying": -rates.groupby(told["organisation"]).mean().fillna(100),
            "signed_years": np.where(signed < 0, -1, (end - signed) / 365.25),
            "influence": traits["influence_grade"],
            "rank": -np.where(province.ranks > 0, province.ranks, 9_999),
        }
    )
    is_active = (traits["left"] < 0) & (traits["joined"] <= end)
    return frame[is_active]


def count_products(province: Province) -> np.ndarray:
    chosen = province.billing.chosen
    in_use = (chosen["started"] < STARTS[-1]) & (
        (chosen["ended"] < 0) | (chosen["ended"] >= STARTS[-2])
    )
    return np.bincount(
        chosen.loc[in_use, "organisation"], minlength=len(province.organisations)
    )


def find_bands(indicators: pd.DataFrame) -> pd.DataFrame:
    """Band 0 to 5 of each indicator."""
    return pd.DataFrame(
        {
            name: np.searchsorted(cuts, indicators[name], side="right")
            for name, (cuts, _) in BANDS.items()
        },
        index=indicators.index,
    )


def score(indicators: pd.DataFrame) -> pd.DataFrame:
    """Points by dimension, total, and tier by branch (S0-19 to S0-25)."""
    bands = find_bands(indicators)
    points = pd.DataFrame(
        {name: np.array(BANDS[name][1])[bands[name]] for name in bands},
        index=bands.index,
    )
    scores = pd.DataFrame(
        {name: points[list(part)].sum(axis=1) for name, part in DIMENSIONS.items()}
    )
    scores["total"] = scores.sum(axis=1)
    scores["branch"] = indicators["branch"]
    scores["tier"] = "C"
    for branch in range(len(BRANCHES)):
        ranked = scores[scores["branch"] == branch].sort_values(
            ["total", "x", "y"], ascending=False, kind="stable"
        )
        first = int(0.1 * len(ranked) + 0.5)
        second = int(0.3 * len(ranked) + 0.5)
        for tier, members in (("A", ranked[:first]), ("B", ranked[first:second])):
            grade = np.where(members["x"] >= members["y"], "1", "2")
            scores.loc[members.index, "tier"] = np.char.add(tier, grade)
    return scores
