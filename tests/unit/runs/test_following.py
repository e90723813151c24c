"""A run's process ends with the command that shows it."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from jinta.runs import following

# Like a task of Airflow's: SIGTERM is caught, and the work goes on.
CHILD = """
import signal, sys, time
from jinta.runs.following import end_with_parent
end_with_parent()
signal.signal(signal.SIGTERM, lambda *_: None)
if {is_deaf}:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def start(code, *arguments):
    """Start it as a shell does in the background, deaf to SIGINT."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("is_deaf", [False, True])
def test_a_run_that_catches_sigterm_is_stopped(monkeypatch, is_deaf):
    if is_deaf:
        monkeypatch.setattr(following, "STOP_SECONDS", 0.5)
    child = start(CHILD.format(is_deaf=is_deaf))
    assert child.stdout.readline() == "ready\n"
    following.stop_child(child)
    assert child.returncode == (-signal.SIGKILL if is_deaf else -signal.SIGINT)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of parents")
def test_a_run_ends_when_its_command_is_killed():
    parent = start(PARENT, CHILD.format(is_deaf=True))
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 30
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)
