"""Readers: logins that see the accounts of their branches and managers only.

A reader is a member of the group `readers`, which may read the marts; which rows it
sees `control.reader_scopes` says, scope by scope. Without a scope it sees no account.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from jinta.errors import UsageError
from jinta.settings import READERS, ROLES, Settings
from jinta.warehouse.connection import connect, connect_info, format_url

HEAD_OFFICE = "head_office"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# PostgreSQL keeps these for itself.
_RESERVED = ("public", "none")
# A BI tool's pool and a person beside it: no reader takes all of the server's 100.
_CONNECTIONS = 8
# Enough to tell a slip of the pen from a wrong list.
_LONGEST_LIST = 20
# Where branches and managers are known from: those who own accounts, those in post.
_OWNERS_VIEWS = ("dim_group_accounts_current", "fct_manager_loads_current")
# What a session of a reader may take; enough to hold a branch's accounts in memory.
_SESSION = {
    "lock_timeout": "10s",
    "statement_timeout": "15min",
    "idle_in_transaction_session_timeout": "15min",
    "default_transaction_read_only": "on",
    "search_path": "marts",
    "work_mem": "32MB",
}


@dataclass(frozen=True)
class Scope:
    """What a reader sees the accounts of: a `branch`, a `manager`, or `head_office`."""

    kind: str
    value: str | None = None

    def __str__(self) -> str:
        """Say it as the command line does."""
        return f"{self.kind} {self.value}" if self.value else "head office"


@dataclass(frozen=True)
class Reader:
    """A reader's role, what it sees, and whether the role is there to log in."""

    role: str
    scopes: tuple[Scope, ...]
    is_login: bool


def add_reader(
    settings: Settings, role: str, scopes: Sequence[Scope], granted_by: str
) -> str | None:
    """Let a role read the marts and see these scopes; make the login if it is missing.

    A role that exists keeps its password, its settings and its other scopes.

    Args:
        settings: Whose warehouse.
        role: The login, such as `li_chengdu`, or a group of logins.
        scopes: What it sees from now on, beside what it saw.
        granted_by: Who says so, for the record.

    Returns:
        The connection URL with the new login's password, which nothing keeps; None if
        the role was there.

    Raises:
        UsageError: The name is no name, or taken by a role that is no reader; or there
            is no such branch or manager.
    """
    _refuse_name(settings, role)
    _refuse_unknown(settings, scopes)
    with connect(settings, "owner") as connection:
        _refuse_wide_role(connection, settings, role)
        _refuse_other_login(connection, settings, role)
        password = None if _has_role(connection, role) else secrets.token_urlsafe(18)
        if password:
            _create_login(connection, role, password)
        connection.execute(
            sql.SQL("grant {} to {}").format(
                sql.Identifier(settings.role_name(READERS)), sql.Identifier(role)
            )
        )
        for scope in scopes:
            connection.execute(
                "insert into control.reader_scopes "
                "(reader, scope_kind, scope_value, granted_by) values (%s, %s, %s, %s) "
                "on conflict do nothing",
                [role, scope.kind, scope.value, granted_by],
            )
    if password is None:
        return None
    info = connect_info(settings, "reporter")
    return format_url({**info, "user": role, "password": password})


def remove_reader(
    settings: Settings, role: str, scopes: Sequence[Scope], revoked_by: str
) -> list[Scope]:
    """Take scopes from a reader; without any named all, and the right to read marts.

    The login itself stays, since other databases may know it.

    Returns:
        The scopes that it held until now and holds no more.

    Raises:
        UsageError: There is no such reader.
    """
    if role not in {reader.role for reader in list_readers(settings)}:
        raise UsageError(
            f"There is no reader {role}.", "`jinta readers list` shows the readers."
        )
    with connect(settings, "owner") as connection:
        rows = connection.execute(
            """
            update control.reader_scopes
            set revoked_by = %(by)s, revoked_at = clock_timestamp()
            where
                reader = %(role)s
                and revoked_at is null
                and (
                    %(is_all)s
                    or (scope_kind, coalesce(scope_value, '')) in (
                        select kinds.kind, coalesce(kinds.value, '')
                        from unnest(%(kinds)s::text[], %(values)s::text[])
                        as kinds (kind, value)
                    )
                )
            returning scope_kind, scope_value
            """,
            {
                "by": revoked_by,
                "role": role,
                "is_all": not scopes,
                "kinds": [scope.kind for scope in scopes],
                "values": [scope.value for scope in scopes],
            },
        ).fetchall()
        if not scopes and _has_role(connection, role):
            connection.execute(
                sql.SQL("revoke {} from {}").format(
                    sql.Identifier(settings.role_name(READERS)), sql.Identifier(role)
                )
            )
    return sorted((Scope(*row) for row in rows), key=str)


def list_readers(settings: Settings) -> list[Reader]:
    """List the readers by name: members of the group, and roles with a scope."""
    with connect(settings, "owner") as connection:
        rows = connection.execute(
            """
            with members as (
                select roles.rolname::text as reader
                from pg_auth_members as members
                inner join pg_roles as roles on members.member = roles.oid
                where members.roleid = to_regrole(quote_ident(%(group)s))::oid
                -- Who may create roles is made a member of those it creates.
                and members.inherit_option
                and not pg_has_role(
                    roles.oid, to_regrole(quote_ident(%(wide)s))::oid, 'usage'
                )
            ),

            scopes as (
                select * from control.reader_scopes where revoked_at is null
            )

            select
                coalesce(members.reader, scopes.reader),
                scopes.scope_kind,
                scopes.scope_value,
                to_regrole(quote_ident(coalesce(members.reader, scopes.reader)))
                is not null and members.reader is not null
            from members
            full join scopes on members.reader = scopes.reader
            order by 1, 2, 3
            """,
            {
                "group": settings.role_name(READERS),
                "wide": settings.role_name("reporter"),
            },
        ).fetchall()
    readers: dict[str, list[Any]] = {}
    for role, kind, value, is_login in rows:
        found = readers.setdefault(role, [[], is_login])
        if kind:
            found[0].append(Scope(kind, value))
    return [Reader(role, tuple(s), login) for role, (s, login) in readers.items()]


def _refuse_name(settings: Settings, role: str) -> None:
    logins = (*ROLES, READERS, "owner", "airflow", "source")
    embedded = replace(settings, server=None)
    own = {each.role_name(name) for each in (settings, embedded) for name in logins}
    if not _NAME.fullmatch(role) or role.startswith("pg_") or role in _RESERVED:
        raise UsageError(
            f"{role!r} can't be the name of a reader.",
            "Take small letters a to z, digits and _, beginning with a letter, at most "
            "63 of them, such as li_chengdu.",
        )
    if role in own:
        raise UsageError(
            f"{role} is one of the warehouse's own roles and sees what it needs to.",
            "Name another role; `jinta readers list` shows the readers.",
        )


def _refuse_unknown(settings: Settings, scopes: Sequence[Scope]) -> None:
    """Refuse branches and managers that the last published month doesn't know.

    Before the first publication there is none to compare with, so any is taken.

    Raises:
        UsageError: One is blank or unknown; the cure names those known.
    """
    for scope in scopes:
        if scope.kind != HEAD_OFFICE and not (scope.value or "").strip():
            raise UsageError(
                f"The {scope.kind} is blank.",
                f"Name one, or leave --{scope.kind} away.",
            )
    known = _list_known(settings)
    if not known:
        return
    for scope in scopes:
        if scope.value is not None and scope not in known:
            names = sorted(str(each.value) for each in known if each.kind == scope.kind)
            rest = len(names) - _LONGEST_LIST
            listed = ", ".join(names[:_LONGEST_LIST]) or "none"
            raise UsageError(
                f"There is no {scope} in the last published month.",
                f"It knows {listed}{f' and {rest} more' if rest > 0 else ''}.",
            )


def _list_known(settings: Settings) -> set[Scope]:
    """List the branches and managers of the last month shown; none before the first."""
    known: set[Scope] = set()
    with connect(settings, "auditor") as connection:
        for view in _OWNERS_VIEWS:
            row = connection.execute(
                "select to_regclass(%s)", [f"marts.{view}"]
            ).fetchone()
            if row is None or row[0] is None:
                continue
            for kind in ("branch", "manager"):
                rows = connection.execute(
                    sql.SQL(
                        "select distinct {column} from marts.{view} "
                        "where {column} is not null"
                    ).format(
                        column=sql.Identifier(f"{kind}_id"), view=sql.Identifier(view)
                    )
                )
                known |= {Scope(kind, value) for (value,) in rows}
    return known


def _refuse_wide_role(
    connection: psycopg.Connection[Any], settings: Settings, role: str
) -> None:
    """Refuse a role that sees everything by what it is, or is a member of.

    Raises:
        UsageError: A scope would not narrow what it sees.
    """
    superuser = connection.execute(
        "select 1 from pg_roles where rolname = %s and rolsuper", [role]
    ).fetchone()
    if superuser:
        raise UsageError(
            f"{role} is a superuser, so it sees every row whatever scopes it has.",
            "Name another role.",
        )
    rows = connection.execute(
        "select wide.name from unnest(%s::text[]) as wide (name) "
        "where to_regrole(quote_ident(%s)) is not null and pg_has_role("
        "to_regrole(quote_ident(%s))::oid, to_regrole(quote_ident(wide.name))::oid, "
        "'usage') order by wide.name",
        [[settings.role_name(name) for name in ROLES], role, role],
    ).fetchall()
    if rows:
        raise UsageError(
            f"{role} belongs to {', '.join(name for (name,) in rows)}, so it sees "
            "every row whatever scopes it has.",
            f"Revoke that from {role} first, or name another role.",
        )


def _refuse_other_login(
    connection: psycopg.Connection[Any], settings: Settings, role: str
) -> None:
    """Refuse a login that somebody made for something else.

    Raises:
        UsageError: It is neither in the group of readers nor had a scope ever.
    """
    row = connection.execute(
        """
        select 1
        from pg_roles as roles
        where
            roles.rolname = %(role)s
            and roles.rolcanlogin
            and not pg_has_role(
                roles.oid, to_regrole(quote_ident(%(group)s))::oid, 'usage'
            )
            and not exists (
                select 1 from control.reader_scopes as scopes
                where scopes.reader = %(role)s
            )
        """,
        {"group": settings.role_name(READERS), "role": role},
    ).fetchone()
    if row:
        group = settings.role_name(READERS)
        raise UsageError(
            f"{role} is a login already, and no reader.",
            f"Take another name; if it is to read the marts, `grant {group} to {role}` "
            "as the owner first.",
        )


def _has_role(connection: psycopg.Connection[Any], role: str) -> bool:
    row = connection.execute(
        "select 1 from pg_roles where rolname = %s", [role]
    ).fetchone()
    return row is not None


def _create_login(
    connection: psycopg.Connection[Any], role: str, password: str
) -> None:
    """Create a login whose sessions are bounded as the reporter's are."""
    name = sql.Identifier(role)
    # The server is sent a verifier only, so that no log shows the password.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL("create role {} login connection limit {} password {}").format(
            name, sql.Literal(_CONNECTIONS), sql.Literal(verifier.decode())
        )
    )
    for setting, value in _SESSION.items():
        connection.execute(
            sql.SQL("alter role {} set {} = {}").format(
                name, sql.Identifier(setting), sql.Literal(value)
            )
        )
