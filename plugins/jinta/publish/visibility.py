"""Which rows of a mart a reader sees.

Head office sees all. Who is given branches or managers (`control.reader_scopes`) sees
the accounts they own in the last published month, with their whole history, in every
mart. `current_user` is the role that asks only in the text of a view, not in a function
that runs as somebody else, so all of it is views: `control.reader_rights`,
`control.held_scopes`, `archive.visible_accounts` and `archive.visible_managers`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import psycopg
from psycopg import sql

from jinta.publish.marts import SLICE_COLUMN, Mart, Relation

ACCOUNTS_MART = "dim_group_accounts"
SUCCESSORS_MART = "bridge_account_successors"
VISIBLE_VIEW = "visible_accounts"
MANAGERS_VIEW = "visible_managers"

# An uncorrelated subquery: PostgreSQL asks it once a query, and what follows the `or`
# is never run for who sees everything.
_RIGHTS = sql.SQL(
    " where (select rights.sees_everything from control.reader_rights as rights)"
)
_SCOPES = (
    "select scopes.scope_value from control.held_scopes as scopes "
    "where scopes.scope_kind = {}"
)

_OWNED = """
select accounts.{shown}
from archive.{accounts} as accounts
inner join control.pointers as pointers
    on accounts.{slice_column} = pointers.slice_id and pointers.mart = {accounts_name}
where
    pointers.month = (
        select max(latest.month) from control.pointers as latest
        where latest.mart = {accounts_name}
    )
    and accounts.{column} in ({scopes})
"""

# An account that was merged into another is seen by who owns the other.
_FORMER = """
select former.group_account_id_former
from archive.{successors} as former
inner join control.pointers as pointers
    on former.{slice_column} = pointers.slice_id and pointers.mart = {successors_name}
where
    former.group_account_id_former <> former.group_account_id
    and former.group_account_id in (select owned.group_account_id from owned)
"""


def restrict_rows(mart: Mart, relation: Relation, source: str) -> sql.Composable:
    """Write the condition that shows a mart's rows to those who may see them.

    Args:
        mart: The mart.
        relation: Its candidate, for the columns it has.
        source: What the view calls the relation that it selects from.

    Returns:
        A `where` clause, or nothing if everyone sees all rows.
    """
    if mart.visible_by == "everyone":
        return sql.SQL("")
    allowed = [_RIGHTS]
    column = sql.Identifier(source, mart.visible_column or "")
    if mart.visible_by == "account":
        allowed.append(
            sql.SQL(
                "{} in (select visible.group_account_id from archive.{} as visible)"
            ).format(column, sql.Identifier(VISIBLE_VIEW))
        )
    if mart.visible_by in ("branch", "manager"):
        allowed.append(_hold_scope(column, mart.visible_by))
    # A branch sees its managers: whose they are the mart tells, or else the accounts.
    if mart.visible_by == "manager" and "branch_id" in relation.columns:
        allowed.append(_hold_scope(sql.Identifier(source, "branch_id"), "branch"))
    elif mart.visible_by == "manager":
        allowed.append(
            sql.SQL(
                "{} in (select visible.manager_id from archive.{} as visible)"
            ).format(column, sql.Identifier(MANAGERS_VIEW))
        )
    return sql.SQL(" or ").join(allowed)


def ensure_visible(
    connection: psycopg.Connection, archive: Mapping[str, Relation]
) -> None:
    """Make the views of what the asking role owns: its accounts, its managers.

    Without the mart of accounts nobody owns any, and only head office sees accounts.
    """
    _ensure_view(
        connection,
        archive,
        VISIBLE_VIEW,
        _select_accounts(archive),
        "One row per account that belongs to the branches and managers of the role "
        "that asks, in the last published month.",
    )
    _ensure_view(
        connection,
        archive,
        MANAGERS_VIEW,
        _select_managers(archive),
        "One row per account of the branches of the role that asks, in the last "
        "published month, with its manager.",
    )


def _ensure_view(
    connection: psycopg.Connection,
    archive: Mapping[str, Relation],
    view: str,
    definition: sql.Composable,
    comment: str,
) -> None:
    query = definition.as_string(connection)
    definition_hash = hashlib.md5(query.encode(), usedforsecurity=False).hexdigest()
    name = f"archive.{view}"
    known = connection.execute(
        "select 1 from control.published_views "
        "where view_name = %s and definition_hash = %s",
        [name, definition_hash],
    ).fetchone()
    if known and view in archive:
        return
    with connection.transaction():
        connection.execute(
            sql.SQL("create or replace view archive.{} as {}").format(
                sql.Identifier(view), sql.SQL(query)
            )
        )
        connection.execute(
            sql.SQL("comment on view archive.{} is {}").format(
                sql.Identifier(view), comment
            )
        )
        connection.execute(
            "insert into control.published_views (view_name, definition_hash) "
            "values (%s, %s) on conflict (view_name) "
            "do update set definition_hash = excluded.definition_hash",
            [name, definition_hash],
        )


def _hold_scope(column: sql.Composable, kind: str) -> sql.Composable:
    return sql.SQL("{} in ({})").format(
        column, sql.SQL(_SCOPES).format(sql.Literal(kind))
    )


def _select_managers(archive: Mapping[str, Relation]) -> sql.Composable:
    if ACCOUNTS_MART not in archive:
        return sql.SQL("select null::text as manager_id where false")
    return _select_owned("manager_id", "branch")


def _select_accounts(archive: Mapping[str, Relation]) -> sql.Composable:
    if ACCOUNTS_MART not in archive:
        return sql.SQL("select null::text as group_account_id where false")
    owned = [_select_owned("group_account_id", kind) for kind in ("branch", "manager")]
    parts = [sql.SQL("select owned.group_account_id from owned")]
    if SUCCESSORS_MART in archive:
        parts.append(
            sql.SQL(_FORMER).format(
                successors=sql.Identifier(SUCCESSORS_MART),
                successors_name=sql.Literal(SUCCESSORS_MART),
                slice_column=sql.Identifier(SLICE_COLUMN),
            )
        )
    return sql.SQL("with owned as ({}) {}").format(
        sql.SQL(" union all ").join(owned), sql.SQL(" union all ").join(parts)
    )


def _select_owned(shown: str, kind: str) -> sql.Composable:
    return sql.SQL(_OWNED).format(
        shown=sql.Identifier(shown),
        accounts=sql.Identifier(ACCOUNTS_MART),
        accounts_name=sql.Literal(ACCOUNTS_MART),
        slice_column=sql.Identifier(SLICE_COLUMN),
        column=sql.Identifier(f"{kind}_id"),
        scopes=sql.SQL(_SCOPES).format(sql.Literal(kind)),
    )
