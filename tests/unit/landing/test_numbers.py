from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinta.landing.numbers import cast_numbers, cast_plain
from jinta.sources.config import ColumnMapping
from jinta.sources.contract import Column

AMOUNT = Column("amount", "numeric(6,2)")
COUNT = Column("count", "integer")


def cast(text, column=AMOUNT, **options):
    """The value, what was read, and the complaint of one number."""
    numbers = cast_numbers(pa.array([text]), column, ColumnMapping("x", **options))
    return (
        numbers.typed[0].as_py(),
        numbers.as_read[0].as_py(),
        numbers.refused.get(0, ""),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", "1"), ("-1.50", "-1.50"), ("12.3400", "12.34"), ("1e2", "100"), ("0", "0")],
)
def test_numbers_that_fit_are_exact(text, value):
    assert cast(text)[0] == Decimal(value)


def test_noise_of_binary_fractions_is_no_digit():
    value, read, complaint = cast("0.30000000000000004")
    assert (value, read, complaint) == (Decimal("0.30"), Decimal("0.30"), "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.005", "more decimals"),
        ("5.68434E-13", "what binary sums leave over"),
        ("10000", "more than numeric"),
        ("1e40", "more than any column"),
    ],
)
def test_nothing_is_rounded_in_silence(text, words):
    value, _, complaint = cast(text)
    assert value is None
    assert words in complaint


def test_a_refused_number_still_counts_as_read():
    assert cast("1.005")[1] == Decimal("1.005")


def test_rounding_can_be_asked_for():
    assert cast("1.005", is_rounded=True)[0] == Decimal("1.01")
    assert cast("5.7E-13", is_rounded=True)[0] == 0
    assert cast("2.5", COUNT, is_rounded=True)[0] == 3


def test_units_are_converted_exactly():
    assert cast("12345", factor=Decimal("0.01"))[0] == Decimal("123.45")
    assert cast("1.2", COUNT, factor=Decimal(10))[0] == 12


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("12.0", 12, ""),
        ("12.5", None, "not a whole number"),
        ("2147483648", None, "more than integer"),
    ],
)
def test_integers(text, value, words):
    found, _, complaint = cast(text, COUNT)
    assert found == value
    assert words in complaint


@given(
    st.decimals(-9999, 9999, places=2, allow_nan=False),
    st.sampled_from([None, Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal(100)]),
)
def test_a_whole_batch_gives_what_single_numbers_give(number, factor):
    mapping = ColumnMapping("x", factor=factor)
    texts = pa.array([format(number, "f")])
    whole = cast_plain(texts, AMOUNT, mapping)
    single = cast_numbers(texts, AMOUNT, mapping)
    if whole is not None:
        assert whole.equals(single.typed)
        assert not single.refused


def test_a_batch_with_anything_odd_is_left_to_the_slow_way():
    mapping = ColumnMapping("x")
    assert cast_plain(pa.array(["1.00", "1.005"]), AMOUNT, mapping) is None
    assert cast_plain(pa.array(["1", "0x1F"]), COUNT, mapping) is None
    assert cast_plain(pa.array(["1", None]), COUNT, mapping).to_pylist() == [1, None]
