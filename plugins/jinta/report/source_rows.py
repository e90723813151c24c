"""The source rows behind an account's indicators, with the loads that brought them.

They lie in the private schema of what landed, so this asks as the build does. Rows
count as the publication of the month knew them, in the months that the indicator looks
at.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from jinta.settings import Settings
from jinta.sources.contract import ContractTable, load_contract
from jinta.warehouse import connect

Row = dict[str, Any]


def list_source_rows(settings: Settings, explanation: Row) -> list[Row]:
    """List the rows behind an explanation's indicators, by table, system and file.

    Args:
        settings: Whose warehouse.
        explanation: What `explain_account` returned.

    Returns:
        One entry per table, system and file, with the number of rows, the loads, and
        the indicators that are made of it; tables without rows are left out.
    """
    month = explanation["month"]
    wanted = {row["indicator_id"] for c in explanation["cards"] for row in c["points"]}
    records = [row["account_id_crm"] for row in explanation["records"]]
    kind = explanation["account"]["account_kind"]
    contract = load_contract(settings.dbt_project)
    found: list[Row] = []
    with connect(settings, "transformer", stage="explain") as connection:
        known_load_id = _find_known_load(connection, month)
        for name, (window, indicators) in _list_tables(connection, wanted).items():
            table = contract.tables.get(name)
            link = _link_records(table, kind) if table is not None else None
            if table is None or link is None:
                continue
            key = {"records": records, "known": known_load_id, "table": name}
            query = sql.SQL(_ROWS).format(
                rows=sql.Identifier("raw", table.identifier),
                link=link,
                window=_limit_months(table, month, window),
            )
            found += [
                row | {"indicators": indicators}
                for row in _fetch(connection, query, key)
            ]
    return found


def _list_tables(
    connection: psycopg.Connection[Any], wanted: set[str]
) -> dict[str, tuple[int, list[str]]]:
    """By source table the widest window and the names of the indicators made of it."""
    rows = _fetch(
        connection,
        sql.SQL(
            "select indicator_id, source_tables, window_months "
            "from rules.indicators where indicator_id = any(%(wanted)s) "
            "order by position"
        ),
        {"wanted": sorted(wanted)},
    )
    windows: dict[str, int] = defaultdict(int)
    indicators: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for table in (row["source_tables"] or "").split():
            windows[table] = max(windows[table], row["window_months"])
            indicators[table].append(row["indicator_id"])
    return {table: (windows[table], indicators[table]) for table in sorted(windows)}


def _link_records(table: ContractTable, kind: str) -> sql.Composable | None:
    """How rows of a table name an account: by its record, or by one of its lines."""
    column = "prospect_id" if kind == "prospect" else "account_id"
    if column in table.columns:
        return sql.SQL("rows.{} = any(%(records)s)").format(sql.Identifier(column))
    if kind != "prospect" and "line_id" in table.columns:
        return sql.SQL(
            "rows.line_id in (select lines.line_id from raw.billing__subscriptions "
            "as lines where lines.account_id = any(%(records)s))"
        )
    return None


def _limit_months(table: ContractTable, month: date, window: int) -> sql.Composable:
    if table.month_column is None:
        return sql.SQL("true")
    return sql.SQL(
        "rows.{column} <= {month} and rows.{column} > {month} - make_interval(months "
        "=> {window})"
    ).format(
        column=sql.Identifier(table.month_column),
        month=sql.Literal(month),
        window=sql.Literal(window),
    )


def _find_known_load(connection: psycopg.Connection[Any], month: date) -> int:
    """The last load that the month's publication knew."""
    row = connection.execute(
        "select publications.landed_through_load_id from control.pointers as pointers "
        "inner join control.publications as publications "
        "on pointers.publication_id = publications.publication_id "
        "where pointers.mart = 'fct_account_scores' and pointers.month = %s",
        [month],
    ).fetchone()
    return row[0] if row else 0


def _fetch(
    connection: psycopg.Connection[Any], query: sql.Composable, key: Row
) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return [dict(row) for row in cursor.execute(query, key).fetchall()]


_ROWS: LiteralString = """
select
    %(table)s as table_name,
    rows._system as system_name,
    coalesce(
        (
            select min(file ->> 'name')
            from control.loads
            cross join lateral jsonb_array_elements(loads.files) as file
            where
                loads.table_name = %(table)s
                and file ->> 'id' = rows._file_id
        ),
        rows._file_id
    ) as file_name,
    count(*) as row_count,
    array_agg(distinct rows._first_load_id order by rows._first_load_id) as load_ids,
    min(rows._first_as_of) as landed_from,
    max(rows._first_as_of) as landed_to
from {rows} as rows
where
    {link}
    and rows._first_load_id <= %(known)s
    and coalesce(rows._last_load_id > %(known)s, true)
    and {window}
group by rows._system, rows._file_id
order by rows._system, rows._file_id
"""
