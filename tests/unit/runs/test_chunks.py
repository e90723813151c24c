"""How months are cut into chunks, and which months a run chooses."""

from datetime import date
from types import SimpleNamespace

import pytest

from jinta.runs import chunks
from jinta.runs.chunks import cut_chunks, find_bound
from jinta.runs.months import _choose_months, _choose_nightly_months, _tell_reasons
from jinta.settings import load_settings

JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2024, n, 1) for n in range(1, 6))
MONTHS = [JANUARY, FEBRUARY, MARCH, APRIL, MAY]
ROWS = dict.fromkeys(MONTHS, 100)


def test_without_a_bound_all_months_are_one_chunk():
    assert cut_chunks(MONTHS, ROWS, None) == [MONTHS]


def test_a_chunk_ends_where_the_next_month_does_not_fit():
    assert cut_chunks(MONTHS, ROWS, 250) == [
        [JANUARY, FEBRUARY],
        [MARCH],
        [APRIL],
        [MAY],
    ]


def test_the_months_looked_back_on_count_since_they_are_read():
    assert cut_chunks([MARCH, APRIL, MAY], ROWS, 400) == [[MARCH, APRIL], [MAY]]
    assert cut_chunks([MARCH, APRIL, MAY], ROWS, 500) == [[MARCH, APRIL, MAY]]


def test_a_month_larger_than_the_bound_is_a_chunk_of_its_own():
    rows = ROWS | {MARCH: 10_000}
    assert cut_chunks([JANUARY, FEBRUARY, MARCH, APRIL], rows, 1000) == [
        [JANUARY, FEBRUARY],
        [MARCH],
        [APRIL],
    ]


def test_a_chunk_never_spans_a_gap():
    assert cut_chunks([MAY, JANUARY, FEBRUARY], ROWS, None) == [
        [JANUARY, FEBRUARY],
        [MAY],
    ]


def test_the_bound_is_the_settings_or_what_the_disk_has_room_for(monkeypatch, tmp_path):
    settings = load_settings({"JINTA_HOME": str(tmp_path), "JINTA_CHUNK_ROWS": "1000"})

    def set_free(count):
        monkeypatch.setattr(
            chunks.shutil, "disk_usage", lambda _: SimpleNamespace(free=count)
        )

    set_free(10**12)
    assert find_bound(settings) == 1000
    set_free(100 * chunks.BYTES_PER_ROW)
    assert find_bound(settings) == 50
    set_free(0)
    assert find_bound(settings) == 1


def test_a_warehouse_elsewhere_has_a_disk_that_nobody_knows(tmp_path):
    environ = {
        "JINTA_HOME": str(tmp_path),
        "JINTA_WAREHOUSE": "postgresql://owner@host/jinta",
        "JINTA_CHUNK_ROWS": "0",
    }
    assert find_bound(load_settings(environ)) is None
    assert find_bound(load_settings(environ | {"JINTA_CHUNK_ROWS": "7"})) == 7


STALE = {FEBRUARY: "late facts"}
PUBLISHED = {JANUARY, FEBRUARY, MARCH, APRIL}
TOLD = _tell_reasons(MONTHS, PUBLISHED, STALE)


def ask(which, months=()):
    request = SimpleNamespace(months=list(months), which=which)
    return list(_choose_months(request, TOLD, PUBLISHED, STALE))


def test_which_months_of_a_range_a_backfill_takes():
    assert ask("all") == MONTHS
    assert ask("all", [MARCH, APRIL]) == [MARCH, APRIL]
    assert ask("missing") == [MAY]
    assert ask("stale") == [FEBRUARY]
    assert ask("stale", [MARCH, APRIL]) == []


def test_each_month_has_a_reason():
    assert TOLD[JANUARY] == "asked for"
    assert TOLD[FEBRUARY] == "stale: late facts"
    assert TOLD[MAY] == "never published"


@pytest.mark.parametrize(
    ("published", "stale", "expected"),
    [
        (MONTHS, {}, [MAY]),
        (MONTHS, {MARCH: "why"}, [MARCH, APRIL, MAY]),
        (MONTHS, {JANUARY: "too far back"}, [MAY]),
        ([JANUARY, FEBRUARY, APRIL], {}, [MARCH, APRIL, MAY]),
        ([], {}, [FEBRUARY, MARCH, APRIL, MAY]),
    ],
)
def test_the_nightly_run_goes_on_from_the_first_month_that_needs_it(
    published, stale, expected
):
    told = _tell_reasons(MONTHS, published, stale)
    assert list(_choose_nightly_months(told, restate_months=3)) == expected
