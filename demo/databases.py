"""Writes the tables of a source database: COPY in binary, in one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import LiteralString, cast

import pgpq
import psycopg
import pyarrow as pa
from psycopg import sql

from jinta.settings import Settings
from jinta.warehouse import connect_info, ensure_database

COPY_ROWS = 250_000


def name_database(system: str) -> str:
    """Return the name of a source system's database."""
    return f"jinta_demo_{system}"


@contextmanager
def open_system(settings: Settings, system: str) -> Iterator[psycopg.Connection]:
    """Connect to a source system's database on the embedded server, as its owner.

    The transaction is committed at the end; before that nobody sees what it did.
    """
    embedded = replace(settings, server=None)
    ensure_database(embedded, name_database(system), "source")
    info = connect_info(embedded, "source") | {"dbname": name_database(system)}
    with psycopg.connect(**info, application_name="jinta/demo") as connection:
        yield connection


def read_stamp(connection: psycopg.Connection, system: str) -> str | None:
    """Return what the system was built from, or None if it wasn't."""
    row = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace"
        " where nspname = %s",
        [system],
    ).fetchone()
    return row[0] if row else None


def create_schema(
    connection: psycopg.Connection,
    system: str,
    ddl: Mapping[str, str],
    partitioned: Mapping[str, str],
    stamp: str,
) -> None:
    """Create a system's empty tables instead of those of an earlier build."""
    schema = sql.Identifier(system)
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    connection.execute(sql.SQL("create schema {}").format(schema))
    connection.execute(
        sql.SQL("comment on schema {} is {}").format(schema, sql.Literal(stamp))
    )
    for table, columns in ddl.items():
        by = partitioned.get(table)
        connection.execute(
            sql.SQL("create table {}.{} ({}){}").format(
                schema,
                sql.Identifier(table),
                sql.SQL(cast(LiteralString, columns)),
                sql.SQL(" partition by list ({})").format(sql.Identifier(by))
                if by
                else sql.SQL(""),
            )
        )


def create_partition(
    connection: psycopg.Connection, system: str, table: str, month: int
) -> None:
    """Create the partition of a month, written as yyyymm."""
    connection.execute(
        sql.SQL("create table {}.{} partition of {}.{} for values in ({})").format(
            sql.Identifier(system),
            sql.Identifier(f"{table}_{month}"),
            sql.Identifier(system),
            sql.Identifier(table),
            month,
        )
    )


def copy_table(
    connection: psycopg.Connection, system: str, table: str, rows: pa.Table
) -> None:
    """Copy rows into a table, some hundred thousand at a time."""
    encoder = pgpq.ArrowToPostgresBinaryEncoder(rows.schema)
    statement = sql.SQL("copy {}.{} ({}) from stdin (format binary)").format(
        sql.Identifier(system),
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, rows.schema.names)),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for batch in rows.to_batches(max_chunksize=COPY_ROWS):
            copy.write(encoder.write_batch(batch))
        copy.write(encoder.finish())
