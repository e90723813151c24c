"""One way to print: no emoji codes read into numbers, no cropping into a file."""

import sys
from typing import Any

from rich.console import Console

# A file or pipe has no width of its own; tables need one that crops nothing.
FILE_WIDTH = 160


def make_console(**options: Any) -> Console:
    """Make a console for text that is shown as it is, on the terminal or in a file."""
    stream = sys.stderr if options.get("stderr") else sys.stdout
    width = None if stream.isatty() else FILE_WIDTH
    return Console(**({"highlight": False, "emoji": False, "width": width} | options))
