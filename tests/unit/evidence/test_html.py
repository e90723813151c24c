"""HTML and charts: everything is escaped, well-formed and within its frame."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from jinta.evidence import charts
from jinta.evidence.html import Html, document, element, facts, show, show_points, table

EVIL = '"><script>alert(1)</script>&'


def parse(fragment):
    return ElementTree.fromstring(fragment)  # noqa: S314


def test_children_and_attributes_are_escaped():
    found = element("p", EVIL, Html("<b>bold</b>"), None, title=EVIL, class_="x")
    parsed = parse(found)
    assert parsed.text == EVIL
    assert parsed.get("title") == EVIL
    assert parsed.find("b").text == "bold"
    assert parsed.get("class") == "x"


def test_tables_and_facts_escape_their_cells():
    for found in (table([EVIL], [[EVIL]]), facts([(EVIL, EVIL)])):
        assert "<script" not in found
        assert "".join(parse(found).itertext()).count(EVIL) == 2


def test_numbers_stand_on_the_right_and_record_numbers_do_not():
    found = parse(
        table(["a", "b", "c", "d"], [["8720000146", 12, "1,234.5", "12.5 %"]])
    )
    cells = [cell.get("class") for cell in found.iter("td")]
    assert cells == [None, "number", "number", "number"]


def test_an_empty_table_says_so():
    assert "Nobody." in table(["a"], [], empty="Nobody.")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        (True, "yes"),
        (1234, "1,234"),
        (Decimal("1200.50"), "1,200.5"),
        (Decimal("1E+3"), "1,000"),
        (date(2025, 12, 1), "2025-12-01"),
        (datetime(2025, 12, 1, 3, 4, 5, tzinfo=UTC), "2025-12-01 03:04:05 UTC"),
        (["a", 2], "a, 2"),
    ],
)
def test_values_are_written_for_people(value, shown):
    assert show(value) == shown


def test_points_are_kept_in_hundredths():
    assert (show_points(1505), show_points(None)) == ("15.05", "–")


def test_a_document_names_its_encoding_and_forbids_to_fetch():
    page = document(EVIL, element("p", "等级"))
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|url\(|@import", page)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


CHARTS = {
    "lines": charts.draw_lines(
        EVIL,
        ["2024-01", EVIL, "2024-03"],
        [("a", [1.0, None, 3e6]), (EVIL, [0, 0, -5])],
    ),
    "one point": charts.draw_lines("x", ["2024-01"], [("a", [7.0])]),
    "no value": charts.draw_lines("x", ["2024-01"], [("a", [None])]),
    "steps": charts.draw_steps(
        "x", ["1", "2", "3"], ["A1", "B1", "C"], [("raw", ["A1", "C", None])]
    ),
    "curves": charts.draw_curves("x", [("a", [(50.0, 80.0), (100.0, 100.0)])]),
    "curves of credits": charts.draw_curves(
        "x", [("a", [(50.0, 130.0), (100.0, 100.0)])]
    ),
    "bars": charts.draw_bars("x", [(EVIL, [3.0, 0.0]), ("C", [1.0, 2.0])], ["a", "b"]),
    "no bars": charts.draw_bars("x", [], ["a"]),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_well_formed_and_within_their_frame(name):
    figure = parse(CHARTS[name])
    svg = figure.find("svg")
    _, _, width, height = map(float, svg.get("viewBox").split())
    for part in svg.iter():
        for attribute, limit in (("x", width), ("cx", width), ("y", height)):
            if part.get(attribute) is not None:
                assert -1 <= float(part.get(attribute)) <= limit, (name, part.attrib)
        for point in (part.get("points") or "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    assert svg.find("title").text
    assert "<script" not in CHARTS[name]


def test_a_higher_value_stands_higher_and_a_gap_stays_a_gap():
    svg = parse(CHARTS["lines"]).find("svg")
    lines = [line.get("points") for line in svg.iter("polyline")]
    assert len(lines) == 3  # the gap parts the first series in two
    first, last = lines[0].split(",")[1], lines[1].split(",")[1]
    assert float(last) < float(first)


def test_better_tiers_stand_higher():
    svg = parse(CHARTS["steps"]).find("svg")
    points = next(svg.iter("polyline")).get("points").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights[0] < heights[-1]


def test_ticks_are_round_and_span_the_values():
    assert charts._choose_ticks(0, 43) == [0, 10, 20, 30, 40, 50]
    assert charts._choose_ticks(-0.25, 1) == [-0.25, 0, 0.25, 0.5, 0.75, 1.0]
    for low, high in ((0, 0), (0, 5942), (-3, 0), (0, 0.004)):
        ticks = charts._choose_ticks(low, high)
        assert ticks[0] <= low
        assert ticks[-1] >= high
        assert 2 <= len(ticks) <= 8
