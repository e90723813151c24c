"""Tries rows of the quarantine again, once what broke them is mended.

A row goes through today's mapping and contract as it arrived, and lands in its place.
Every row that is tried is marked with the load that tried it: it has landed, or a later
delivery had taken its place, or it was put aside anew with today's reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
from psycopg import sql

from jinta.errors import UsageError
from jinta.landing.casting import (
    CastBatch,
    Caster,
    MonthTotals,
    QuarantinedRow,
    add_amounts,
)
from jinta.landing.copying import copy_batch, copy_quarantined
from jinta.landing.ledger import (
    LoadEntry,
    LoadResult,
    MonthEntry,
    reserve_load_id,
    write_load,
)
from jinta.landing.merging import Changes, Merger, Scope
from jinta.landing.systems import ensure_raw
from jinta.landing.table_landing import lock_table
from jinta.settings import Settings
from jinta.sources.config import ColumnMapping, SourcesConfig, System, TableMapping
from jinta.sources.contract import ContractTable, load_contract
from jinta.sources.readers import FileInput, RawBatch
from jinta.warehouse import connect

Connection = psycopg.Connection[Any]
# Number of the quarantined row, whether a later one took its place, whether another
# system holds its key, month and amount.
TakenRow = tuple[int, bool, bool, date | None, Decimal | None]

# Rows that no later landing has read again: what it found stands in their place.
_WAITING = """
select
    waiting.quarantine_id, waiting.load_id, waiting.file_name, waiting.file_id,
    waiting.row_number, waiting.row_key, waiting.month, waiting.reason, waiting.payload
from quarantine.rows as waiting
where
    waiting.replayed_load_id is null
    and waiting.system_name = %(system)s
    and waiting.table_name = %(table)s
    and (
        %(reason)s::text is null
        or strpos(lower(waiting.reason), lower(%(reason)s)) > 0
    )
    and not exists (
        select from control.loads as later
        where
            later.load_id > waiting.load_id
            and later.system_name = waiting.system_name
            and later.table_name = waiting.table_name
            and case later.scope ->> 'kind'
                when 'all' then true
                when 'until'
                    then coalesce(waiting.month < (later.scope ->> 'until')::date, true)
                when 'months'
                    then coalesce(later.scope -> 'months' ? waiting.month::text, true)
                when 'files'
                    then exists (
                        select from jsonb_array_elements(later.files) as file
                        where
                            file ->> 'status' in ('landed', 'withdrawn')
                            and (
                                file ->> 'name' = waiting.file_name
                                or file ->> 'id' = waiting.file_id
                            )
                    )
                else false
            end
    )
order by waiting.quarantine_id
"""


# Staged rows that another row stands in place of: which one, and why.
_JUDGE = sql.SQL(
    """
    with judged as (
        select
            staged.ctid as tid,
            staged.quarantine_id,
            row_number() over (
                partition by {key} order by staged.quarantine_id desc
            ) > 1 as is_repeated,
            landed._first_load_id > waiting.load_id as is_delivered,
            landed._first_load_id is not null and (
                not {repeats_kept}
                or landed._first_load_id = waiting.load_id
                or landed._file_id = staged._file_id
            ) as is_beside,
            landed._system <> {system} as is_foreign
        from {stage} as staged
        inner join quarantine.rows as waiting
            on staged.quarantine_id = waiting.quarantine_id
        left join {raw} as landed
            on landed._last_load_id is null and {same_key}
    )
    delete from {stage} as doomed
    using judged
    where
        doomed.ctid = judged.tid
        and (
            judged.is_repeated or judged.is_delivered
            or judged.is_beside or judged.is_foreign
        )
    returning
        judged.quarantine_id,
        judged.is_repeated or coalesce(
            judged.is_delivered and not judged.is_foreign, false
        ),
        coalesce(judged.is_foreign, false),
        {month},
        {measure}
    """
)


@dataclass(frozen=True)
class _Waiting:
    """One row of the quarantine."""

    quarantine_id: int
    load_id: int | None
    file_name: str | None
    file_id: str | None
    row_number: int | None
    row_key: str | None
    month: date | None
    reason: str
    payload: dict[str, Any]

    @property
    def file(self) -> FileInput | None:
        if self.file_name is None or self.file_id is None:
            return None
        return FileInput(self.file_name, self.file_id)


@dataclass
class _Tally:
    """What became of the rows."""

    broken: list[tuple[_Waiting, QuarantinedRow]] = field(default_factory=list)
    excluded: int = 0
    superseded: int = 0
    months: dict[date, MonthEntry] = field(default_factory=dict)

    def count(self, totals: Mapping[date, MonthTotals]) -> None:
        for month, total in totals.items():
            entry = self.months.setdefault(month, MonthEntry())
            entry.rows_extracted += total.rows
            entry.source_amount = add_amounts(entry.source_amount, total.amount)
            entry.rows_quarantined += total.quarantined
            entry.quarantined_amount = add_amounts(
                entry.quarantined_amount, total.quarantined_amount
            )

    def count_changes(self, changes: Changes) -> None:
        for month, change in changes.months.items():
            entry = self.months.setdefault(month, MonthEntry())
            entry.rows_new += change.new
            entry.rows_changed += change.changed
            entry.rows_ended += change.ended


def _check_names(config: SourcesConfig, system: str | None, table: str | None) -> None:
    known = {
        "system": (system, config.systems),
        "table": (table, config.mapped_tables),
    }
    for kind, (name, names) in known.items():
        if name is not None and name not in names:
            raise UsageError(
                f"{config.path} has no {kind} {name}.",
                f"It has {', '.join(sorted(names))}.",
            )


def replay_quarantine(
    settings: Settings,
    config: SourcesConfig,
    *,
    system: str | None = None,
    table: str | None = None,
    reason: str | None = None,
) -> list[LoadResult]:
    """Try the rows that wait in the quarantine again, table by table.

    Each table is a load of its own in one transaction, with mode `replay`.

    Args:
        settings: Whose warehouse.
        config: The sources file, with the mapping as it is today.
        system: Only rows of this system.
        table: Only rows of this table.
        reason: Only rows whose reason holds this text.

    Returns:
        One result per table that had rows to try.

    Raises:
        UsageError: The sources file has no such system or table.
    """
    _check_names(config, system, table)
    for source in config.systems.values():
        ensure_raw(settings, source)
    contract = load_contract(settings.dbt_project)
    as_of = config.as_of or datetime.now(UTC).date()
    run_id = f"replay-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    results = []
    for source in config.systems.values():
        for name, mapping in source.tables.items():
            if system not in (None, source.name) or table not in (None, name):
                continue
            replay = _TableReplay(
                settings, run_id, source, mapping, contract.tables[name], as_of
            )
            result = replay.replay(reason)
            if result is not None:
                results.append(result)
    return results


class _TableReplay:
    """One replay of the quarantined rows of one table of one system."""

    def __init__(
        self,
        settings: Settings,
        run_id: str,
        system: System,
        mapping: TableMapping,
        table: ContractTable,
        as_of: date,
    ) -> None:
        self.settings = settings
        self.run_id = run_id
        self.system = system
        self.mapping = mapping
        self.table = table
        self.as_of = as_of
        self.load_id = 0
        self.tally = _Tally()

    def replay(self, reason: str | None) -> LoadResult | None:
        """Try the rows again; None if none wait."""
        begun, started_at = time.monotonic(), datetime.now(UTC)
        with connect(self.settings, "loader", self.run_id, "replay") as connection:
            lock_table(connection, self.table.name)
            waiting = self._fetch(connection, reason)
            if not waiting:
                return None
            self.load_id = reserve_load_id(connection)
            tables = load_contract(self.settings.dbt_project).tables
            merger = Merger(connection, self.table, self.system.name, tables)
            self._stage(connection, merger, waiting)
            self._judge(connection, merger, {row.quarantine_id: row for row in waiting})
            changes = merger.merge(Scope("none"), self.load_id, self.as_of)
            self._put_aside(connection)
            result = self._write_ledger(
                connection, len(waiting), changes, started_at, begun
            )
            connection.execute(
                "update quarantine.rows set replayed_load_id = %s "
                "where quarantine_id = any(%s)",
                [self.load_id, [row.quarantine_id for row in waiting]],
            )
            return result

    def _fetch(self, connection: Connection, reason: str | None) -> list[_Waiting]:
        rows = connection.execute(
            _WAITING,
            {"system": self.system.name, "table": self.table.name, "reason": reason},
        ).fetchall()
        return [_Waiting(*row) for row in rows]

    # Rows

    def _stage(
        self, connection: Connection, merger: Merger, waiting: Sequence[_Waiting]
    ) -> None:
        """Cast the rows again and stage those that are good now."""
        merger.create_stage()
        connection.execute(
            sql.SQL("alter table {} add column quarantine_id bigint").format(
                merger.stage
            )
        )
        groups: dict[tuple[FileInput | None, bool], list[_Waiting]] = {}
        for row in waiting:
            if self._has_columns(row, self.mapping.source_columns):
                groups.setdefault((row.file, False), []).append(row)
            elif self._has_columns(row, self.mapping.columns):
                # A duplicate of a database lies there as it was mapped.
                groups.setdefault((row.file, True), []).append(row)
            else:
                self.tally.broken.append((row, self._keep(row, row.reason)))
        for (file, is_mapped), rows in groups.items():
            self._stage_group(connection, merger, file, rows, is_mapped=is_mapped)

    @staticmethod
    def _has_columns(row: _Waiting, names: Iterable[str]) -> bool:
        return set(names) <= set(row.payload)

    def _stage_group(
        self,
        connection: Connection,
        merger: Merger,
        file: FileInput | None,
        rows: list[_Waiting],
        *,
        is_mapped: bool,
    ) -> None:
        mapping = self._map_as_is() if is_mapped else self.mapping
        caster = Caster(self.table, mapping, self.system)
        numbered = self._number(rows, file)
        batch = RawBatch(
            self._write_texts(list(numbered.values()), mapping),
            pa.array(list(numbered), pa.int64()),
        )
        cast = caster.cast(batch, file)
        self.tally.count(cast.totals)
        self.tally.excluded += cast.excluded
        for broken in cast.quarantined:
            row = numbered[broken.row_number or 0]
            self.tally.broken.append((row, self._keep(row, broken.reason, broken)))
        if cast.rows.num_rows:
            copy_batch(connection, merger.stage, self._place(cast, numbered, file))

    def _number(
        self, rows: list[_Waiting], file: FileInput | None
    ) -> dict[int, _Waiting]:
        """Rows by a number that tells them apart: of a file, its line.

        A line that waits twice counts once, as it was read last.
        """
        if file is None:
            return dict(enumerate(rows))
        numbered = {row.row_number or 0: row for row in rows}
        self.tally.superseded += len(rows) - len(numbered)
        return numbered

    def _map_as_is(self) -> TableMapping:
        columns = {name: ColumnMapping(name, name) for name in self.mapping.columns}
        return TableMapping(self.mapping.name, columns, format=self.mapping.format)

    def _write_texts(
        self, rows: Sequence[_Waiting], mapping: TableMapping
    ) -> pa.RecordBatch:
        """The rows as text, as a reader of files would give them."""
        days = {
            source.column
            for name, source in mapping.columns.items()
            if self.table.columns[name].family == "date"
        }
        names = mapping.source_columns
        return pa.record_batch(
            [
                pa.array(
                    [
                        self._write_text(row.payload[name], is_day=name in days)
                        for row in rows
                    ],
                    pa.string(),
                )
                for name in names
            ],
            names=names,
        )

    def _write_text(self, value: Any, *, is_day: bool) -> str | None:
        if value is None or isinstance(value, str):
            if value is not None and is_day and self.system.kind != "files":
                return _write_day(value, self.system.timezone)
            return value
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _place(
        self, cast: CastBatch, numbered: Mapping[int, _Waiting], file: FileInput | None
    ) -> pa.RecordBatch:
        numbers = cast.row_numbers.to_pylist() if cast.row_numbers is not None else []
        columns = [*cast.rows.columns, pa.array(
            [numbered[number].quarantine_id for number in numbers], pa.int64()
        )]  # fmt: skip
        names = [*cast.rows.schema.names, "quarantine_id"]
        if file is not None:
            columns += [
                pa.repeat(pa.scalar(file.content_id), len(numbers)),
                pa.array(numbers, pa.int64()),
            ]
            names += ["_file_id", "_row_number"]
        return pa.record_batch(columns, names=names)

    # Places

    def _judge(
        self, connection: Connection, merger: Merger, waiting: Mapping[int, _Waiting]
    ) -> None:
        """Take out what a later row replaced, and what another row stands in place of.

        Of rows that share a key the one that came last counts. A row that landed after
        this one was put aside is what the source says now. One that landed before it,
        where the whole of the source was read, stood beside it: the key came twice.
        """
        taken = self._take_judged(connection, merger)
        for quarantine_id, is_superseded, is_foreign, month, amount in taken:
            if is_superseded:
                self.tally.superseded += 1
                self._uncount(month, amount)
            else:
                row = waiting[quarantine_id]
                reason = self._explain_taken(is_foreign=is_foreign)
                self.tally.broken.append((row, self._keep(row, reason)))
                self._count_broken(month, amount)

    def _take_judged(self, connection: Connection, merger: Merger) -> list[TakenRow]:
        measure = self.table.measure
        return connection.execute(
            _JUDGE.format(
                key=self._key("staged"),
                repeats_kept=self.mapping.load.mode in ("watermark", "files"),
                system=self.system.name,
                stage=merger.stage,
                raw=merger.raw,
                same_key=sql.SQL(" and ").join(
                    sql.SQL("{} = {}").format(
                        sql.Identifier("staged", c), sql.Identifier("landed", c)
                    )
                    for c in self.table.key
                ),
                month=self._column("doomed", self.table.month_column, "date"),
                measure=self._column(
                    "doomed", measure.name if measure else None, "numeric"
                ),
            )
        ).fetchall()

    def _explain_taken(self, *, is_foreign: bool) -> str:
        key = ", ".join(self.table.key)
        if is_foreign:
            return f"The key ({key}) is held by another source system already."
        return f"The key ({key}) stands in an earlier row already."

    def _uncount(self, month: date | None, amount: Decimal | None) -> None:
        if month is not None:
            entry = self.tally.months[month]
            entry.rows_extracted -= 1
            if amount is not None:
                entry.source_amount = add_amounts(entry.source_amount, -amount)

    def _count_broken(self, month: date | None, amount: Decimal | None) -> None:
        if month is not None:
            entry = self.tally.months[month]
            entry.rows_quarantined += 1
            entry.quarantined_amount = add_amounts(entry.quarantined_amount, amount)

    def _key(self, alias: str) -> sql.Composable:
        return sql.SQL(", ").join(sql.Identifier(alias, c) for c in self.table.key)

    @staticmethod
    def _column(alias: str, name: str | None, data_type: str) -> sql.Composable:
        if name is None:
            return sql.SQL("null::" + data_type)  # type: ignore[arg-type]
        return sql.Identifier(alias, name)

    @staticmethod
    def _keep(
        row: _Waiting, reason: str, broken: QuarantinedRow | None = None
    ) -> QuarantinedRow:
        """The row as it lay in the quarantine, with today's reason."""
        return QuarantinedRow(
            reason=reason,
            payload=row.payload,
            column_name=broken.column_name if broken else None,
            row_number=row.row_number,
            row_key=broken.row_key if broken else row.row_key,
            month=broken.month if broken else row.month,
            file=row.file,
        )

    # After the rows

    def _put_aside(self, connection: Connection) -> None:
        copy_quarantined(
            connection,
            self.load_id,
            self.run_id,
            self.system.name,
            self.table.name,
            [broken for _, broken in self.tally.broken],
        )

    def _write_ledger(
        self,
        connection: Connection,
        tried: int,
        changes: Changes,
        started_at: datetime,
        begun: float,
    ) -> LoadResult:
        self.tally.count_changes(changes)
        result = LoadResult(
            load_id=self.load_id,
            system_name=self.system.name,
            table_name=self.table.name,
            mode="replay",
            as_of_date=self.as_of,
            rows_extracted=tried,
            rows_new=changes.new,
            rows_changed=changes.changed,
            rows_unchanged=changes.unchanged,
            rows_ended=changes.ended,
            rows_quarantined=len(self.tally.broken),
            rows_collapsed=self.tally.superseded,
            rows_excluded=self.tally.excluded,
            seconds=time.monotonic() - begun,
        )
        entry = LoadEntry(
            result=result,
            run_id=self.run_id,
            mapped_columns=list(self.mapping.columns),
            scope={"kind": "none"},
            files=[],
            watermark=None,
            started_at=started_at,
            months=self.tally.months,
            touched_from=changes.touched_from,
        )
        write_load(connection, entry)
        return result


def _write_day(text: str, timezone: str) -> str:
    """A moment with an offset as the day it is in the source's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return moment.astimezone(ZoneInfo(timezone)).date().isoformat()
