import sqlite3

import pytest

from jinta.errors import SourceError, SourceUnavailable
from jinta.settings import load_settings
from jinta.sources.connections import (
    as_libpq_url,
    as_sqlalchemy_url,
    find_connection,
    hide_password,
)
from jinta.sources.readers.base import BATCH_ROWS
from jinta.sources.readers.databases import DatabaseReader, PostgresReader, Slice


@pytest.fixture
def url(tmp_path):
    path = tmp_path / "boss.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            'create table "Bill" (Cycle text, "Line No" integer, Fee decimal(10,2))'
        )
        connection.executemany(
            'insert into "Bill" values (?, ?, ?)',
            [(f"2024{m:02d}", n, n / 2) for m in range(1, 7) for n in range(3)]
            + [(None, 99, 1)],
        )
    return f"sqlite:///{path}"


def rows(reader):
    return [row for batch in reader.read() for row in batch.rows.to_pylist()]


def test_a_table_is_described_and_read(url):
    reader = DatabaseReader(url, "Bill", None, ["cycle", "LINE NO"])
    assert [(c.name, c.type) for c in reader.columns] == [
        ("Cycle", "TEXT"),
        ("Line No", "INTEGER"),
        ("Fee", "DECIMAL(10, 2)"),
    ]
    found = rows(reader)
    assert found[0] == {"cycle": "202401", "LINE NO": 0}
    assert len(found) == 19


def test_a_slice_takes_its_months_and_what_has_none(url):
    limits = Slice("Cycle", (("202402", "202404"), ("202406", None)))
    reader = DatabaseReader(url, "Bill", None, ["Cycle"], limits)
    months = {row["Cycle"] for row in rows(reader)}
    assert months == {"202402", "202403", "202406", None}


def test_a_query_is_read_like_a_table(url):
    query = 'select Cycle, sum(Fee) as total from "Bill" group by Cycle'
    limits = Slice("Cycle", (("202401", "202402"),))
    reader = DatabaseReader(url, None, query, ["Cycle", "total"], limits)
    found = sorted(rows(reader), key=str)
    assert found == [{"Cycle": "202401", "total": 1.5}, {"Cycle": None, "total": 1}]


def test_values_of_several_types_become_text(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (v)")
        connection.executemany(
            "insert into t values (?)", [(1,), ("two",), (b"\xe6\x98\xaf",), (None,)]
        )
    reader = DatabaseReader(f"sqlite:///{path}", "t", None, ["v"])
    assert [row["v"] for row in rows(reader)] == ["1", "two", "是", None]


def test_large_tables_come_in_batches(tmp_path):
    path = tmp_path / "large.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (v integer)")
        connection.executemany(
            "insert into t values (?)", ((n,) for n in range(BATCH_ROWS * 2 + 1))
        )
    reader = DatabaseReader(f"sqlite:///{path}", "t", None, ["v"])
    sizes = [batch.rows.num_rows for batch in reader.read()]
    assert sizes == [BATCH_ROWS, BATCH_ROWS, 1]


def test_a_missing_table_is_no_outage(url):
    with pytest.raises(SourceError, match="refused to be read") as caught:
        DatabaseReader(url, "nothing", None, ["a"])
    assert not caught.value.is_retryable


def test_a_server_that_is_away_is_worth_a_retry():
    with pytest.raises(SourceUnavailable, match="can't be reached") as caught:
        PostgresReader("postgresql://me:hidden@127.0.0.1:1/x", "t", None, ["a"])
    assert caught.value.is_retryable
    assert "hidden" not in str(caught.value)
    with pytest.raises(SourceUnavailable):
        DatabaseReader("mysql://me:hidden@127.0.0.1:1/x", "t", None, ["a"])


def test_an_unusable_url_is_told_without_its_password():
    with pytest.raises(SourceError, match="can't be used") as caught:
        DatabaseReader("nodialect://me:hidden@h/x", "t", None, ["a"])
    assert "hidden" not in str(caught.value)


def test_connections_come_from_the_environment():
    settings = load_settings(
        {
            "JINTA_CONN_BOSS": "postgres://u:p@h/d",
            "AIRFLOW_CONN_CRM": '{"conn_type": "mysql", "login": "u", "password": "p@",'
            ' "host": "h", "port": 3306, "schema": "d", "extra": {"charset": "utf8"}}',
        }
    )
    assert as_libpq_url(find_connection(settings, "boss")) == "postgresql://u:p@h/d"
    assert (
        as_sqlalchemy_url(find_connection(settings, "CRM"))
        == "mysql+pymysql://u:p%40@h:3306/d?charset=utf8"
    )
    with pytest.raises(SourceError, match="no connection 'other'") as caught:
        find_connection(settings, "other")
    assert "JINTA_CONN_OTHER" in caught.value.cure
    with pytest.raises(SourceError, match="not PostgreSQL"):
        as_libpq_url("mysql://h/d")


@pytest.mark.parametrize("login", ["u:hu@sh", "u:12/hush", "u:hu#sh"])
def test_a_password_that_a_driver_would_take_for_a_host_is_refused(login):
    settings = load_settings({"JINTA_CONN_BOSS": f"postgresql://{login}@h:5432/d"})
    with pytest.raises(SourceError, match="'boss' holds @") as caught:
        find_connection(settings, "boss")
    assert "sh" not in str(caught.value)
    assert "%40" in caught.value.cure


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////a@b/c@d.db",
        "mysql://u:p%40@h/d?ssl=a@b",
        "postgresql://h:1/d?user=a",
    ],
)
def test_other_signs_of_an_address_are_fine(url):
    settings = load_settings({"JINTA_CONN_BOSS": url})
    assert find_connection(settings, "boss") == url


def test_passwords_are_hidden():
    assert hide_password("no go: s3cret", "postgresql://u:s3cret@h/d") == "no go: ***"
