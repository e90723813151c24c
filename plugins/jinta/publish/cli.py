"""Commands on publications: list them, go back to one, prune old ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.publish.publication import Publication, list_publications
from jinta.publish.publication import rollback as restore_publication
from jinta.publish.retention import prune as prune_publications
from jinta.settings import load_settings

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = make_console(soft_wrap=True)


@app.command()
def publications(
    on: Annotated[
        str | None,
        typer.Option(
            help="Only what readers saw then: 2026-01-05 or 2026-01-05T09:30."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the last ones.")] = 20,
) -> None:
    """List publications, the latest first."""
    found = list_publications(load_settings(), on=_parse_moment(on), limit=limit)
    if not found:
        console.print("Nothing was published.")
        return
    table = Table(box=None, header_style="bold")
    for heading in ("id", "published (UTC)", "kind", "run", "months", "slices", "note"):
        table.add_column(heading, no_wrap=heading != "note")
    for publication in found:
        table.add_row(*_describe(publication))
    console.print(table)


@app.command()
def rollback(
    publication: Annotated[int, typer.Argument(help="The id to go back to.")],
    note: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
) -> None:
    """Show readers again exactly what an earlier publication showed."""
    shown = restore_publication(load_settings(), publication, note)
    if shown.restored_publication_id == publication and shown.kind == "rollback":
        changed = sum(item.is_changed for item in shown.slices)
        console.print(
            f"Readers see publication {publication} again, recorded as "
            f"{shown.publication_id}; {changed} slices differ from before."
        )
    else:
        console.print(f"Readers see publication {publication} already.")


@app.command()
def prune(
    keep: Annotated[
        int | None, typer.Option(help="Publications to keep, instead of the rule's.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="Days to keep any, instead of the rule's.")
    ] = None,
) -> None:
    """Delete what only publications beyond retention showed."""
    pruned = prune_publications(load_settings(), keep, days)
    console.print(
        f"Deleted {pruned.slices} slices ({pruned.rows} rows) that only "
        f"{pruned.publications} forgotten publications showed."
    )


def _describe(publication: Publication) -> list[str]:
    months = publication.months
    span = f"{months[0]:%Y-%m}" if months else ""
    if len(months) > 1:
        span += f" … {months[-1]:%Y-%m}"
    note = publication.note or ""
    if publication.restored_publication_id is not None:
        note = f"back to {publication.restored_publication_id}. {note}".strip()
    return [
        str(publication.publication_id),
        f"{publication.published_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        publication.kind,
        publication.run_id,
        span,
        f"{publication.stored_count} new of {len(publication.slices)}",
        note,
    ]


def _parse_moment(text: str | None) -> datetime | None:
    """Read a moment; a day alone means its end, a moment without zone UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a moment.", "Write 2026-01-05 or 2026-01-05T09:30."
        ) from error
    if len(text) == len("2026-01-05"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999999)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
