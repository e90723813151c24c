"""Fixtures that start services: the embedded server, and databases on it.

The server lies in the state folder's `test` and is found again by the next session, if
this one is killed. Each database is named for the process that made it. Workers of
pytest-xdist have a server each, because roles belong to a whole server and dbt writes
into the state folder.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from jinta.clean_cli import TEST_FOLDER
from jinta.gates.gate import run_gate
from jinta.settings import Settings, load_settings
from jinta.warehouse import connect_info, ensure_warehouse
from jinta.warehouse.embedded import remove_server
from jinta.warehouse.place import create_home
from tests.compiled_builds import CompiledProject, build_from

TESTS = Path(__file__).parent
KINDS = ("unit", "dags", "integration", "property", "e2e")
NUMBERS = itertools.count(1)


def pytest_collection_modifyitems(items):
    """Mark each test by the folder it's in."""
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0]
        if kind in KINDS:
            item.add_marker(kind)


@pytest.fixture(scope="session")
def server() -> Iterator[Settings]:
    """Settings of an empty warehouse on the test server; nothing of yours is used."""
    create_home(load_settings().home)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    folder = f"{TEST_FOLDER}-{worker}" if worker else TEST_FOLDER
    home = load_settings().home / folder
    settings = replace(load_settings({}), home=home)
    ensure_warehouse(settings)
    stop_syncing(settings)
    drop_databases(settings, is_dead)
    yield settings
    mine = f"test_{psutil.Process().pid}_"
    if all(name.startswith(mine) for name in list_databases(settings)):
        # Faster than to drop dozens of databases.
        remove_server(home)
    else:
        drop_databases(settings, lambda pid: pid == psutil.Process().pid)


@pytest.fixture(scope="session")
def make_warehouse(server) -> Callable[[], Settings]:
    """Make further warehouses, each in a new database."""

    return lambda: create_warehouse(server)


@pytest.fixture(scope="session")
def project(server) -> CompiledProject:
    """The dbt project, compiled once, with a template database that holds its seeds."""
    return CompiledProject(create_warehouse(server))


@pytest.fixture
def copy_warehouse(server, project) -> Iterator[Callable[[], Settings]]:
    """Make warehouses with seeds and nothing landed; they are dropped afterwards."""
    with copy_template(server, project) as make:
        yield make


@pytest.fixture(scope="module")
def make_quick_warehouse(server, project) -> Iterator[Callable[[], Settings]]:
    """Make warehouses whose runs build by the compiled SQL; the gates are real.

    For tests that are about runs, not about dbt: name it `make_warehouse` there.
    """
    with copy_template(server, project) as make, build_from(project, run_gate):
        yield make


@pytest.fixture(scope="module")
def warehouse(make_warehouse) -> Settings:
    """An empty warehouse, shared by the tests of a module."""
    return make_warehouse()


def create_warehouse(server: Settings) -> Settings:
    name = f"test_{psutil.Process().pid}_{next(NUMBERS)}"
    settings = replace(server, database=name)
    ensure_warehouse(settings)
    return settings


@contextmanager
def copy_template(
    server: Settings, project: CompiledProject
) -> Iterator[Callable[[], Settings]]:
    """Make copies of the compiled project's database, and drop them in the end."""
    template = replace(server, database=project.template)
    made = []

    def make() -> Settings:
        name = f"test_{psutil.Process().pid}_copy_{next(NUMBERS)}"
        project.clone(template, name)
        made.append(name)
        settings = replace(server, database=name)
        ensure_warehouse(settings)
        return settings

    yield make
    info = connect_info(server, "owner")
    with psycopg.connect(**info, autocommit=True) as connection:
        for name in made:
            connection.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            )


def stop_syncing(settings: Settings) -> None:
    """Let the server trust the machine: tests kill processes, never the machine."""
    info = connect_info(settings, "owner")
    with psycopg.connect(**info, autocommit=True) as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"alter system set {name} = off")
        connection.execute("select pg_reload_conf()")


def is_dead(pid: int) -> bool:
    return not psutil.pid_exists(pid)


def list_databases(settings: Settings) -> list[str]:
    with psycopg.connect(**connect_info(settings, "owner")) as connection:
        rows = connection.execute(
            "select datname from pg_database where datname like 'test\\_%'"
        ).fetchall()
    return [name for (name,) in rows]


def drop_databases(settings: Settings, is_wanted: Callable[[int], bool]) -> None:
    """Drop the databases of sessions whose process id is wanted."""
    info = connect_info(settings, "owner")
    with psycopg.connect(**info, autocommit=True) as connection:
        for name in list_databases(settings):
            if is_wanted(int(name.split("_")[1])):
                connection.execute(f'drop database "{name}" with (force)')
