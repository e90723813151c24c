"""How one organisation's name comes to be written in several ways."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from demo import words
from demo.geography import BRANCHES, PROVINCE
from demo.organisations import PREFECTURE, Organisation, find_place

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_SYNONYMS = {"有限公司": "有限责任公司", "有限责任公司": "有限公司"}
_TYPOS = {right: wrong for right, wrong in words.TYPOS.items() if right != wrong}


class Variant(NamedTuple):
    """A way of writing a name.

    Attributes:
        kind: What was done to it.
        share: How often it is met among duplicates, relative to the others.
        is_weak: Whether the name alone leaves doubt, so that a clerk who made the
            record again mostly kept telephone, contact or address.
        write: Returns the other writing, or None where it doesn't apply.
    """

    kind: str
    share: float
    is_weak: bool
    write: Callable[[Organisation, np.random.Generator], str | None]


def _write_same(organisation: Organisation, _: np.random.Generator) -> str | None:
    return organisation.name


def _write_typo(organisation: Organisation, rng: np.random.Generator) -> str | None:
    """Mistype a character of the brand word, or drop one inside a long name."""
    name = organisation.name
    spots = [i for i, mark in enumerate(organisation.brand_word) if mark in _TYPOS]
    if spots:
        spot = spots[int(rng.integers(len(spots)))]
        brand = organisation.brand_word
        wrong = brand[:spot] + _TYPOS[brand[spot]] + brand[spot + 1 :]
        return name.replace(brand, wrong, 1)
    if len(name) < 9:
        return None
    spot = len(name) // 2 + int(rng.integers(2))
    return name[:spot] + name[spot + 1 :]


def _write_alias(organisation: Organisation, rng: np.random.Generator) -> str | None:
    aliases = organisation.aliases
    return aliases[int(rng.integers(len(aliases)))] if aliases else None


def _abbreviate(organisation: Organisation, _: np.random.Generator) -> str | None:
    for long, short in words.ABBREVIATIONS:
        if long in organisation.name:
            return organisation.name.replace(long, short)
    return None


def _drop_region(organisation: Organisation, _: np.random.Generator) -> str | None:
    rest = organisation.name.removeprefix(organisation.prefix)
    return rest if organisation.prefix and len(rest) >= 6 else None


def _add_region(organisation: Organisation, rng: np.random.Generator) -> str | None:
    """Write the province or prefecture before the name as well."""
    county = find_place(organisation.branch, organisation.county)
    prefecture = BRANCHES[organisation.branch].prefecture
    starts = (county.name, county.common, county.short)
    if organisation.county == PREFECTURE or not organisation.name.startswith(starts):
        return None
    return (
        (PROVINCE if rng.random() < 0.3 else "")
        + prefecture.common
        + (organisation.name)
    )


def _drop_form(organisation: Organisation, _: np.random.Generator) -> str | None:
    rest = organisation.name.removesuffix(organisation.form)
    return rest if organisation.form and len(rest) >= 5 else None


def _swap_form(organisation: Organisation, _: np.random.Generator) -> str | None:
    other = _SYNONYMS.get(organisation.form)
    return organisation.name.removesuffix(organisation.form) + other if other else None


def _bracket_region(organisation: Organisation, _: np.random.Generator) -> str | None:
    """宏达商贸（曲靖）有限公司 for 曲靖宏达商贸有限公司."""
    if organisation.kind != "company" or not organisation.form or organisation.trap:
        return None
    middle = organisation.brand_word + organisation.trade
    return f"{middle}（{organisation.prefix}）{organisation.form}"


def _add_note(organisation: Organisation, rng: np.random.Generator) -> str | None:
    notes = ("(新)", "（统付）", "[集团]", "【专线】", "(老)")
    return organisation.name + notes[int(rng.integers(len(notes)))]


def _widen(organisation: Organisation, rng: np.random.Generator) -> str | None:
    """Full-width brackets, or blanks that a form left in."""
    wide = organisation.name.translate(_WIDE)
    if wide != organisation.name:
        return wide
    blank = ("\u3000", " ", "\u00a0")[int(rng.integers(3))]
    spot = int(rng.integers(2, len(wide) - 1))
    return wide[:spot] + blank + wide[spot:]


def _write_traditional(
    organisation: Organisation, _: np.random.Generator
) -> str | None:
    other = "".join(words.TRADITIONAL.get(mark, mark) for mark in organisation.name)
    return other if other != organisation.name else None


def _write_bare_organ(organisation: Organisation, _: np.random.Generator) -> str | None:
    """县委组织部 for 罗平县委组织部: whose it is stands in the county column only."""
    if organisation.kind != "government" or organisation.county == PREFECTURE:
        return None
    common = find_place(organisation.branch, organisation.county).common
    names = [n for n in organisation.aliases if n.startswith(common)]
    return common[-1] + names[0].removeprefix(common) if names else None


VARIANTS = (
    Variant("same_name", 0.16, False, _write_same),
    Variant("typo", 0.11, True, _write_typo),
    Variant("alias", 0.26, True, _write_alias),
    Variant("abbreviation", 0.12, True, _abbreviate),
    Variant("region_missing", 0.16, True, _drop_region),
    Variant("region_added", 0.07, False, _add_region),
    Variant("legal_form_dropped", 0.09, False, _drop_form),
    Variant("legal_form_synonym", 0.04, False, _swap_form),
    Variant("region_in_brackets", 0.06, True, _bracket_region),
    Variant("note_in_brackets", 0.03, False, _add_note),
    Variant("width_or_blanks", 0.05, False, _widen),
    Variant("traditional", 0.04, False, _write_traditional),
    Variant("bare_organ", 0.06, True, _write_bare_organ),
)
_SHARES = np.array([variant.share for variant in VARIANTS])


def draw_variant(
    organisation: Organisation, rng: np.random.Generator
) -> tuple[Variant, str]:
    """Draw a way of writing an organisation's name that applies to it."""
    order = rng.choice(len(VARIANTS), len(VARIANTS), False, _SHARES / _SHARES.sum())
    for position in order:
        written = VARIANTS[position].write(organisation, rng)
        if written:
            return VARIANTS[position], written
    return VARIANTS[0], organisation.name
