"""Which months a run builds (design decision 1)."""

from __future__ import annotations

from datetime import date

import psycopg

from jinta.errors import SourceError
from jinta.landing import complete_months
from jinta.runs.ledger import load_run
from jinta.settings import Settings
from jinta.sources import load_sources
from jinta.warehouse import connect

# A month's three-month means read the two months before it.
LOOK_BACK_MONTHS = 2

_STALE = """
with

published as (

    select
        pointers.month,
        min(publications.landed_through_load_id) as landed_through_load_id,
        min(publications.published_at) as published_at
    from control.pointers as pointers
    inner join control.publications as publications
        on pointers.publication_id = publications.publication_id
    where pointers.month is not null
    group by pointers.month

),

late_facts as (

    select
        published.month,
        min(
            'late facts for ' || to_char(load_months.month, 'YYYY-MM')
            || ' in ' || load_months.table_name
        ) as reason
    from published
    inner join control.load_months as load_months
        on
            load_months.load_id > published.landed_through_load_id
            and load_months.month between
            (published.month - make_interval(months => %(look_back)s))::date
            and published.month
    where
        load_months.rows_new + load_months.rows_changed
        + load_months.rows_ended > 0
    group by published.month

),

late_decisions as (

    select distinct
        published.month,
        'a decision recorded since' as reason
    from published
    where
        exists (
            select 1 from control.steward_decisions
            where decided_at > published.published_at
        )
        or exists (
            select 1 from control.tier_overrides
            where
                recorded_at > published.published_at
                and published.month between
                date_trunc('month', valid_from) and valid_to
        )

)

select month, reason from late_facts
union all
select month, reason from late_decisions
where month not in (select month from late_facts)
order by month
"""


def plan_months(settings: Settings, run_id: str) -> list[date]:
    """Choose the run's months and write them to `control.run_months`.

    An explicit range takes its months that have been billed. Otherwise the run takes
    the last month whose billing is complete by the ledger and, among the
    `restate_months` before it, those that are stale or were never published.

    Raises:
        SourceError: No month can be built.
    """
    run = load_run(settings, run_id)
    complete = complete_months(settings, load_sources(run.sources_path, settings))
    with connect(settings, "loader", run_id=run_id, stage="plan") as connection:
        if run.requested_months:
            months = [m for m in run.requested_months if m in set(complete)]
        else:
            months = _choose_nightly_months(
                connection, complete, settings.restate_months
            )
        if not months:
            raise SourceError(
                _explain_no_month(run.requested_months, complete),
                cure=(
                    "Check the bills that were landed (`jinta loads`), the as_of of "
                    "the sources file and the months asked for."
                ),
            )
        connection.execute("delete from control.run_months")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into control.run_months (month, as_of_date, run_id) "
                "values (%s, %s, %s)",
                [(month, run.as_of_date, run_id) for month in months],
            )
    return months


def list_stale_months(connection: psycopg.Connection) -> dict[date, str]:
    """Published months that no longer show what the warehouse knows, with the reason.

    A fact that landed after a month was published touches that month and those that
    look back on it; a steward's decision or an override touches every month.
    """
    rows = connection.execute(_STALE, {"look_back": LOOK_BACK_MONTHS}).fetchall()
    return dict(rows)


def _choose_nightly_months(
    connection: psycopg.Connection, complete: list[date], restate_months: int
) -> list[date]:
    if not complete:
        return []
    published = {
        row[0]
        for row in connection.execute(
            "select distinct month from control.pointers where month is not null"
        )
    }
    stale = list_stale_months(connection)
    window = sorted(complete)[-(restate_months + 1) :]
    last = window[-1]
    return [m for m in window if m == last or m in stale or m not in published]


def _explain_no_month(requested: list[date], complete: list[date]) -> str:
    if not complete:
        return "No month's billing is complete: nothing can be built."
    known = f"{min(complete):%Y-%m} to {max(complete):%Y-%m}"
    if requested:
        return (
            f"None of the months asked for ({requested[0]:%Y-%m} to "
            f"{requested[-1]:%Y-%m}) has been billed; complete are {known}."
        )
    return "The nightly rule chose no month."
