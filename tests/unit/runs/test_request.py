"""What a run is asked for: months and ranges."""

from datetime import date

import pytest

from jinta.errors import UsageError
from jinta.runs.ledger import Request, parse_month


def test_an_empty_request_leaves_the_months_to_the_nightly_rule():
    assert Request().months == []


def test_a_single_month_is_a_range_of_one():
    assert Request(from_month=date(2024, 2, 1)).months == [date(2024, 2, 1)]


def test_a_range_crosses_the_year():
    request = Request(from_month=date(2023, 11, 1), to_month=date(2024, 2, 1))
    assert request.months == [
        date(2023, 11, 1),
        date(2023, 12, 1),
        date(2024, 1, 1),
        date(2024, 2, 1),
    ]


def test_a_range_that_ends_before_it_begins_is_refused():
    request = Request(from_month=date(2024, 2, 1), to_month=date(2024, 1, 1))
    with pytest.raises(
        UsageError, match="ends in 2024-01, before it begins in 2024-02"
    ):
        _ = request.months


def test_a_range_without_a_beginning_is_refused():
    with pytest.raises(UsageError, match="begins nowhere"):
        _ = Request(to_month=date(2024, 1, 1)).months


def test_an_open_range_of_a_backfill_reaches_to_the_as_of_date():
    request = Request(from_month=date(2024, 2, 1), kind="backfill")
    closed = request.close_range(date(2024, 4, 5))
    assert closed.months == [date(2024, month, 1) for month in (2, 3, 4)]
    nightly = Request(from_month=date(2024, 2, 1))
    assert nightly.close_range(date(2024, 4, 5)) == nightly


@pytest.mark.parametrize("asked", [{"which": "some"}, {"on_failure": "after"}])
def test_words_that_mean_nothing_are_refused(asked):
    with pytest.raises(UsageError, match="Write "):
        Request(**asked)


def test_a_request_survives_the_ledger():
    request = Request(
        from_month=date(2024, 2, 1),
        to_month=date(2024, 3, 1),
        kind="backfill",
        which="stale",
        on_failure="before",
    )
    assert Request.from_json(request.as_json()) == request


@pytest.mark.parametrize(
    ("text", "month"),
    [("2024-06", date(2024, 6, 1)), (" 2024-06-15 ", date(2024, 6, 1)), ("", None)],
)
def test_months_are_read_from_text(text, month):
    assert parse_month(text) == month


@pytest.mark.parametrize(
    "text",
    [
        *("2024", "06-2024", "2024-13", "next", " ", "2024-06garbage", "2024-0615"),
        *("2024-06-31", "2024-06-15 later"),
    ],
)
def test_what_is_no_month_names_the_option_and_the_cure(text):
    with pytest.raises(UsageError, match=r"--from .* is not a month. Write it like"):
        parse_month(text, "--from")
