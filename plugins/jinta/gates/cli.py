"""The command that shows what the gates of a run found."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.settings import load_settings
from jinta.warehouse import connect

app = typer.Typer(pretty_exceptions_enable=False)
console = make_console(soft_wrap=True)


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
                run_id, gate, check_id, severity, passed, observed, expected, message
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
    console.print(f"Run {rows[0][0]}: {passed} checks passed.")
    for _, gate, check, severity, is_passed, observed, expected, message in rows:
        if is_passed and not everything:
            continue
        line = Text(f"{gate:<11}")
        if is_passed:
            line.append("passed    ", style="green")
            line.append(f"{check}: {observed} ({expected})")
        else:
            style = "bold red" if severity == "critical" else "yellow"
            line.append(f"{severity:<10}", style=style)
            line.append(f"{message} [{check}: {expected} allowed]")
        console.print(line)
