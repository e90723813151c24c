"""What is true of each organisation: size, habits, spending, influence."""

import numpy as np
import pandas as pd

from demo.geography import BRANCHES
from demo.organisations import PREFECTURE

FIRST_MONTH = np.datetime64("2024-01")
LAST_MONTH = np.datetime64("2025-12")
MONTHS = int((LAST_MONTH - FIRST_MONTH).astype(int)) + 1
STARTED = int(FIRST_MONTH.astype("datetime64[D]").astype(int))
AS_OF = np.datetime64("2026-01-05")
LINES_PER_ACCOUNT = 15
ORGANISATION_DEPARTMENT, PLANT = 0, 1  # the archetypes of S0-29 and S0-31

# By kind: employees (median, spread), share who are members, unified payment (chance,
# scale), wish for informatization.
_KINDS = pd.DataFrame(
    {
        "government": (30, 0.80, 0.50, 0.80, 1.70, 0.45),
        "school": (85, 0.75, 0.40, 0.45, 0.80, 0.35),
        "college": (420, 0.60, 0.35, 0.70, 1.20, 0.90),
        "health": (120, 0.90, 0.42, 0.60, 1.00, 0.45),
        "utility": (130, 1.00, 0.45, 0.75, 1.40, 0.50),
        "finance": (45, 0.80, 0.50, 0.80, 1.50, 0.80),
        "company": (26, 1.25, 0.38, 0.62, 1.10, 0.10),
        "shop": (6, 0.70, 0.50, 0.25, 0.70, -0.90),
        "farm": (9, 0.80, 0.35, 0.25, 0.70, -0.80),
        "hotel": (35, 0.70, 0.35, 0.55, 0.90, 0.10),
        "plant": (500, 0.01, 0.05, 0.00, 1.00, -9.0),
    },
    index=["size", "spread", "share", "unified_chance", "unified_scale", "wish"],
).T


def make_traits(organisations: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make the traits, one row per organisation in the same order.

    `style` is the latent trait that sets contribution against attributes: a high one
    pays and buys much for its size, a low one is large and well connected but pays
    little, so that A1 and A2 are both met (A.6.1).
    """
    count = len(organisations)
    kinds = _KINDS.loc[organisations["kind"]].reset_index(drop=True)
    size = kinds["size"].to_numpy() * np.exp(
        kinds["spread"].to_numpy() * rng.standard_normal(count)
    )
    prefecture = organisations["county"].to_numpy() == PREFECTURE
    size *= np.where(prefecture, 1.8, 1.0)
    employees = np.clip(np.round(size), 1, 30_000).astype(int)
    employees[PLANT], employees[ORGANISATION_DEPARTMENT] = 503, 34
    traits = pd.DataFrame({"employees": employees})
    traits["style"] = rng.standard_normal(count)
    _add_life(traits, rng)
    _add_member_habits(organisations, traits, kinds, rng)
    _add_spending(traits, kinds, rng)
    _add_attributes(traits, kinds, rng)
    traits["influence_grade"] = _grade_influence(organisations, traits, rng)
    _plant_archetypes(traits)
    return traits


def _add_life(traits: pd.DataFrame, rng: np.random.Generator) -> None:
    """Add when an organisation came and went, in days since 1970 (−1: still there)."""
    count = len(traits)
    start = STARTED
    end = AS_OF.astype(int)
    before = start - 1 - (rng.exponential(1500, count) % 6500).astype(int)
    within = rng.integers(start, end - 40, count)
    is_new = rng.random(count) < 0.12
    traits["joined"] = np.where(is_new, within, before)
    left = np.maximum(rng.integers(start, end, count), traits["joined"] + 90)
    leaves = (rng.random(count) < 0.035) & (left < end - 5)
    gone = (rng.random(count) < 0.02) & ~is_new & ~leaves
    left = np.where(gone, np.maximum(start - 200, traits["joined"] + 1), left)
    traits["left"] = np.where(leaves | gone, left, -1)


def _find_flagships(organisations: pd.DataFrame, traits: pd.DataFrame) -> np.ndarray:
    """Return each branch's four largest organisations, whose members were won."""
    largest = (
        traits["employees"].drop(PLANT).sort_values(ascending=False, kind="stable")
    )
    branch = organisations["branch"][largest.index]
    return branch.index[branch.groupby(branch).cumcount() < 4].to_numpy()


def _add_member_habits(
    organisations: pd.DataFrame,
    traits: pd.DataFrame,
    kinds: pd.DataFrame,
    rng: np.random.Generator,
) -> None:
    count = len(traits)
    share = kinds["share"].to_numpy() * np.exp(
        0.6 * rng.standard_normal(count) - 0.12 * traits["style"]
    )
    # Large organisations are won whole, small ones line by line.
    lines = traits["employees"].to_numpy() ** 1.35 * np.clip(share, 0.02, 1.0)
    flagships = _find_flagships(organisations, traits)
    lines[flagships] = 0.0
    first = ~organisations["branch"][flagships].duplicated().to_numpy()
    size = traits["employees"].to_numpy()[flagships]
    large = np.where(first, np.clip(0.7 * size, 435, 520), np.clip(0.4 * size, 60, 140))
    lines *= np.maximum(0.56 * LINES_PER_ACCOUNT * count - large.sum(), count) / (
        lines.sum()
    )
    few = rng.choice([0.0, 1.0, 2.0], count, p=[0.10, 0.45, 0.45])
    lines = np.clip(lines, few, np.maximum(1.2 * traits["employees"], 2))
    lines[flagships] = large
    traits["lines"] = lines
    traits["leaving_rate"] = np.clip(
        0.016 * np.exp(0.95 * rng.standard_normal(count)), 0.001, 0.14
    )
    traits["bill_level"] = np.exp(0.35 * rng.standard_normal(count)) * 1.1
    traits.loc[flagships[first], "bill_level"] = 2.6
    has_vnet = rng.random(count) < np.clip(0.42 + 0.14 * np.log(lines + 1), 0, 0.94)
    style = np.clip(0.72 - 0.08 * traits["style"], 0.2, 0.98)
    traits["vnet_share"] = np.where(has_vnet, style * rng.beta(6, 2, count), 0.0)
    traits.loc[flagships, "vnet_share"] = 0.8


def _add_spending(
    traits: pd.DataFrame, kinds: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Add what the group itself pays, yuan a month."""
    count = len(traits)
    pays = rng.random(count) < kinds["unified_chance"] + 0.06 * traits["style"]
    unified = (
        98
        * kinds["unified_scale"].to_numpy()
        * traits["employees"] ** 0.60
        * np.exp(0.62 * traits["style"] + 0.9 * rng.standard_normal(count))
    )
    traits["unified"] = np.where(pays, np.maximum(unified, 10), 0.0)
    wish = -1.35 + kinds["wish"].to_numpy() + 0.36 * np.log(traits["employees"])
    traits["product_wish"] = np.exp(wish + 0.20 * rng.standard_normal(count))
    traits["price_level"] = np.exp(
        0.45 * traits["style"] + 0.35 * rng.standard_normal(count) - 0.15
    )


def _add_attributes(
    traits: pd.DataFrame, kinds: pd.DataFrame, rng: np.random.Generator
) -> None:
    count = len(traits)
    level = 0.62 * np.log(traits["employees"]) + 0.5 * kinds["wish"].to_numpy() - 0.2
    level = np.round(level + 1.0 * rng.standard_normal(count))
    traits["level"] = np.clip(level, 0, 5).astype(int)
    traits["has_oa"] = (traits["level"] >= 4) | (rng.random(count) < 0.05)
    signing = traits["joined"] + rng.integers(-20, 500, count)
    traits["signed"] = np.where(rng.random(count) < 0.12, -1, signing)
    rival = np.where(rng.random(count) < 0.55, rng.beta(1.3, 3.2, count), 0.0)
    rival = np.where(rng.random(count) < 0.06, rng.uniform(0.5, 0.97, count), rival)
    traits["rival_share"] = np.round(rival, 3)


def _grade_influence(
    organisations: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Grade policy influence as A.6.1 words it; −1 stands for never graded."""
    count = len(organisations)
    kind = organisations["kind"].to_numpy()
    prefecture = organisations["county"].to_numpy() == PREFECTURE
    township = organisations["name"].str.contains("[镇乡]|街道").to_numpy()
    grade = np.zeros(count, dtype=int)
    public = np.isin(kind, ["government", "school", "health", "college"])
    grade[public] = 4
    grade[public & township] = rng.choice([1, 2, 3], count)[public & township]
    grade[prefecture & (kind == "government")] = 5
    grade[kind == "utility"] = rng.choice([3, 3, 4, 2], count)[kind == "utility"]
    grade[kind == "finance"] = rng.choice([2, 3, 3], count)[kind == "finance"]
    size = traits["employees"].to_numpy() * np.exp(0.6 * rng.standard_normal(count))
    business = ~public & ~np.isin(kind, ["utility", "finance"])
    grade[business] = np.digitize(size, [12, 60, 260])[business]
    ungraded = rng.random(count) < np.where(public, 0.12, 0.45)
    return np.where(ungraded & (grade < 5), -1, grade)


def _plant_archetypes(traits: pd.DataFrame) -> None:
    """Give the two archetypes what S0-29 and S0-31 tell of them."""
    since = np.datetime64("2016-03-01").astype(int)
    for row in (ORGANISATION_DEPARTMENT, PLANT):
        traits.loc[row, ["joined", "left", "signed"]] = [since, -1, since + 40]
        traits.loc[row, ["leaving_rate", "bill_level"]] = [0.004, 0.7]
    traits.loc[ORGANISATION_DEPARTMENT, ["lines", "unified"]] = [24.0, 6_200.0]
    traits.loc[ORGANISATION_DEPARTMENT, ["vnet_share", "price_level"]] = [0.9, 1.0]
    traits.loc[ORGANISATION_DEPARTMENT, ["level", "influence_grade"]] = [3, 4]
    traits.loc[PLANT, ["lines", "unified", "vnet_share"]] = [11.0, 0.0, 0.0]
    traits.loc[PLANT, ["level", "influence_grade", "rival_share"]] = [4, 4, 0.95]
    # A rival wins its people month by month, and no contract was ever signed.
    traits.loc[PLANT, ["leaving_rate", "signed"]] = [0.14, -1]
    traits.loc[PLANT, "has_oa"] = True


def rank_taxpayers(
    organisations: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Rank the taxpayers of each branch area; 0 stands for not on the list of 500.

    The customers among the 500 are spread over the whole list, the larger the higher.
    """
    kind = organisations["kind"].to_numpy()
    taxed = np.isin(kind, ["company", "utility", "finance", "hotel", "plant"])
    score = np.log(traits["employees"]) + 0.4 * traits["style"]
    score = score.to_numpy() + 0.9 * rng.standard_normal(len(kind))
    score[PLANT] = np.inf
    ranks = np.zeros(len(kind), dtype=int)
    for branch in range(len(BRANCHES)):
        members = np.flatnonzero(
            taxed
            & (organisations["branch"].to_numpy() == branch)
            & (traits["left"].to_numpy() < 0)
        )
        listed = min(int(0.5 * len(members)), 430)
        best = members[np.argsort(-score[members], kind="stable")[:listed]]
        fixed = np.array([3, 8, 27, 45])[:listed]
        rest = np.setdiff1d(np.arange(1, 501), fixed)
        places = np.append(fixed, rng.choice(rest, listed - len(fixed), replace=False))
        ranks[best] = np.sort(places)
    return ranks
