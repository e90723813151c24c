"""Where everything is and how to reach it; the only reader of the environment.

`.env.example` documents every variable. With none set, jinta works in the checkout's
own state folder, with the embedded PostgreSQL as warehouse.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from jinta.errors import SettingsError

CHECKOUT = Path(__file__).resolve().parents[2]
# Variables with such names are no parameters of a sources file: messages show those.
_SECRET_NAMES = re.compile(
    r"PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIAL|_CONN(_|$)|^AIRFLOW__|^JINTA_WAREHOUSE$"
)
ROLES = ("loader", "transformer", "publisher", "reporter", "auditor")
# The group of the logins that `jinta readers` makes; nobody logs in as it.
READERS = "readers"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of the user's, named by `JINTA_WAREHOUSE`."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    role_passwords: Mapping[str, str] = field(repr=False)
    options: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    """What a jinta process needs to know.

    Attributes:
        checkout: Folder that holds `dags/`, `plugins/` and `dbt_project/`.
        home: State folder; all that jinta writes outside the warehouse lies in it.
        server: The configured warehouse server, or None for the embedded one.
        database: Name of the warehouse's database.
        is_database_chosen: Whether the user named it; else it follows the sources.
        role_prefix: Put before the names of the roles on a configured server, which
            may be shared.
        sources_path: The `sources.yml` to read when a run names no other, or None
            for the demo province.
        connections: Connection URLs of source systems, by lower-case name.
        parameters: What `${NAME}` stands for in a sources file: the environment without
            its secrets, and JINTA_HOME, the state folder.
        restate_months: How many months before the last complete one the nightly run
            builds again when late data or a decision made them stale.
        run_holder: Who holds the lease of a run opened here; None names the run.
        evidence_key: Key that evidence packs are signed with; empty for none.
    """

    checkout: Path
    home: Path
    server: Server | None = None
    database: str = "jinta"
    is_database_chosen: bool = True
    role_prefix: str = "jinta_"
    sources_path: Path | None = None
    connections: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    restate_months: int = 3
    chunk_rows: int = 60_000_000
    run_holder: str | None = None
    evidence_key: str = field(default="", repr=False)

    @property
    def is_embedded(self) -> bool:
        """Whether the warehouse is the embedded server in the state folder."""
        return self.server is None

    @property
    def dbt_project(self) -> Path:
        """Folder of the dbt project."""
        return self.checkout / "dbt_project"

    def with_sources(self, path: Path | None) -> "Settings":
        """Return the settings of a run on a sources file.

        On the embedded server each sources file has a warehouse of its own, so that
        trying one's own data never mixes it with the demo's.
        """
        path = path.absolute() if path else self.sources_path
        if self.server is not None or self.is_database_chosen:
            return replace(self, sources_path=path)
        return replace(self, sources_path=path, database=name_database(path))

    def role_name(self, role: str) -> str:
        """Return the database name of a role such as `loader`."""
        if self.server is None:
            return f"jinta_{role}"
        return self.server.user if role == "owner" else f"{self.role_prefix}{role}"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Args:
        environ: Stands in for the process's environment, in tests.

    Raises:
        SettingsError: A variable is missing or malformed.
    """
    env = os.environ if environ is None else environ
    url = env.get("JINTA_WAREHOUSE", "")
    sources = env.get("JINTA_SOURCES", "")
    sources_path = Path(sources).absolute() if sources else None
    chosen = env.get("JINTA_DATABASE") or _read_database(url)
    return Settings(
        checkout=CHECKOUT,
        home=Path(env.get("JINTA_HOME") or CHECKOUT / ".jinta").absolute(),
        server=_read_server(url, env) if url else None,
        database=chosen or name_database(sources_path),
        is_database_chosen=bool(chosen),
        role_prefix=env.get("JINTA_ROLE_PREFIX") or "jinta_",
        sources_path=sources_path,
        connections=_read_connections(env),
        parameters=_read_parameters(env),
        run_holder=env.get("JINTA_RUN_HOLDER") or None,
        evidence_key=env.get("JINTA_EVIDENCE_KEY", ""),
        restate_months=_read_count(env, "JINTA_RESTATE_MONTHS", default=3),
        chunk_rows=_read_count(env, "JINTA_CHUNK_ROWS", default=60_000_000),
    )


def name_database(sources_path: Path | None) -> str:
    """Name the embedded warehouse of a sources file: `jinta` for the demo's.

    `examples/exeter/sources.yml` has `jinta_exeter`, `my/telco.yml` has `jinta_telco`.
    """
    if sources_path is None or sources_path == CHECKOUT / "demo" / "sources.yml":
        return "jinta"
    is_plain = sources_path.stem == "sources"
    name = sources_path.parent.name if is_plain else sources_path.stem
    return f"jinta_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}"[:63]


def list_environ() -> dict[str, str]:
    """Return a copy of the environment, to hand on to a child process."""
    return dict(os.environ)


def _read_count(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal():
        raise SettingsError(
            f"{name} is {text!r}, not a whole number.",
            f"Write it like {name}={default}.",
        )
    return int(text)


def _read_database(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


def _read_server(url: str, env: Mapping[str, str]) -> Server:
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        # The error's own text, and what caused it, may hold a part of the password.
        raise _malformed_url("its host or port can't be read") from None
    if parts.scheme not in ("postgres", "postgresql"):
        raise _malformed_url(f"its scheme is {parts.scheme!r}")
    if not parts.hostname or not parts.username:
        raise _malformed_url("it names no host or no user")
    return Server(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        password=unquote(parts.password or "")
        or env.get("JINTA_WAREHOUSE_OWNER_PASSWORD", ""),
        role_passwords={
            role: env.get(f"JINTA_WAREHOUSE_{role.upper()}_PASSWORD", "")
            for role in ROLES
        },
        options=dict(parse_qsl(parts.query)),
    )


def _malformed_url(problem: str) -> SettingsError:
    return SettingsError(
        f"JINTA_WAREHOUSE is not the address of a PostgreSQL server: {problem}.",
        "Write postgresql://user@host:port/database, and the password into "
        "JINTA_WAREHOUSE_OWNER_PASSWORD. Within the address, @ is written %40, / is "
        "%2F and # is %23.",
    )


def _read_connections(env: Mapping[str, str]) -> dict[str, str]:
    """Collect `JINTA_CONN_<NAME>`, and `AIRFLOW_CONN_<NAME>` where it's alone."""
    found = {}
    for prefix in ("AIRFLOW_CONN_", "JINTA_CONN_"):
        for name, value in env.items():
            if name.startswith(prefix) and value:
                found[name.removeprefix(prefix).lower()] = value
    return found


def _read_parameters(env: Mapping[str, str]) -> dict[str, str]:
    """Collect what a sources file may name: no passwords and no connections."""
    found = {
        name: value
        for name, value in env.items()
        if value and not _SECRET_NAMES.search(name.upper())
    }
    home = env.get("JINTA_HOME") or CHECKOUT / ".jinta"
    return {**found, "JINTA_HOME": str(Path(home).absolute())}
