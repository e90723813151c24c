"""The SQL of this package: one statement per file, names filled in as identifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

FOLDER = Path(__file__).parent / "sql"


def load_statement(name: str, **parts: sql.Composable) -> sql.Composable:
    """Read a statement of `sql/` and fill in its `{parts}`.

    Args:
        name: The file without its ending.
        parts: Identifiers or fragments by the name in braces.
    """
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(cast(LiteralString, text)).format(**parts)


def fetch_dicts(
    connection: psycopg.Connection[Any],
    name: str,
    parameters: dict[str, Any],
    **parts: sql.Composable,
) -> list[dict[str, Any]]:
    """Run a statement of `sql/` and return its rows by column name."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(load_statement(name, **parts), parameters).fetchall()
    return [dict(row) for row in rows]
