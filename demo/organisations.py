"""The true organisations of the province, each once: what the CRM keeps records of."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from demo import words
from demo.geography import BRANCHES, Place

PREFECTURE = -1
NOBODY = -1

# Shares of the kinds; companies are what the institutions leave.
INSTITUTION_SHARES = {
    "government": 0.165,
    "school": 0.065,
    "health": 0.045,
    "college": 0.010,
    "utility": 0.045,
    "finance": 0.050,
}
COMPANY_SHARES = {"company": 0.68, "shop": 0.14, "farm": 0.09, "hotel": 0.09}
TRAP_SHARES = {
    "same_brand_other_city": 0.010,
    "other_legal_form": 0.006,
    "parent_and_subsidiary": 0.010,
    "branch_of_company": 0.025,
}
INDUSTRIES = {
    "government": "公共管理",
    "school": "教育",
    "college": "教育",
    "health": "卫生",
    "utility": "公用事业",
    "finance": "金融业",
    "farm": "农林牧渔",
    "hotel": "住宿餐饮",
}
OWNERSHIPS = {
    "government": "government",
    "school": "institution",
    "college": "institution",
    "health": "institution",
    "utility": "state_owned",
    "finance": "state_owned",
}


class Organisation(NamedTuple):
    """One true organisation.

    Attributes:
        kind: What it is; decides size, spending and where it may be a duplicate.
        name: Official name.
        aliases: Other names in daily use.
        prefix: Region that a company's name starts with.
        brand_word: 字号, empty for institutions.
        trade: What a company's name says about its business.
        form: Legal form at the end of a company's name.
        branch: Position in `BRANCHES`.
        county: Position in the branch's counties, `PREFECTURE` for the whole area.
        industry: Industry as the CRM names it.
        ownership: Ownership as the contract names it.
        head: Position of the head office, `NOBODY` where there is none.
        trap: Why it is easily taken for another one, or empty.
        trap_of: Position of that other one.
    """

    kind: str
    name: str
    aliases: tuple[str, ...]
    prefix: str
    brand_word: str
    trade: str
    form: str
    branch: int
    county: int
    industry: str
    ownership: str
    head: int = NOBODY
    trap: str = ""
    trap_of: int = NOBODY


def find_place(branch: int, county: int) -> Place:
    """Return the county, or the prefecture for `PREFECTURE`."""
    area = BRANCHES[branch]
    return area.prefecture if county == PREFECTURE else area.counties[county]


def make_organisations(accounts: int, rng: np.random.Generator) -> pd.DataFrame:
    """Make the true organisations.

    The two archetypes (S0-29 and S0-31) come first; names are unique in the province,
    brand word and trade within a branch except where a trap is meant.

    Args:
        accounts: How many organisations to make, at least 100.
        rng: Source of every choice.
    """
    if accounts < 100:
        raise ValueError(
            f"{accounts} accounts are too few for a province; ask for 100."
        )
    found = list(_make_archetypes())
    taken = {organisation.name for organisation in found}
    for kind, share in INSTITUTION_SHARES.items():
        universe = {o.name: o for o in _INSTITUTIONS[kind]() if o.name not in taken}
        found += _choose(list(universe.values()), round(share * accounts), rng)
    _link_bank_units(found)
    traps = round(sum(TRAP_SHARES.values()) * accounts)
    _add_companies(found, accounts - traps, rng)
    _add_traps(found, accounts, rng)
    frame = pd.DataFrame(found[:accounts])
    frame["initial_class"] = np.where(frame["kind"] == "government", "B_GOV", "C_OTHER")
    return frame


def _make_archetypes() -> Iterator[Organisation]:
    qujing = next(i for i, area in enumerate(BRANCHES) if area.branch_id == "qujing")
    counties = [county.short for county in BRANCHES[qujing].counties]
    luoping, luliang = counties.index("罗平"), counties.index("陆良")
    yield _fill(words.ORGANS[0], "government", qujing, luoping)
    yield Organisation(
        kind="plant",
        name="陆良协联电厂",
        aliases=("协联电厂",),
        prefix="陆良",
        brand_word="协联",
        trade="电厂",
        form="",
        branch=qujing,
        county=luliang,
        industry="电力热力",
        ownership="joint_venture",
    )


def _fill(
    template: str, kind: str, branch: int, county: int, **more: str
) -> Organisation:
    place = find_place(branch, county)
    name, *aliases = template.format(
        full=place.name, p=place.common, s=place.short, **more
    ).split("|")
    other = dict.fromkeys(alias for alias in aliases if alias != name)
    return Organisation(
        kind=kind,
        name=name,
        aliases=tuple(other),
        prefix="",
        brand_word="",
        trade="",
        form="",
        branch=branch,
        county=county,
        industry=INDUSTRIES[kind],
        ownership=OWNERSHIPS[kind],
    )


def _list_places(with_prefectures: bool = True) -> Iterator[tuple[int, int]]:
    for branch, area in enumerate(BRANCHES):
        first = PREFECTURE if with_prefectures else 0
        for county in range(first, len(area.counties)):
            yield branch, county


def _list_townships(branch: int, county: int) -> list[str]:
    """Invent a county's townships: the same ones whatever the seed."""
    rng = np.random.default_rng([branch, county, 12])
    first = rng.choice(list(words.TOWNSHIP_FIRST), 12, replace=False)
    second = rng.choice(list(words.TOWNSHIP_SECOND), 12, replace=False)
    kinds = ["镇"] * 5 + ["乡"] * 5 + ["街道"] * 2
    return [a + b + kind for a, b, kind in zip(first, second, kinds, strict=True)]


def _fill_townships(templates: Iterable[str], kind: str) -> Iterator[Organisation]:
    for branch, county in _list_places(with_prefectures=False):
        for township in _list_townships(branch, county):
            for template in templates:
                yield _fill(template, kind, branch, county, t=township)


def _list_government() -> list[Organisation]:
    found = [
        _fill(template, "government", branch, county)
        for template in words.ORGANS
        for branch, county in _list_places()
    ]
    return found + list(_fill_townships(words.TOWNSHIP_UNITS, "government"))


def _list_schools() -> list[Organisation]:
    found = [
        _fill(template, "school", branch, county)
        for template in words.SCHOOLS
        for branch, county in _list_places()
    ]
    return found + list(_fill_townships(words.TOWNSHIP_SCHOOLS, "school"))


def _list_colleges() -> list[Organisation]:
    return [
        _fill(template, "college", branch, PREFECTURE)
        for template in words.COLLEGES
        for branch in range(len(BRANCHES))
    ]


def _list_health() -> list[Organisation]:
    found = [
        _fill(template, "health", branch, county)
        for template in words.HEALTH
        for branch, county in _list_places()
    ]
    return found + list(_fill_townships(words.TOWNSHIP_HEALTH, "health"))


def _list_utilities() -> list[Organisation]:
    return [
        _fill(template, "utility", branch, county)
        for template in words.UTILITIES
        for branch, county in _list_places()
    ]


def _list_bank_units() -> list[Organisation]:
    found = []
    for bank in words.BANKS:
        official, daily, unit = bank.split("|")
        head_unit = "分行" if unit == "支行" else "分公司"
        for branch, county in _list_places():
            here = "{s}" + (head_unit if county == PREFECTURE else unit)
            template = f"{official}{here}|{daily}{here}|{daily}{{s}}"
            found.append(_fill(template, "finance", branch, county))
    return found


_INSTITUTIONS: dict[str, Callable[[], list[Organisation]]] = {
    "government": _list_government,
    "school": _list_schools,
    "health": _list_health,
    "college": _list_colleges,
    "utility": _list_utilities,
    "finance": _list_bank_units,
}


def _choose(
    universe: list[Organisation], count: int, rng: np.random.Generator
) -> list[Organisation]:
    """Choose without replacement; what stands early in the lists is the likelier."""
    rank = np.arange(len(universe))
    branch = np.array([organisation.branch for organisation in universe])
    county = np.array([organisation.county for organisation in universe])
    weight = 1 / (1 + 4 * rank / len(universe)) ** 2
    weight *= np.where(county == PREFECTURE, 3.0, 1.0)
    weight *= np.array([area.weight for area in BRANCHES])[branch]
    weight /= np.bincount(branch)[branch]
    keys = np.log(rng.random(len(universe))) / weight
    return [universe[i] for i in np.sort(np.argsort(-keys)[:count])]


def _link_bank_units(found: list[Organisation]) -> None:
    """Point each bank's county unit to its unit for the whole area, where it's kept."""
    heads = {
        (organisation.branch, organisation.name[:8]): i
        for i, organisation in enumerate(found)
        if organisation.kind == "finance" and organisation.county == PREFECTURE
    }
    for i, organisation in enumerate(found):
        if organisation.kind == "finance" and organisation.county != PREFECTURE:
            head = heads.get((organisation.branch, organisation.name[:8]), NOBODY)
            found[i] = organisation._replace(head=head)


def draw_places(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw branch and county of organisations; the seat of a branch has most."""
    weights = np.array([area.weight for area in BRANCHES])
    branch = rng.choice(len(BRANCHES), count, p=weights / weights.sum())
    size = np.array([len(area.counties) for area in BRANCHES])[branch]
    county = np.where(
        rng.random(count) < 0.28, 0, (rng.random(count) * size).astype(int)
    )
    return branch, county


def draw_brands(count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw brand words: two good characters, sometimes three."""
    first = rng.choice(list(words.BRAND_FIRST), count)
    middle = rng.choice(list(words.BRAND_MIDDLE), count)
    second = rng.choice(list(words.BRAND_SECOND), count)
    middle[rng.random(count) > 0.18] = ""
    second = np.where(second == first, "源", second)
    return np.char.add(np.char.add(first, middle), second)


def _add_companies(
    found: list[Organisation], until: int, rng: np.random.Generator
) -> None:
    names = {organisation.name for organisation in found}
    businesses: set[tuple[int, str, str]] = set()
    while len(found) < until:
        for company in _draw_companies(until - len(found) + 16, rng):
            business = (company.branch, company.brand_word, company.trade)
            if company.name in names or business in businesses or len(found) >= until:
                continue
            names.add(company.name)
            businesses.add(business)
            found.append(company)


def _draw_companies(count: int, rng: np.random.Generator) -> Iterator[Organisation]:
    kinds = rng.choice(list(COMPANY_SHARES), count, p=list(COMPANY_SHARES.values()))
    branch, county = draw_places(count, rng)
    brands = draw_brands(count, rng)
    prefixes = rng.choice(5, count, p=[0.28, 0.22, 0.12, 0.25, 0.13])
    forms = rng.choice(words.FORMS, count, p=words.FORM_WEIGHTS)
    picks = rng.random(count)
    owners = rng.choice(
        ["private", "state_owned", "joint_venture", "foreign"],
        count,
        p=[0.90, 0.07, 0.02, 0.01],
    )
    for i in range(count):
        yield _make_company(
            kinds[i],
            (int(branch[i]), int(county[i])),
            str(brands[i]),
            int(prefixes[i]),
            str(forms[i]),
            float(picks[i]),
            str(owners[i]),
        )


def _make_company(
    kind: str,
    place: tuple[int, int],
    brand: str,
    prefix_kind: int,
    form: str,
    pick: float,
    owner: str,
) -> Organisation:
    city, county = find_place(place[0], PREFECTURE), find_place(*place)
    prefixes = ("云南", city.short, city.common, county.common, county.short)
    prefix, industry = prefixes[prefix_kind], INDUSTRIES.get(kind, "")
    if kind == "company":
        trade, industry = _pick(words.TRADES, pick).split("|")
    elif kind == "shop":
        trade, industry = _pick(words.SHOP_TRADES, pick).split("|")
        prefix, form, owner = county.common, "", "private"
    elif kind == "hotel":
        trade, prefix = _pick(words.HOTELS, pick), prefixes[max(prefix_kind, 1)]
        form = "有限公司" if prefix_kind == 0 else ""
    else:
        trade, prefix = _pick(words.FARM_TRADES, pick), county.common
        form, owner = _pick(words.FARM_FORMS, pick * 7 % 1), "private"
    return Organisation(
        kind=str(kind),
        name=f"{prefix}{brand}{trade}{form}",
        aliases=(),
        prefix=prefix,
        brand_word=brand,
        trade=trade,
        form=form,
        branch=place[0],
        county=place[1],
        industry=industry,
        ownership=owner,
    )


def _pick(options: tuple[str, ...], pick: float) -> str:
    return options[int(pick * len(options))]


def _add_traps(found: list[Organisation], until: int, rng: np.random.Generator) -> None:
    """Add organisations that are easily, and wrongly, taken for another."""
    names = {organisation.name for organisation in found}
    companies = [i for i, o in enumerate(found) if o.kind == "company" and o.form]
    candidates = iter(rng.permutation(companies).tolist() * 3)
    makers = {
        "same_brand_other_city": _move_to_other_city,
        "other_legal_form": _change_form,
        "parent_and_subsidiary": _make_parent,
        "branch_of_company": _make_branch,
    }
    for trap, share in TRAP_SHARES.items():
        wanted = max(2, round(share * until))
        while wanted and len(found) < until:
            base = next(candidates)
            made = makers[trap](found[base], base, rng)
            if made.name not in names:
                names.add(made.name)
                found.append(made._replace(trap=trap, trap_of=base))
                wanted -= 1
    _add_companies(found, until, rng)


def _move_to_other_city(
    base: Organisation, _: int, rng: np.random.Generator
) -> Organisation:
    branch = int((base.branch + rng.integers(1, len(BRANCHES))) % len(BRANCHES))
    prefix = find_place(branch, PREFECTURE).short
    name = f"{prefix}{base.brand_word}{base.trade}{base.form}"
    return base._replace(name=name, prefix=prefix, branch=branch, county=0)


def _change_form(base: Organisation, _: int, rng: np.random.Generator) -> Organisation:
    limited = base.form in ("有限公司", "有限责任公司")
    form = "股份有限公司" if limited and rng.random() < 0.7 else "合伙企业(普通合伙)"
    name = f"{base.prefix}{base.brand_word}{base.trade}{form}"
    return base._replace(name=name, form=form)


def _make_parent(base: Organisation, _: int, __: np.random.Generator) -> Organisation:
    name = f"{base.prefix}{base.brand_word}集团有限公司"
    return base._replace(name=name, trade="集团", form="有限公司", county=0)


def _make_branch(base: Organisation, i: int, rng: np.random.Generator) -> Organisation:
    counties = BRANCHES[base.branch].counties
    county = int((base.county + rng.integers(1, len(counties))) % len(counties))
    unit = ("分公司", "营业部", "经营部", "办事处")[int(rng.integers(4))]
    name = f"{base.name}{counties[county].short}{unit}"
    return base._replace(name=name, form="", county=county, head=i)
