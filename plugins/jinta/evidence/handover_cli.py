"""`jinta handover`: write what one manager holds, for whoever takes over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.evidence.cli import Personal, show_now, write_page
from jinta.evidence.handover_files import write_files
from jinta.evidence.handover_pack import collect_handover
from jinta.evidence.handover_page import build_handover_parts, count, count_rows
from jinta.evidence.handover_parts import TABLES
from jinta.evidence.handover_successor import list_warnings
from jinta.evidence.handover_urgent import list_urgent
from jinta.evidence.html import document, element, show
from jinta.runs.ledger import parse_month
from jinta.settings import Settings, load_settings

# What presses most; the rest stands in the page and the files.
_SHOWN = 20


def handover(
    manager: Annotated[str, typer.Argument(help="Staff number of who hands over.")],
    successor: Annotated[
        str | None, typer.Option("--to", help="Staff number of who takes over.")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Month such as 2025-12; the last one if empty.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the pack to this page.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write its tables into this folder.")
    ] = None,
    personal: Personal = False,
) -> None:
    """Hand over what a manager holds: accounts, tasks, agreements, people, visits."""
    if manager == successor:
        raise UsageError(
            "A manager can't hand over to themselves.", "Name another staff number."
        )
    settings = load_settings()
    pack = collect_handover(
        settings,
        manager,
        successor,
        parse_month(month, "--month"),
        is_personal=personal,
    )
    errors = make_console(stderr=True, soft_wrap=True)
    for warning in list_warnings(pack):
        errors.print(f"Warning: {warning}", markup=False)
    if csv is not None:
        counts = write_files(pack, csv)
        text = f"Written: {csv} ({len(counts)} files, {sum(counts.values())} rows)"
        errors.print(text, markup=False)
    if html is not None:
        _write_page(settings, pack, html)
    render_handover(pack, make_console())
    if not all(row["is_complete"] for row in pack["checks"]):
        raise typer.Exit(code=1)


def _write_page(settings: Settings, pack: dict[str, Any], path: Path) -> None:
    foot = element(
        "p",
        f"Written {show_now()}. `jinta verify FILE` tells whether the page "
        "was changed since.",
        class_="soft",
    )
    title = f"Hand-over of {pack['manager']['manager_id']}"
    write_page(settings, path, document(title, *build_handover_parts(pack), foot))


def render_handover(pack: dict[str, Any], console: Console) -> None:
    """Print the short of a pack: what presses, how much of each, and if it is whole."""
    head = pack["manager"]
    console.print(
        f"Hand-over of {head['manager_id']} at the end of "
        f"{pack['publication']['month']:%Y-%m}: {count(pack['accounts'], 'account')}, "
        f"{count(pack['prospects'], 'prospect')}",
        style="bold",
        markup=False,
    )
    urgent = Table(
        *("by", "record", "account", "what", "why"),
        title="First things first (先办事项)",
    )
    rows = list_urgent(pack)
    for row in rows[:_SHOWN]:
        urgent.add_row(
            *(show(row["by"]), row["account_ids_crm"], row["account_name"]),
            *(row["what"], row["why"]),
        )
    console.print(urgent)
    if len(rows) > _SHOWN:
        more = f"… and {len(rows) - _SHOWN} more: --html or --csv writes them all"
        console.print(more, markup=False)
    checks = {row["part"]: row for row in pack["checks"]}
    parts = Table("part", "rows", "in the sources", "", title="Handed over (移交内容)")
    for name, (title, _) in TABLES.items():
        check = checks.get(name)
        parts.add_row(
            title,
            str(len(pack[name])) if check is None else count_rows(check),
            "" if check is None else str(check["rows_in_sources"]),
            "" if check is None else "complete" if check["is_complete"] else "SHORT",
        )
    console.print(parts)
