"""Airflow's services are stopped with all that they started."""

import contextlib
import json
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from jinta import airflow_cli
from jinta.airflow_cli import stop_services
from jinta.settings import load_settings

# A service whose worker has a process group of its own, as Airflow's tasks have.
SERVICE = """
import os, signal, subprocess, sys, time
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
print(subprocess.Popen(sleep, process_group=0).pid, flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("how", ["deaf", "heeding"])
def test_nothing_that_a_service_started_outlives_it(tmp_path, monkeypatch, how):
    """Whether it loses its SIGTERM, or ends by it and leaves a worker behind."""
    settings = replace(load_settings({}), home=tmp_path)
    monkeypatch.setattr(airflow_cli, "STOP_SECONDS", 0.5)
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE, how],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with service, service.stdout:
        worker = psutil.Process(int(service.stdout.readline()))
        started = psutil.Process(service.pid).create_time()
        (tmp_path / "airflow").mkdir()
        state = {"url": "", "processes": [(service.pid, started)]}
        (tmp_path / "airflow" / "services.json").write_text(json.dumps(state))
        assert stop_services(settings)
        service.wait(30)
    assert has_ended(worker)
    assert not stop_services(settings)


def has_ended(process: psutil.Process) -> bool:
    """Whether it ends soon; in a container nobody may take leave of an orphan."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False
