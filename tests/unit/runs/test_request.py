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


@pytest.mark.parametrize(
    ("text", "month"),
    [("2024-06", date(2024, 6, 1)), (" 2024-06-15 ", date(2024, 6, 1)), ("", None)],
)
def test_months_are_read_from_text(text, month):
    assert parse_month(text) == month


@pytest.mark.parametrize("text", ["2024", "06-2024", "2024-13", "next"])
def test_what_is_no_month_names_the_option_and_the_cure(text):
    with pytest.raises(UsageError, match=r"--from .* is not a month. Write it like"):
        parse_month(text, "--from")
