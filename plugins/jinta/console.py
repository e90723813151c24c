"""One way to print: nothing read into what a text says, no cropping into a file."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

# A file or pipe has no width of its own; tables need one that crops nothing.
FILE_WIDTH = 160


def make_console(**options: Any) -> Console:
    """Make a console for text that is shown as it is, on the terminal or in a file.

    Names and reasons come from sources and people: `[x]` in them is no markup. What is
    to be bold or dim says so by a `style`, or is a `Text`.
    """
    stream = sys.stderr if options.get("stderr") else sys.stdout
    width = None if stream.isatty() else FILE_WIDTH
    plain = {"highlight": False, "emoji": False, "markup": False}
    return Console(**(plain | {"width": width} | options))


def show_rows(
    console: Console, rows: Sequence[Mapping[str, Any]], as_json: bool
) -> None:
    """Print rows as a table, or as JSON for machines."""
    if as_json:
        text = json.dumps(rows, ensure_ascii=False, default=str, indent=2)
        console.out(text, highlight=False)
        return
    if not rows:
        console.print("There is none.")
        return
    table = Table(box=None, header_style="bold")
    for heading in rows[0]:
        table.add_column(heading.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console.print(table)
