"""`make up`: Airflow's services under one supervisor, and what is left when it dies."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

from jinta.airflow_env import export_settings, read_admin_password
from jinta.settings import CHECKOUT, list_environ

SECONDS = 240


@pytest.fixture(scope="module")
def environment(server):
    return list_environ() | export_settings(server) | {"PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def airflow(environment):
    """A supervisor that says Airflow is ready, and its address."""
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "jinta", "airflow", "up"],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in supervisor.stdout:
        lines.append(line)
        if line.startswith("Airflow is ready"):
            break
    else:
        pytest.fail("".join(lines))
    yield supervisor, line.split()[-1]
    subprocess.run(down(), env=environment, cwd=CHECKOUT, check=True)
    supervisor.stdout.close()
    supervisor.wait()


def down():
    return [sys.executable, "-m", "jinta", "airflow", "down"]


def sign_in(address, password):
    request = urllib.request.Request(
        f"{address}/auth/token",
        data=json.dumps({"username": "admin", "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def ask(address, path, token):
    request = urllib.request.Request(
        f"{address}/api/v2/{path}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_signs_in_with_the_generated_password_only(airflow, server):
    _, address = airflow
    assert sign_in(address, read_admin_password(server))
    with pytest.raises(urllib.error.HTTPError, match="401"):
        sign_in(address, "admin")


def test_dags_of_the_checkout_are_found_and_no_examples(airflow, server):
    _, address = airflow
    token = sign_in(address, read_admin_password(server))
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        dags = {dag["dag_id"] for dag in ask(address, "dags", token)["dags"]}
        if dags:
            break
        time.sleep(1)
    assert dags == {path.stem for path in (CHECKOUT / "dags").glob("*.py")}
    assert ask(address, "importErrors", token)["import_errors"] == []


def test_starting_twice_is_refused(airflow, environment):
    _, address = airflow
    result = subprocess.run(
        [sys.executable, "-m", "jinta", "airflow", "up"],
        env=environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert address in result.stderr


def test_down_stops_what_a_killed_supervisor_left(airflow, environment):
    supervisor, _ = airflow
    services = psutil.Process(supervisor.pid).children(recursive=True)
    assert len(services) >= 4
    os.kill(supervisor.pid, signal.SIGKILL)
    subprocess.run(down(), env=environment, cwd=CHECKOUT, check=True)
    _, alive = psutil.wait_procs(services, timeout=30)
    assert alive == []
