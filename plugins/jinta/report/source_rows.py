"""The source rows behind an account's indicators, with the loads that brought them."""

from __future__ import annotations

from typing import Any

from psycopg.rows import dict_row

from jinta.settings import Settings
from jinta.warehouse import connect

Row = dict[str, Any]


def list_source_rows(settings: Settings, explanation: Row) -> list[Row]:
    """List the rows behind an explanation's indicators, by table, window and file.

    Args:
        settings: Where the warehouse is; the reporter's rights are enough.
        explanation: What `explain_account` returned.

    Returns:
        One entry per table, window in months, system and file, with the number of rows
        in the window, the loads, and the indicators that look at so many months of the
        table; tables without rows are left out. Rows of an entity count as they stand,
        without a window.
    """
    wanted = {row["indicator_id"] for c in explanation["cards"] for row in c["points"]}
    key = {
        "month": explanation["month"],
        "account": explanation["account"]["group_account_id"],
        "wanted": sorted(wanted),
    }
    with (
        connect(settings, "reporter", stage="explain") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(_ROWS, key).fetchall()


def list_older_rows(settings: Settings, explanation: Row) -> list[Row]:
    """List the indicators with a value that older rows than those listed decide too.

    Args:
        settings: Where the warehouse is; the reporter's rights are enough.
        explanation: What `explain_account` returned.

    Returns:
        Each indicator with its source tables, in the dictionary's order.
    """
    points = [row for card in explanation["cards"] for row in card["points"]]
    known = {row["indicator_id"] for row in points if not row["is_missing"]}
    with (
        connect(settings, "reporter", stage="explain") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(_OLDER, {"known": sorted(known)}).fetchall()


# A dictionary that was published before the column came does not tell.
_OLDER = """
select indicators.indicator_id, indicators.source_tables
from marts.dim_indicators as indicators
where
    indicators.indicator_id = any(%(known)s)
    and (to_jsonb(indicators) ->> 'reads_older_rows')::boolean
order by indicators.position
"""

_ROWS = """
with

-- An entity is known as it stands, however many months an indicator looks at.
read as (

    select
        sources.delivery_id,
        case when sources.source_month is not null then indicators.window_months end
            as window_months,
        array_agg(indicators.indicator_id order by indicators.position) as indicators
    from marts.fct_account_sources as sources
    inner join marts.dim_indicators as indicators
        on
            sources.table_name = any(string_to_array(indicators.source_tables, ' '))
            and coalesce(
                sources.source_month
                > sources.month - make_interval(months => indicators.window_months),
                true
            )
    where
        sources.month = %(month)s
        and sources.group_account_id = %(account)s
        and indicators.indicator_id = any(%(wanted)s)
    group by sources.delivery_id, 2

)

select
    sources.table_name,
    read.window_months,
    sources.system_name,
    sources.file_name,
    sum(sources.source_rows) filter (where loads.place = 1)::bigint as row_count,
    array_agg(distinct loads.load_id order by loads.load_id) as load_ids,
    min(sources.landed_date) as landed_from,
    max(sources.landed_date) as landed_to,
    read.indicators
from read
inner join marts.fct_account_sources as sources
    on
        read.delivery_id = sources.delivery_id
        and sources.month = %(month)s
        and sources.group_account_id = %(account)s
cross join
    lateral unnest(sources.load_ids) with ordinality as loads (load_id, place)
group by
    sources.table_name, read.window_months, sources.system_name, sources.file_name,
    read.indicators
order by
    sources.table_name, read.window_months, sources.system_name, sources.file_name
"""
