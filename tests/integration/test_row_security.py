"""Who sees what of every mart of the test company: role × mart × row (F72)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from psycopg import sql

from jinta.publish.marts import Mart, read_marts
from jinta.transform import load_manifest
from jinta.warehouse import connect
from jinta.warehouse.readers import HEAD_OFFICE, Scope, add_reader

ROLES = ("matrix_none", "matrix_manager", "matrix_branch", "matrix_both", "matrix_all")


@dataclass
class Matrix:
    """The marts, the roles' scopes, and whose accounts each role owns now."""

    company: object
    marts: list[Mart]
    scopes: dict[str, list[Scope]]
    owned: dict[str, set[str]]
    managers: dict[str, set[str]]

    def read(self, role: str, view: str) -> list[dict]:
        """Read a view as a role; rows by column name."""
        with connect(self.company.settings, "owner") as connection:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            cursor = connection.execute(
                sql.SQL("select * from marts.{}").format(sql.Identifier(view))
            )
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def held(self, role: str, kind: str) -> set[str | None]:
        return {scope.value for scope in self.scopes[role] if scope.kind == kind}

    def may_see(self, role: str, mart: Mart, row: dict) -> bool:
        """Say it anew, row by row, from what the mart's YAML says."""
        if mart.visible_by == "everyone" or self.held(role, HEAD_OFFICE):
            return True
        if mart.visible_by == "account":
            return row[mart.visible_column] in self.owned[role]
        if mart.visible_by == "branch":
            return row[mart.visible_column] in self.held(role, "branch")
        if mart.visible_by == "manager":
            is_own = row[mart.visible_column] in self.held(role, "manager")
            if "branch_id" in row:
                return is_own or row["branch_id"] in self.held(role, "branch")
            return is_own or row[mart.visible_column] in self.managers[role]
        return False


def freeze(rows: list[dict]) -> Counter:
    return Counter(repr(sorted(row.items())) for row in rows)


@pytest.fixture(scope="module")
def matrix(systems) -> Iterator[Matrix]:
    owners = systems.rows(
        "select group_account_id, branch_id, manager_id "
        "from marts.dim_group_accounts_current order by 1"
    )
    successors = systems.rows(
        "select group_account_id_former, group_account_id "
        "from marts.bridge_account_successors"
    )
    branches = sorted({branch for _, branch, _ in owners if branch})
    managers = sorted({manager for *_, manager in owners if manager})
    scopes = {
        "matrix_none": [],
        "matrix_manager": [Scope("manager", managers[0])],
        "matrix_branch": [Scope("branch", branches[0])],
        "matrix_both": [Scope("branch", branches[-1]), Scope("manager", managers[0])],
        "matrix_all": [Scope(HEAD_OFFICE)],
    }
    owned = {}
    served = {}
    for role, held in scopes.items():
        drop_role(systems.settings, role)
        add_reader(systems.settings, role, held, "test")
        values = {(scope.kind, scope.value) for scope in held}
        owned[role] = {
            account
            for account, branch, manager in owners
            if ("branch", branch) in values or ("manager", manager) in values
        }
        served[role] = {
            manager for _, branch, manager in owners if ("branch", branch) in values
        }
        owned[role] |= {former for former, now in successors if now in owned[role]}
    marts = read_marts(load_manifest(systems.settings))
    yield Matrix(systems, marts, scopes, owned, served)
    for role in scopes:
        drop_role(systems.settings, role)


def drop_role(settings, role: str) -> None:
    with connect(settings, "owner") as connection:
        connection.execute(
            sql.SQL("drop role if exists {}").format(sql.Identifier(role))
        )


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_of_every_mart_its_rows_and_no_other_f72(matrix, role):
    """Main view, last month and history of each mart, row by row."""
    wrong = []
    for mart in matrix.marts:
        views = [mart.name]
        views += [f"{mart.name}_current", f"{mart.name}_as_shown"] * mart.is_monthly
        for view in views:
            rows = matrix.read("jinta_auditor", view)
            # Names are pseudonyms for readers, so their rows are told by the rest.
            expected = [row for row in rows if matrix.may_see(role, mart, row)]
            seen = matrix.read(role, view)
            if freeze(drop(seen, mart)) != freeze(drop(expected, mart)):
                wrong.append(f"{view}: {len(seen)} rows, not {len(expected)}")
    assert wrong == []


def drop(rows: list[dict], mart: Mart) -> list[dict]:
    return [{k: v for k, v in row.items() if k not in mart.personal} for row in rows]


def test_the_matrix_tells_the_roles_apart(matrix):
    """A matrix in which roles see the same would prove nothing."""
    accounts = matrix.read("matrix_all", "dim_group_accounts")
    sizes = [len(matrix.read(role, "dim_group_accounts")) for role in ROLES]
    assert sizes[0] == 0
    assert sizes[-1] == len(accounts)
    assert 0 < sizes[1] < sizes[-1]
    assert 0 < sizes[2] < sizes[-1]
    assert 0 < sizes[3] <= sizes[-1]


@pytest.mark.parametrize("kind", ["account", "branch", "everyone"])
def test_each_kind_of_visibility_is_among_the_marts_with_rows(matrix, kind):
    marts = [mart for mart in matrix.marts if mart.visible_by == kind]
    assert any(matrix.read("matrix_all", mart.name) for mart in marts), kind


def test_a_mart_with_an_account_in_each_row_is_visible_by_account(matrix):
    """Nobody slips an account-level mart in as one for everyone."""
    wide = []
    for mart in matrix.marts:
        rows = matrix.read("matrix_all", mart.name)
        if mart.visible_by == "everyone" and any(
            column.startswith("group_account_id") and row[column]
            for row in rows
            for column in row
        ):
            wide.append(mart.name)
    assert wide == []
