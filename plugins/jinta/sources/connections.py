"""Named connections of source systems, as URLs: never in a file of the project."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode, urlsplit

from jinta.errors import SourceError
from jinta.settings import Settings
from jinta.warehouse import connect_info

# Airflow's names of connection types, where they differ from SQLAlchemy's dialects.
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "mssql": "mssql+pymssql",
    "oracle": "oracle+oracledb",
    "sqlite": "sqlite",
}
# Databases of the demo province lie on the embedded server, under these names.
_EMBEDDED_PREFIX = "jinta_demo_"


def find_connection(settings: Settings, name: str) -> str:
    """Return the URL of a named connection.

    `JINTA_CONN_<NAME>` and `AIRFLOW_CONN_<NAME>` are looked up first, then Airflow's
    own connections when a task of Airflow asks. A name that begins with `jinta_demo_`
    is a database on the embedded server.

    Raises:
        SourceError: There is no such connection, or its URL can be read two ways.
    """
    url = settings.connections.get(name.lower()) or _ask_airflow(name)
    if url:
        if url.lstrip().startswith("{"):
            return _read_airflow_json(url)
        _check_login(name, url)
        return url
    if settings.is_embedded and name.startswith(_EMBEDDED_PREFIX):
        info = connect_info(settings, "source")
        return (
            f"postgresql://{quote(info['user'])}:{quote(info['password'], safe='')}"
            f"@{info['host']}:{info['port']}/{name}"
        )
    raise SourceError(
        f"There is no connection {name!r}.",
        f"Set JINTA_CONN_{name.upper()} to its URL, such as "
        "postgresql://user:password@host:5432/database, or add it to Airflow.",
    )


def _check_login(name: str, url: str) -> None:
    """Refuse a password whose rest a driver would take for a host, and tell."""
    rest = url.partition("://")[2]
    login = rest.rpartition("@")[0]
    if rest.startswith("/") or "?" in login:
        return
    if any(sign in login for sign in "@/#"):
        raise SourceError(
            f"User or password of the connection {name!r} holds @, / or # as it is.",
            "Write %40 for @, %2F for / and %23 for #.",
        )


def as_libpq_url(url: str) -> str:
    """The URL as libpq (psycopg, ADBC) reads it."""
    scheme, _, rest = url.partition("://")
    if scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise SourceError(
            f"A connection of kind {scheme.split('+')[0]} is not PostgreSQL.",
            "Use `kind: database` for other databases.",
        )
    return f"postgresql://{rest}"


def as_sqlalchemy_url(url: str) -> str:
    """The URL as SQLAlchemy reads it, with a driver that is installed with jinta."""
    scheme, _, rest = url.partition("://")
    return f"{_DRIVERS.get(scheme, scheme)}://{rest}"


def hide_password(text: str, url: str) -> str:
    """Take a connection's password out of a message."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return text
    return text.replace(password, "***") if password else text


def _read_airflow_json(text: str) -> str:
    fields = json.loads(text)
    login = quote(fields.get("login") or "", safe="")
    password = quote(fields.get("password") or "", safe="")
    extra = fields.get("extra") or {}
    extra = json.loads(extra) if isinstance(extra, str) else extra
    return "".join(
        (
            f"{fields.get('conn_type', 'postgres')}://",
            f"{login}{':' + password if password else ''}{'@' if login else ''}",
            fields.get("host") or "",
            f":{fields['port']}" if fields.get("port") else "",
            f"/{fields.get('schema') or ''}",
            f"?{urlencode(extra)}" if extra else "",
        )
    )


def _ask_airflow(name: str) -> str | None:
    """Ask Airflow for a connection, if this process is one of its tasks."""
    import sys

    sdk = sys.modules.get("airflow.sdk")
    if sdk is None:
        return None
    try:
        connection = sdk.Connection.get(name)
    except Exception:  # noqa: BLE001 - no such connection, or no task under way
        return None
    return str(connection.get_uri())
