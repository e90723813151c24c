"""Run the command line: `python -m jinta`."""

from jinta.cli import main

main()
