"""The commands around the warehouse, as a user calls them."""

import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from jinta.airflow_env import export_settings
from jinta.settings import CHECKOUT, list_environ
from jinta.warehouse import acquire_lease, connect
from jinta.warehouse.embedded import find_postmaster, remove_server


def call(environment, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "jinta", *arguments],
        env=list_environ() | environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def environment(warehouse):
    return export_settings(warehouse)


@pytest.fixture
def own_home():
    """The environment of a state folder that does not exist yet, and the folder."""
    with tempfile.TemporaryDirectory(prefix="jinta-test-") as name:
        Path(name).chmod(0o711)
        home = Path(name) / "state"
        yield {"JINTA_HOME": str(home), "JINTA_DATABASE": ""}, home
        remove_server(home)


def test_url_lets_a_bi_tool_in(environment):
    url = call(environment, "warehouse", "url").stdout.strip()
    with psycopg.connect(url) as connection:
        assert connection.info.user == "jinta_reporter"


def test_psql_passes_its_arguments_on(environment, warehouse):
    result = call(environment, "warehouse", "psql", "-Atc", "select current_database()")
    assert result.stdout.strip() == warehouse.database


def test_status_shows_who_works(environment, warehouse):
    acquire_lease(warehouse, "nightly-1")
    result = call(environment, "warehouse", "status")
    assert "18." in result.stdout
    assert "nightly-1 (until" in result.stdout


def test_release_frees_a_dead_runs_lease_once(environment, warehouse):
    acquire_lease(warehouse, "nightly-1")
    left = connect(warehouse, "transformer", "nightly-1", "accounts")
    assert call(environment, "warehouse", "release", "nightly-1").returncode == 0
    with pytest.raises(psycopg.OperationalError):
        left.execute("select 1")
    assert call(environment, "warehouse", "release", "nightly-1").returncode == 1


def test_unknown_role_is_bad_usage(environment):
    result = call(environment, "warehouse", "url", "--role", "boss")
    assert result.returncode == 2
    assert "owner, loader" in result.stderr
    assert "Traceback" not in result.stderr


def test_from_nothing_to_nothing(own_home):
    environment, home = own_home
    assert call(environment, "warehouse", "start").returncode == 0
    assert find_postmaster(home).is_ready
    assert call(environment, "warehouse", "stop").returncode == 0
    assert find_postmaster(home) is None
    assert call(environment, "warehouse", "status").returncode == 1
    assert call(environment, "warehouse", "start").returncode == 0
    assert call(environment, "clean").returncode == 0
    assert not home.exists()


def test_cleaning_nothing_is_fine(own_home):
    environment, home = own_home
    assert call(environment, "clean").returncode == 0
    assert not home.exists()


def test_cleaning_spares_a_folder_that_was_there_before(own_home):
    environment, home = own_home
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")
    assert call(environment, "warehouse", "start").returncode == 0
    result = call(environment, "clean")
    assert result.returncode == 1
    assert "it stays" in result.stderr
    assert (home / "thesis.txt").exists()
    assert not (home / "postgres").exists()


def test_configured_warehouse_is_neither_started_nor_stopped(environment):
    configured = environment | {"JINTA_WAREHOUSE": "postgresql://a:b@127.0.0.1:1/c"}
    result = call(configured, "warehouse", "stop")
    assert result.returncode == 1
    assert "JINTA_WAREHOUSE" in result.stderr
