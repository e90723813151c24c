"""Landing from PostgreSQL: as fast and as small as it must be, and killed midway."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest

from jinta.errors import SourceError
from jinta.sources.connections import find_connection
from jinta.warehouse import connect, ensure_database
from tests.integration.landing_cases import Case, count_rows

# The embedded server's databases of this prefix are found without configuration.
DATABASE = "jinta_demo_landing_test"
ROWS = 250_000

SOURCES = f"""\
version: 1
as_of: 2024-07-05
systems:
  boss:
    kind: postgres
    connection: {DATABASE}
    tables:
      billing.line_bills:
        table: boss.line_bill
        load: {{by: month}}
        columns:
          bill_month: {{column: billed_at, month_of: true}}
          line_id: line_no
          item_code: Item Code
          amount: fee
"""


@pytest.fixture(scope="module")
def source(warehouse):
    """A billing database of a quarter of a million rows in three months."""
    ensure_database(warehouse, DATABASE, "source")
    with psycopg.connect(find_connection(warehouse, DATABASE)) as connection:
        connection.execute("drop schema if exists boss cascade")
        connection.execute("create schema boss")
        connection.execute(
            "create table boss.line_bill as select "
            "date '2024-04-01' + (n %% 3) * interval '1 month' + interval '1 day' "
            "as billed_at, n / 3 as line_no, 'A ' as \"Item Code\", "
            "(n / 7.0)::numeric(12, 2) as fee, 'unused' as note "
            "from generate_series(0, %s - 1) as n",
            [ROWS],
        )
    return warehouse


@pytest.fixture
def case(source, tmp_path):
    case = Case(source, tmp_path)
    case.empty_warehouse()
    return case


def read_content(case):
    """What has landed and what the ledger says, without ids and times."""
    rows = case.fetch(
        "select count(*), sum(amount), "
        "sum(hashtextextended(concat_ws('|', bill_month, line_id, item_code, amount, "
        "_last_load_id is null), 0)) from raw.billing__line_bills"
    )
    ledger = case.fetch(
        "select table_name, mode, rows_extracted, rows_new, rows_changed, rows_ended, "
        "scope - 'notes' from control.loads order by load_id"
    )
    months = case.fetch(
        "select month, rows_extracted, source_amount, rows_new, rows_changed "
        "from control.load_months order by load_id, month"
    )
    return rows, ledger, months


def test_rows_of_a_table_land_with_types_of_the_contract(case):
    (result,) = case.land(SOURCES)
    assert count_rows(result) == {"new": ROWS}
    case.fetch("select 1")
    row = case.fetch(
        "select bill_month::text, item_code, amount::text, _system, _file_id "
        "from raw.billing__line_bills where line_id = '3' and bill_month = '2024-05-01'"
    )
    assert row == [("2024-05-01", "A", "1.43", "boss", None)]
    with psycopg.connect(find_connection(case.settings, DATABASE)) as connection:
        total = connection.execute("select sum(fee) from boss.line_bill").fetchone()[0]
    assert case.fetch("select sum(source_amount) from control.load_months") == [
        (total,)
    ]
    (again,) = case.land(SOURCES)
    assert count_rows(again) == {"unchanged": ROWS}


def test_a_query_and_a_timezone(case):
    text = SOURCES.replace(
        "table: boss.line_bill",
        "query: select *, fee as half from boss.line_bill where \"Item Code\" <> 'B'",
    ).replace("amount: fee", "amount: {column: HALF, factor: 0.5, round: true}")
    (result,) = case.land(text)
    assert count_rows(result) == {"new": ROWS}


def test_a_number_that_arrives_as_text_is_a_watermark(case):
    # ADBC hands numeric over as text, and as text 9.50 is above 10.25.
    connection = find_connection(case.settings, DATABASE)
    with psycopg.connect(connection, autocommit=True) as source:
        source.execute("drop table if exists boss.line")
        source.execute(
            "create table boss.line as select *, date '2020-01-01' as opened "
            "from (values ('a', 9.50), ('b', 10.25)) as lines (line_no, version)"
        )
    text = f"""\
version: 1
systems:
  boss:
    kind: postgres
    connection: {DATABASE}
    tables:
      billing.subscriptions:
        table: boss.line
        load: {{by: watermark, column: version, overlap: 1}}
        columns: {{line_id: line_no, opened_date: opened}}
"""
    (first,) = case.land(text)
    assert count_rows(first) == {"new": 2}
    with psycopg.connect(connection, autocommit=True) as source:
        source.execute(
            "insert into boss.line select *, date '2020-01-01' from "
            "(values ('c', 10), ('d', 9.24), ('e', 11)) as late (line_no, version)"
        )
    (second,) = case.land(text)
    assert count_rows(second) == {"new": 2, "unchanged": 2}
    marks = case.fetch(
        "select watermark ->> 'value' from control.loads order by load_id"
    )
    assert marks == [("10.25",), ("11.00",)]


def test_what_the_source_refuses_is_told(case):
    with pytest.raises(SourceError, match=r"boss\.nothing"):
        case.land(SOURCES.replace("boss.line_bill", "boss.nothing"))


def test_sources_are_only_read(case):
    with psycopg.connect(find_connection(case.settings, DATABASE)) as connection:
        connection.execute(
            "create or replace function boss.meddle() returns setof boss.line_bill "
            "language sql as 'delete from boss.line_bill returning *'"
        )
    with pytest.raises(SourceError, match="read-only"):
        case.land(
            SOURCES.replace(
                "table: boss.line_bill", "query: select * from boss.meddle()"
            )
        )


def test_memory_stays_small(case):
    # What earlier tests of this process needed is forgotten: the peak starts anew.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before_kb = read_memory_kb("VmRSS")
    case.land(SOURCES)
    assert read_memory_kb("VmHWM") - before_kb < 250_000


def read_memory_kb(field):
    """Read one number of this process from what the kernel says of it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)[1])


def test_two_processes_do_not_land_one_table_at_once(case):
    with connect(case.settings, "loader") as connection:
        connection.execute(
            "select pg_advisory_xact_lock(%s, hashtext('billing.line_bills'))",
            [0x6A696E74],
        )
        with pytest.raises(SourceError, match="landed by another process"):
            case.land(SOURCES)


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from jinta.settings import load_settings
from jinta.sources import load_sources
import jinta.landing.table_landing as table_landing
from jinta.landing import land_system

settings = replace(
    load_settings({{}}), home=Path({home!r}), database={database!r}
)
place, name, count = {place}, {name!r}, {count}
original = getattr(place, name)
calls = 0

def kill_self(*arguments, **options):
    global calls
    calls += 1
    if calls == count:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)

setattr(place, name, kill_self)
land_system(settings, "killed", "boss", sources=load_sources({path!r}, settings))
"""


def land_and_kill(case, place, name, count):
    """Land in a process that kills itself at the n-th call of a function."""
    path = case.folder / "sources.yml"
    path.write_text(SOURCES)
    script = KILLED.format(
        home=str(case.settings.home),
        database=case.settings.database,
        place=place,
        name=name,
        count=count,
        path=str(path),
    )
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=case.settings.checkout / "plugins",
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -9, done.stderr


@pytest.mark.parametrize(
    ("place", "name", "count"),
    [
        ("table_landing", "copy_batch", 2),
        ("table_landing.TableLanding", "_finish_direct", 1),
        ("table_landing", "write_load", 1),
    ],
)
def test_a_killed_first_landing_leaves_nothing(case, place, name, count):
    (result,) = case.land(SOURCES)
    undisturbed = read_content(case)
    case.empty_warehouse()
    land_and_kill(case, place, name, count)
    empty = ([(0, None, None)], [], [])
    assert read_content(case) == empty
    (again,) = case.land(SOURCES, run_id="killed")
    assert count_rows(again) == count_rows(result)
    assert read_content(case) == undisturbed


def test_a_killed_merge_leaves_the_versions_before(case):
    case.land(SOURCES)
    with psycopg.connect(find_connection(case.settings, DATABASE)) as connection:
        connection.execute("update boss.line_bill set fee = fee + 1 where line_no < 10")
    before = read_content(case)
    for place, name in (
        ("table_landing", "copy_batch"),
        ("table_landing.Merger", "_insert_versions"),
        ("table_landing", "write_load"),
    ):
        land_and_kill(case, place, name, 1)
        assert read_content(case) == before
    (again,) = case.land(SOURCES, run_id="killed")
    assert count_rows(again) == {"changed": 30, "unchanged": ROWS - 30}
