"""What all properties need: the project compiled once, warehouses copied from it."""

import itertools
from dataclasses import replace

import psutil
import psycopg
import pytest
from psycopg import sql

from jinta.warehouse import connect_info, ensure_warehouse
from tests.property.compiled_builds import CompiledProject

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def project(make_warehouse):
    """The compiled project, with a template database that holds the seeds."""
    return CompiledProject(make_warehouse())


@pytest.fixture
def copy_warehouse(server, project):
    """Make warehouses with seeds and nothing landed; they are dropped afterwards."""
    template = replace(server, database=project.template)
    made = []

    def make():
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
