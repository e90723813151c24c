"""Reading marts from dbt's manifest."""

from __future__ import annotations

import pytest

from jinta.errors import PublishError
from jinta.publish.marts import Relation, check_candidates, read_marts


def make_node(name, materialized="table", parents=(), columns=None, **meta):
    return {
        "resource_type": "model",
        "schema": "candidate",
        "name": name,
        "config": {
            "materialized": materialized,
            "meta": {"visible_by": "everyone", **meta},
        },
        "columns": columns or {},
        "depends_on": {"nodes": list(parents)},
    }


def read(**nodes):
    return read_marts({"nodes": nodes})


def test_only_candidate_models_are_marts():
    marts = read(
        mart=make_node("dim", slice="whole", primary_key=["id"]),
        other={**make_node("stg"), "schema": "staging"},
        test={**make_node("check"), "resource_type": "test"},
    )
    assert [mart.name for mart in marts] == ["dim"]


def test_marts_come_after_what_they_read():
    marts = read(
        a=make_node("a", "view", parents=["b", "source.x"]),
        b=make_node("b", "view", parents=["c"]),
        c=make_node("c", slice="whole", primary_key=["id"]),
    )
    assert [mart.name for mart in marts] == ["c", "b", "a"]
    assert marts[2].reads == ("b",)


def test_meta_tells_slice_key_and_exceptions():
    (mart,) = read(
        m=make_node(
            "m",
            slice="month",
            primary_key=["month", "id"],
            retired_columns=["old"],
            columns={
                "built_at": {"config": {"meta": {"volatile": True}}},
                "kept": {"meta": {}},
                "loaded_at": {"meta": {"volatile": True}},
            },
        )
    )
    assert mart.is_monthly
    assert mart.primary_key == ("month", "id")
    assert mart.volatile == {"built_at", "loaded_at"}
    assert mart.retired == {"old"}


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"slice": "whole"},
        {"slice": "year", "primary_key": ["id"]},
        {"slice": "month", "primary_key": ["id"]},
    ],
)
def test_a_mart_that_says_too_little_is_refused(meta):
    with pytest.raises(PublishError) as error:
        read(m=make_node("m", **meta))
    assert "primary_key" in error.value.cure


@pytest.mark.parametrize(
    ("columns", "is_view"),
    [({"other": "text"}, False), ({"id": "text", "_slice_id": "bigint"}, False)],
)
def test_a_table_that_does_not_fit_its_key_is_refused(columns, is_view):
    marts = read(m=make_node("m", slice="whole", primary_key=["id"]))
    relation = Relation("m", is_view, None, columns)
    with pytest.raises(PublishError, match="don't fit"):
        check_candidates(marts, {"m": relation})


def test_a_view_where_a_table_is_meant_is_refused():
    marts = read(m=make_node("m", slice="whole", primary_key=["id"]))
    with pytest.raises(PublishError, match="not there as a table"):
        check_candidates(marts, {"m": Relation("m", True, None, {"id": "text"})})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("account", ("account", "group_account_id")),
        ("manager", ("manager", "manager_id")),
        ("branch", ("branch", "branch_id")),
        ("everyone", ("everyone", None)),
        ("head_office", ("head_office", None)),
        ({"branch": "partition_id"}, ("branch", "partition_id")),
    ],
)
def test_meta_tells_to_whom_rows_are_visible(said, expected):
    (mart,) = read(m=make_node("m", slice="whole", primary_key=["id"], visible_by=said))
    assert (mart.visible_by, mart.visible_column) == expected


@pytest.mark.parametrize(
    "said", [None, "public", [], {}, {"region": "id"}, {"branch": "a", "manager": "b"}]
)
def test_a_mart_that_does_not_say_who_sees_it_is_refused(said):
    with pytest.raises(PublishError, match="to whom its rows are visible"):
        read(m=make_node("m", slice="whole", primary_key=["id"], visible_by=said))


@pytest.mark.parametrize("materialized", ["table", "view"])
def test_a_mart_without_the_column_it_is_visible_by_is_refused(materialized):
    node = make_node(
        "m", materialized, slice="whole", primary_key=["id"], visible_by="account"
    )
    relation = Relation("m", materialized == "view", None, {"id": "text"})
    with pytest.raises(PublishError, match="no column group_account_id"):
        check_candidates(read(m=node), {"m": relation})
