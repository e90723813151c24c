"""Every month that is known: how readers see it, and whether it is stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jinta.landing import complete_months, ensure_raw
from jinta.runs.stale import list_stale_months
from jinta.settings import Settings
from jinta.sources import load_sources
from jinta.warehouse import connect, ensure_warehouse

STATES = {"current": "green", "stale": "yellow", "held": "red"}

_MONTHS = """
with

-- A month is known if something landed for it, or readers see it.
months as (

    select month from control.load_months
    union
    select month from control.pointers where month is not null

),

shown as (

    select
        pointers.month,
        max(pointers.publication_id) as publication_id
    from control.pointers
    group by pointers.month

),

versions as (

    select
        pointers.month,
        array_agg(distinct version order by version) as rule_versions
    from control.pointers as pointers
    inner join control.slices as slices
        on pointers.slice_id = slices.slice_id
    cross join lateral unnest(slices.rule_versions) as version
    group by pointers.month

),

-- Months that the last run to hold any meant to build with them.
held as (

    select distinct on (run_plan.month)
        run_plan.month,
        runs.publication_id,
        coalesce(
            holding.reasons ->> to_char(run_plan.month, 'YYYY-MM'),
            'it follows ' || holding.first_month
        ) as reason
    from (
        select
            stages.run_id,
            jsonb_object_agg(months.key, months.value) as reasons,
            min(months.key) as first_month
        from control.stages as stages
        cross join lateral jsonb_each_text(stages.detail -> 'held') as months
        where stages.detail ? 'held'
        group by stages.run_id
    ) as holding
    inner join control.runs as runs
        on holding.run_id = runs.run_id and runs.status = 'published'
    inner join control.run_plan as run_plan
        on
            holding.run_id = run_plan.run_id
            and holding.first_month <= to_char(run_plan.month, 'YYYY-MM')
    order by run_plan.month, runs.started_at desc

)

select
    months.month,
    shown.publication_id,
    publications.published_at,
    coalesce(versions.rule_versions, '{}') as rule_versions,
    held.reason
from months
left join shown
    on months.month = shown.month
left join control.publications as publications
    on shown.publication_id = publications.publication_id
left join versions
    on months.month = versions.month
left join held
    on
        months.month = held.month
        -- Until it is published after all.
        and coalesce(shown.publication_id < held.publication_id, true)
order by months.month
"""


@dataclass(frozen=True)
class KnownMonth:
    """One month that something is known of.

    Attributes:
        month: First day of the month.
        state: `current`, `stale`, `held`, `missing` (complete, never published) or
            `incomplete` (not billed completely, never published).
        publication_id: The publication that set what readers see.
        published_at: When that was.
        rule_versions: Scorecard versions it was computed by.
        is_complete: Whether its billing is complete by the sources.
        reason: Why it is stale or held.
    """

    month: date
    state: str
    publication_id: int | None
    published_at: datetime | None
    rule_versions: tuple[str, ...]
    is_complete: bool
    reason: str = ""


def list_months(settings: Settings) -> list[KnownMonth]:
    """List every month that is known, in order.

    Which months are complete is judged by the sources of the latest run, or else by the
    file of the settings.
    """
    ensure_warehouse(settings)
    ensure_raw(settings)
    with connect(settings, "publisher", stage="months") as connection:
        complete = set(_list_complete(settings, connection))
        stale = list_stale_months(connection, settings.dbt_project)
        rows = connection.execute(_MONTHS).fetchall()
    return [
        _describe_month(row, is_complete=row[0] in complete, stale=stale.get(row[0]))
        for row in rows
    ]


def render_months(months: list[KnownMonth], console: Console) -> None:
    """Print the months for people, and what to do about the stale and missing ones."""
    if not months:
        console.print("Nothing has landed yet: `make nightly`.")
        return
    table = Table(box=None, header_style="bold")
    for name in ("month", "state", "publication", "published (UTC)", "rules", "why"):
        table.add_column(name, no_wrap=name not in ("rules", "why"))
    for known in months:
        style = STATES.get(known.state, "dim")
        table.add_row(
            f"{known.month:%Y-%m}",
            Text(known.state, style),
            str(known.publication_id or ""),
            f"{known.published_at:%Y-%m-%d %H:%M}" if known.published_at else "",
            ", ".join(known.rule_versions),
            known.reason,
        )
    console.print(table)
    counts = {
        state: sum(known.state == state for known in months)
        for state in ("stale", "missing", "held")
    }
    for state, command in (
        ("stale", "jinta backfill --stale"),
        ("missing", "jinta backfill --missing"),
    ):
        if counts[state]:
            console.print(f"{counts[state]} months are {state}: `{command}`")


def _list_complete(settings: Settings, connection: psycopg.Connection) -> list[date]:
    row = connection.execute(
        "select sources_path from control.runs order by started_at desc limit 1"
    ).fetchone()
    path = Path(row[0]) if row else settings.sources_path
    path = path or settings.checkout / "demo" / "sources.yml"
    if not path.is_file():
        return []
    return complete_months(settings, load_sources(path, settings))


def _describe_month(
    row: tuple[Any, ...], *, is_complete: bool, stale: str | None
) -> KnownMonth:
    month, publication_id, published_at, versions, held = row
    if held:
        state = "held"
    elif stale:
        state = "stale"
    elif publication_id is not None:
        state = "current"
    else:
        state = "missing" if is_complete else "incomplete"
    reasons = [f"held: {held}"] if held else []
    reasons += [stale] if stale else []
    return KnownMonth(
        month=month,
        state=state,
        publication_id=publication_id,
        published_at=published_at,
        rule_versions=tuple(versions),
        is_complete=is_complete,
        reason="; ".join(reasons),
    )
