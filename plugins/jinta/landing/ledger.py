"""Reads and writes the ledger of loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class LoadResult:
    """What one landing of one table did.

    Attributes:
        notes: What people should know about it, such as respelled headers.
        is_skipped: Whether the table had landed before in the same run.
    """

    load_id: int
    system_name: str
    table_name: str
    mode: str
    as_of_date: date
    rows_extracted: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_ended: int
    rows_quarantined: int
    rows_collapsed: int
    rows_excluded: int
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    is_skipped: bool = False


@dataclass(frozen=True)
class LandedFile:
    """A file that is in force: its rows are current."""

    name: str
    content_id: str
    fingerprint: str


@dataclass(frozen=True)
class History:
    """What the ledger knows of a table of a system.

    Attributes:
        columns: Name and type of the source's columns at the last landing.
        fingerprint: Of the mapping at the last landing.
        watermark: Greatest value of the watermark column so far.
        last_month: Last month that any landing found rows for.
        files: Files in force, by name.
        duplicates: Names of files that were told to be copies of others.
        withdrawn: Content ids of files that were taken back by decision.
    """

    columns: Mapping[str, str] | None = None
    fingerprint: str | None = None
    mode: str | None = None
    watermark: Mapping[str, Any] | None = None
    last_month: date | None = None
    files: Mapping[str, LandedFile] = field(default_factory=dict)
    duplicates: frozenset[tuple[str, str]] = frozenset()
    withdrawn: frozenset[str] = frozenset()


@dataclass
class MonthEntry:
    """One row of `control.load_months` in the making."""

    rows_extracted: int = 0
    source_amount: Decimal | None = None
    rows_new: int = 0
    rows_changed: int = 0
    rows_ended: int = 0
    rows_quarantined: int = 0
    quarantined_amount: Decimal | None = None


@dataclass(frozen=True)
class LoadEntry:
    """One row of `control.loads` in the making, beyond its result."""

    result: LoadResult
    run_id: str
    mapped_columns: list[str]
    scope: dict[str, Any]
    files: list[dict[str, Any]]
    watermark: dict[str, Any] | None
    started_at: datetime
    months: Mapping[date, MonthEntry]
    touched_from: str | None = None


def reserve_load_id(connection: Connection) -> int:
    """Take the next load id; rows carry it before the ledger's row is written."""
    row = connection.execute(
        "select nextval(pg_get_serial_sequence('control.loads', 'load_id'))"
    ).fetchone()
    return int(row[0]) if row else 0


def read_history(connection: Connection, system: str, table: str) -> History:
    """Read what earlier landings of a table left for the next one."""
    withdrawn = _read_withdrawn(connection, system, table)
    latest = connection.execute(
        "select mode, scope, watermark from control.loads "
        "where system_name = %s and table_name = %s and mode <> 'replay' "
        "order by load_id desc limit 1",
        [system, table],
    ).fetchone()
    if latest is None:
        return History(withdrawn=withdrawn)
    mode, scope, watermark = latest
    month = connection.execute(
        "select max(load_months.month) from control.load_months "
        "inner join control.loads on load_months.load_id = loads.load_id "
        "where loads.system_name = %s and loads.table_name = %s "
        "and load_months.rows_extracted > 0",
        [system, table],
    ).fetchone()
    files, duplicates = _read_files(connection, system, table)
    return History(
        columns=scope.get("columns") or None,
        fingerprint=scope.get("fingerprint"),
        mode=mode,
        watermark=watermark,
        last_month=month[0] if month else None,
        files=files,
        duplicates=duplicates,
        withdrawn=withdrawn,
    )


def _read_withdrawn(connection: Connection, system: str, table: str) -> frozenset[str]:
    """Content ids whose latest decision takes them back."""
    rows = connection.execute(
        "select file_id from (select distinct on (file_id) file_id, decision_kind "
        "from control.file_decisions where system_name = %s and table_name = %s "
        "order by file_id, decision_id desc) as decided "
        "where decision_kind = 'withdraw'",
        [system, table],
    ).fetchall()
    return frozenset(file_id for (file_id,) in rows)


def _read_files(
    connection: Connection, system: str, table: str
) -> tuple[dict[str, LandedFile], frozenset[tuple[str, str]]]:
    rows = connection.execute(
        "select file ->> 'name', file ->> 'id', file ->> 'status', "
        "scope ->> 'fingerprint' "
        "from control.loads, jsonb_array_elements(files) as file "
        "where system_name = %s and table_name = %s and mode = 'files' "
        "order by load_id",
        [system, table],
    ).fetchall()
    landed: dict[str, LandedFile] = {}
    duplicates = set()
    for name, content_id, status, fingerprint in rows:
        if status == "landed":
            landed[name] = LandedFile(name, content_id, fingerprint)
        elif status == "withdrawn":
            landed = {n: f for n, f in landed.items() if f.content_id != content_id}
        else:
            duplicates.add((name, content_id))
    return landed, frozenset(duplicates)


def find_load(
    connection: Connection, run_id: str, system: str, table: str
) -> LoadResult | None:
    """What this run has landed of a table already."""
    row = connection.execute(
        "select load_id, mode, as_of_date, rows_extracted, rows_new, rows_changed, "
        "rows_unchanged, rows_ended, rows_quarantined, rows_collapsed, rows_excluded "
        "from control.loads "
        "where run_id = %s and system_name = %s and table_name = %s",
        [run_id, system, table],
    ).fetchone()
    if row is None:
        return None
    load_id, mode, as_of, *counts = row
    return LoadResult(load_id, system, table, mode, as_of, *counts, is_skipped=True)


def write_load(connection: Connection, entry: LoadEntry) -> None:
    """Write a load and its months; its check refuses to lose rows."""
    result = entry.result
    connection.execute(
        "insert into control.loads (load_id, run_id, system_name, table_name, "
        "as_of_date, mode, scope, mapped_columns, rows_extracted, rows_new, "
        "rows_changed, rows_unchanged, rows_ended, rows_quarantined, rows_collapsed, "
        "rows_excluded, files, watermark, started_at, touched_from) "
        "overriding system value values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            result.load_id,
            entry.run_id,
            result.system_name,
            result.table_name,
            result.as_of_date,
            result.mode,
            Jsonb(entry.scope),
            entry.mapped_columns,
            result.rows_extracted,
            result.rows_new,
            result.rows_changed,
            result.rows_unchanged,
            result.rows_ended,
            result.rows_quarantined,
            result.rows_collapsed,
            result.rows_excluded,
            Jsonb(entry.files),
            None if entry.watermark is None else Jsonb(entry.watermark),
            entry.started_at,
            entry.touched_from,
        ],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into control.load_months (load_id, table_name, month, "
            "rows_extracted, source_amount, rows_new, rows_changed, rows_ended, "
            "rows_quarantined, quarantined_amount) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    result.load_id,
                    result.table_name,
                    month,
                    total.rows_extracted,
                    total.source_amount,
                    total.rows_new,
                    total.rows_changed,
                    total.rows_ended,
                    total.rows_quarantined,
                    total.quarantined_amount,
                )
                for month, total in sorted(entry.months.items())
            ],
        )
