"""The embedded server: found again, started again, never mixed up."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from jinta.errors import WarehouseError
from jinta.settings import CHECKOUT
from jinta.warehouse import embedded, place
from jinta.warehouse.embedded import (
    HOST,
    find_postmaster,
    remove_server,
    start_server,
    stop_server,
)

IS_ROOT = os.geteuid() == 0


def reach(account, folder, program):
    return place._can_reach(account, folder, program)


def query(credentials, statement="select 1"):
    with psycopg.connect(
        host=HOST,
        port=credentials.port,
        user=embedded.OWNER,
        password=credentials.passwords["owner"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def refuse(*_):
    pytest.fail("it took the lock")


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and psutil.pid_exists(pid):
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.01)


@pytest.fixture
def open_folder():
    """A new folder that every user of the machine can enter."""
    folder = Path(tempfile.mkdtemp(prefix="jinta-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(open_folder):
    """A state folder whose server is removed afterwards."""
    home = open_folder / "state"
    yield home
    remove_server(home)


def test_reuses_the_server_of_a_killed_process(home, monkeypatch):
    script = (
        "import os, signal, pathlib, sys; from jinta.warehouse.embedded import *;"
        "start_server(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    starter = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "plugins")},
        check=False,
    )
    assert starter.returncode == -signal.SIGKILL
    running = find_postmaster(home)
    # It is found without waiting for anybody who holds the state folder's lock.
    monkeypatch.setattr(embedded, "_hold_lock", refuse)
    credentials = start_server(home)
    assert find_postmaster(home) == running
    assert query(credentials) == (1,)


def test_starts_again_after_its_postmaster_was_killed_under_a_query(home):
    credentials = start_server(home)
    query(credentials, "create table kept as select 42 as answer")
    busy = psycopg.connect(
        host=HOST,
        port=credentials.port,
        user=embedded.OWNER,
        password=credentials.passwords["owner"],
        dbname="postgres",
    )
    with ThreadPoolExecutor() as pool:
        # A backend that computes does not notice that its postmaster is gone.
        stuck = pool.submit(
            busy.execute, "select count(*) from generate_series(1, 100000000000)"
        )
        time.sleep(0.2)
        killed = find_postmaster(home).pid
        kill(killed)
        credentials = start_server(home)
        assert isinstance(stuck.exception(timeout=20), psycopg.OperationalError)
    assert find_postmaster(home).pid != killed
    assert query(credentials, "select answer from kept") == (42,)


def test_ignores_a_pid_file_whose_number_belongs_to_another_process(home):
    start_server(home)
    kill(find_postmaster(home).pid)
    pid_file = place.find_data(home) / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert find_postmaster(home) is None
    assert query(start_server(home)) == (1,)


def test_takes_another_port_if_its_own_is_taken(home):
    port = start_server(home).port
    stop_server(home)
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((HOST, port))
        squatter.listen()
        credentials = start_server(home)
        assert credentials.port != port
        assert query(credentials) == (1,)
    stop_server(home)
    assert start_server(home).port == credentials.port


def test_keeps_its_port_from_start_to_start(home):
    port = start_server(home).port
    stop_server(home)
    assert start_server(home).port == port


def test_copy_of_a_checkout_has_a_server_of_its_own(open_folder, home):
    original = start_server(home)
    query(original, "create table only_here (n integer)")
    copied = open_folder / "copy"
    # cp -a keeps the owner of the data and copies the pid file of the running server.
    subprocess.run(["cp", "-a", str(home), str(copied)], check=True)
    try:
        copy = start_server(copied)
        assert copy.port != original.port
        query(copy, "drop table only_here")
        assert query(original, "select count(*) from only_here") == (0,)
    finally:
        remove_server(copied)


def test_many_processes_start_one_server(home):
    with ThreadPoolExecutor() as pool:
        ports = {done.port for done in pool.map(start_server, [home] * 8)}
    assert len(ports) == 1
    data = place.find_data(home).resolve()
    postmasters = [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"{data}" in (process.info["cmdline"] or [])
    ]
    assert len(postmasters) == 1


def test_passwords_are_asked_for_and_hidden(home):
    credentials = start_server(home)
    assert (home / "server.json").stat().st_mode & 0o777 == 0o600
    assert len(set(credentials.passwords.values())) == len(credentials.passwords)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(
            host=HOST,
            port=credentials.port,
            user=embedded.OWNER,
            password="guess",
            dbname="postgres",
        )


def test_a_login_that_an_update_brought_gets_its_password(home):
    first = start_server(home)
    kept = {name: word for name, word in first.passwords.items() if name != "auditor"}
    content = {"port": first.port, "passwords": kept}
    (home / "server.json").write_text(json.dumps(content))
    again = start_server(home)
    assert set(again.passwords) == set(embedded.LOGINS)
    assert {name: again.passwords[name] for name in kept} == kept
    assert start_server(home).passwords == again.passwords
    assert (home / "server.json").stat().st_mode & 0o777 == 0o600


def test_says_what_to_do_when_the_passwords_are_lost(home):
    start_server(home)
    stop_server(home)
    (home / "server.json").unlink()
    with pytest.raises(WarehouseError) as caught:
        start_server(home)
    assert "make clean" in caught.value.cure


def test_says_what_went_wrong_when_the_server_cannot_start(home):
    start_server(home)
    stop_server(home)
    (place.find_data(home) / "global" / "pg_control").unlink()
    with pytest.raises(WarehouseError, match="pg_control"):
        start_server(home)


@pytest.mark.skipif(not IS_ROOT, reason="only root has to hand the server over")
def test_root_hands_the_server_to_an_unprivileged_account(home):
    start_server(home)
    user = psutil.Process(find_postmaster(home).pid).username()
    assert user in place.UNPRIVILEGED_ACCOUNTS
    assert not (home / "location").exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root has folders that others can't enter")
def test_closed_checkout_keeps_its_server_outside(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / ".jinta"
    credentials = start_server(home)
    outside = Path((home / "location").read_text().strip())
    try:
        assert query(credentials) == (1,)
        assert outside.parent == place.OUTSIDE
        assert outside.stat().st_mode & 0o777 == 0o711
        assert (outside / "postgres").stat().st_mode & 0o777 == 0o700
        assert closed.stat().st_mode & 0o777 == 0o700
        assert (home / "server.json").exists()
    finally:
        remove_server(home)
    assert not outside.exists()
    assert not (home / "location").exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root has folders that others can't enter")
def test_copy_of_a_closed_checkout_leaves_the_originals_server_alone(tmp_path):
    home, copied = tmp_path / "one", tmp_path / "two"
    tmp_path.chmod(0o700)
    original = start_server(home)
    try:
        subprocess.run(["cp", "-a", str(home), str(copied)], check=True)
        copy = start_server(copied)
        assert (copied / "location").read_text() != (home / "location").read_text()
        assert copy.port != original.port
        remove_server(copied)
        assert query(original) == (1,)
    finally:
        remove_server(home)


@pytest.mark.skipif(not IS_ROOT, reason="only root has folders that others can't enter")
def test_moved_checkout_finds_its_server_outside(tmp_path):
    tmp_path.chmod(0o700)
    home, moved = tmp_path / "one", tmp_path / "two"
    query(start_server(home), "create table kept as select 42 as answer")
    outside = Path((home / "location").read_text().strip())
    home.rename(moved)
    try:
        assert query(start_server(moved), "select answer from kept") == (42,)
    finally:
        remove_server(moved)
    assert not outside.exists()


@pytest.mark.skipif(
    not IS_ROOT or shutil.which("setpriv") is None,
    reason="only root has capabilities to lose",
)
def test_root_of_a_container_recovers_without_looking_into_processes(home):
    script = (
        "import psutil, pathlib, sys; from jinta.warehouse.embedded import *;"
        "home = pathlib.Path(sys.argv[1]); first = start_server(home);"
        "assert start_server(home) == first; running = find_postmaster(home);"
        "assert running.is_ready; postmaster = psutil.Process(running.pid);"
        "postmaster.kill(); psutil.wait_procs([postmaster], timeout=10);"
        "start_server(home); assert find_postmaster(home).pid != running.pid"
    )
    caps = ["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    subprocess.run(
        ["setpriv", *caps, sys.executable, "-c", script, str(home)],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "plugins")},
        check=True,
    )


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_works_as_an_ordinary_user(open_folder):
    entry = pwd.getpwnam("nobody")
    home = open_folder / "state"
    home.mkdir()
    os.chown(home, entry.pw_uid, entry.pw_gid)
    account = place.Account(entry.pw_uid, entry.pw_gid)
    version = f"python3.{sys.version_info.minor}"
    candidates = [Path(sys.executable), Path("/usr/bin") / version]
    interpreter = next((p for p in candidates if reach(account, home, p)), None)
    if interpreter is None:
        pytest.skip("an ordinary user can't run this Python")
    packages = sysconfig.get_path("purelib")
    script = (
        "import pathlib, sys; from jinta.warehouse.embedded import *;"
        "home = pathlib.Path(sys.argv[1]); start_server(home);"
        "print(find_postmaster(home).pid); stop_server(home)"
    )
    result = subprocess.run(
        [str(interpreter), "-c", script, str(home)],
        env={"PYTHONPATH": f"{CHECKOUT / 'plugins'}:{packages}"},
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert result.stderr == ""
    assert (home / "postgres" / "data").owner() == "nobody"
