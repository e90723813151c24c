"""Finds the first month that a load's changes can change (docs/sources.md, "Spread").

A fact has a month of its own, and `control.load_months` holds it. What a change of an
entity touches is said by the contract and read here off the old and the new versions.
Who is who may change as well: that is known after matching, and marks of a publication
tell it (`control.stale_marks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import psycopg
from psycopg import sql

from jinta.landing.raw_tables import LOOK_BACK_MONTHS, add_months
from jinta.sources.contract import ContractTable, Spread

Connection = psycopg.Connection[tuple[object, ...]]

# As PostgreSQL writes it: every month.
ALL_MONTHS = "-infinity"

_NAMED = "landing_named"
_NAMED_BY = "landing_named_by"

_TURNS_BRANCHES = sql.SQL(
    """
    select
        exists (
            select from pg_temp.landing_changes as changes
            inner join {stage} as staged on changes.staged_tid = staged.ctid
            where not exists ({named_staged})
        )
        or exists (
            select from pg_temp.landing_changes as changes
            inner join {raw} as landed on changes.landed_tid = landed.ctid
            where
                {is_listed}
                and not exists (
                    select from {stage} as staged
                    where staged.{column} = landed.{column}
                )
                and not exists ({named_landed})
        )
    """
)


class TouchFinder:
    """Compares what one load changes with what was known before.

    It works between finding the changes and writing them: `pg_temp.landing_changes`
    and the stage hold the new state, the raw tables the old one.

    Args:
        connection: The landing's connection, inside its transaction.
        table: The contract table that is landed.
        tables: All tables of the contract.
        system_name: The system whose rows are landed.
        stage: The staged rows.
    """

    def __init__(
        self,
        connection: Connection,
        table: ContractTable,
        tables: Mapping[str, ContractTable],
        system_name: str,
        stage: sql.Composable,
    ) -> None:
        self.connection = connection
        self.table = table
        self.tables = tables
        self.system_name = system_name
        self.stage = stage
        self.raw = sql.Identifier("raw", table.identifier)

    @property
    def spread(self) -> Spread:
        """How the table's changes spread."""
        return self.table.spread

    def find(self, as_of: date) -> str | None:
        """The first month that can change, `-infinity` for all, None for none."""
        if self.spread.reads in ("window", "nothing"):
            return None
        if self.spread.reads == "onward":
            return self._ask(
                "select least(min(staged_month), min(landed_month))::text "
                "from pg_temp.landing_changes"
            )
        if self._is_told_late(as_of) or self._changes_everything():
            return ALL_MONTHS
        touched = self._find_dated(as_of)
        if touched == ALL_MONTHS or self.spread.reads == "current":
            return touched
        return _least(touched, self._find_named(touched))

    # What the row itself says

    def _find_dated(self, as_of: date) -> str | None:
        """The first month by the rows' own dates and the load's."""
        if self.spread.reads == "current":
            month = self._touch_current()
        else:
            month = self._touch_versions(as_of)
        return self._ask(
            sql.SQL(
                "select min({month})::text from pg_temp.landing_changes as changes "
                "left join {stage} as staged on changes.staged_tid = staged.ctid "
                "left join {raw} as landed on changes.landed_tid = landed.ctid"
            ).format(month=month, stage=self.stage, raw=self.raw)
        )

    def _touch_current(self) -> sql.Composable:
        """Every month reads what is listed now, from the day on that a row names."""
        begins = self.spread.begins
        if begins is None:
            return sql.SQL("null::date")
        return sql.SQL(
            "case when {differs} then least("
            "case when changes.staged_tid is not null then {new} end, "
            "case when changes.landed_tid is not null then {old} end) end"
        ).format(
            differs=self._differs(self._read_columns()),
            new=self._month_of("staged", begins),
            old=self._month_of("landed", begins),
        )

    def _touch_versions(self, as_of: date) -> sql.Composable:
        """A first version counts from its beginning, a later one from its load on."""
        spread = self.spread
        this_month = sql.SQL("{}::date").format(as_of.replace(day=1))
        columns = [c for c in self._read_columns() if c != spread.closes]
        begins = (
            sql.SQL("'-infinity'::date")
            if spread.begins is None
            else self._month_of("staged", spread.begins)
        )
        if spread.owner is not None:
            begins = sql.SQL("case when {} is not null then {} end").format(
                sql.Identifier("staged", spread.owner), begins
            )
        return sql.SQL(
            "case "
            "when changes.change = 'ended' then {this_month} "
            "when changes.change = 'changed' then "
            "least(case when {differs} then {this_month} end, {closed}) "
            "when {known} then least({this_month}, {closed_again}) "
            "else {begins} end"
        ).format(
            this_month=this_month,
            differs=self._differs(columns),
            closed=self._touch_closing(),
            known=self._has_earlier_version(),
            closed_again=begins if spread.closes else sql.SQL("null::date"),
            begins=begins,
        )

    def _touch_closing(self) -> sql.Composable:
        """The last word on a closing holds for all months.

        Under another beginning the row is another life; whether it had one before
        under this beginning is not looked up.
        """
        closes, begins = self.spread.closes, self.spread.begins
        if closes is None or begins is None:
            return sql.SQL("null::date")
        return sql.SQL(
            "case when {same_life} is distinct from true then {begun} "
            "when {new} is distinct from {old} "
            "then date_trunc('month', least({new}, {old}))::date end"
        ).format(
            same_life=sql.SQL("{} = {}").format(
                sql.Identifier("staged", begins), sql.Identifier("landed", begins)
            ),
            begun=self._month_of("staged", begins),
            new=sql.Identifier("staged", closes),
            old=sql.Identifier("landed", closes),
        )

    # What it means to others

    def _is_told_late(self, as_of: date) -> bool:
        """Whether versions of a later day are known: they would follow this one's."""
        return self._holds(
            "select exists (select from control.loads where table_name = %s "
            "and system_name = %s and as_of_date > %s) "
            "and exists (select from pg_temp.landing_changes)",
            [self.table.name, self.system_name, as_of],
        )

    def _changes_everything(self) -> bool:
        """Whether a change turns what is missing everywhere, or the other way round."""
        return (
            (self.spread.closes is not None and self._turns_closings())
            or (self.spread.names_branch is not None and self._turns_branches())
            or (self.spread.opens_branch and self._opens_branch())
        )

    def _turns_closings(self) -> bool:
        """Whether the first closing comes, or the last one goes."""
        closes = sql.Identifier(self.spread.closes or "")
        return self._holds(
            sql.SQL(
                """
                select
                    exists (
                        select from pg_temp.landing_changes as changes
                        inner join {stage} as staged on changes.staged_tid = staged.ctid
                        where staged.{closes} is not null
                    )
                    and not exists (select from {raw} where {closes} is not null)
                    or exists (
                        select from pg_temp.landing_changes as changes
                        inner join {raw} as landed on changes.landed_tid = landed.ctid
                        where
                            changes.change = 'changed' and landed.{closes} is not null
                    )
                    and not exists (
                        select from {stage} where {closes} is not null
                    )
                    and not exists (
                        select from {raw} as landed
                        where
                            landed.{closes} is not null
                            and landed.ctid <> all (
                                select landed_tid from pg_temp.landing_changes
                                where change = 'changed'
                            )
                    )
                """
            ).format(stage=self.stage, raw=self.raw, closes=closes)
        )

    def _turns_branches(self) -> bool:
        """Whether a branch is named for the first time, or no more.

        Each branch that anything names has a row of unidentified revenue in each month.
        """
        column = sql.Identifier(self.spread.names_branch or "")
        return self._holds(
            _TURNS_BRANCHES.format(
                stage=self.stage,
                raw=self.raw,
                column=column,
                is_listed=sql.SQL(
                    "true" if self.spread.reads == "current" else "false"
                ),
                named_staged=self._name_branch("staged", column),
                named_landed=self._name_branch(
                    "landed",
                    column,
                    "and named.ctid <> all (select landed_tid "
                    "from pg_temp.landing_changes where landed_tid is not null)",
                ),
            )
        )

    def _name_branch(
        self,
        alias: str,
        column: sql.Identifier,
        of_own: str = "",
    ) -> sql.Composable:
        """All that names the branch of a row; `of_own` restricts the own table."""
        parts = [
            sql.SQL("select 1 from {raw} as named where named.{name} = {value}").format(
                raw=sql.Identifier("raw", table.identifier),
                name=sql.Identifier(table.spread.names_branch),
                value=sql.SQL("{}.{}").format(sql.Identifier(alias), column),
            )
            + sql.SQL(
                " and named._last_load_id is null "
                if table.spread.reads == "current"
                else " "
            )
            + sql.SQL(of_own if table.name == self.table.name else "")  # type: ignore[arg-type]
            for table in self.tables.values()
            if table.spread.names_branch is not None
        ]
        return sql.SQL(" union all ").join(parts)

    def _opens_branch(self) -> bool:
        """Whether the first row of a branch comes: its accounts have zero from now on.

        Which branch an account is in is read off its record as it is now.
        """
        return self._holds(
            sql.SQL(
                """
                with branches as (
                    select account_id, branch_id from raw.crm__accounts
                    where _last_load_id is null
                ),
                opened as (
                    select distinct branches.branch_id
                    from pg_temp.landing_changes as changes
                    inner join {stage} as staged on changes.staged_tid = staged.ctid
                    inner join branches on staged.account_id = branches.account_id
                    where changes.change = 'new'
                )
                select exists (
                    select from opened
                    where branch_id not in (
                        select branches.branch_id from {raw} as landed
                        inner join branches on landed.account_id = branches.account_id
                    )
                )
                """
            ).format(stage=self.stage, raw=self.raw)
        )

    # What names it

    def _find_named(self, before: str | None) -> str | None:
        """The first month in which something names a key that nobody knew.

        A bill may come before its line, a line before its account. Such revenue is
        unidentified, so only months that were published with some are looked at.

        Args:
            before: Months from here on are touched anyway.
        """
        referrers = [t for t in self.tables.values() if self._names(t, self.table)]
        if len(self.table.key) != 1 or not referrers or not self._list_named():
            return None
        months = None if self._is_shared() else self._list_unidentified(before)
        first = None
        for referrer in referrers:
            first = _least(first, self._find_in(referrer, self.table, _NAMED, months))
        return first

    def _find_in(
        self,
        referrer: ContractTable,
        named: ContractTable,
        keys: str,
        months: list[date] | None,
    ) -> str | None:
        """The first month in which a table names some keys, by itself or through it."""
        columns = [c for c, t in (referrer.references or {}).items() if t == named.name]
        names_key = sql.SQL("{} in (select named_key from {})").format(
            sql.Identifier(columns[0]), sql.Identifier("pg_temp", keys)
        )
        relation = sql.Identifier("raw", referrer.identifier)
        if referrer.month_column is not None:
            return self._find_fact(referrer, relation, names_key, months)
        begins = referrer.spread.begins
        if begins is None or referrer.spread.reads == "nothing":
            return None
        first = self._ask(
            sql.SQL("select min({})::text from {} as staged where {}").format(
                self._month_of("staged", begins, referrer), relation, names_key
            )
        )
        if first is None or len(referrer.key) != 1:
            return first
        return _least(first, self._find_through(referrer, names_key, months))

    def _find_through(
        self,
        referrer: ContractTable,
        names_key: sql.Composable,
        months: list[date] | None,
    ) -> str | None:
        """The first month of facts about the rows of a table that name some keys."""
        first = None
        facts = [
            t
            for t in self.tables.values()
            if t.month_column is not None and self._names(t, referrer)
        ]
        if not facts:
            return None
        self.connection.execute(
            sql.SQL(
                "drop table if exists pg_temp.{by}; create temporary table {by} "
                "on commit drop as select distinct {key} as named_key from {relation} "
                "where {names_key}"
            ).format(
                by=sql.Identifier(_NAMED_BY),
                key=sql.Identifier(referrer.key[0]),
                relation=sql.Identifier("raw", referrer.identifier),
                names_key=names_key,
            )
        )
        for fact in facts:
            first = _least(first, self._find_in(fact, referrer, _NAMED_BY, months))
        return first

    def _find_fact(
        self,
        fact: ContractTable,
        relation: sql.Composable,
        names_key: sql.Composable,
        months: list[date] | None,
    ) -> str | None:
        # Only of bills it is known in which months some were nobody's.
        is_limited = months is not None and fact.completes_month
        if is_limited and not months:
            return None
        month = sql.Identifier(fact.month_column or "")
        is_looked_at = sql.SQL("true")
        if is_limited:
            is_looked_at = sql.SQL("{} = any({}::date[])").format(month, months)
        return self._ask(
            sql.SQL(
                "select min({})::text from {} where _last_load_id is null and {} and {}"
            ).format(month, relation, is_looked_at, names_key)
        )

    def _list_named(self) -> bool:
        """List the keys that are new, or now name another branch; whether any is."""
        branch = self.spread.names_branch
        moved = sql.SQL("false")
        if branch is not None:
            moved = sql.SQL("{} is distinct from {}").format(
                sql.Identifier("staged", branch), sql.Identifier("landed", branch)
            )
        self.connection.execute(
            sql.SQL(
                """
                create temporary table {named} on commit drop as
                select staged.{key} as named_key
                from pg_temp.landing_changes as changes
                inner join {stage} as staged on changes.staged_tid = staged.ctid
                left join {raw} as landed on changes.landed_tid = landed.ctid
                where changes.change = 'new' or {moved}
                union
                select landed.{key} as named_key
                from pg_temp.landing_changes as changes
                inner join {raw} as landed on changes.landed_tid = landed.ctid
                inner join {raw} as others
                    on landed.{key} = others.{key} and landed._system <> others._system
                where changes.change = 'ended'
                """
            ).format(
                named=sql.Identifier(_NAMED),
                key=sql.Identifier(self.table.key[0]),
                stage=self.stage,
                raw=self.raw,
                moved=moved,
            )
        )
        return self._holds(
            sql.SQL("select exists (select from {})").format(
                sql.Identifier("pg_temp", _NAMED)
            )
        )

    def _is_shared(self) -> bool:
        """Whether another system knows one of the keys, which then names nobody."""
        return self._holds(
            sql.SQL(
                "select exists (select from {} where _system <> {} and {} in "
                "(select named_key from pg_temp.{}))"
            ).format(
                self.raw,
                self.system_name,
                sql.Identifier(self.table.key[0]),
                sql.Identifier(_NAMED),
            )
        )

    def _list_unidentified(self, before: str | None) -> list[date]:
        """Months of bills that published months show as nobody's."""
        if not self._holds(
            "select to_regclass('archive.fct_account_indicators') is not null"
        ):
            return []
        rows = self.connection.execute(
            """
            select distinct shown.month
            from control.pointers as shown
            inner join archive.fct_account_indicators as measured
                on
                    shown.slice_id = measured._slice_id
                    and measured.group_account_id like 'unidentified-%%'
            where
                shown.mart = 'fct_account_indicators'
                and shown.month < coalesce(%s::date, 'infinity')
                and measured.unified_payment_rows + measured.member_bill_rows
                + measured.informatization_rows > 0
            """,
            [before],
        ).fetchall()
        return sorted(
            {
                add_months(month, -back)
                for (month,) in rows
                for back in range(LOOK_BACK_MONTHS + 1)
            }
        )

    # Parts of statements

    @staticmethod
    def _names(referrer: ContractTable, named: ContractTable) -> bool:
        return (
            named.name in (referrer.references or {}).values()
            and referrer.name != named.name
        )

    def _read_columns(self) -> list[str]:
        return [c for c in self.table.columns if c not in self.spread.unread]

    def _differs(self, columns: Iterable[str]) -> sql.Composable:
        names = list(columns)
        new = sql.SQL(", ").join(sql.Identifier("staged", c) for c in names)
        old = sql.SQL(", ").join(sql.Identifier("landed", c) for c in names)
        return sql.SQL("row({}) is distinct from row({})").format(new, old)

    def _month_of(
        self, alias: str, column: str, table: ContractTable | None = None
    ) -> sql.Composable:
        """The month a date or year begins in; all months if it is empty."""
        name = sql.Identifier(alias, column)
        if (table or self.table).columns[column].family == "integer":
            month = sql.SQL("make_date({}, 1, 1)").format(name)
        else:
            month = sql.SQL("date_trunc('month', {})::date").format(name)
        return sql.SQL("coalesce({}, '-infinity'::date)").format(month)

    def _has_earlier_version(self) -> sql.Composable:
        key = sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(
                sql.Identifier("staged", c), sql.Identifier("earlier", c)
            )
            for c in self.table.key
        )
        return sql.SQL(
            "exists (select from {} as earlier where earlier._system = {} and {})"
        ).format(self.raw, self.system_name, key)

    def _ask(self, query: str | sql.Composable) -> str | None:
        row = self.connection.execute(query).fetchone()  # type: ignore[arg-type]
        return None if row is None else row[0]  # type: ignore[return-value]

    def _holds(
        self, query: str | sql.Composable, values: list[object] | None = None
    ) -> bool:
        row = self.connection.execute(query, values).fetchone()  # type: ignore[arg-type]
        return bool(row and row[0])


def _least(left: str | None, right: str | None) -> str | None:
    """The earlier of two months, as PostgreSQL writes them."""
    months = [month for month in (left, right) if month is not None]
    if ALL_MONTHS in months:
        return ALL_MONTHS
    return min(months, default=None)
