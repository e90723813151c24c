"""The command that shows what the gates of a run found."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jinta.errors import UsageError
from jinta.settings import load_settings
from jinta.warehouse import connect

app = typer.Typer(pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)


@app.command()
def gates(
    run_id: Annotated[
        str | None, typer.Argument(help="The run; the latest that met a gate, if none.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show checks that passed, too.")
    ] = False,
) -> None:
    """Show what the gates of a run found."""
    with connect(load_settings(), "publisher", stage="gates") as connection:
        rows = connection.execute(
            """
            select
                run_id, gate, check_id, severity, passed, month, subject, observed,
                expected, message
            from control.gate_results
            where
                run_id = coalesce(%s, (
                    select run_id from control.gate_results
                    order by checked_at desc limit 1
                ))
            order by
                min(checked_at) over (partition by gate), passed, severity, check_id,
                month, subject
            """,
            [run_id],
        ).fetchall()
    if not rows:
        raise UsageError(
            f"No gate results of {'run ' + run_id if run_id else 'any run'}.",
            "`jinta runs` lists the runs.",
        )
    passed = sum(row[4] for row in rows)
    table = Table(box=None, header_style="bold")
    for heading in ("gate", "check", "", "found", "allowed", "message"):
        table.add_column(heading)
    for _, gate, check, severity, is_passed, _, _, observed, expected, text in rows:
        if everything or not is_passed:
            mark = Text("passed", style="green")
            if not is_passed:
                mark = Text(
                    severity, style="red" if severity == "critical" else "yellow"
                )
            table.add_row(gate, check, mark, observed, expected, Text(text))
    console.print(f"Run {rows[0][0]}: {passed} checks passed.")
    if table.row_count:
        console.print(table)
