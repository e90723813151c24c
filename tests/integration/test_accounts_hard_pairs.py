"""Pairs of organisations that are easily taken for one, and pairs that are one.

Each row of `hard_negatives.csv` is a pair of records in one branch. None that is to
stay apart may share an account; one to be found may also wait for a steward.
"""

import csv
from pathlib import Path

import pytest

from tests.integration.account_records import (
    build_accounts,
    put_rows,
    read_accounts,
    read_verdicts,
)

DATA = Path(__file__).parents[1] / "data"
CASES = list(csv.DictReader((DATA / "hard_negatives.csv").open(encoding="utf-8")))


def make_records(number, case):
    """Both records of a case, sharing what the case says."""
    for side in ("left", "right"):
        own = number * 2 + (side == "right")
        place = number * 2 if "address" in case["shared"] else own
        line = number * 2 if "phone" in case["shared"] else own
        yield {
            "account_id": f"{number:03d}-{side}",
            "account_name": case[f"{side}_name"],
            "branch_id": f"branch-{number:03d}",
            "county_name": case[f"{side}_county"] or None,
            "credit_code": case[f"{side}_code"] or None,
            "address": f"{case[f'{side}_county']}人民路{place + 100}号",
            "office_phone": f"0874-{3000000 + line}",
        }


def make_contacts(number, case):
    for side in ("left", "right"):
        own = number * 2 + (side == "right")
        line = number * 2 if "contact" in case["shared"] else own
        yield {
            "contact_id": f"{number:03d}-{side}",
            "account_id": f"{number:03d}-{side}",
            "contact_phone": f"1380000{line:04d}",
        }


@pytest.fixture(scope="module")
def judged(warehouse):
    for make, table in (
        (make_records, "crm__accounts"),
        (make_contacts, "crm__contacts"),
    ):
        put_rows(
            warehouse,
            table,
            [row for number, case in enumerate(CASES) for row in make(number, case)],
        )
    build_accounts(warehouse)
    return read_accounts(warehouse), read_verdicts(warehouse)


@pytest.mark.parametrize(
    ("number", "case"),
    list(enumerate(CASES)),
    ids=[f"{case['expected']}: {case['why']} {n}" for n, case in enumerate(CASES)],
)
def test_pair_is_judged_as_expected(judged, number, case):
    accounts, verdicts = judged
    left, right = f"{number:03d}-left", f"{number:03d}-right"
    is_one = accounts[left] == accounts[right]
    if case["expected"] == "found":
        assert is_one or verdicts.get((left, right)) == "review"
    else:
        assert is_one == (case["expected"] == "merged")
