"""Content hashes: what they depend on, and what not."""

from __future__ import annotations

import pytest

from jinta.publish.marts import CANDIDATE_SCHEMA, Mart, describe_relations
from jinta.publish.slices import hash_mart
from jinta.warehouse import connect

MART = Mart("m", "whole", ("id",), volatile=frozenset({"built_at"}))
COLUMNS = (
    "id text, amount numeric(16, 2), day date, at timestamptz, is_on boolean, "
    "tags text[], shares numeric[], facts jsonb, ratio float8, built_at timestamptz"
)
ROW = (
    "'a', 1.5, '2026-01-31', '2026-01-31 12:00+08', true, array['x', null], "
    'array[1.50, 2], \'{"b": 1, "a": 2}\', 0.1, now()'
)
OTHER = "'b', null, null, null, null, null, null, null, null, now()"


@pytest.fixture
def hash_of(warehouse):
    """Hash a mart of the given columns and rows."""

    def compute(rows, columns=COLUMNS, settings=(), mart=MART):
        with connect(warehouse, "transformer") as connection:
            connection.execute("drop table if exists candidate.m")
            connection.execute(f"create table candidate.m ({columns})")
            for row in rows:
                connection.execute(f"insert into candidate.m values ({row})")
        with connect(warehouse, "publisher") as connection:
            for setting in settings:
                connection.execute(f"set {setting}")
            relation = describe_relations(connection, CANDIDATE_SCHEMA)["m"]
            (content,) = hash_mart(connection, mart, relation, [])
        assert content.row_count == len(rows)
        return content.content_hash

    return compute


def test_the_order_of_rows_does_not_matter(hash_of):
    assert hash_of([ROW, OTHER]) == hash_of([OTHER, ROW])


def test_the_order_of_columns_does_not_matter(hash_of):
    first = hash_of(["'a', 1"], "id text, amount integer")
    assert hash_of(["1, 'a'"], "amount integer, id text") == first


def test_the_padding_of_numbers_does_not_matter(hash_of):
    first = hash_of(["'a', 1.5"], "id text, amount numeric(16, 2)")
    assert hash_of(["'a', 1.5000"], "id text, amount numeric(20, 4)") == first


def test_the_settings_of_the_session_do_not_matter(hash_of):
    settings = ["datestyle = 'SQL, DMY'", "timezone = 'Asia/Shanghai'"]
    assert hash_of([ROW], settings=settings) == hash_of([ROW])


def test_volatile_columns_do_not_matter(hash_of):
    assert hash_of([ROW]) == hash_of([ROW.replace("now()", "'2020-01-01'")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'a', 1.5", "'a', 1.51"),
        ("'a'", "'A'"),
        ("'2026-01-31', '2026", "'2026-01-30', '2026"),
        ("12:00+08", "12:00+09"),
        ("true", "false"),
        ("true", "null"),
        ("array['x', null]", "array['x']"),
        ("array['x', null]", "'{}'"),
        ("array['x', null]", "null"),
        ("array[1.50, 2]", "array[2, 1.50]"),
        ('"a": 2', '"a": 3'),
        ("0.1", "0.10000000000000002"),
    ],
)
def test_one_cell_matters(hash_of, old, new):
    assert old in ROW
    assert hash_of([ROW.replace(old, new, 1), OTHER]) != hash_of([ROW, OTHER])


def test_the_same_row_twice_is_not_once_or_thrice(hash_of):
    assert len({hash_of([ROW] * count) for count in range(4)}) == 4


def test_cells_do_not_flow_into_each_other(hash_of):
    columns = "id text, name text"
    hashes = {
        hash_of([row], columns) for row in ("'ab', 'c'", "'a', 'bc'", "'abc', ''")
    }
    assert len(hashes) == 3


def test_a_new_column_makes_another_content(hash_of):
    """Otherwise an equal slice without the column would be shown for it."""
    first = hash_of(["'a'"], "id text")
    assert hash_of(["'a', null"], "id text, grade text") != first


def test_the_empty_mart_has_a_hash(hash_of):
    assert hash_of([]) == hash_of([])
