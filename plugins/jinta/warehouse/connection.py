"""Connections to the warehouse, one role each, named for the run and stage."""

import hashlib
from typing import Any
from urllib.parse import quote, urlencode

import psycopg

from jinta.errors import SettingsError, UsageError, WarehouseError
from jinta.settings import ROLES, Server, Settings
from jinta.warehouse.embedded import HOST, start_server

CONNECT_SECONDS = 10
# The server cuts longer names of sessions off.
NAME_BYTES = 63
# How much of such a name stays; the rest gives way to its hash.
KEPT_BYTES = 52


def connect_info(settings: Settings, role: str) -> dict[str, Any]:
    """Return host, port, user, password and dbname for a role.

    Options in JINTA_WAREHOUSE, such as sslmode, are added under their libpq names.

    Args:
        settings: Whose warehouse; if it's the embedded one, it's started.
        role: `owner`, `loader`, `transformer`, `publisher`, `reporter` or `auditor`; on
            the embedded server also `source` and `airflow`.

    Raises:
        SettingsError: The role's password is not set.
        WarehouseError: The embedded server can't be started.
    """
    if settings.server is not None:
        return _describe_server(settings, settings.server, role)
    credentials = start_server(settings.home)
    if role not in credentials.passwords:
        raise _unknown_role(role)
    return {
        "host": HOST,
        "port": credentials.port,
        "user": settings.role_name(role),
        "password": credentials.passwords[role],
        "dbname": settings.database,
    }


def connect(
    settings: Settings,
    role: str,
    run_id: str | None = None,
    stage: str | None = None,
    *,
    autocommit: bool = False,
) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the warehouse as a role.

    As a context manager the connection commits at the end, or rolls back on an
    exception, and closes.

    Args:
        settings: Whose warehouse.
        role: See `connect_info`.
        run_id: The run to name in `application_name`, so that what it leaves behind
            can be told from other sessions.
        stage: The stage to name there.
        autocommit: Whether each statement is a transaction of its own.

    Raises:
        WarehouseError: The server can't be reached, or refuses the role.
    """
    info = connect_info(settings, role)
    try:
        return psycopg.connect(
            **info,
            autocommit=autocommit,
            connect_timeout=CONNECT_SECONDS,
            application_name=name_application(run_id, stage),
        )
    except psycopg.OperationalError as error:
        raise WarehouseError(
            f"Can't connect to the warehouse {info['host']}:{info['port']}/"
            f"{info['dbname']} as {info['user']}: {str(error).strip()}",
            "Check JINTA_WAREHOUSE and the passwords, and run "
            "`jinta warehouse start`, which creates what is missing."
            if settings.server
            else "Run `jinta warehouse start`.",
        ) from error


def format_url(info: dict[str, Any], scheme: str = "postgresql") -> str:
    """Return connection parameters as a URL."""
    rest = dict(info)
    user, password = quote(rest.pop("user"), safe=""), quote(rest.pop("password"), "")
    place = f"{rest.pop('host')}:{rest.pop('port')}/{quote(rest.pop('dbname'))}"
    query = f"?{urlencode(rest)}" if rest else ""
    return f"{scheme}://{user}:{password}@{place}{query}"


def name_application(run_id: str | None, stage: str | None = None) -> str:
    """Return the `application_name` of a session of a run's stage.

    No two stages have the same one, although the server keeps 63 bytes and no more.
    """
    name = f"jinta/{run_id or '-'}/{stage or '-'}"
    if len(name.encode()) <= NAME_BYTES and name.isascii():
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[: NAME_BYTES - KEPT_BYTES - 1]
    return f"{_cut(name)}#{digest}"


def terminate_leftovers(
    settings: Settings, run_id: str, stage: str | None = None
) -> int:
    """End the sessions that an earlier attempt at a run or stage left behind.

    A client that was killed leaves its query running, with locks that block the next
    attempt. Call it before the attempt opens connections of its own.

    Args:
        settings: Whose warehouse.
        run_id: The run that is entered again.
        stage: The stage that is entered again, or None for all of the run.

    Returns:
        How many sessions were ended.
    """
    name = name_application(run_id, stage) if stage else None
    with connect(settings, "owner") as connection:
        rows = connection.execute(
            """
            select pg_terminate_backend(pid, 10000)
            from pg_stat_activity
            where
                datname = current_database()
                and pid <> pg_backend_pid()
                and case
                    when %(name)s::text is null
                        then starts_with(application_name, %(prefix)s)
                    else application_name = %(name)s
                end
            """,
            {"name": name, "prefix": _cut(f"jinta/{run_id}/")},
        ).fetchall()
    return sum(ended for (ended,) in rows)


def _cut(name: str) -> str:
    """Return the beginning of a name, which stays even of the longest."""
    # The server would write other characters as escapes of several bytes.
    return name.encode("ascii", "replace")[:KEPT_BYTES].decode()


def _describe_server(settings: Settings, server: Server, role: str) -> dict[str, Any]:
    if role == "owner":
        password = server.password
    elif role not in server.role_passwords:
        raise _unknown_role(role)
    else:
        password = server.role_passwords[role]
        if not password:
            raise SettingsError(
                f"The password of the warehouse role {role} is not set.",
                f"Set JINTA_WAREHOUSE_{role.upper()}_PASSWORD.",
            )
    return {
        **server.options,
        "host": server.host,
        "port": server.port,
        "user": settings.role_name(role),
        "password": password,
        "dbname": settings.database,
    }


def _unknown_role(role: str) -> UsageError:
    return UsageError(
        f"The warehouse has no role {role!r}.",
        f"Take one of owner, {', '.join(ROLES)}.",
    )
