"""HTML without templates: elements whose children are escaped unless they are elements.

A page is one file: its style is inline, its charts are SVG, and nothing is fetched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

EMPTY = "–"
# Numbers as they are written here; a record's number has neither point nor comma.
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})*(\.\d+)?|\d+\.\d+)( %)?")
_VOID = frozenset({"br", "meta", "line", "circle", "rect", "path", "polyline"})

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


class Html(str):
    """Text that is HTML already; every other string is escaped where it's put."""

    __slots__ = ()


def element(tag: str, *children: Any, **attributes: Any) -> Html:
    """Make an element; children that are not `Html` are escaped.

    Args:
        tag: Its name.
        children: What it holds; None is left out.
        attributes: `class_` stands for `class`, `_` for `-`; None is left out.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Html(f"<{tag}{written}/>")
    inner = "".join(_escape(child) for child in children if child is not None)
    return Html(f"<{tag}{written}>{inner}</{tag}>")


def join(parts: Iterable[Html]) -> Html:
    """Put elements one after the other."""
    return Html("\n".join(parts))


def show(value: Any) -> str:
    """Write a value as people read it."""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}" if value.is_finite() else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, list | tuple):
        return ", ".join(show(item) for item in value) or EMPTY
    return str(value)


def show_month(month: date | None) -> str:
    """Write a month as 2025-12."""
    return EMPTY if month is None else f"{month:%Y-%m}"


def show_points(hundredths: int | None) -> str:
    """Write points, which are kept in hundredths."""
    return EMPTY if hundredths is None else f"{hundredths / 100:.2f}"


def show_rank(row: Mapping[str, Any]) -> str:
    """Write a rank and of how many, or that there is none."""
    if row["value_rank"] is None:
        return "not ranked (未排名)"
    return f"rank {show(row['value_rank'])} of {show(row['population'])}"


def table(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "None."
) -> Html:
    """Make a table; a column whose first value is a number is aligned right."""
    listed = [list(row) for row in rows]
    if not listed:
        return element("p", empty, class_="soft")
    numeric = [
        any(_is_number(row[place]) for row in listed) for place in range(len(headings))
    ]

    def write(tag: str, values: Sequence[Any]) -> Html:
        cells = [
            element(
                tag,
                _write_cell(tag, value),
                class_="number" if is_numeric else None,
            )
            for value, is_numeric in zip(values, numeric, strict=True)
        ]
        return element("tr", *cells)

    return element(
        "div",
        element(
            "table",
            element("thead", write("th", headings)),
            element("tbody", *(write("td", row) for row in listed)),
        ),
        class_="scroll",
    )


def facts(pairs: Iterable[tuple[str, Any]]) -> Html:
    """Make a table of names and values."""
    rows = [
        element(
            "tr",
            element("th", name),
            element("td", value if isinstance(value, Html) else show(value)),
        )
        for name, value in pairs
    ]
    return element("div", element("table", element("tbody", *rows)), class_="scroll")


def section(title: str, *children: Any) -> Html:
    """Make a section with its heading."""
    return element("section", element("h2", title), *children)


def document(title: str, *children: Any) -> str:
    """Make a whole page that needs nothing from elsewhere."""
    head = element(
        "head",
        Html('<meta charset="utf-8"/>'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        # Whatever a name holds, the page can run and fetch nothing.
        Html(
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>"
        ),
        element("title", title),
        Html(f"<style>{STYLE}</style>"),
    )
    body = element("body", *(Html(f"{child}\n") for child in children if child))
    return f'<!DOCTYPE html>\n<html lang="en">\n{head}\n{body}\n</html>\n'


def _write_cell(tag: str, value: Any) -> Any:
    """A heading may be empty, a value that is empty is shown as such."""
    return value if isinstance(value, Html) or tag == "th" else show(value)


def _escape(child: Any) -> str:
    return child if isinstance(child, Html) else html.escape(str(child))


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | Html):
        return False
    if isinstance(value, int | float | Decimal):
        return True
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None
