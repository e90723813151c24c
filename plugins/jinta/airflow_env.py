"""The environment of jinta's own Airflow, the same for `make nightly` and `make up`.

Airflow keeps its metadata in a database of its own on the embedded server, its logs and
keys in the state folder. A production set-up brings its own environment instead
(`docker-compose.yml`).
"""

import base64
import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from psycopg import sql

from jinta.errors import WarehouseError
from jinta.settings import Settings, list_environ
from jinta.warehouse import connect, connect_info, ensure_database
from jinta.warehouse.connection import format_url

DATABASE = "airflow"
USER = "admin"


def build_airflow_env(settings: Settings) -> dict[str, str]:
    """Return the variables to add to the environment of a process that runs Airflow.

    Args:
        settings: Handed on to the process, with its state folder and database.
    """
    folder = settings.home / "airflow"
    keys = _ensure_keys(folder)
    info = connect_info(replace(settings, server=None, database=DATABASE), "airflow")
    checkout = settings.checkout
    return {
        **export_settings(settings),
        "PYTHONPATH": f"{checkout / 'plugins'}:{checkout}",
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(checkout / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(checkout / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(
            folder / "passwords.json"
        ),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": format_url(info, "postgresql+psycopg2"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": format_url(
            info, "postgresql+psycopg_async"
        ),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": keys["secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt_secret"],
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "False",
    }


def export_settings(settings: Settings) -> dict[str, str]:
    """Return the variables from which a child process reads the same settings."""
    variables = {
        "JINTA_HOME": str(settings.home),
        "JINTA_DATABASE": settings.database,
        "JINTA_ROLE_PREFIX": settings.role_prefix,
        "JINTA_CHUNK_ROWS": str(settings.chunk_rows),
        "JINTA_RESTATE_MONTHS": str(settings.restate_months),
    }
    if settings.sources_path:
        variables["JINTA_SOURCES"] = str(settings.sources_path)
    return variables


def read_admin_password(settings: Settings) -> str:
    """Return the password of the UI's user `admin`."""
    folder = settings.home / "airflow"
    _ensure_keys(folder)
    return str(json.loads((folder / "passwords.json").read_text("utf-8"))[USER])


def ensure_metadata_database(settings: Settings) -> None:
    """Create or update Airflow's tables, once per version of Airflow.

    The version is kept as the database's comment.

    Raises:
        WarehouseError: Airflow can't create them.
    """
    embedded = replace(settings, server=None, database=DATABASE)
    wanted = f"Metadata of Airflow {version('apache-airflow-core')}"
    try:
        if _read_comment(embedded) == wanted:
            return
    except WarehouseError:
        ensure_database(embedded, DATABASE, "airflow")
    result = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        check=False,
        capture_output=True,
        text=True,
        env=list_environ() | build_airflow_env(settings),
    )
    if result.returncode != 0:
        raise WarehouseError(
            f"Airflow can't create its tables: {result.stderr[-2000:]}",
            "`make clean` starts over.",
        )
    with connect(embedded, "airflow") as connection:
        connection.execute(
            sql.SQL("comment on database {} is {}").format(
                sql.Identifier(DATABASE), sql.Literal(wanted)
            )
        )


def _read_comment(embedded: Settings) -> str | None:
    with connect(embedded, "airflow") as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database"
            " where datname = current_database()"
        ).fetchone()
    return row[0] if row else None


def _ensure_keys(folder: Path) -> dict[str, str]:
    """Make up Airflow's keys and the UI's password at first use, for our eyes only."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = folder / "keys.json"
    if not keys.exists():
        _write_secret(folder / "passwords.json", {USER: secrets.token_urlsafe(12)})
        content = {
            "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "secret_key": secrets.token_urlsafe(32),
            "jwt_secret": secrets.token_urlsafe(48),
        }
        _write_secret(keys, content)
    return dict(json.loads(keys.read_text(encoding="utf-8")))


def _write_secret(path: Path, content: Mapping[str, str]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
