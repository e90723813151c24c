"""Copies Arrow batches into tables of the warehouse, in PostgreSQL's binary format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import psycopg
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import sql

from jinta.landing.casting import QuarantinedRow

Connection = psycopg.Connection[tuple[Any, ...]]

_QUARANTINE = sql.SQL(
    "copy quarantine.rows (load_id, run_id, system_name, table_name, month, file_name, "
    "file_id, row_number, row_key, column_name, reason, payload) from stdin"
)


def copy_batch(
    connection: Connection, relation: sql.Composable, rows: pa.RecordBatch
) -> None:
    """Append a batch to a table whose columns have the batch's names and types."""
    encoder = ArrowToPostgresBinaryEncoder(rows.schema)
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows.schema.names)
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        relation, columns
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        copy.write(encoder.write_batch(rows))
        copy.write(encoder.finish())


def copy_quarantined(
    connection: Connection,
    load_id: int,
    run_id: str,
    system_name: str,
    table_name: str,
    rows: Iterable[QuarantinedRow],
) -> None:
    """Append broken rows to the quarantine."""
    with connection.cursor() as cursor, cursor.copy(_QUARANTINE) as copy:
        for row in rows:
            copy.write_row(
                (
                    load_id,
                    run_id,
                    system_name,
                    table_name,
                    row.month,
                    row.file.name if row.file else None,
                    row.file.content_id if row.file else None,
                    row.row_number,
                    _storable(row.row_key),
                    row.column_name,
                    _storable(row.reason),
                    _write_payload(row.payload),
                )
            )


def _write_payload(payload: dict[str, Any]) -> str:
    text = json.dumps(payload, ensure_ascii=False, default=_write_value)
    # JSON in PostgreSQL holds neither zero bytes nor halves of characters.
    text = text.replace("\\u0000", "\u2400")
    return text.encode("utf-8", "replace").decode("utf-8")


def _write_value(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _storable(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "\u2400")
