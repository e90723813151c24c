"""The entry points of docker-compose.yml, run without containers.

Commands, environment and health checks are taken from the file; only hosts, ports and
folders are replaced.
"""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import yaml
from airflow.utils.net import get_hostname

from jinta.settings import CHECKOUT
from jinta.warehouse.embedded import HOST, OWNER, remove_server, start_server

SERVICES = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]
STAYING = ("api-server", "scheduler", "dag-processor", "triggerer")
SECONDS = 180
STOP_SECONDS = 30


def find_free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return str(probe.getsockname()[1])


def list_words(entry):
    return [entry] if isinstance(entry, str) else list(entry)


class Stage:
    """Stands in for docker: replaces what containers have of their own."""

    def __init__(self, folder, credentials):
        self.folder = folder
        self.secrets = {
            "JINTA_WAREHOUSE_OWNER_PASSWORD": credentials.passwords["owner"]
        }
        self.replacements = {
            "@warehouse:5432": f"@{HOST}:{credentials.port}",
            "@metadata:5432": f"@{HOST}:{credentials.port}",
            "/opt/jinta": str(CHECKOUT),
            "8080": find_free_port(),
            "8974": find_free_port(),
        }

    def replace(self, text):
        text = re.sub(r"\$\{(\w+):([-?])([^}]*)\}", self.fill_in, str(text))
        for old, new in self.replacements.items():
            text = text.replace(old, new)
        return text.replace("$$", "$")

    def fill_in(self, found):
        name, kind, default = found.groups()
        if kind == "-":
            return default
        return self.secrets.setdefault(name, secrets.token_hex(24))

    def make_environment(self, service):
        environment = {
            name: self.replace(value)
            for name, value in SERVICES[service]["environment"].items()
        }
        # A key must be of Fernet's form; .env.example tells how to make it.
        environment["AIRFLOW__CORE__FERNET_KEY"] = "A" * 43 + "="
        return environment | {
            "AIRFLOW_HOME": str(self.folder / "airflow"),
            "AIRFLOW__API__PORT": self.replace("8080"),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": self.replace(
                "8974"
            ),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": find_free_port(),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": find_free_port(),
            "HOSTNAME": get_hostname(),
            "JINTA_HOME": str(self.folder / "state"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT / "plugins"),
        }

    def make_command(self, service):
        words = SERVICES[service].get("entrypoint", [sys.executable, "-m"])
        words = [*list_words(words), *list_words(SERVICES[service]["command"])]
        return [self.replace(word) for word in words]

    def run(self, service):
        return subprocess.run(
            self.make_command(service),
            env=self.make_environment(service),
            capture_output=True,
            text=True,
            check=False,
        )

    def is_healthy(self, service):
        kind, *words = SERVICES[service]["healthcheck"]["test"]
        words = [self.replace(word) for word in words]
        if kind == "CMD-SHELL":
            words = ["/bin/sh", "-c", *words]
        check = subprocess.run(
            words,
            env=self.make_environment(service),
            capture_output=True,
            check=False,
        )
        return check.returncode == 0


def stop(processes):
    """Do as docker does: SIGTERM, time to end, then SIGKILL for all that is left.

    Airflow's scheduler loses a SIGTERM that comes while it forks its workers, which it
    does after its health check has begun to answer.
    """
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(deadline - time.monotonic(), 0))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def stage():
    """A server that plays both databases, as empty as docker would start them."""
    with tempfile.TemporaryDirectory(prefix="jinta-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        credentials = start_server(folder / "server")
        stage = Stage(folder, credentials)
        login = {"host": HOST, "port": credentials.port, "user": OWNER}
        with psycopg.connect(
            **login,
            password=credentials.passwords["owner"],
            dbname="postgres",
            autocommit=True,
        ) as connection:
            password = stage.replace("${AIRFLOW_DATABASE_PASSWORD:?}")
            connection.execute(f"create role airflow login password '{password}'")
            connection.execute("create database airflow owner airflow")
            connection.execute("create database jinta")
        yield stage
        remove_server(folder / "server")


def test_jobs_prepare_both_databases_and_can_run_again(stage):
    for _ in range(2):
        for job in ("prepare-warehouse", "prepare-airflow"):
            result = stage.run(job)
            assert result.returncode == 0, result.stderr


def test_services_become_healthy(stage):
    services = {
        name: subprocess.Popen(
            stage.make_command(name),
            env=stage.make_environment(name),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for name in STAYING
    }
    try:
        waiting = set(STAYING)
        deadline = time.monotonic() + SECONDS
        while waiting and time.monotonic() < deadline:
            assert all(process.poll() is None for process in services.values())
            waiting = {name for name in waiting if not stage.is_healthy(name)}
        assert waiting == set()
    finally:
        stop(services.values())
