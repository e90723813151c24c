"""Reads tables and queries of databases as streams of Arrow batches.

PostgreSQL goes through ADBC: its binary COPY becomes Arrow without passing Python.
Every other database goes through SQLAlchemy, whose rows are turned into Arrow a batch
at a time. Both read in one statement, so that a table is seen at one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
import sqlalchemy
from adbc_driver_postgresql import StatementOptions
from psycopg import sql

from jinta.errors import SourceError, SourceUnavailable
from jinta.sources.connections import (
    as_libpq_url,
    as_sqlalchemy_url,
    hide_password,
)
from jinta.sources.readers.base import (
    BATCH_ROWS,
    FileInput,
    Notes,
    RawBatch,
    Slice,
    SourceColumn,
    match_columns,
)

_BATCH_BYTES = 8 << 20
_READ_ONLY = "-c default_transaction_read_only=on"


@dataclass
class PostgresReader:
    """Reads a table or query of a PostgreSQL database.

    Attributes:
        url: Connection URL.
        relation: Table as `schema.table`, if it is one.
        query: Query, if it is one.
        wanted: Source columns to read.
        slice: Which rows; all if None. Rows without a value are always read.
    """

    url: str
    relation: str | None
    query: str | None
    wanted: list[str]
    slice: Slice | None = None
    file: FileInput | None = None
    notes: Notes = field(default_factory=Notes)
    columns: list[SourceColumn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = as_libpq_url(self.url)
        with self._translate_errors():
            self.columns = self._describe()

    def read(self) -> Iterator[RawBatch]:
        """Read all rows, a batch at a time."""
        statement = self._compose()
        with (
            self._translate_errors(),
            adbc.connect(self.url, db_kwargs={}) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("set default_transaction_read_only to on")
            connection.commit()
            cursor.adbc_statement.set_options(
                **{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(_BATCH_BYTES)}
            )
            cursor.execute(statement)
            for batch in cursor.fetch_record_batch():
                yield RawBatch(self._rename(batch))

    def _rename(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = [
            column.storage if isinstance(column, pa.ExtensionArray) else column
            for column in batch.columns
        ]
        return pa.record_batch(arrays, names=list(self._matched))

    def _describe(self) -> list[SourceColumn]:
        with psycopg.connect(
            self.url, options=_READ_ONLY, connect_timeout=10
        ) as connection:
            cursor = connection.execute(
                sql.SQL("select * from {} as source limit 0").format(self._origin())
            )
            return [
                SourceColumn(column.name, column.type_display)
                for column in cursor.description or ()
            ]

    def _origin(self) -> sql.Composable:
        if self.query is not None:
            return sql.SQL("({})").format(sql.SQL(self.query))  # type: ignore[arg-type]
        return sql.Identifier(*(self.relation or "").split("."))

    def _compose(self) -> str:
        self._matched = match_columns(self.wanted, [c.name for c in self.columns])
        columns = sql.SQL(", ").join(
            sql.Identifier(name) for name in self._matched.values()
        )
        statement = sql.SQL("select {} from {} as source").format(
            columns, self._origin()
        )
        if self.slice:
            column = sql.Identifier(self._matched[self.slice.column])
            ranges = [sql.SQL("{} is null").format(column)]
            for low, high in self.slice.ranges:
                limits = []
                if low is not None:
                    limits.append(sql.SQL("{} >= {}").format(column, low))
                if high is not None:
                    limits.append(sql.SQL("{} < {}").format(column, high))
                ranges.append(sql.SQL(" and ").join(limits))
            condition = sql.SQL(" or ").join(sql.SQL("({})").format(r) for r in ranges)
            statement += sql.SQL(" where {}").format(condition)
        return statement.as_string(None)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (
            psycopg.Error,
            adbc_driver_manager.Error,
            pa.ArrowException,
            OSError,
        ) as error:
            # What fails while rows stream arrives as an error of Arrow's.
            raise _explain(error, self.url, self.relation) from error


@dataclass
class DatabaseReader:
    """Reads a table or query of any database that SQLAlchemy knows."""

    url: str
    relation: str | None
    query: str | None
    wanted: list[str]
    slice: Slice | None = None
    file: FileInput | None = None
    notes: Notes = field(default_factory=Notes)
    columns: list[SourceColumn] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self._engine = sqlalchemy.create_engine(
                as_sqlalchemy_url(self.url), poolclass=sqlalchemy.NullPool
            )
        except (sqlalchemy.exc.ArgumentError, ImportError) as error:
            raise SourceError(
                "The connection's URL can't be used: "
                f"{hide_password(str(error), self.url)}",
                "Write it as SQLAlchemy does, such as mysql+pymysql://user@host/database"
                ", and install the driver it names.",
            ) from error
        with self._translate_errors():
            self.columns = self._describe()

    def read(self) -> Iterator[RawBatch]:
        """Read all rows, a batch at a time, through a cursor on the server."""
        statement = self._compose()
        names = list(self._matched)
        with self._translate_errors(), self._engine.connect() as connection:
            result = connection.execution_options(
                stream_results=True, yield_per=BATCH_ROWS
            ).execute(statement)
            for rows in result.partitions():
                columns = list(zip(*rows, strict=True))
                arrays = [_build_array(values) for values in columns]
                yield RawBatch(pa.record_batch(arrays, names=names))

    def _describe(self) -> list[SourceColumn]:
        with self._engine.connect() as connection:
            if self.relation is not None:
                schema, _, name = self.relation.rpartition(".")
                described = sqlalchemy.inspect(connection).get_columns(
                    name, schema=schema or None
                )
                return [SourceColumn(c["name"], str(c["type"])) for c in described]
            probe = sqlalchemy.select(sqlalchemy.text("*")).select_from(self._origin())
            result = connection.execute(probe.where(sqlalchemy.text("1 = 0")))
            return [SourceColumn(name) for name in result.keys()]  # noqa: SIM118

    def _origin(self) -> Any:
        if self.query is not None:
            return sqlalchemy.text(f"({self.query}) source")
        schema, _, name = (self.relation or "").rpartition(".")
        return sqlalchemy.table(
            _quoted(name), schema=_quoted(schema) if schema else None
        )

    def _compose(self) -> sqlalchemy.Select[Any]:
        self._matched = match_columns(self.wanted, [c.name for c in self.columns])
        columns = {
            name: sqlalchemy.column(_quoted(found))
            for name, found in self._matched.items()
        }
        statement = sqlalchemy.select(*columns.values()).select_from(self._origin())
        if not self.slice:
            return statement
        column = columns[self.slice.column]
        ranges = [column.is_(None)]
        for low, high in self.slice.ranges:
            limits = [] if low is None else [column >= low]
            limits += [] if high is None else [column < high]
            ranges.append(sqlalchemy.and_(*limits))
        return statement.where(sqlalchemy.or_(*ranges))

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlalchemy.exc.NoSuchTableError as error:
            raise _explain(error, self.url, self.relation) from error
        except sqlalchemy.exc.DBAPIError as error:
            raise _explain(error.orig or error, self.url, self.relation) from error
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise _explain(error, self.url, self.relation) from error


def _quoted(name: str) -> sqlalchemy.quoted_name:
    return sqlalchemy.quoted_name(name, quote=True)


def _build_array(values: tuple[Any, ...]) -> pa.Array:
    """An Arrow array of Python values; of text if they are of several types."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array([_write_value(value) for value in values], pa.string())


def _write_value(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


_UNREACHABLE = (
    psycopg.errors.ConnectionTimeout,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.ConnectionException,
    psycopg.errors.AdminShutdown,
    psycopg.errors.LockNotAvailable,
)


def _explain(error: BaseException, url: str, relation: str | None) -> SourceError:
    """Tell "can't be reached, try again" from "there is no such table"."""
    what = hide_password(str(error).strip(), url)
    text = what.lower()
    is_operational = isinstance(error, (pa.ArrowException, OSError)) or (
        type(error).__name__ in ("OperationalError", "InterfaceError")
    )
    is_away = isinstance(error, _UNREACHABLE) or (
        is_operational
        and any(
            word in text
            for word in (
                "could not connect", "connection failed", "connection refused",
                "can't connect", "lost connection", "server closed", "timeout",
                "timed out", "gone away", "could not translate host", "locked",
                "terminating connection",
            )
        )
    )  # fmt: skip
    if is_away:
        return SourceUnavailable(
            f"The source can't be reached: {what}",
            "Try again; check the connection's URL and the network.",
        )
    return SourceError(
        f"The source refused to be read{f' ({relation})' if relation else ''}: {what}",
        "Check the table or query in the sources file and the rights of the login.",
    )
