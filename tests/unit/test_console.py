"""One way to print: a text is shown as it is."""

import pytest
from rich.table import Table

from jinta.console import make_console, show_rows

# The first is a style to rich, the second closes one that nobody opened.
TEXTS = ("called [bold] twice", "asked for [/x]", "[red]", ":warning: 028")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_no_markup_in_a_line_or_in_a_table(text, capsys):
    console = make_console()
    console.print(text)
    table = Table(title=text)
    table.add_column(text)
    table.add_row(text)
    console.print(table)
    assert capsys.readouterr().out.count(text) == 4


def test_rows_are_shown_as_they_are(capsys):
    show_rows(make_console(), [{"feedback": TEXTS[1]}], as_json=False)
    assert TEXTS[1] in capsys.readouterr().out
