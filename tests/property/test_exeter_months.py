"""Months of examples/exeter in one pass are those of single runs, mart by mart.

`JINTA_EXETER_MONTHS=61` compares all of them.
"""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from jinta.settings import CHECKOUT
from tests.compiled_builds import build_from
from tests.running import backfill, read_hashes

SOURCES = CHECKOUT / "examples/exeter/sources.yml"
FROM_YEAR, FROM_MONTH = 2021, 4
COUNT = int(os.environ.get("JINTA_EXETER_MONTHS", "4"))
BESIDE = CHECKOUT.parent / "shared/data/exeter-spending/raw"
DATA = os.environ.get("EXETER_DATA") or str(BESIDE)

pytestmark = [
    pytest.mark.skipif(
        not os.path.isdir(DATA),  # noqa: PTH112 - a text for a parameter
        reason="the Exeter files are neither in ../shared/data nor in EXETER_DATA",
    ),
    pytest.mark.timeout(3600),
]


def name_month(position):
    at = FROM_YEAR * 12 + FROM_MONTH - 1 + position
    return f"{at // 12}-{at % 12 + 1:02d}"


def pass_gates(*_, **__):
    return SimpleNamespace(findings=[], failures=[], held={})


def test_one_pass_equals_single_runs(copy_warehouse, project):
    one, single = (
        replace(copy_warehouse(), parameters={"EXETER_DATA": DATA}) for _ in range(2)
    )
    months = [name_month(position) for position in range(COUNT)]
    with build_from(project, pass_gates):
        backfill(one, SOURCES, months[0], months[-1])
        for month in months:
            backfill(single, SOURCES, month, month)
    shown, expected = (
        {key: digest for key, digest in read_hashes(own).items() if key[1]}
        for own in (one, single)
    )
    assert {month[:7] for _, month in shown} == set(months)
    assert shown == expected
