"""Commands that start, stop and look into the warehouse."""

import os
from typing import Annotated

import typer
from rich.table import Table

from jinta.console import make_console
from jinta.errors import SettingsError
from jinta.settings import Settings, load_settings
from jinta.warehouse.connection import (
    connect,
    connect_info,
    format_url,
    terminate_leftovers,
)
from jinta.warehouse.embedded import find_postmaster, stop_server
from jinta.warehouse.lease import read_lease, release_lease
from jinta.warehouse.migrate import ensure_warehouse
from jinta.warehouse.place import find_base, find_programs

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = make_console(soft_wrap=True)

Role = Annotated[
    str,
    typer.Option(help="loader, transformer, publisher, reporter, auditor or owner."),
]


@app.command()
def start(
    force: Annotated[
        bool, typer.Option(help="Set up again, such as after passwords changed.")
    ] = False,
    alone: Annotated[
        bool,
        typer.Option(
            help="Nothing else is on the server: close its database postgres to others."
        ),
    ] = False,
) -> None:
    """Start the embedded server and create what is missing in the warehouse."""
    settings = load_settings()
    ensure_warehouse(settings, force=force, is_alone=alone)
    info = connect_info(settings, "reporter")
    console.print(
        f"The warehouse is ready: {info['host']}:{info['port']}/{info['dbname']}."
    )


@app.command()
def stop() -> None:
    """Stop the embedded server; its data stays."""
    settings = _require_embedded()
    if stop_server(settings.home):
        console.print("The embedded server has stopped.")
    else:
        console.print("The embedded server was not running.")


@app.command()
def status() -> None:
    """Show the server, its data and who works in it."""
    settings = load_settings()
    if settings.is_embedded:
        running = find_postmaster(settings.home)
        if running is None:
            console.print("The embedded server is not running: `jinta warehouse start`")
            raise typer.Exit(code=1)
    table = Table(show_header=False, box=None)
    for name, value in _read_status(settings):
        table.add_row(name, value)
    console.print(table)


@app.command()
def url(role: Role = "reporter") -> None:
    """Print the connection URL of a role, with its password."""
    info = connect_info(load_settings(), role)
    print(format_url(info))  # noqa: T201


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def psql(context: typer.Context, role: Role = "reporter") -> None:
    """Open psql as a role; further arguments are psql's."""
    settings = load_settings()
    info = connect_info(settings, role)
    program = str(find_programs() / "psql")
    for name, value in info.items():
        os.putenv(_LIBPQ.get(name, f"PG{name.upper()}"), str(value))
    os.putenv("PGAPPNAME", "jinta/-/psql")
    os.execv(program, ["psql", *context.args])  # noqa: S606


@app.command()
def release(run_id: Annotated[str, typer.Argument(help="The run that died.")]) -> None:
    """Take the warehouse's lease away from a run that died, and end its sessions."""
    settings = load_settings()
    if release_lease(settings, run_id):
        terminate_leftovers(settings, run_id)
        console.print(f"The run {run_id} no longer holds the lease.")
    else:
        console.print(f"The run {run_id} did not hold the lease.")
        raise typer.Exit(code=1)


_LIBPQ = {"dbname": "PGDATABASE"}


def _read_status(settings: Settings) -> list[tuple[str, str]]:
    info = connect_info(settings, "owner")
    rows = [("server", f"{info['host']}:{info['port']}/{info['dbname']}")]
    if settings.is_embedded:
        rows.append(("data", str(find_base(settings.home) / "postgres")))
    with connect(settings, "owner") as connection:
        version, size = connection.execute(
            "select current_setting('server_version'),"
            " pg_size_pretty(pg_database_size(current_database()))"
        ).fetchone() or ("", "")
        sessions = connection.execute(
            "select application_name, usename, state from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
            " order by backend_start"
        ).fetchall()
    rows += [("PostgreSQL", version), ("size", size)]
    rows += [
        ("session", f"{name} as {user}, {state}") for name, user, state in sessions
    ]
    lease = read_lease(settings)
    held = "free"
    if lease:
        word = "expired" if lease.is_expired else "until"
        held = f"{lease.run_id} ({word} {lease.expires_at:%Y-%m-%d %H:%M:%S} UTC)"
    return [*rows, ("lease", held)]


def _require_embedded() -> Settings:
    settings = load_settings()
    if not settings.is_embedded:
        raise SettingsError(
            "JINTA_WAREHOUSE names a server that jinta does not start or stop.",
            "Unset it to work on the embedded server.",
        )
    return settings
