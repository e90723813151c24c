"""Creates and updates the warehouse's database, roles, schemas and control tables.

The SQL lies in `ddl/`; every statement can be run again. A hash of it is kept in the
database, so that nothing is run when nothing changed.
"""

import contextlib
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql

from jinta.errors import WarehouseError
from jinta.settings import READERS, ROLES, Settings
from jinta.warehouse.connection import CONNECT_SECONDS, connect, connect_info

DDL = Path(__file__).parent / "ddl"
FILES = ("schemas.sql", "control.sql", "cache.sql", "grants.sql")
LOCK = 7_316_942_051
LOCK_TIMEOUT = "60s"
# Servers older than 17 have no builtin locale.
OLDEST_VERSION = 170000


def ensure_warehouse(
    settings: Settings, *, force: bool = False, is_alone: bool = False
) -> None:
    """Bring the warehouse to the state this version of jinta needs.

    Starts the embedded server if none is configured; creates database, roles,
    schemas, control tables and grants as far as they're missing or changed.

    Args:
        settings: Whose warehouse.
        force: Run everything again, such as after passwords changed.
        is_alone: Whether the server has nothing but this warehouse: then nobody else
            may connect to its database `postgres`. The embedded one is taken to.

    Raises:
        WarehouseError: The server can't be started or reached, the owner lacks a
            privilege, or somebody holds the lock.
    """
    if not force and not is_alone and _is_current(settings):
        return
    info = connect_info(settings, "owner")
    with _connect_maintenance(info) as maintenance:
        # Roles belong to the whole server: no two databases are set up at once.
        _take_lock(maintenance)
        try:
            _create_database(maintenance, settings.database)
            for role in ROLES:
                _create_role(maintenance, settings, role)
            _create_group(maintenance, settings.role_name(READERS))
            if settings.server is None or is_alone:
                # The lock above is held there; nobody else has business in it.
                maintenance.execute("revoke connect on database postgres from public")
            with connect(settings, "owner") as connection:
                _run_ddl(connection, settings)
        except psycopg.errors.InsufficientPrivilege as error:
            raise WarehouseError(
                f"{info['user']} can't set up the warehouse: {str(error).strip()}",
                "Grant it createdb and createrole, or create what is missing by hand.",
            ) from error


def ensure_database(settings: Settings, name: str, owner: str) -> None:
    """Create a further database on the embedded server, unless it exists.

    Args:
        settings: Whose server.
        name: The database.
        owner: The login that owns it: `source` or `airflow`.
    """
    embedded = replace(settings, server=None)
    with _connect_maintenance(connect_info(embedded, "owner")) as maintenance:
        _take_lock(maintenance)
        _create_role(maintenance, embedded, owner)
        _create_database(maintenance, name, embedded.role_name(owner))
        _execute(maintenance, "revoke all on database {} from public", name)


def hash_ddl(settings: Settings) -> str:
    """Return what must equal the database's mark for nothing to be left to do."""
    digest = hashlib.sha256(settings.role_prefix.encode())
    for name in FILES:
        digest.update((DDL / name).read_bytes())
    return digest.hexdigest()


def render_ddl(settings: Settings, name: str) -> sql.SQL:
    """Return a file of `ddl/` with its `:"role"` placeholders replaced."""
    names = {role: settings.role_name(role) for role in (*ROLES, READERS)}
    names["database"] = settings.database
    text = (DDL / name).read_text(encoding="utf-8")
    rendered = re.sub(r':"(\w+)"', lambda found: _quote(names[found[1]]), text)
    return sql.SQL(cast(LiteralString, rendered))


def _is_current(settings: Settings) -> bool:
    info = connect_info(settings, "owner")
    try:
        with psycopg.connect(**info, connect_timeout=CONNECT_SECONDS) as connection:
            row = connection.execute(
                "select ddl_hash from control.ddl_versions"
                " order by applied_at desc limit 1"
            ).fetchone()
    except psycopg.OperationalError:
        return False
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return False
    return row is not None and row[0] == hash_ddl(settings)


def _connect_maintenance(info: dict[str, Any]) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the database that every server has, or else to the warehouse's."""
    options = {"autocommit": True, "connect_timeout": CONNECT_SECONDS}
    try:
        return psycopg.connect(**{**info, **options, "dbname": "postgres"})
    except psycopg.OperationalError as error:
        with contextlib.suppress(psycopg.OperationalError):
            return psycopg.connect(**info, **options)
        raise WarehouseError(
            f"Can't connect to {info['host']}:{info['port']} as {info['user']}: "
            f"{str(error).strip()}",
            "Check JINTA_WAREHOUSE and JINTA_WAREHOUSE_OWNER_PASSWORD.",
        ) from error


def _take_lock(maintenance: psycopg.Connection[Any]) -> None:
    """Wait until nobody else sets up a database of the server; until disconnecting.

    Raises:
        WarehouseError: Somebody has held the lock for a minute.
    """
    maintenance.execute("select set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    try:
        maintenance.execute("select pg_advisory_lock(%s)", [LOCK])
    except psycopg.errors.LockNotAvailable as error:
        raise WarehouseError(
            f"The lock of {maintenance.info.dbname} under which a warehouse is set up "
            f"has been held for {LOCK_TIMEOUT} by {_find_holder(maintenance)}.",
            "If that is no other `jinta` at work, end it (pg_terminate_backend), and "
            "let no reader in: `revoke connect on database postgres from public`.",
        ) from error
    maintenance.execute("reset lock_timeout")


def _find_holder(maintenance: psycopg.Connection[Any]) -> str:
    row = maintenance.execute(
        """
        select holders.usename, holders.pid
        from pg_locks as locks
        inner join pg_stat_activity as holders on locks.pid = holders.pid
        where
            locks.locktype = 'advisory'
            and locks.granted
            and locks.objsubid = 1
            and (locks.classid::bigint << 32) + locks.objid::bigint = %s
        """,
        [LOCK],
    ).fetchone()
    return f"the session {row[1]} of {row[0]}" if row else "somebody who is gone now"


def _create_database(
    maintenance: psycopg.Connection[Any], name: str, owner: str | None = None
) -> None:
    """Create a database that sorts by code point, so that orderings are stable."""
    found = maintenance.execute(
        "select 1 from pg_database where datname = %s", [name]
    ).fetchone()
    if found:
        return
    if maintenance.info.server_version < OLDEST_VERSION:
        raise WarehouseError(
            "The warehouse's PostgreSQL is older than 17.", "Use PostgreSQL 18."
        )
    _execute(
        maintenance,
        "create database {} template template0 encoding 'UTF8'"
        " locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'",
        name,
    )
    if owner:
        _execute(maintenance, "alter database {} owner to {}", name, owner)


def _create_role(
    maintenance: psycopg.Connection[Any], settings: Settings, role: str
) -> None:
    """Create a login role, or set its password to the one in the settings."""
    info = connect_info(settings, role)
    name = info["user"]
    found = maintenance.execute(
        "select 1 from pg_roles where rolname = %s", [name]
    ).fetchone()
    if not found:
        _execute(maintenance, "create role {} login", name)
    # The server is sent a verifier only, so that no log shows the password.
    verifier = maintenance.pgconn.encrypt_password(
        info["password"].encode(), name.encode(), b"scram-sha-256"
    )
    maintenance.execute(
        sql.SQL("alter role {} password {}").format(
            sql.Identifier(name), sql.Literal(verifier.decode())
        )
    )
    # An owner that is no superuser needs this to create schemas for the role, and to
    # end its sessions.
    _execute(
        maintenance,
        "grant {} to current_user with set true, inherit true",
        name,
    )


def _create_group(maintenance: psycopg.Connection[Any], name: str) -> None:
    """Create a role that nobody logs in as, to give its members what they may do."""
    found = maintenance.execute(
        "select 1 from pg_roles where rolname = %s", [name]
    ).fetchone()
    if not found:
        _execute(maintenance, "create role {} nologin", name)


def _run_ddl(connection: psycopg.Connection[Any], settings: Settings) -> None:
    for name in FILES:
        connection.execute(render_ddl(settings, name))
    connection.execute(
        "insert into control.ddl_versions (ddl_hash) values (%s)"
        " on conflict (ddl_hash) do update set applied_at = clock_timestamp()",
        [hash_ddl(settings)],
    )


def _execute(
    connection: psycopg.Connection[Any], statement: LiteralString, *names: str
) -> None:
    identifiers = [sql.Identifier(name) for name in names]
    connection.execute(sql.SQL(statement).format(*identifiers))


def _quote(name: str) -> str:
    return sql.Identifier(name).as_string()
