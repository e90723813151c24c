"""The shape of what is published, as far as it needs no database."""

from __future__ import annotations

import pytest

from jinta.errors import PublishError
from jinta.publish.marts import Mart, Relation
from jinta.publish.views import _order_columns, _substitute_schema, check_shape

MART = Mart("m", "whole", ("id",), retired=frozenset({"gone"}))


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("select a from candidate.x", "select a from published.x"),
        (
            "select 'candidate.x' from candidate.x",
            "select 'candidate.x' from published.x",
        ),
        ("select 'it''s candidate.x'", "select 'it''s candidate.x'"),
        ("select my_candidate.x", "select my_candidate.x"),
        ("from (candidate.x join candidate.y)", "from (published.x join published.y)"),
    ],
)
def test_the_schema_is_substituted_in_names_only(definition, expected):
    assert _substitute_schema(definition) == expected


def test_published_columns_keep_their_place():
    candidate = Relation("m", False, None, {"new": "text", "b": "text", "a": "text"})
    published = Relation("m", True, None, {"a": "text", "b": "text"})
    assert _order_columns(MART, candidate, published) == ("a", "b", "new")


def test_new_and_retired_columns_are_no_problem():
    candidate = Relation("m", False, None, {"id": "text", "new": "text"})
    stored = Relation("m", False, None, {"id": "text", "gone": "text"})
    check_shape([MART], {"m": candidate}, {"m": stored})


def test_all_problems_are_told_at_once():
    candidate = Relation("m", False, None, {"id": "bigint"})
    stored = Relation("m", False, None, {"id": "text", "kept": "date"})
    with pytest.raises(PublishError) as error:
        check_shape([MART], {"m": candidate}, {"m": stored})
    assert "m.id was text, is bigint" in error.value.message
    assert "m.kept is gone" in error.value.message
