"""Credit codes are valid by the published rule, and belong to nobody."""

import numpy as np
import pytest

from demo.credit_codes import ALPHABET, make_credit_codes

# Real codes of public bodies, as printed in gazettes' examples of the standard.
KNOWN_BODY_CHECKS = [("D2143569", "X")]  # the example in GB 11714


@pytest.fixture(scope="module")
def codes():
    count = 500
    return make_credit_codes(
        np.full(count, "91"), np.full(count, "530302"), np.arange(count) * 19_997
    )


def weigh(code):
    weights = [pow(3, place, 31) for place in range(17)]
    pairs = zip(code, weights, strict=False)
    return sum(ALPHABET.index(mark) * weight for mark, weight in pairs)


def test_last_character_checks_the_others(codes):
    for code in codes:
        assert ALPHABET[-weigh(code[:17]) % 31] == code[17]


def test_organisation_code_inside_checks_too(codes):
    for code in codes:
        assert code[16] == check_organisation(code[8:16])


@pytest.mark.parametrize(("body", "check"), KNOWN_BODY_CHECKS)
def test_rule_agrees_with_the_standards_example(body, check):
    assert check_organisation(body) == check


def check_organisation(body):
    weights = [3, 7, 9, 10, 5, 8, 4, 2]
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    pairs = zip(body, weights, strict=True)
    rest = 11 - sum(letters.index(mark) * weight for mark, weight in pairs) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def test_codes_are_unique_and_of_no_register(codes):
    assert len(set(codes)) == len(codes)
    assert {code[8] for code in codes} == {"X"}
    assert {len(code) for code in codes} == {18}
