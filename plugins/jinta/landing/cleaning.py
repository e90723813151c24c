"""Cleans the text of files, a column at a time, with pandas.

Each function takes and returns pandas columns of Arrow strings with the same index;
none of them drops a row. What can't be understood is marked, never guessed.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TEXT = pd.ArrowDtype(pa.string())

# Characters that nobody typed: zero bytes, controls, zero-width marks.
_INVISIBLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{200b}\x{200e}\x{200f}\x{feff}]"
_ODD_BLANKS = r"[\x{a0}\x{2007}\x{202f}\x{3000}\t\r\n]+"
_WIDE = r"[\x{ff01}-\x{ff5e}\x{3000}]"
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_CURRENCY = r"(?i)(?:cny|rmb|usd|eur|gbp|hk\$|us\$|[¥￥$€£]|元|圆)"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_MINUS = r"[\x{2212}\x{2012}\x{2013}\x{2014}\x{fe63}]"

# Tried in order where nothing else is said. Day and month first are never guessed.
USUAL_DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
)
USUAL_MONTH_FORMATS = ("%Y%m", "%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月")
# Days since 1899-12-30, as a spreadsheet counts them.
EXCEL_FORMAT = "excel"
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")

_TRUE = ("true", "t", "yes", "y", "1", "on", "是", "有", "真", "√")
_FALSE = ("false", "f", "no", "n", "0", "off", "否", "无", "没有", "假", "×")


def as_series(array: pa.Array) -> pd.Series:
    """View an Arrow column of text as a pandas column, without a copy."""
    return pd.Series(array, dtype=TEXT)


def as_array(series: pd.Series) -> pa.Array:
    """View a pandas column of text as an Arrow column."""
    array = pa.array(series.array, pa.string())
    if not isinstance(array, pa.ChunkedArray):
        return array
    return array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()


def is_plain(array: pa.Array) -> bool:
    """Whether text holds visible ASCII only: no blanks, nothing to clean.

    It looks at the bytes of all values at once, and is much faster than a pattern.
    """
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int32)[
        array.offset : array.offset + len(array) + 1
    ]
    if len(array) == 0 or data is None:
        return False
    lengths = np.diff(ends)
    if array.null_count:
        lengths = lengths[pc.is_valid(array).to_numpy(zero_copy_only=False)]
    letters = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    return bool(
        letters.size
        and lengths.min() > 0
        and letters.min() > 0x20
        and letters.max() < 0x7F
    )


def clean_text(texts: pd.Series) -> pd.Series:
    """Take away what is invisible or stands at the ends; blank text becomes empty.

    Non-breaking and full-width blanks, tabs and line breaks become one blank. Letters,
    case, width and inner blanks are left as they are.
    """
    texts = _replace(texts, _INVISIBLE, "")
    texts = _replace(texts, _ODD_BLANKS, " ")
    texts = texts.str.strip()
    return texts.mask((texts == "").fillna(value=False).astype(bool), pd.NA)


def narrow_width(texts: pd.Series) -> pd.Series:
    """Write full-width letters, digits and signs (ＡＢ１２) as ASCII (AB12)."""
    is_wide = _contains(texts, _WIDE)
    if not is_wide.any():
        return texts
    narrow = texts[is_wide].map(lambda text: text.translate(_NARROW))
    narrow = narrow.astype(TEXT).str.strip()
    texts = texts.copy()
    texts[is_wide] = narrow
    return texts


def drop_nulls(
    texts: pd.Series, null_values: tuple[str, ...], null_pattern: str | None
) -> pd.Series:
    """Empty the values that mean "empty"; the pattern must match the whole value."""
    if null_values:
        texts = texts.mask(texts.isin(null_values), pd.NA)
    if null_pattern:
        matcher = re.compile(null_pattern)
        known = texts.dropna().unique()
        nulls = [text for text in known if matcher.fullmatch(text)]
        texts = texts.mask(texts.isin(nulls), pd.NA)
    return texts


def map_values(texts: pd.Series, values: dict[str, str | None]) -> pd.Series:
    """Replace values; those that aren't listed stay."""
    array = as_array(texts)
    found = pc.index_in(array, pa.array(values, pa.string()))
    replaced = pc.take(pa.array(values.values(), pa.string()), found)
    mapped = pc.if_else(pc.is_valid(found), replaced, array)
    return pd.Series(mapped, index=texts.index, dtype=TEXT)


def clean_numbers(
    texts: pd.Series, decimal: str = ".", thousands: str = ","
) -> tuple[pd.Series, pd.Series]:
    """Write numbers as plain decimals.

    Understood are full-width digits, currency signs, groups of three digits, minus
    signs of every kind, behind the number too, and accounting negatives `(1,234.50)`.

    Returns:
        The numbers as text, empty where there is none, and which values are no number.
    """
    texts = narrow_width(texts)
    is_odd = texts.notna() & ~_matches(texts, _NUMBER)
    if decimal != "." or thousands == ".":
        is_odd = texts.notna()
    if not is_odd.any():
        return texts, is_odd
    cleaned = _clean_odd_numbers(texts[is_odd], decimal, thousands)
    texts = texts.copy()
    texts[is_odd] = cleaned
    is_bad = texts.notna() & ~_matches(texts, _NUMBER)
    return texts.mask(is_bad, pd.NA), is_bad


def _clean_odd_numbers(texts: pd.Series, decimal: str, thousands: str) -> pd.Series:
    texts = _replace(texts, _MINUS, "-")
    texts = texts.str.replace(rf"^({_CURRENCY})\s*", "", regex=True)
    texts = texts.str.replace(rf"^([-(])\s*{_CURRENCY}\s*", r"\1", regex=True)
    texts = texts.str.replace(rf"\s*{_CURRENCY}(\)?)$", r"\1", regex=True)
    texts = texts.str.replace(r"^\(\s*([^()+-]*?)\s*\)$", r"-\1", regex=True)
    texts = texts.str.replace(r"^([^+-].*?)\s*-$", r"-\1", regex=True)
    texts = texts.str.replace(r"^([+-])\s+", r"\1", regex=True)
    if thousands:
        mark = re.escape(thousands)
        point = re.escape(decimal)
        grouped = rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{point}[0-9]*)?"
        has_groups = texts.str.fullmatch(grouped).fillna(value=False)
        ungrouped = texts.str.replace(thousands, "", regex=False)
        texts = texts.mask(has_groups.astype(bool), ungrouped)
    if decimal != ".":
        # What still has a point was no number in this file's way of writing.
        texts = texts.mask(texts.str.contains(".", regex=False), "?")
        texts = texts.str.replace(decimal, ".", regex=False)
    return texts


def parse_dates(
    texts: pd.Series, formats: tuple[str, ...], *, is_month: bool = False
) -> tuple[pa.Array, pd.Series]:
    """Read dates, each by the first format that fits it; a time of day is dropped.

    Args:
        texts: Cleaned text.
        formats: Formats to try in order; the usual ones if there are none.
        is_month: Whether a month without a day will do.

    Returns:
        The dates, and which values are none.
    """
    if not formats:
        formats = USUAL_DATE_FORMATS
        formats = USUAL_MONTH_FORMATS + formats if is_month else formats
    # Many rows share few dates: each is read once.
    codes, known = pd.factorize(narrow_width(texts), use_na_sentinel=True)
    days = _parse_known_dates([str(text) for text in known], formats)
    picked = np.append(days, np.datetime64("NaT", "D"))[codes]
    is_bad = pd.Series((codes >= 0) & np.isnat(picked), index=texts.index)
    return pa.array(picked, pa.date32(), from_pandas=True), is_bad


def _parse_known_dates(known: list[str], formats: tuple[str, ...]) -> np.ndarray:
    days = np.full(len(known), np.datetime64("NaT", "D"))
    open_ = np.arange(len(known))
    texts = np.array(known, dtype=object)
    for date_format in formats:
        if not len(open_):
            break
        parsed = _parse_format(texts[open_], date_format)
        days[open_] = parsed
        open_ = open_[np.isnat(parsed)]
    return days


def _parse_format(texts: np.ndarray, date_format: str) -> np.ndarray:
    if date_format == EXCEL_FORMAT:
        numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce")
        numbers = numbers.where(numbers.between(1, 2_958_465)).to_numpy(float)
        whole = np.floor(np.nan_to_num(numbers, nan=0)).astype("timedelta64[D]")
        days = np.datetime64(_EXCEL_EPOCH.date()) + whole
        days[np.isnan(numbers)] = np.datetime64("NaT")
        return days
    if "%Y%m" in date_format:
        # `%m` would also take one digit of 2024113, whose month nobody can tell.
        width = len(date_format.replace("%Y", "0000").replace("%", "0"))
        fits = np.array([len(text) == width for text in texts])
        texts = np.where(fits, texts, "")
    parsed = pd.to_datetime(
        pd.Series(texts, dtype=object), format=date_format, errors="coerce"
    )
    return parsed.to_numpy().astype("datetime64[D]")


def parse_booleans(texts: pd.Series) -> tuple[pa.Array, pd.Series]:
    """Read yes and no in the words of forms and databases.

    Returns:
        The booleans, and which values are neither.
    """
    lower = narrow_width(texts).str.lower()
    is_true, is_false = lower.isin(_TRUE), lower.isin(_FALSE)
    is_bad = texts.notna() & ~is_true & ~is_false
    unknown = ~(is_true | is_false)
    array = pa.array(is_true.to_numpy(bool), mask=unknown.to_numpy(bool))
    return array, is_bad


def _contains(texts: pd.Series, pattern: str) -> pd.Series:
    mask = pc.match_substring_regex(as_array(texts), pattern)
    return _as_mask(mask, texts)


def _matches(texts: pd.Series, pattern: str) -> pd.Series:
    mask = pc.match_substring_regex(as_array(texts), f"^(?:{pattern})$")
    return _as_mask(mask, texts)


def _as_mask(mask: pa.Array, texts: pd.Series) -> pd.Series:
    values = pc.fill_null(mask, False)
    return pd.Series(values.to_numpy(zero_copy_only=False), index=texts.index)


def _replace(texts: pd.Series, pattern: str, replacement: str) -> pd.Series:
    """Replace by pattern, only if there is anything to replace."""
    if not _contains(texts, pattern).any():
        return texts
    array = pc.replace_substring_regex(
        as_array(texts), pattern=pattern, replacement=replacement
    )
    return pd.Series(array, index=texts.index, dtype=TEXT)
