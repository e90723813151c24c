"""Loading a table into the warehouse: jinta's landing against its peers.

The source is a table of bills on the embedded server, four months one after the other.
jinta does more than its peers do in the same time: it checks every row against the
contract, compares it with what landed before, and commits rows and ledger together.
Each way is timed in a process of
its own, without its imports; peers load into a plain table.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from jinta.settings import Settings, list_environ
from jinta.warehouse import connect, connect_info, ensure_database, ensure_warehouse
from jinta.warehouse.connection import format_url
from jinta.warehouse.place import find_programs

SOURCE_DATABASE = "jinta_bench_source"
TARGET_DATABASE = "jinta_bench_target"
# pandas takes minutes for what the others do in seconds: it gets a part, scaled up.
PANDAS_ROWS = 50_000

_FILL = """
create table line_bills as
select
    (
        date '2024-01-01'
        + make_interval(months => (line * 4 / (%(rows)s + 1))::int)
    )::date as bill_month,
    'L' || lpad((line / 8)::text, 9, '0') as line_id,
    'I' || (line %% 8) as item_code,
    ((hashint8(line) %% 100000) / 100.0)::numeric(16, 2) as amount
from generate_series(1, %(rows)s) as lines (line)
"""

_CHECKSUM = """
select
    count(*),
    sum(amount::numeric(16, 2)),
    sum(hashtextextended(concat_ws('|', bill_month::date, line_id, item_code,
        amount::numeric(16, 2)), 0)::numeric)
from {table}
"""

_SOURCES = """
version: 1
as_of: 2024-06-01
systems:
  bench:
    kind: postgres
    connection: bench
    tables:
      billing.line_bills:
        table: line_bills
        columns:
          bill_month: bill_month
          line_id: line_id
          item_code: item_code
          amount: amount
"""


def prepare_source(settings: Settings, rows: int) -> None:
    """Build the source table of that many rows, unless it is there."""
    ensure_warehouse(settings)
    ensure_database(settings, SOURCE_DATABASE, "source")
    ensure_database(settings, TARGET_DATABASE, "source")
    with _connect(settings, SOURCE_DATABASE) as connection:
        found = connection.execute("select to_regclass('line_bills')").fetchone()
        if found and found[0]:
            count = connection.execute("select count(*) from line_bills").fetchone()
            if count == (rows,):
                return
            connection.execute("drop table line_bills")
        connection.execute(_FILL, {"rows": rows})
        connection.execute("analyze line_bills")


def measure_loading(
    settings: Settings, rows: int, repeats: int, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Time every way `repeats` times, in turn, and compare checksums.

    Returns:
        One entry per way: median seconds, rows a second, CPU seconds and peak memory of
        the process, ratio to `pg_dump | psql`, and whether the rows arrived unchanged.
    """
    prepare_source(settings, rows)
    with _connect(settings, SOURCE_DATABASE) as connection:
        expected = connection.execute(_CHECKSUM.format(table="line_bills")).fetchone()
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "pg_dump | psql": lambda: _time_dump(settings),
        "jinta landing": lambda: _time_child(settings, "jinta"),
        "ADBC ingest": lambda: _time_child(settings, "adbc"),
        "pandas to_sql": lambda: _time_child(settings, "pandas"),
    }
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for repeat in range(repeats):
        for name, way in ways.items():
            if name == "pandas to_sql" and repeat:
                continue
            tell(f"loading {rows:,} rows, {name}, {repeat + 1} of {repeats}")
            runs[name].append(way())
    base = median(run["seconds"] for run in runs["pg_dump | psql"])
    return [
        _describe(name, measured, rows, base, expected)
        for name, measured in runs.items()
    ]


def _describe(
    name: str,
    measured: list[dict[str, Any]],
    rows: int,
    base: float,
    expected: Any,
) -> dict[str, Any]:
    seconds = median(run["seconds"] for run in measured)
    is_part = name == "pandas to_sql"
    if is_part:
        seconds *= rows / PANDAS_ROWS
    return {
        "way": name,
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "against_pg_dump": round(base / seconds, 2),
        "cpu_seconds": _median_of(measured, "cpu"),
        "peak_mb": _median_of(measured, "peak_mb"),
        "checksum": "part" if is_part else _compare(measured[-1], expected),
    }


def _median_of(measured: list[dict[str, Any]], name: str) -> float | None:
    values = [run[name] for run in measured if run.get(name) is not None]
    return round(median(values), 1) if values else None


def _compare(run: dict[str, Any], expected: Any) -> str:
    return "equal" if run["checksum"] == [str(part) for part in expected] else "DIFFERS"


def _connect(settings: Settings, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(**{**connect_info(settings, "source"), "dbname": database})


def _url(settings: Settings, database: str, scheme: str = "postgresql") -> str:
    return format_url({**connect_info(settings, "source"), "dbname": database}, scheme)


def _read_checksum(connection: psycopg.Connection[Any], table: str) -> list[str]:
    row = connection.execute(_CHECKSUM.format(table=table)).fetchone()
    return [str(part) for part in row or ()]


def _time_dump(settings: Settings) -> dict[str, Any]:
    """`pg_dump | psql` of the same table, the tools of the same server."""
    programs = find_programs()
    with _connect(settings, TARGET_DATABASE) as connection:
        connection.execute("drop table if exists line_bills")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    dump = subprocess.Popen(
        [
            programs / "pg_dump",
            "--no-owner",
            "--table=line_bills",
            _url(settings, SOURCE_DATABASE),
        ],
        stdout=subprocess.PIPE,
    )
    subprocess.run(
        [
            programs / "psql",
            "--quiet",
            "--output=/dev/null",
            "--set=ON_ERROR_STOP=1",
            _url(settings, TARGET_DATABASE),
        ],
        stdin=dump.stdout,
        check=True,
    )
    dump.wait()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with _connect(settings, TARGET_DATABASE) as connection:
        checksum = _read_checksum(connection, "line_bills")
    return {
        "seconds": seconds,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "checksum": checksum,
    }


def _time_child(settings: Settings, way: str) -> dict[str, Any]:
    """Run one way in a fresh process, which reports on itself."""
    env = list_environ() | {
        "JINTA_HOME": str(settings.home),
        "JINTA_DATABASE": settings.database,
        "JINTA_CONN_BENCH": _url(settings, SOURCE_DATABASE),
    }
    output = subprocess.run(
        [sys.executable, "-m", "bench.loading", way],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
    ).stdout
    return json.loads(output.splitlines()[-1])


def _load_by_jinta(settings: Settings) -> tuple[float, list[str]]:
    import adbc_driver_postgresql.dbapi  # noqa: F401 - imports are not timed

    import jinta.sources.readers.databases  # noqa: F401
    from jinta.landing import land_system
    from jinta.sources import load_sources

    with connect(settings, "loader") as connection:
        connection.execute("drop table if exists raw.billing__line_bills")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sources.yml"
        path.write_text(_SOURCES, encoding="utf-8")
        run_id = f"bench-{os.getpid()}"
        started = time.perf_counter()
        land_system(settings, run_id, "bench", sources=load_sources(path, settings))
        seconds = time.perf_counter() - started
    with connect(settings, "loader") as connection:
        return seconds, _read_checksum(connection, "raw.billing__line_bills")


def _load_by_adbc(settings: Settings) -> tuple[float, list[str]]:
    from adbc_driver_postgresql import dbapi

    with _connect(settings, TARGET_DATABASE) as connection:
        connection.execute("drop table if exists adbc_bills")
    source = _url(settings, SOURCE_DATABASE)
    target = _url(settings, TARGET_DATABASE)
    started = time.perf_counter()
    with (
        dbapi.connect(source) as reading,
        dbapi.connect(target) as writing,
        reading.cursor() as from_cursor,
        writing.cursor() as to_cursor,
    ):
        # ADBC hands numeric over as text; a cast to double would lose the cents.
        from_cursor.execute(
            "select bill_month, line_id, item_code, amount::text as amount "
            "from line_bills"
        )
        to_cursor.adbc_ingest(
            "adbc_bills", from_cursor.fetch_record_batch(), mode="create"
        )
        writing.commit()
    seconds = time.perf_counter() - started
    with _connect(settings, TARGET_DATABASE) as connection:
        return seconds, _read_checksum(connection, "adbc_bills")


def _load_by_pandas(settings: Settings) -> tuple[float, list[str]]:
    import pandas as pd
    from sqlalchemy import create_engine

    source = create_engine(_url(settings, SOURCE_DATABASE, "postgresql+psycopg"))
    target = create_engine(_url(settings, TARGET_DATABASE, "postgresql+psycopg"))
    started = time.perf_counter()
    frame = pd.read_sql(
        f"select * from line_bills limit {PANDAS_ROWS}",  # noqa: S608 - a constant
        source,
    )
    frame.to_sql("pandas_bills", target, if_exists="replace", index=False)
    return time.perf_counter() - started, []


def main() -> None:
    """Entry of the child process: one way, by name."""
    from jinta.settings import load_settings

    ways = {"jinta": _load_by_jinta, "adbc": _load_by_adbc, "pandas": _load_by_pandas}
    way = ways[sys.argv[1]]
    before = resource.getrusage(resource.RUSAGE_SELF)
    seconds, checksum = way(load_settings())
    after = resource.getrusage(resource.RUSAGE_SELF)
    report = {
        "seconds": seconds,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": after.ru_maxrss / 1024,
        "checksum": checksum,
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
