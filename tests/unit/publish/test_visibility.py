"""The condition that shows a mart's rows to those who may see them."""

from __future__ import annotations

import pytest

from jinta.publish.marts import Mart, Relation
from jinta.publish.visibility import restrict_rows

RIGHTS = "(select rights.sees_everything from control.reader_rights as rights)"


def write(visible_by, column=None, columns=("id",)):
    mart = Mart("m", "month", ("id",), visible_by=visible_by, visible_column=column)
    relation = Relation("m", False, None, dict.fromkeys(columns, "text"))
    return restrict_rows(mart, relation, "slices").as_string(None)


def test_what_everyone_sees_has_no_condition():
    assert write("everyone") == ""


def test_head_office_asks_for_the_right_alone():
    assert write("head_office") == f" where {RIGHTS}"


@pytest.mark.parametrize(
    ("visible_by", "column", "subject"),
    [
        ("account", "group_account_id", 'archive."visible_accounts"'),
        ("branch", "partition_id", "scopes.scope_kind = 'branch'"),
        ("manager", "manager_id", "scopes.scope_kind = 'manager'"),
    ],
)
def test_rows_are_looked_up_by_the_column_the_mart_names(visible_by, column, subject):
    condition = write(visible_by, column)
    assert condition.startswith(f" where {RIGHTS} or ")
    assert f'"slices"."{column}" in (select' in condition
    assert subject in condition
    assert condition.count(" or ") == (2 if visible_by == "manager" else 1)


def test_a_branch_sees_its_managers_by_their_accounts_if_the_mart_names_no_branch():
    condition = write("manager", "manager_id")
    assert 'in (select visible.manager_id from archive."visible_managers"' in condition


def test_a_branch_sees_its_managers_where_the_mart_names_the_branch():
    condition = write("manager", "manager_id", ("manager_id", "branch_id"))
    assert '"slices"."branch_id" in (select' in condition
    assert "visible_managers" not in condition
    assert condition.count(" or ") == 2
