"""The CRM's records of the organisations, duplicates and all."""

import numpy as np
import pandas as pd

from demo import words
from demo.credit_codes import make_credit_codes
from demo.geography import BRANCHES
from demo.organisations import NOBODY, PREFECTURE, Organisation, find_place
from demo.traits import ORGANISATION_DEPARTMENT, PLANT, STARTED
from demo.variants import Variant, draw_variant

DUPLICATED_SHARE = 0.155
DEPARTMENTS = {
    "government": "11",
    "school": "12",
    "college": "12",
    "health": "12",
    "farm": "93",
    "shop": "92",
}
# What the second record of an organisation has in common with the first.
_SAME_CODE, _NO_CODE, _WRONG_CODE = range(3)


def make_records(
    organisations: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Make the account records: of each organisation one, of some more.

    Returns:
        One row per record, those of an organisation together and its first one ahead:
        `organisation` is its position, `variant` how it differs from the first.
    """
    first = _make_first_records(organisations, traits, rng)
    _share_phones_and_contacts(first, organisations, rng)
    copies = _make_copies(first, organisations, traits, rng)
    records = pd.concat([first, copies], ignore_index=True)
    records = records.sort_values("organisation", kind="stable", ignore_index=True)
    codes = np.char.zfill(rng.permutation(len(records)).astype(str), 7)
    region = records["region_code"].to_numpy().astype(str)
    records.insert(0, "account_id", np.char.add(region, codes))
    _link_heads(records, organisations, rng)
    _plant_wrong_codes(records, rng)
    return records


def _make_first_records(
    organisations: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    count = len(organisations)
    branch = organisations["branch"].to_numpy()
    region = np.array([area.region_code for area in BRANCHES])[branch]
    places = [
        find_place(b, max(c, 0)).name
        for b, c in zip(branch, organisations["county"], strict=True)
    ]
    records = pd.DataFrame(
        {
            "organisation": np.arange(count),
            "variant": "first",
            "name": organisations["name"],
            "region_code": region,
            "county": pd.Series(places).mask(rng.random(count) < 0.02),
            "address": _make_addresses(organisations, rng),
            "phone": _make_phones(region, count, rng),
            "contact": rng.permutation(count),
            "credit_code": _make_codes(organisations, rng),
            "industry": organisations["industry"],
            "ownership": organisations["ownership"].mask(rng.random(count) < 0.02),
            "manager": _draw_managers(branch, rng),
            "created": traits["joined"] - rng.integers(0, 30, count),
            "closed": traits["left"],
        }
    )
    has_code = rng.random(count) < 0.82
    has_code[[ORGANISATION_DEPARTMENT, PLANT]] = True
    records["true_code"] = records["credit_code"]
    records["credit_code"] = records["credit_code"].where(has_code)
    has_phone = rng.random(count) < 0.93
    records["phone"] = records["phone"].where(has_phone)
    _add_attributes(records, traits, rng)
    return records


def _add_attributes(
    records: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Add what a manager notes about an organisation; some of it is not known."""
    at = records["organisation"].to_numpy()
    count = len(records)

    def note(column: str, unknown: float) -> pd.Series:
        values = traits[column].iloc[at].reset_index(drop=True).astype("Float64")
        noted = rng.random(count) >= unknown
        return values.where(noted | np.isin(at, [ORGANISATION_DEPARTMENT, PLANT]))

    records["employees"] = note("employees", 0.05).astype("Int64")
    records["level"] = note("level", 0.06).astype("Int64")
    records["has_oa"] = note("has_oa", 0.10).astype("Int64")
    records["rival_share"] = note("rival_share", 0.35)
    signed = traits["signed"].to_numpy()[at]
    records["signed"] = np.where(rng.random(count) < 0.97, signed, -1)
    offers = rng.choice(words.RIVAL_OFFERS, count)
    named = (records["rival_share"].fillna(0) > 0.25) & (rng.random(count) < 0.6)
    records["rival_offer"] = pd.Series(offers, dtype=object).where(named)
    records.loc[at == PLANT, "rival_offer"] = words.RIVAL_OFFERS[0]
    spending = traits["unified"].to_numpy()[at] + 30 * traits["lines"].to_numpy()[at]
    spending = spending * np.exp(0.9 * rng.standard_normal(count))
    cuts = np.quantile(spending, [0.5, 0.8, 0.94])
    grades = np.array(["D", "C", "B", "A"], dtype=object)[np.digitize(spending, cuts)]
    records["former_grade"] = pd.Series(grades).mask(rng.random(count) < 0.22)


def _make_addresses(organisations: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    roads = rng.choice(words.ROADS, len(organisations))
    numbers = rng.integers(1, 400, len(organisations))
    towns = [
        find_place(branch, PREFECTURE).common
        + find_place(branch, max(county, 0)).common
        for branch, county in zip(
            organisations["branch"], organisations["county"], strict=True
        )
    ]
    return [
        f"{town}{road}{number}号"
        for town, road, number in zip(towns, roads, numbers, strict=True)
    ]


def _make_phones(
    region: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Numbers that begin with 0 behind the area code: none is given out."""
    numbers = rng.choice(max(1_000_000, 2 * count), count, replace=False)
    local = np.char.add("0", np.char.zfill(numbers.astype(str), 6))
    return np.char.add(np.char.add(np.char.add("0", region.astype(str)), "-"), local)


def _make_codes(organisations: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    divisions = [
        find_place(b, c).code
        for b, c in zip(organisations["branch"], organisations["county"], strict=True)
    ]
    kinds = organisations["kind"]
    departments = np.array([DEPARTMENTS.get(kind, "91") for kind in kinds])
    numbers = rng.choice(9_999_999, len(organisations), replace=False)
    return make_credit_codes(departments, np.array(divisions), numbers)


def _draw_managers(branch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a manager of the own branch: about 50 accounts each (A.6.5)."""
    staff = np.maximum(np.bincount(branch, minlength=len(BRANCHES)) // 50, 2)
    return (rng.random(len(branch)) * staff[branch]).astype(int)


def _share_phones_and_contacts(
    records: pd.DataFrame, organisations: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Let companies share a switchboard and a building, others a bookkeeper.

    Neither says that they are one: hard negatives for the matcher.
    """
    kind = organisations["kind"].to_numpy()
    area = organisations["branch"] * 100 + organisations["county"]
    pool = organisations.index[np.isin(kind, ["company", "shop"])]
    pool = pool[np.argsort(area[pool].to_numpy(), kind="stable")]
    records["shared"] = ""
    groups = max(2, len(records) // 250)
    for group, start in enumerate(rng.choice(len(pool) - 6, groups, replace=False)):
        members = pool[start : start + int(rng.integers(3, 7))]
        members = members[area[members] == area[members[0]]]
        if len(members) < 2 or (records.loc[members, "shared"] != "").any():
            continue
        if group % 2:
            building = words.BUILDINGS[group % len(words.BUILDINGS)]
            street = records.loc[members[0], "address"]
            rooms = rng.choice(np.arange(101, 2900), len(members), replace=False)
            records.loc[members, "phone"] = records.loc[members[0], "phone"]
            records.loc[members, "address"] = [
                f"{street}{building}{room}室" for room in rooms
            ]
            records.loc[members, "shared"] = f"building {group}"
        else:
            records.loc[members, "contact"] = records.loc[members[0], "contact"]
            records.loc[members, "shared"] = f"contact {group}"


def _make_copies(
    first: pd.DataFrame,
    organisations: pd.DataFrame,
    traits: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Make the second, third and fourth records of some organisations."""
    eligible = organisations["trap"].isin(["", "branch_of_company"]).to_numpy().copy()
    trapped = organisations.loc[organisations["trap"] != "", "trap_of"]
    eligible[trapped] = False
    eligible[[ORGANISATION_DEPARTMENT, PLANT]] = False
    chosen = eligible & (rng.random(len(first)) < DUPLICATED_SHARE)
    extra = rng.choice([1, 2, 3], len(first), p=[0.84, 0.13, 0.03])
    at = np.repeat(np.flatnonzero(chosen), extra[chosen])
    copies = first.iloc[at].reset_index(drop=True)
    _add_attributes(copies, traits, rng)
    places = _count_names(organisations)
    names, kinds, weak = [], [], []
    for position in at:
        organisation = Organisation(
            *organisations.iloc[position][: len(Organisation._fields)]
        )
        variant, name = _draw_unique_variant(organisation, places, rng)
        names.append(name)
        kinds.append(variant.kind)
        weak.append(variant.is_weak)
    copies["name"], copies["variant"] = names, kinds
    _change_copies(copies, np.array(weak), organisations, rng)
    return copies


def _count_names(organisations: pd.DataFrame) -> pd.Series:
    """Count how many organisations of a branch can be called by a name."""
    named = organisations[["branch", "name"]]
    other = organisations[["branch", "aliases"]].explode("aliases").dropna()
    other = other.rename(columns={"aliases": "name"})
    return pd.concat([named, other]).value_counts()


def _draw_unique_variant(
    organisation: Organisation, places: pd.Series, rng: np.random.Generator
) -> tuple[Variant, str]:
    """Draw a variant that no other organisation of the branch is called by."""
    for _ in range(4):
        variant, name = draw_variant(organisation, rng)
        own = name == organisation.name or name in organisation.aliases
        if places.get((organisation.branch, name), 0) == int(own):
            return variant, name
    return draw_variant(organisation._replace(aliases=(), prefix=""), rng)


def _change_copies(
    copies: pd.DataFrame,
    weak: np.ndarray,
    organisations: pd.DataFrame,
    rng: np.random.Generator,
) -> None:
    """Change what the second clerk wrote differently.

    A doubtful name mostly comes with a telephone, contact or code in common; about one
    in thirty duplicates has nothing in common but the name.
    """
    count = len(copies)
    code = rng.choice(3, count, p=[0.52, 0.40, 0.08])
    same_phone = rng.random(count) < np.where(weak, 0.72, 0.55)
    same_contact = rng.random(count) < np.where(weak, 0.55, 0.40)
    fate = rng.choice(3, count, p=[0.50, 0.34, 0.16])  # same, rewritten, moved
    bare = weak & (code != _SAME_CODE) & ~same_phone & ~same_contact
    rescued = bare & (rng.random(count) < 0.8)
    same_phone |= rescued
    true_code = copies["true_code"].astype(object)
    wrong = (
        true_code.str[:14] + true_code.str[15] + true_code.str[14] + true_code.str[16:]
    )
    codes = true_code.where(code == _SAME_CODE)
    copies["credit_code"] = codes.mask(code == _WRONG_CODE, wrong)
    shared = copies["shared"].str.startswith("building").to_numpy()
    fresh = pd.Series(_make_phones(copies["region_code"].to_numpy(), count, rng))
    fresh = fresh.str.replace("-0", "-1", regex=False)
    copies["phone"] = copies["phone"].where(same_phone, fresh)
    rewritten = _rewrite_phones(copies["phone"], rng)
    copies["phone"] = copies["phone"].where(rng.random(count) < 0.6, rewritten)
    strangers = len(organisations) + np.arange(count)
    copies["contact"] = np.where(same_contact, copies["contact"], strangers)
    at = organisations.iloc[copies["organisation"].to_numpy()]
    moved = pd.Series(_make_addresses(at, rng))
    other = copies["address"].map(_rewrite_address)
    copies["address"] = copies["address"].where(fate != 1, other)
    copies["address"] = copies["address"].where((fate != 2) | shared, moved)
    copies["manager"] = _draw_managers(at["branch"].to_numpy(), rng)
    copies["created"] += rng.integers(30, 700, count)
    end = STARTED + 690
    copies["created"] = np.minimum(copies["created"], end)
    closes = (copies["closed"] < 0) & (rng.random(count) < 0.12)
    closing = copies["created"] + rng.integers(60, 600, count)
    copies["closed"] = np.where(closes, np.minimum(closing, end + 20), copies["closed"])
    copies["closed"] = np.where(
        copies["closed"] < 0, -1, np.maximum(copies["closed"], copies["created"] + 1)
    )
    copies["employees"] = _age_counts(copies["employees"], rng)
    copies["shared"] = ""


def _age_counts(counts: pd.Series, rng: np.random.Generator) -> pd.Series:
    factor = np.where(rng.random(len(counts)) < 0.5, 1.0, rng.uniform(0.85, 1.1))
    return (counts.astype("Float64") * factor).round().clip(lower=1).astype("Int64")


def _rewrite_phones(phones: pd.Series, rng: np.random.Generator) -> pd.Series:
    blank = phones.str.replace("-", " ", regex=False)
    bracketed = "(" + phones.str.replace("-", ")", regex=False)
    return blank.where(rng.random(len(phones)) < 0.5, bracketed)


def _rewrite_address(address: str) -> str:
    city, _, rest = address.partition("市" if "市" in address[:4] else "州")
    wide = rest.translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)})
    return (wide if len(city) % 2 else rest).replace("号", "") or address


def _link_heads(
    records: pd.DataFrame, organisations: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Fill in the head office where the manager knew it: six times of ten."""
    first = records["variant"] == "first"
    by_organisation = records.loc[first].set_index("organisation")["account_id"]
    head = organisations["head"].to_numpy()[records["organisation"].to_numpy()]
    known = (head != NOBODY) & (rng.random(len(records)) < 0.6)
    numbers = pd.Series(head).map(by_organisation)
    records["head_account_id"] = numbers.where(known)


def _plant_wrong_codes(records: pd.DataFrame, rng: np.random.Generator) -> None:
    """Put another organisation's valid code into a few records.

    Some branch offices carry their head office's code, and some records a code that
    was copied from the line above. Neither makes them one organisation.
    """
    first = (records["variant"] == "first").to_numpy()
    codes = records.set_index("account_id")["credit_code"]
    branches = np.flatnonzero(first & records["head_account_id"].notna().to_numpy())
    for row in branches[: max(2, len(branches) // 40)]:
        code = codes[records.loc[row, "head_account_id"]]
        if isinstance(code, str):
            records.loc[row, ["credit_code", "variant"]] = [code, "code_of_head_office"]
    lone = np.flatnonzero(first & ~records["organisation"].duplicated(keep=False))
    for row in rng.choice(lone[10:], max(2, len(records) // 2000), replace=False):
        donor = rng.choice(lone[10:])
        code = records.loc[donor, "credit_code"]
        if isinstance(code, str) and donor != row:
            records.loc[row, ["credit_code", "variant"]] = [code, "code_of_a_stranger"]
