"""Turns staged rows into row versions, in SQL.

`raw` is a log: a row that didn't change is not stored again, a changed one ends the
version before it, and one that is gone from what was read completely is ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from jinta.landing.raw_tables import ensure_partitions
from jinta.landing.touching import TouchFinder
from jinta.sources.config import Collapse
from jinta.sources.contract import ContractTable

Connection = psycopg.Connection[tuple[Any, ...]]

# File id, row number, key, month and the row itself.
TakenRow = tuple[str | None, int | None, str, date | None, dict[str, Any]]

STAGE = "landing_stage"


@dataclass(frozen=True)
class Scope:
    """What was read completely: current rows of it that were not seen are ended.

    Attributes:
        kind: `all`, `until`, `months`, `files` or `none`.
        until: First month that was not read, for `until`.
        months: The months, for `months`.
        file_ids: The files that are replaced, for `files`.
    """

    kind: str
    until: date | None = None
    months: tuple[date, ...] = ()
    file_ids: tuple[str, ...] = ()


@dataclass
class MonthChanges:
    """What a merge changed in one month."""

    new: int = 0
    changed: int = 0
    ended: int = 0


@dataclass
class Changes:
    """What a merge changed.

    Attributes:
        touched_from: First month that the changes can change where they have no month
            of their own; `-infinity` for all.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    months: dict[date, MonthChanges] = field(default_factory=dict)
    touched_from: str | None = None


class Merger:
    """The SQL of one landing of one table.

    Args:
        connection: The landing's connection, inside its transaction.
        table: The contract table.
        system_name: The system whose rows are merged.
        tables: All tables of the contract: what else names this table's rows.
    """

    def __init__(
        self,
        connection: Connection,
        table: ContractTable,
        system_name: str,
        tables: Mapping[str, ContractTable],
    ) -> None:
        self.connection = connection
        self.table = table
        self.system_name = system_name
        self.tables = tables
        self.raw = sql.Identifier("raw", table.identifier)
        self.stage = sql.Identifier("pg_temp", STAGE)

    def create_stage(self) -> None:
        """Create the temporary table that batches are copied into."""
        self.connection.execute(
            sql.SQL(
                "create temporary table {} on commit drop as "
                "select {}, _file_id, _row_number from {} with no data"
            ).format(sql.Identifier(STAGE), self._columns(), self.raw)
        )

    def analyze_stage(self) -> None:
        """Let the planner know what was staged."""
        self.connection.execute(sql.SQL("analyze {}").format(self.stage))

    def has_current_rows(self, scope: Scope) -> bool:
        """Whether any current row could meet one that is being landed."""
        query = sql.SQL("select exists (select from {} as landed where {})").format(
            self.raw, self._candidates(scope)
        )
        row = self.connection.execute(query).fetchone()
        return bool(row and row[0])

    def collapse(self, rule: Collapse) -> int:
        """Keep one staged row per key: the first or last by a column, then by place."""
        order = sql.SQL("{} {} nulls last, place.ctid").format(
            sql.Identifier("place", rule.by),
            sql.SQL("asc" if rule.keep == "earliest" else "desc"),
        )
        return len(self._delete_repeated(sql.SQL("row_number"), order))

    def keep_latest_file(self, file_ids: list[str]) -> list[TakenRow]:
        """Where files share a key, keep the rows of the latest one.

        Rows of one file that share a key are all kept: they are duplicates.
        """
        order = sql.SQL("array_position({}::text[], place._file_id) desc").format(
            file_ids
        )
        return self._delete_repeated(sql.SQL("dense_rank"), order)

    def take_duplicates(
        self, relation: sql.Composable, load_id: int | None = None
    ) -> list[TakenRow]:
        """Take rows out whose key came before, in the order in which they arrived.

        Args:
            relation: The stage, or the raw table that was copied into directly.
            load_id: The load whose rows they are, for the raw table.
        """
        if not self._note_repeated(relation, load_id):
            return []
        return self.connection.execute(
            sql.SQL(
                """
                with repeats as (
                    select tid, toid from (
                        select
                            place.ctid as tid,
                            place.tableoid as toid,
                            row_number() over (
                                partition by {place_key}
                                order by place.tableoid, place.ctid
                            ) as number
                        from {relation} as place
                        inner join pg_temp.landing_repeated as repeated on {match}
                        where {mine}
                    ) as numbered
                    where number > 1
                )
                delete from {relation} as doomed
                using repeats as listed
                where doomed.ctid = listed.tid and doomed.tableoid = listed.toid
                returning
                    doomed._file_id, doomed._row_number,
                    concat_ws(' | ', {doomed_key}), {month}, to_jsonb(doomed)
                """
            ).format(
                relation=relation,
                mine=_choose_load("place", load_id),
                place_key=self._key("place"),
                doomed_key=self._key("doomed"),
                match=self._same_key("place", "repeated"),
                month=self._month("doomed"),
            )
        ).fetchall()

    def find_foreign_keys(self) -> bool:
        """Whether other systems deliver this table too."""
        row = self.connection.execute(
            "select exists (select from control.loads "
            "where table_name = %s and system_name <> %s)",
            [self.table.name, self.system_name],
        ).fetchone()
        return bool(row and row[0])

    def take_foreign(
        self, relation: sql.Composable, load_id: int | None = None
    ) -> list[TakenRow]:
        """Take rows out whose key another system already holds; see above."""
        return self.connection.execute(
            sql.SQL(
                """
                delete from {relation} as doomed
                using {raw} as landed
                where
                    landed._last_load_id is null and landed._system <> {system}
                    and {match} and {mine}
                returning
                    doomed._file_id, doomed._row_number,
                    concat_ws(' | ', {doomed_key}), {month}, to_jsonb(doomed)
                """
            ).format(
                relation=relation,
                raw=self.raw,
                system=self.system_name,
                match=self._same_key("doomed", "landed"),
                mine=_choose_load("doomed", load_id),
                doomed_key=self._key("doomed"),
                month=self._month("doomed"),
            )
        ).fetchall()

    def merge(self, scope: Scope, load_id: int, as_of: date) -> Changes:
        """Compare what was staged with what is current, and write the difference."""
        self.analyze_stage()
        self._find_changes(scope)
        changes = self._count_changes()
        if changes.new or changes.changed or changes.ended:
            finder = TouchFinder(
                self.connection, self.table, self.tables, self.system_name, self.stage
            )
            changes.touched_from = finder.find(as_of)
        if changes.changed or changes.ended:
            self._end_versions(load_id, as_of)
        if changes.new or changes.changed:
            if self.table.month_column is not None:
                ensure_partitions(self.connection, self.table, changes.months)
            self._insert_versions(load_id, as_of)
        return changes

    def _find_changes(self, scope: Scope) -> None:
        names = list(self.table.columns)
        staged = sql.SQL(", ").join(sql.Identifier("staged", n) for n in names)
        landed = sql.SQL(", ").join(sql.Identifier("landed", n) for n in names)
        self.connection.execute(
            sql.SQL(
                """
                create temporary table landing_changes on commit drop as
                select
                    staged.tid as staged_tid,
                    landed.tid as landed_tid,
                    landed.toid as landed_toid,
                    {staged_month} as staged_month,
                    {landed_month} as landed_month,
                    case
                        when landed.tid is null then 'new'
                        when staged.tid is null then 'ended'
                        else 'changed'
                    end as change
                from (select ctid as tid, * from {stage}) as staged
                full join (
                    select landed.ctid as tid, landed.tableoid as toid, landed.*
                    from {raw} as landed
                    where {candidates}
                ) as landed on {match}
                where
                    case
                        when landed.tid is null then true
                        when staged.tid is null then {is_complete}
                        else ({staged}) is distinct from ({landed})
                    end
                """
            ).format(
                stage=self.stage,
                raw=self.raw,
                candidates=self._candidates(scope),
                match=self._same_key("staged", "landed"),
                is_complete=self._is_complete(scope),
                staged=staged,
                landed=landed,
                staged_month=self._month("staged"),
                landed_month=self._month("landed"),
            )
        )

    def _count_changes(self) -> Changes:
        changes = Changes()
        rows = self.connection.execute(
            "select change, staged_month, landed_month, count(*) "
            "from pg_temp.landing_changes group by 1, 2, 3"
        ).fetchall()
        for change, staged_month, landed_month, count in rows:
            setattr(changes, change, getattr(changes, change) + count)
            if change == "ended" or landed_month not in (None, staged_month):
                self._at(changes, landed_month).ended += count
            if change == "new":
                self._at(changes, staged_month).new += count
            elif change == "changed":
                self._at(changes, staged_month).changed += count
        changes.unchanged = self._count(self.stage) - changes.new - changes.changed
        changes.months.pop(None, None)  # type: ignore[call-overload]
        return changes

    @staticmethod
    def _at(changes: Changes, month: date | None) -> MonthChanges:
        return changes.months.setdefault(month, MonthChanges())  # type: ignore[arg-type]

    def _end_versions(self, load_id: int, as_of: date) -> None:
        prune = sql.SQL("true")
        if self.table.month_column is not None:
            prune = sql.SQL(
                "landed.{} = any(array(select distinct landed_month "
                "from pg_temp.landing_changes where landed_month is not null))"
            ).format(sql.Identifier(self.table.month_column))
        self.connection.execute(
            sql.SQL(
                """
                update {} as landed
                set _last_load_id = {}, _last_as_of = {}
                from pg_temp.landing_changes as changes
                where
                    landed.ctid = changes.landed_tid
                    and landed.tableoid = changes.landed_toid
                    and {}
                """
            ).format(self.raw, load_id, as_of, prune)
        )

    def _insert_versions(self, load_id: int, as_of: date) -> None:
        self.connection.execute(
            sql.SQL(
                """
                insert into {} (
                    {}, _file_id, _row_number, _system, _first_load_id, _first_as_of
                )
                select {}, _file_id, _row_number, {}, {}, {}
                from {} as staged
                where
                    staged.ctid in (
                        select staged_tid from pg_temp.landing_changes
                        where change <> 'ended'
                    )
                """
            ).format(
                self.raw,
                self._columns(),
                self._columns(),
                self.system_name,
                load_id,
                as_of,
                self.stage,
            )
        )

    # Parts of statements

    def _columns(self) -> sql.Composable:
        return sql.SQL(", ").join(map(sql.Identifier, self.table.columns))

    def _key(self, alias: str) -> sql.Composable:
        return sql.SQL(", ").join(sql.Identifier(alias, c) for c in self.table.key)

    def _same_key(self, left: str, right: str) -> sql.Composable:
        return sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(sql.Identifier(left, c), sql.Identifier(right, c))
            for c in self.table.key
        )

    def _month(self, alias: str) -> sql.Composable:
        if self.table.month_column is None:
            return sql.SQL("null::date")
        return sql.Identifier(alias, self.table.month_column)

    def _candidates(self, scope: Scope) -> sql.Composable:
        """Current rows that a landed row may meet, or that may be ended.

        Where the key holds the month, only the months that were read can meet.
        """
        current = sql.SQL(
            "landed._last_load_id is null and landed._system = {}"
        ).format(self.system_name)
        if scope.kind == "months" and self.table.has_month_in_key:
            return current + sql.SQL(" and landed.{} = any({}::date[])").format(
                sql.Identifier(self.table.month_column or ""), list(scope.months)
            )
        return current

    def _is_complete(self, scope: Scope) -> sql.Composable:
        """Whether a current row that was not seen is gone."""
        if scope.kind == "all":
            return sql.SQL("true")
        if scope.kind == "until":
            return sql.SQL("landed.{} < {}").format(
                sql.Identifier(self.table.month_column or ""), scope.until
            )
        if scope.kind == "months":
            return sql.SQL("landed.{} = any({}::date[])").format(
                sql.Identifier(self.table.month_column or ""), list(scope.months)
            )
        if scope.kind == "files":
            return sql.SQL("landed._file_id = any({}::text[])").format(
                list(scope.file_ids)
            )
        return sql.SQL("false")

    def _note_repeated(self, relation: sql.Composable, load_id: int | None) -> int:
        """List the keys that stand more than once."""
        self.connection.execute("drop table if exists pg_temp.landing_repeated")
        self.connection.execute(
            sql.SQL(
                "create temporary table landing_repeated on commit drop as "
                "select {key} from {relation} as place where {mine} "
                "group by {key} having count(*) > 1"
            ).format(
                key=self._key("place"),
                relation=relation,
                mine=_choose_load("place", load_id),
            )
        )
        return self._count(sql.Identifier("pg_temp", "landing_repeated"))

    def _count(self, relation: sql.Composable) -> int:
        query = sql.SQL("select count(*) from {}").format(relation)
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _delete_repeated(self, rank: sql.SQL, order: sql.Composable) -> list[TakenRow]:
        """Delete all but the first staged rows of each key, in some order."""
        if not self._note_repeated(self.stage, None):
            return []
        self.connection.execute("analyze pg_temp.landing_repeated")
        return self.connection.execute(
            sql.SQL(
                """
                delete from {stage} as doomed
                using (
                    select
                        place.ctid as tid,
                        {rank}() over (partition by {key} order by {order}) as number
                    from {stage} as place
                    inner join pg_temp.landing_repeated as repeated on {match}
                ) as listed
                where doomed.ctid = listed.tid and listed.number > 1
                returning
                    doomed._file_id, doomed._row_number, '', {month},
                    jsonb_build_object({measure})
                """
            ).format(
                stage=self.stage,
                rank=rank,
                key=self._key("place"),
                order=order,
                match=self._same_key("place", "repeated"),
                month=self._month("doomed"),
                measure=self._measure("doomed"),
            )
        ).fetchall()

    def _measure(self, alias: str) -> sql.Composable:
        measure = self.table.measure
        if measure is None:
            return sql.SQL("")
        return sql.SQL("{}, {}").format(
            sql.Literal(measure.name), sql.Identifier(alias, measure.name)
        )


def _choose_load(alias: str, load_id: int | None) -> sql.Composable:
    """The rows of one load, or all of them."""
    if load_id is None:
        return sql.SQL("true")
    return sql.SQL("{} = {}").format(sql.Identifier(alias, "_first_load_id"), load_id)
