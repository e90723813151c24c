"""Small sources for the landing tests: files, SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import count
from pathlib import Path

from jinta.landing import LoadResult, ensure_raw, land_system
from jinta.settings import Settings
from jinta.sources import load_sources
from jinta.warehouse import connect

RUNS = count(1)


class Case:
    """A folder with sources and a warehouse to land them in."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder

    def empty_warehouse(self) -> None:
        """Forget all that landed."""
        ensure_raw(self.settings)
        with connect(self.settings, "owner") as connection:
            tables = connection.execute(
                "select string_agg(format('%I.%I', schemaname, tablename), ', ') "
                "from pg_tables where schemaname in ('raw', 'quarantine') "
                "or tablename in ('loads', 'load_months')"
            ).fetchone()[0]
            connection.execute(f"truncate {tables} cascade")

    def connect_to(self, name: str, url: str) -> None:
        """Name a connection."""
        connections = {**self.settings.connections, name: url}
        self.settings = replace(self.settings, connections=connections)

    def write(self, name: str, text: str | bytes) -> None:
        """Write a source file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def write_sqlite(self, *statements: str) -> None:
        """Run statements in a SQLite database that connection `office` names."""
        path = self.folder / "office.db"
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        self.connect_to("office", f"sqlite:///{path}")

    def land(
        self, sources: str, months: list | None = None, run_id: str | None = None
    ) -> list[LoadResult]:
        """Land the one system of a sources file, as a run of its own."""
        path = self.folder / "sources.yml"
        path.write_text(sources)
        config = load_sources(path, self.settings)
        (system,) = config.systems
        run_id = run_id or f"run-{next(RUNS)}"
        return land_system(self.settings, run_id, system, months, sources=config)

    def fetch(self, query: str, *arguments: object) -> list[tuple]:
        """Query the warehouse."""
        with connect(self.settings, "owner") as connection:
            return connection.execute(query, list(arguments)).fetchall()

    def current(self, table: str, columns: str) -> list[tuple]:
        """Current rows of a raw table, in order."""
        return self.fetch(
            f"select {columns} from raw.{table} where _last_load_id is null "
            f"order by {columns}"
        )


def count_rows(result: LoadResult) -> dict[str, int]:
    """The counts of a result that aren't zero, without the total."""
    names = (
        "new",
        "changed",
        "unchanged",
        "ended",
        "quarantined",
        "collapsed",
        "excluded",
    )
    counts = {name: getattr(result, f"rows_{name}") for name in names}
    return {name: number for name, number in counts.items() if number}
