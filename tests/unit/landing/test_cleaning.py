from datetime import date

import pyarrow as pa
import pytest

from jinta.landing.cleaning import (
    as_array,
    as_series,
    clean_numbers,
    clean_text,
    drop_nulls,
    is_plain,
    map_values,
    narrow_width,
    parse_booleans,
    parse_dates,
)


def texts(*values):
    return as_series(pa.array(values, pa.string()))


def plain(series):
    return as_array(series).to_pylist()


def test_text_loses_what_nobody_typed_and_nothing_else():
    dirty = texts(
        "\u3000昆明\u00a0市 \t", "a\x00b\u200bc", "  ", "", None, "Ａ  b", "\ufeffx"
    )
    assert plain(clean_text(dirty)) == [
        "昆明 市",
        "abc",
        None,
        None,
        None,
        "Ａ  b",
        "x",
    ]


def test_width_is_narrowed():
    assert plain(narrow_width(texts("ＡＢ－１２３", "昆明（市）", None))) == [
        "AB-123",
        "昆明(市)",
        None,
    ]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12", "12"),
        ("-12.50", "-12.50"),
        ("１２３．５", "123.5"),
        ("1,234,567.89", "1234567.89"),
        ("¥ 12.5", "12.5"),
        ("￥-3", "-3"),
        ("-￥3", "-3"),
        ("12 元", "12"),
        ("CNY 5", "5"),
        ("£1,000", "1000"),
        ("(1,234.50)", "-1234.50"),
        ("（５）", "-5"),
        ("(£3.20)", "-3.20"),
        ("12-", "-12"),
        ("\u22125", "-5"),
        ("- 3", "-3"),
        ("5.6E-13", "5.6E-13"),
        (".5", ".5"),
    ],
)
def test_numbers_are_understood(value, number):
    found, is_bad = clean_numbers(texts(value))
    assert plain(found) == [number]
    assert not is_bad.any()


@pytest.mark.parametrize(
    "value",
    ["1,5", "1,23,456", "12,3456", "--3", "1 2", "abc", "-", "1.2.3", "NaN", "∞"],
)
def test_what_is_no_number_is_not_guessed(value):
    found, is_bad = clean_numbers(texts(value, "1"))
    assert plain(found) == [None, "1"]
    assert is_bad.tolist() == [True, False]


def test_other_decimal_marks():
    found, is_bad = clean_numbers(texts("1.234,56", "12", "1234,5", "1.5"), ",", ".")
    assert plain(found) == ["1234.56", "12", "1234.5", None]
    assert is_bad.tolist() == [False, False, False, True]


def test_usual_dates_need_no_format():
    days, is_bad = parse_dates(
        texts(
            "2024-01-05",
            "2024/1/5",
            "2024.01.05",
            "20240105",
            "2024年1月5日",
            "２０２４-０１-０５",
            "2024-01-05 23:59:59",
            "05/01/2024",
            "2024-02-30",
            None,
        ),
        (),
    )
    assert days.to_pylist() == [date(2024, 1, 5)] * 7 + [None] * 3
    assert is_bad.tolist() == [False] * 7 + [True, True, False]


def test_mixed_formats_are_tried_in_order():
    days, is_bad = parse_dates(
        texts("05/01/2024", "2024-01-05", "45296", "13/13/2024", "1/2/2024"),
        ("%d/%m/%Y", "%Y-%m-%d", "excel"),
    )
    assert days.to_pylist() == [
        date(2024, 1, 5),
        date(2024, 1, 5),
        date(2024, 1, 5),
        None,
        date(2024, 2, 1),
    ]
    assert is_bad.tolist() == [False, False, False, True, False]


def test_months_may_come_without_a_day():
    found = texts("202401", "2024-01", "2024年1月", "2024113")
    assert parse_dates(found, (), is_month=True)[0].to_pylist() == [
        date(2024, 1, 1),
        date(2024, 1, 1),
        date(2024, 1, 1),
        None,
    ]
    assert parse_dates(found, ())[0].null_count == 4


def test_the_end_of_time_is_a_date():
    assert parse_dates(texts("9999-12-31"), ())[0].to_pylist() == [date(9999, 12, 31)]


def test_booleans_in_many_words():
    found, is_bad = parse_booleans(texts("是", "否", "Yes", "0", "０", None, "maybe"))
    assert found.to_pylist() == [True, False, True, False, False, None, None]
    assert is_bad.tolist() == [False] * 6 + [True]


def test_values_are_replaced_once_and_nulls_stay():
    found = map_values(texts("a", "b", None, "c"), {"a": "b", "b": None})
    assert plain(found) == ["b", None, None, "c"]


def test_nulls_by_value_and_by_whole_match():
    names = texts("REDACTED PERSONAL", "REDACTED - DATA", "Redactive Ltd", "x", None)
    assert plain(drop_nulls(names, ("x",), r"REDACTED\b.*")) == [
        None,
        None,
        "Redactive Ltd",
        None,
        None,
    ]


def test_plain_text_is_told_by_its_bytes():
    array = pa.array(["ab", "c d", "é", "", None, "xy"])
    assert is_plain(pa.array(["ab", None, "x-1"]))
    assert [is_plain(array.slice(i, 1)) for i in range(6)] == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    assert not is_plain(pa.array(["ab", ""]))
