"""Creates the raw tables from the contract and keeps them in step with it.

Every table of the contract exists, mapped or not, so that SQL runs whatever a company
delivers. A new contract column is added; a changed type is refused, because what has
landed can't be read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from jinta.errors import ContractError
from jinta.sources.config import TableMapping
from jinta.sources.contract import Contract, ContractTable
from jinta.sources.readers.base import normalise_name

Connection = psycopg.Connection[tuple[Any, ...]]

# What landing adds to the contract's columns.
SYSTEM_COLUMNS = {
    "_system": ("text not null", "Source system that delivered the row."),
    "_file_id": ("text", "Content id of the file; empty for databases."),
    "_row_number": ("bigint", "Line of the row in its file; empty for databases."),
    "_first_load_id": ("bigint not null", "Load that brought this version."),
    "_last_load_id": ("bigint", "Load that ended it; empty while it is current."),
    "_first_as_of": ("date not null", "As-of date of the load that brought it."),
    "_last_as_of": ("date", "As-of date of the load that ended it."),
}
LOCK = 7_316_942_053
# A month's three-month means read the two months before it.
LOOK_BACK_MONTHS = 2


def ensure_raw_tables(connection: Connection, contract: Contract) -> None:
    """Create missing raw tables and add missing columns; drop withheld ones.

    A personal column that landed while a rule needed it leaves `raw` with the need:
    staging's views of the table go with it, and the next build makes them anew.

    Args:
        connection: A connection as the loader, in a transaction of its own.
        contract: The tables that must exist.

    Raises:
        ContractError: A column has another type than the contract says.
    """
    existing = _read_columns(connection)
    todo = [t for t in contract.tables.values() if _needs_change(t, existing)]
    if not todo:
        return
    connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    existing = _read_columns(connection)
    for table in todo:
        found = existing.get(table.identifier)
        if found is None:
            _create_table(connection, table)
        else:
            _extend_table(connection, table, found)
        _comment_table(connection, table)


def strip_quarantine(
    connection: Connection,
    system_name: str,
    table: ContractTable,
    mapping: TableMapping,
) -> None:
    """Take withheld columns out of the rows of a table that lie in the quarantine.

    They have the source's names there, or the contract's if the row had been cast. A
    line that could not be split loses its values if one of them may be withheld.

    Args:
        connection: A connection as the loader.
        system_name: The system that delivered the rows.
        table: The table, with the columns that no rule needs any more.
        mapping: Where the system keeps them.
    """
    withheld = {normalise_name(name) for name in (*mapping.withheld, *table.withheld)}
    if not withheld:
        return
    place = {"system": system_name, "table": table.name}
    names = connection.execute(
        """
        select distinct names.name
        from quarantine.rows as stored
        cross join jsonb_object_keys(stored.payload) as names (name)
        where stored.system_name = %(system)s and stored.table_name = %(table)s
        """,
        place,
    ).fetchall()
    stripped = [name for (name,) in names if normalise_name(name) in withheld]
    if stripped:
        connection.execute(
            """
            update quarantine.rows set payload = payload - %(names)s::text[]
            where
                system_name = %(system)s
                and table_name = %(table)s
                and payload ?| %(names)s::text[]
            """,
            {**place, "names": stripped},
        )
    if mapping.withheld:
        connection.execute(
            """
            update quarantine.rows
            set payload = (
                select jsonb_object_agg(names.name, null)
                from jsonb_object_keys(payload) as names (name)
            )
            where
                system_name = %(system)s
                and table_name = %(table)s
                and row_key is null
                and column_name is null
                and jsonb_strip_nulls(payload) <> '{}'
            """,
            place,
        )


def ensure_partitions(
    connection: Connection, table: ContractTable, months: Iterable[date]
) -> list[sql.Identifier]:
    """Create the partitions of some months; returns all of theirs.

    A partition is made aside and attached, so that readers of the others don't wait.
    """
    partitions = []
    for month in sorted(months):
        name = f"{table.identifier}_{month:%Y_%m}"
        partition = sql.Identifier("raw", name)
        partitions.append(partition)
        found = connection.execute(
            "select to_regclass(%s)", [f"raw.{sql.Identifier(name).as_string(None)}"]
        ).fetchone()
        if found and found[0] is not None:
            continue
        parent = sql.Identifier("raw", table.identifier)
        connection.execute(
            sql.SQL("create table {} (like {} including defaults)").format(
                partition, parent
            )
        )
        connection.execute(
            sql.SQL(
                "alter table {} attach partition {} for values from ({}) to ({})"
            ).format(
                parent, partition, month.isoformat(), next_month(month).isoformat()
            )
        )
    return partitions


def next_month(month: date) -> date:
    """First day of the month after."""
    return add_months(month, 1)


def add_months(month: date, count: int) -> date:
    """First day of the month `count` months later."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def _read_columns(connection: Connection) -> dict[str, dict[str, str]]:
    """Columns and types of all tables in `raw`, by table."""
    rows = connection.execute(
        """
        select
            pg_class.relname,
            pg_attribute.attname,
            format_type(pg_attribute.atttypid, pg_attribute.atttypmod)
        from pg_class
        inner join pg_attribute on pg_class.oid = pg_attribute.attrelid
        where
            pg_class.relnamespace = 'raw'::regnamespace
            and pg_class.relkind in ('r', 'p')
            and not pg_class.relispartition
            and pg_attribute.attnum > 0
            and not pg_attribute.attisdropped
        """
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        found.setdefault(table, {})[column] = data_type
    return found


def _needs_change(table: ContractTable, existing: dict[str, dict[str, str]]) -> bool:
    """Whether a table or column is missing; a changed type is refused."""
    found = existing.get(table.identifier)
    if found is None:
        return True
    changed = [
        f"{c.name} is {found[c.name]} in raw and {c.data_type} in the contract"
        for c in table.columns.values()
        if c.name in found and found[c.name] != _normalise_type(c.data_type)
    ]
    if changed:
        raise ContractError(
            f"The contract changed the type of a column of raw.{table.identifier}: "
            f"{'; '.join(changed)}.",
            "What has landed can't be read again. Take the change back, add a column "
            "under another name, or change the type yourself with `alter table` as "
            "role loader and then run again.",
        )
    return any(name not in found for name in table.columns) or any(
        name in found for name in table.withheld
    )


def _normalise_type(data_type: str) -> str:
    return re.sub(r"\s+", "", data_type)


def _create_table(connection: Connection, table: ContractTable) -> None:
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.data_type))  # type: ignore[arg-type]
        for c in table.columns.values()
    ]
    columns += [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(definition))  # type: ignore[arg-type]
        for name, (definition, _) in SYSTEM_COLUMNS.items()
    ]
    statement = sql.SQL("create table {} ({})").format(
        sql.Identifier("raw", table.identifier), sql.SQL(", ").join(columns)
    )
    if table.month_column is not None:
        statement += sql.SQL(" partition by range ({})").format(
            sql.Identifier(table.month_column)
        )
    connection.execute(statement)


def _extend_table(
    connection: Connection, table: ContractTable, found: dict[str, str]
) -> None:
    for column in table.columns.values():
        if column.name not in found:
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    sql.Identifier("raw", table.identifier),
                    sql.Identifier(column.name),
                    sql.SQL(column.data_type),  # type: ignore[arg-type]
                )
            )
    for name in table.withheld:
        if name in found:
            connection.execute(
                sql.SQL("alter table {} drop column {} cascade").format(
                    sql.Identifier("raw", table.identifier), sql.Identifier(name)
                )
            )


def _comment_table(connection: Connection, table: ContractTable) -> None:
    relation = sql.Identifier("raw", table.identifier)
    text = f"{table.description} Every version of every row that was delivered."
    connection.execute(
        sql.SQL("comment on table {} is {}").format(relation, text.strip())
    )
    described = {c.name: c.description for c in table.columns.values()}
    described |= {name: text for name, (_, text) in SYSTEM_COLUMNS.items()}
    for name, description in described.items():
        connection.execute(
            sql.SQL("comment on column {}.{} is {}").format(
                relation, sql.Identifier(name), description
            )
        )
