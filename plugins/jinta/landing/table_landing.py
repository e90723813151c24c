"""Lands one table: everything in one transaction, or nothing (design decision 8)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from jinta.errors import SourceError
from jinta.landing.casting import (
    CastBatch,
    Caster,
    QuarantinedRow,
    add_amounts,
    drop_withheld,
)
from jinta.landing.copying import copy_batch, copy_quarantined
from jinta.landing.drift import check_columns, tell_kind
from jinta.landing.ledger import (
    History,
    LoadEntry,
    LoadResult,
    MonthEntry,
    find_load,
    read_history,
    reserve_load_id,
    write_load,
)
from jinta.landing.merging import Changes, Merger, MonthChanges, TakenRow
from jinta.landing.planning import Plan, plan_load
from jinta.landing.prefetch import read_ahead
from jinta.landing.raw_tables import ensure_partitions
from jinta.landing.touching import ALL_MONTHS
from jinta.settings import Settings
from jinta.sources.config import System, TableMapping
from jinta.sources.connections import find_connection
from jinta.sources.contract import ContractTable, load_contract
from jinta.sources.readers import (
    FileInput,
    FoundFile,
    RawBatch,
    Reader,
    open_file_reader,
)
from jinta.warehouse import connect

# Reports rows read so far of a table: (table name, rows).
Progress = Callable[[str, int], None]

# A column that breaks more than this share of the rows was retyped or mapped wrongly:
# the table stops instead of filling the quarantine.
MAX_REFUSED_SHARE = 0.5
MIN_ROWS_TO_JUDGE = 20
_JUDGED_EARLY = 200_000
_LOCK_SPACE = 0x6A696E74
# Stands for all tables beside the hash of each one's name.
_ALL_TABLES = -1


@dataclass
class _Tally:
    """What one landing counted while reading."""

    rows: int = 0
    excluded: int = 0
    quarantined: int = 0
    collapsed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    months: dict[date, MonthEntry] = field(default_factory=dict)
    watermark: Any = None
    columns: dict[str, str] | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def month(self, month: date) -> MonthEntry:
        return self.months.setdefault(month, MonthEntry())


class TableLanding:
    """One landing of one contract table of one source system.

    Args:
        settings: Whose warehouse and connections.
        run_id: The run that lands.
        system: The source system.
        mapping: Where the table comes from.
        table: Its contract.
        as_of: The run's as-of date.
        months: The run's months, or None.
        progress: Told how far reading came.
        is_cancelled: Asked between batches.
    """

    def __init__(
        self,
        settings: Settings,
        run_id: str,
        system: System,
        mapping: TableMapping,
        table: ContractTable,
        as_of: date,
        months: list[date] | None = None,
        progress: Progress | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.settings = settings
        self.run_id = run_id
        self.system = system
        self.mapping = mapping
        self.table = table
        self.as_of = as_of
        self.months = months
        self.progress = progress
        self.is_cancelled = is_cancelled
        self.caster = Caster(table, mapping, system)
        self.tally = _Tally()
        self.started_at = datetime.now(UTC)
        self.load_id = 0
        self.plan_files: list[tuple[FoundFile, FileInput]] = []

    def land(self) -> LoadResult:
        """Land the table, unless this run has landed it already.

        Raises:
            SourceError: The source can't be read or is not what was expected; nothing
                of the table was landed.
        """
        begun = time.monotonic()
        stage = f"extract {self.system.name}"
        with connect(self.settings, "loader", self.run_id, stage) as connection:
            done = find_load(connection, self.run_id, self.system.name, self.table.name)
            if done is not None:
                return done
            lock_table(connection, self.table.name)
            # Months are compared and counted one by one: less memory, more workers.
            connection.execute("set local enable_partitionwise_aggregate to on")
            connection.execute("set local enable_partitionwise_join to on")
            history = read_history(connection, self.system.name, self.table.name)
            plan = plan_load(
                self.system, self.mapping, self.table, history, self.as_of, self.months
            )
            self.tally.notes += plan.notes
            self.plan_files = plan.files
            self.load_id = reserve_load_id(connection)
            changes = self._land_rows(connection, plan, history)
            return self._write_ledger(connection, plan, history, changes, begun)

    # Rows

    def _land_rows(
        self, connection: psycopg.Connection[Any], plan: Plan, history: History
    ) -> Changes:
        merger = self._open_merger(connection)
        is_direct = (
            self.system.kind != "files"
            and self.mapping.collapse is None
            and not merger.has_current_rows(plan.scope)
        )
        if not is_direct:
            merger.create_stage()
        with read_ahead(self._read(plan, history)) as batches:
            for batch, file in batches:
                self._write_batch(connection, merger, batch, file, is_direct=is_direct)
        self._refuse_wrong_columns()
        self._refuse_unasked_months(plan)
        self._refuse_empty(merger, plan, is_direct=is_direct)
        if is_direct:
            return self._finish_direct(connection, merger)
        return self._finish_staged(connection, merger, plan)

    def _open_merger(self, connection: psycopg.Connection[Any]) -> Merger:
        tables = load_contract(self.settings.dbt_project).tables
        return Merger(connection, self.table, self.system.name, tables)

    def _refuse_unasked_months(self, plan: Plan) -> None:
        """Rows of months that were not compared could land a second time."""
        if plan.scope.kind != "months":
            return
        unasked = sorted(set(self.tally.months) - set(plan.scope.months))
        if unasked:
            raise SourceError(
                f"{self.table.name}: asked for some months by the column "
                f"{self.mapping.load.column!r}, the source also gave rows of "
                f"{', '.join(f'{month:%Y-%m}' for month in unasked[:6])}.",
                "Let `load: {by: month, column: …}` name the column that "
                f"{self.table.month_column} is mapped from, in the same form.",
            )

    def _write_batch(
        self,
        connection: psycopg.Connection[Any],
        merger: Merger,
        batch: CastBatch,
        file: FileInput | None,
        *,
        is_direct: bool,
    ) -> None:
        if self.is_cancelled():
            raise SourceError("The landing was cancelled.", "Run it again.")
        self._count(batch)
        if batch.quarantined:
            self._quarantine(connection, batch.quarantined)
        if batch.rows.num_rows == 0:
            return
        rows = self._add_places(batch, file)
        if not is_direct:
            copy_batch(connection, merger.stage, rows)
            return
        target: sql.Composable = merger.raw
        if self.table.month_column is not None:
            months = pc.unique(rows.column(self.table.month_column)).to_pylist()
            partitions = ensure_partitions(connection, self.table, months)
            # Into a partition PostgreSQL copies faster than through its table.
            target = partitions[0] if len(partitions) == 1 else merger.raw
        copy_batch(connection, target, self._add_versions(rows))

    def _finish_direct(
        self, connection: psycopg.Connection[Any], merger: Merger
    ) -> Changes:
        """Check the rows that were copied straight into the raw table."""
        self._take_duplicates(connection, merger, merger.raw, self.load_id)
        changes = Changes(new=self.tally.rows - self.tally.excluded)
        changes.new -= self.tally.quarantined
        for month, total in self.tally.months.items():
            new = total.rows_extracted - total.rows_quarantined
            if new:
                changes.months[month] = MonthChanges(new=new)
        if changes.new:
            changes.touched_from = self._touch_first(changes)
            self._analyze(connection, merger, set(changes.months))
        return changes

    def _touch_first(self, changes: Changes) -> str | None:
        """The first delivery of a table can change every month that reads it."""
        reads = self.table.spread.reads
        if reads == "onward":
            return min(changes.months).isoformat()
        return ALL_MONTHS if reads in ("versions", "current") else None

    def _finish_staged(
        self, connection: psycopg.Connection[Any], merger: Merger, plan: Plan
    ) -> Changes:
        """Compare the staged rows with the current ones."""
        if self.mapping.collapse is not None:
            self.tally.collapsed += merger.collapse(self.mapping.collapse)
        if plan.mode == "files" and len(plan.files) > 1:
            file_ids = [file.content_id for _, file in plan.files]
            superseded = merger.keep_latest_file(file_ids)
            self._forget(superseded)
        self._take_duplicates(connection, merger, merger.stage)
        changes = merger.merge(plan.scope, self.load_id, self.as_of)
        if changes.new or changes.changed or changes.ended:
            self._analyze(connection, merger, set(changes.months))
        return changes

    def _take_duplicates(
        self,
        connection: psycopg.Connection[Any],
        merger: Merger,
        relation: sql.Composable,
        load_id: int | None = None,
    ) -> None:
        key = ", ".join(self.table.key)
        taken = merger.take_duplicates(relation, load_id)
        self._quarantine_taken(
            connection, taken, f"The key ({key}) stands in an earlier row already."
        )
        if merger.find_foreign_keys():
            foreign = merger.take_foreign(relation, load_id)
            reason = f"The key ({key}) is held by another source system already."
            self._quarantine_taken(connection, foreign, reason)

    def _quarantine_taken(
        self,
        connection: psycopg.Connection[Any],
        taken: list[TakenRow],
        reason: str,
    ) -> None:
        """Move rows whose key is taken to the quarantine, as they came if known."""
        if not taken:
            return
        measure = self.table.measure.name if self.table.measure else None
        originals = self._read_again({(row[0], row[1]) for row in taken if row[0]})
        files = {entry["id"]: entry["name"] for entry in self.tally.files}
        rows = []
        for file_id, number, row_key, month, row in taken:
            payload = {k: v for k, v in row.items() if not k.startswith("_")}
            payload = originals.get((file_id, number), payload)
            rows.append(
                QuarantinedRow(
                    reason=reason,
                    payload=drop_withheld(payload, self.caster.mapping),
                    row_number=number,
                    row_key=row_key,
                    month=month,
                    file=FileInput(files[file_id], file_id) if file_id else None,
                )
            )
            if month is not None:
                entry = self.tally.month(month)
                entry.rows_quarantined += 1
                amount = row.get(measure) if measure else None
                entry.quarantined_amount = add_amounts(
                    entry.quarantined_amount,
                    None if amount is None else Decimal(str(amount)),
                )
        self._quarantine(connection, rows)

    def _quarantine(
        self, connection: psycopg.Connection[Any], rows: list[QuarantinedRow]
    ) -> None:
        self.tally.quarantined += len(rows)
        copy_quarantined(
            connection,
            self.load_id,
            self.run_id,
            self.system.name,
            self.table.name,
            rows,
        )

    def _forget(self, superseded: list[TakenRow]) -> None:
        """Rows that a later file of the same load replaced don't count in a month."""
        self.tally.collapsed += len(superseded)
        for _, _, _, month, row in superseded:
            if month is None:
                continue
            entry = self.tally.month(month)
            entry.rows_extracted -= 1
            for amount in row.values():
                if amount is not None:
                    entry.source_amount = add_amounts(
                        entry.source_amount, -Decimal(str(amount))
                    )

    def _count(self, batch: CastBatch) -> None:
        tally = self.tally
        tally.rows += batch.rows.num_rows + len(batch.quarantined) + batch.excluded
        tally.excluded += batch.excluded
        tally.refused.update(batch.refused)
        for month, total in batch.totals.items():
            entry = tally.month(month)
            entry.rows_extracted += total.rows
            entry.source_amount = add_amounts(entry.source_amount, total.amount)
            entry.rows_quarantined += total.quarantined
            entry.quarantined_amount = add_amounts(
                entry.quarantined_amount, total.quarantined_amount
            )
        if self.progress is not None:
            self.progress(self.table.name, tally.rows)
        if tally.rows >= _JUDGED_EARLY:
            self._refuse_wrong_columns()

    def _refuse_wrong_columns(self) -> None:
        """Stop if one column breaks most rows.

        Raises:
            SourceError: It does.
        """
        seen = self.tally.rows - self.tally.excluded
        if seen < MIN_ROWS_TO_JUDGE:
            return
        for name, count in self.tally.refused.most_common(1):
            if count > MAX_REFUSED_SHARE * seen:
                column = self.table.columns[name]
                source = self.mapping.columns[name]
                raise SourceError(
                    f"{self.table.name}: {source.column or name!r} breaks the contract "
                    f"of {name} ({column.data_type}) in {count:,} of {seen:,} rows: "
                    "the column was retyped, or is mapped wrongly.",
                    f"Compare it with the source; see line {source.line} of "
                    "the sources file. Nothing of this table was landed.",
                )

    def _refuse_empty(self, merger: Merger, plan: Plan, *, is_direct: bool) -> None:
        """Stop before an empty delivery ends every row of a table.

        Raises:
            SourceError: A snapshot is empty, and there are current rows.
        """
        if plan.mode != "snapshot" or self.tally.rows > self.tally.excluded:
            return
        if is_direct or self.mapping.is_empty_allowed:
            return
        if merger.has_current_rows(plan.scope):
            raise SourceError(
                f"{self.table.name}: the snapshot is empty, and the last one was not.",
                "Nothing was changed. If the table is really empty now, write "
                "`allow_empty: true`.",
            )

    # Batches

    def _read(
        self, plan: Plan, history: History
    ) -> Iterator[tuple[CastBatch, FileInput | None]]:
        """Read and cast everything that is planned; runs in the reader's thread."""
        # Whoever edited the mapping has seen the columns: they are the new normal.
        is_edited = history.fingerprint != self.mapping.fingerprint(self.table)
        seen = None if is_edited else history.columns
        if self.system.kind != "files":
            reader = self._open_database(plan)
            self._check_columns(f"system {self.system.name}", reader, seen)
            for batch in reader.read():
                self._raise_watermark(batch.rows)
                yield self.caster.cast(batch), None
            return
        self.tally.files += plan.told
        for found, file in plan.files:
            reader = open_file_reader(found, file, self.mapping)
            entry: dict[str, Any] = {
                "name": file.name,
                "id": file.content_id,
                "status": "landed",
                "rows": 0,
                "notes": reader.notes.said,
            }
            self.tally.files.append(entry)
            if not reader.columns:
                entry["status"] = "empty"
                self.tally.notes.append(f"{file.name} is empty")
                continue
            self._check_columns(file.name, reader, seen)
            for batch in reader.read():
                cast = self.caster.cast(batch, file)
                entry["rows"] += cast.rows.num_rows + len(cast.quarantined)
                yield cast, file
            self.tally.notes += [f"{file.name}: {note}" for note in reader.notes.said]

    def _open_database(self, plan: Plan) -> Reader:
        # SQLAlchemy and ADBC take half a second to import.
        from jinta.sources.readers.databases import DatabaseReader, PostgresReader

        url = find_connection(self.settings, self.system.connection or "")
        kind = PostgresReader if self.system.kind == "postgres" else DatabaseReader
        return kind(
            url,
            self.mapping.relation,
            self.mapping.query,
            self.mapping.source_columns,
            plan.slice,
        )

    def _check_columns(self, where: str, reader: Reader, seen: Any | None) -> None:
        """Compare with the last landing, or with the first file of this one."""
        expected = seen if seen is not None else self.tally.columns
        check_columns(where, reader.columns, self.mapping, expected)
        self.tally.columns = {c.name: c.type for c in reader.columns}

    def _raise_watermark(self, rows: pa.RecordBatch) -> None:
        if self.mapping.load.mode != "watermark":
            return
        name = self.mapping.load.column or ""
        values = rows.column(name)
        if pa.types.is_string(values.type) and self._is_number(name):
            # As text 9 would be above 10.
            values = pa.array(v and Decimal(v) for v in values.to_pylist())
        highest = pc.max(values).as_py()
        mark = self.tally.watermark
        if highest is not None and (mark is None or highest > mark):
            self.tally.watermark = highest

    def _is_number(self, name: str) -> bool:
        """Whether the source calls a column a number, however it hands it over."""
        return tell_kind((self.tally.columns or {}).get(name, "")) == "number"

    def _read_again(
        self, places: set[tuple[str | None, int | None]]
    ) -> dict[tuple[str | None, int | None], dict[str, Any]]:
        """The rows of some lines of files, as they arrived."""
        rows: dict[tuple[str | None, int | None], dict[str, Any]] = {}
        for found, file in self.plan_files if places else ():
            wanted = {
                number for file_id, number in places if file_id == file.content_id
            }
            if not wanted:
                continue
            for batch in open_file_reader(found, file, self.mapping).read():
                for line, row in _pick_lines(batch, wanted):
                    rows[file.content_id, line] = row
        return rows

    def _add_places(self, batch: CastBatch, file: FileInput | None) -> pa.RecordBatch:
        """Add file and line to the rows of a file."""
        if file is None:
            return batch.rows
        count = batch.rows.num_rows
        return pa.record_batch(
            [
                *batch.rows.columns,
                pa.repeat(pa.scalar(file.content_id), count),
                batch.row_numbers,
            ],
            names=[*batch.rows.schema.names, "_file_id", "_row_number"],
        )

    def _add_versions(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Add what the raw table knows of a version."""
        count = rows.num_rows
        return pa.record_batch(
            [
                *rows.columns,
                pa.repeat(pa.scalar(self.system.name), count),
                pa.repeat(pa.scalar(self.load_id, pa.int64()), count),
                pa.repeat(pa.scalar(self.as_of), count),
            ],
            names=[*rows.schema.names, "_system", "_first_load_id", "_first_as_of"],
        )

    # After the rows

    def _analyze(
        self, connection: psycopg.Connection[Any], merger: Merger, months: set[date]
    ) -> None:
        """Refresh the planner's statistics of what changed."""
        if self.table.month_column is None:
            connection.execute(sql.SQL("analyze {}").format(merger.raw))
            return
        partitions = ensure_partitions(connection, self.table, months)
        if connection.info.server_version >= 180000:
            # Without ONLY, the table's statistics would read every partition again.
            # A month looks like any other: a small sample of each will do.
            connection.execute("set local default_statistics_target to 25")
            for partition in partitions:
                connection.execute(sql.SQL("analyze {}").format(partition))
            connection.execute("set local default_statistics_target to default")
            connection.execute(sql.SQL("analyze only {}").format(merger.raw))
        else:
            connection.execute(sql.SQL("analyze {}").format(merger.raw))

    def _write_ledger(
        self,
        connection: psycopg.Connection[Any],
        plan: Plan,
        history: History,
        changes: Changes,
        begun: float,
    ) -> LoadResult:
        tally = self.tally
        for month, change in changes.months.items():
            entry = tally.month(month)
            entry.rows_new += change.new
            entry.rows_changed += change.changed
            entry.rows_ended += change.ended
        result = LoadResult(
            load_id=self.load_id,
            system_name=self.system.name,
            table_name=self.table.name,
            mode=plan.mode,
            as_of_date=self.as_of,
            rows_extracted=tally.rows,
            rows_new=changes.new,
            rows_changed=changes.changed,
            rows_unchanged=changes.unchanged,
            rows_ended=changes.ended,
            rows_quarantined=tally.quarantined,
            rows_collapsed=tally.collapsed,
            rows_excluded=tally.excluded,
            notes=tuple(dict.fromkeys(tally.notes)),
            seconds=time.monotonic() - begun,
        )
        entry = LoadEntry(
            result=result,
            run_id=self.run_id,
            mapped_columns=list(self.mapping.columns),
            scope=self._describe_scope(plan, history),
            files=tally.files,
            watermark=self._describe_watermark(history),
            started_at=self.started_at,
            months=tally.months,
            touched_from=changes.touched_from,
        )
        write_load(connection, entry)
        return result

    def _describe_scope(self, plan: Plan, history: History) -> dict[str, Any]:
        columns = self.tally.columns
        if columns is None:
            columns = dict(history.columns or {})
        scope: dict[str, Any] = {
            "kind": plan.scope.kind,
            "columns": columns,
            "fingerprint": self.mapping.fingerprint(self.table),
            "notes": list(dict.fromkeys(self.tally.notes)),
        }
        if plan.scope.months:
            scope["months"] = [month.isoformat() for month in plan.scope.months]
        if plan.scope.until:
            scope["until"] = plan.scope.until.isoformat()
        return scope

    def _describe_watermark(self, history: History) -> dict[str, Any] | None:
        if self.mapping.load.mode != "watermark":
            return None
        mark = self.tally.watermark
        if mark is None:
            return dict(history.watermark) if history.watermark else None
        column = self.mapping.load.column
        if isinstance(mark, (int, Decimal)):
            return {"column": column, "kind": "number", "value": str(mark)}
        if isinstance(mark, datetime):
            text = mark.isoformat(" ")
            return {"column": column, "kind": "moment", "value": text}
        if isinstance(mark, date):
            return {"column": column, "kind": "date", "value": mark.isoformat()}
        return _describe_text_mark(column, str(mark))


def lock_table(connection: psycopg.Connection[Any], table: str) -> None:
    """Keep a second writer of a table out until this transaction ends.

    Raises:
        SourceError: Another process is landing it.
    """
    row = connection.execute(
        "select pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, table]
    ).fetchone()
    if row == (False,):
        raise SourceError(
            f"{table} is being landed by another process.",
            "Wait for it to end, or end it (`select * from pg_stat_activity`).",
        )
    # Shared by all that land; a run that plans waits for them (`wait_for_loads`).
    connection.execute(
        "select pg_advisory_xact_lock_shared(%s, %s)", [_LOCK_SPACE, _ALL_TABLES]
    )


def wait_for_loads(connection: psycopg.Connection[Any]) -> None:
    """Wait until every load that has a number is there to be seen.

    Numbers are given at the start of a landing: a run that took the highest one as the
    last it knows would otherwise see a lower one arrive while it builds.

    Raises:
        SourceError: Somebody has been landing for a minute.
    """
    connection.execute("select set_config('lock_timeout', '60s', true)")
    try:
        connection.execute(
            "select pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, _ALL_TABLES]
        )
    except psycopg.errors.LockNotAvailable as error:
        raise SourceError(
            "Another process has been landing rows for a minute.",
            "Wait for it to end, or end it (`select * from pg_stat_activity`), then "
            "run again.",
        ) from error


def _describe_text_mark(column: str | None, text: str) -> dict[str, Any]:
    try:
        # Digits alone are no moment that could be compared with another as text.
        moment = None if text.isdecimal() else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        raise SourceError(
            f"The watermark {column} is a text that holds {text!r}, no moment.",
            "Name a column of numbers or moments, let a `query` cast this one, or load "
            "by snapshot.",
        )
    return {"column": column, "kind": "moment", "value": text}


def _pick_lines(
    batch: RawBatch, wanted: set[int | None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    if batch.row_numbers is None:
        return
    for position, line in enumerate(batch.row_numbers.to_pylist()):
        if line in wanted:
            yield line, batch.rows.slice(position, 1).to_pylist()[0]
