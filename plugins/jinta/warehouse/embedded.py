"""The embedded PostgreSQL: the warehouse of those who have not configured one.

It listens on 127.0.0.1 only, on a port it remembers, and asks for passwords that lie
in the state folder. It outlives the process that started it, and the next one finds it.
`fsync` and `synchronous_commit` stay on: what the ledger calls done must be done after
a crash of the machine too, and a build commits too rarely to gain much without them.
"""

import contextlib
import errno
import fcntl
import json
import os
import random
import secrets
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from jinta.errors import WarehouseError
from jinta.settings import ROLES
from jinta.warehouse.place import (
    Place,
    create_home,
    find_data,
    prepare_place,
    remove_place,
)

HOST = "127.0.0.1"
OWNER = "jinta_owner"
# Logins with a password of their own; `source` plays the source systems of the demo,
# `airflow` holds Airflow's metadata.
LOGINS = ("owner", *ROLES, "source", "airflow")
# Below the range from which systems take the ports of outgoing connections.
PORTS = range(15432, 25432)
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LOG_BYTES = 20_000_000
SHARED_BYTES = 2**30


@dataclass(frozen=True)
class Credentials:
    """How to log in to the embedded server."""

    port: int
    passwords: Mapping[str, str]


@dataclass(frozen=True)
class Postmaster:
    """What PostgreSQL's pid file tells about a running server."""

    pid: int
    port: int
    is_ready: bool


def start_server(home: Path) -> Credentials:
    """Make sure that the server runs, and return how to log in.

    A server that runs already is reused, whoever started it. Two processes may call
    this at the same time: one starts the server and the other one waits for it.

    Raises:
        WarehouseError: The server can't be started.
    """
    running = find_postmaster(home)
    if running and running.is_ready:
        found = _read_credentials(home, running.port)
        if not set(LOGINS) - set(found.passwords):
            return found
    create_home(home)
    with _hold_lock(home):
        running = _await_ready(home) or _launch(home)
        return _complete_credentials(home, running.port)


def find_postmaster(home: Path) -> Postmaster | None:
    """Return the state folder's running server; a stale pid file counts as none."""
    data = find_data(home)
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise _not_ours(home) from error
    try:
        pid, folder, port = int(lines[0]), lines[1], int(lines[3])
    except (IndexError, ValueError):
        return None
    if Path(folder).resolve() != data.resolve() or not _works_in(pid, data):
        return None
    return Postmaster(pid, port, is_ready=lines[-1].strip() == "ready")


def stop_server(home: Path) -> bool:
    """Stop the server, ending its sessions; return whether one was running."""
    running = find_postmaster(home)
    if running is None:
        return False
    for how in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, how)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if find_postmaster(home) is None:
                return True
            time.sleep(0.05)
    raise WarehouseError(
        f"The embedded server (process {running.pid}) does not stop.",
        f"Look into {find_data(home).parent / 'postgres.log'}.",
    )


def remove_server(home: Path) -> None:
    """Stop the server and delete its data, inside or outside the state folder."""
    stop_server(home)
    remove_place(home)
    (home / "server.json").unlink(missing_ok=True)


def _launch(home: Path) -> Postmaster:
    """Start the server; the caller holds the lock and knows that none is running."""
    place = prepare_place(home)
    credentials = _prepare_credentials(home, place)
    if not place.data.exists():
        _initialise(place, credentials)
    _clear_remains(place)
    if place.log.exists() and place.log.stat().st_size > LOG_BYTES:
        place.log.unlink()
    deadline = time.monotonic() + START_SECONDS
    for port in _choose_ports(credentials.port):
        complaint = _try_launch(place, port)
        if complaint is None:
            if port != credentials.port:
                _write_credentials(home, port, credentials.passwords)
            return _await_ready(home) or _launch_failed(place, "It ended at once.")
        is_passing = "in use" in complaint
        if not is_passing or time.monotonic() > deadline:
            _launch_failed(place, complaint)
        _clear_remains(place)
    raise AssertionError("the ports never end")


def _launch_failed(place: Place, complaint: str) -> Postmaster:
    raise WarehouseError(
        f"The embedded PostgreSQL did not start: {complaint.strip()}",
        f"The server's log is {place.log}. `make clean` starts over, without the data.",
    )


def _try_launch(place: Place, port: int) -> str | None:
    """Start the server on a port; return the end of its log if it did not come up."""
    offset = place.log.stat().st_size if place.log.exists() else 0
    options = choose_options(_read_memory_bytes(), _read_shared_bytes())
    options["port"] = str(port)
    result = place.run(
        "pg_ctl",
        *("start", "--wait", f"--timeout={START_SECONDS:.0f}"),
        *(f"--pgdata={place.data}", f"--log={place.log}"),
        "--options="
        + " ".join(f"-c {name}={value}" for name, value in options.items()),
    )
    if result.returncode == 0:
        return None
    log = place.log.read_bytes()[offset:] if place.log.exists() else b""
    return log.decode(errors="replace")[-2000:] or result.stderr


def choose_options(memory_bytes: int, shared_bytes: int) -> dict[str, str]:
    """Return the server's settings: for batch work, on a machine of any size.

    `wal_level=minimal` (there is no replica to feed) lets tables that are created and
    filled in one transaction, as all of dbt's are, skip the log and be synced instead.

    Args:
        memory_bytes: What the machine has.
        shared_bytes: What it has for shared memory by name: containers often have
            64 MB, which one parallel join exceeds. Files stand in for it then.
    """
    megabytes = memory_bytes // 2**20
    return {
        "listen_addresses": HOST,
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": f"{min(max(megabytes // 8, 64), 1024)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 128)}MB",
        "dynamic_shared_memory_type": (
            "posix" if shared_bytes >= SHARED_BYTES else "mmap"
        ),
        "work_mem": f"{min(max(megabytes // 64, 8), 128)}MB",
        "maintenance_work_mem": f"{min(max(megabytes // 16, 32), 512)}MB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_lock_waits": "on",
    }


def _read_memory_bytes() -> int:
    """Return the machine's memory, or what a container's limit leaves of it."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")
        memory = min(memory, int(limit))
    return memory


def _read_shared_bytes() -> int:
    try:
        found = os.statvfs("/dev/shm")  # noqa: S108
    except FileNotFoundError:
        return SHARED_BYTES  # not Linux: shared memory is no file system there
    return found.f_blocks * found.f_frsize


def _initialise(place: Place, credentials: Credentials) -> None:
    """Create the data folder, whole or not at all.

    Text sorts by code point, so that orderings are the same on every machine.
    """
    half_done = place.folder / "data.new"
    password_file = place.folder / "password"
    place.run("/bin/rm", "-rf", str(half_done))
    try:
        password_file.touch(mode=0o600)
        place.give(password_file)
        password_file.write_text(credentials.passwords["owner"], encoding="ascii")
        result = place.run(
            "initdb",
            *(f"--pgdata={half_done}", f"--username={OWNER}"),
            *("--auth=scram-sha-256", f"--pwfile={password_file}"),
            *("--encoding=UTF8", "--locale=C", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
    finally:
        password_file.unlink(missing_ok=True)
    if result.returncode != 0:
        raise WarehouseError(
            f"PostgreSQL can't create its data folder: {result.stderr.strip()}",
            f"Check that there is room in {place.folder}.",
        )
    half_done.rename(place.data)


def _clear_remains(place: Place) -> None:
    """Remove what a killed server left: processes without a parent and the pid file.

    A server whose postmaster was killed can't start again before the last of its
    processes is gone, and one in the middle of a long query does not notice.
    The pid file may also be another checkout's, copied with the folder.
    """
    deadline = time.monotonic() + 10
    while (remains := _find_processes(place)) and time.monotonic() < deadline:
        for pid in remains:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def _find_processes(place: Place) -> list[int]:
    """Return the processes that work in the data folder: PostgreSQL's, all of them.

    Where root may not look into the processes of others, as in most containers, the
    server's account may.
    """
    own = [pid for pid in psutil.pids() if _works_in(pid, place.data)]
    if place.account is None:
        return own
    script = 'for each in /proc/[0-9]*; do echo "$each $(readlink $each/cwd)"; done'
    lines = place.run("/bin/sh", "-c", script).stdout.splitlines()
    suffix = f" {place.data.resolve()}"
    theirs = [line.split()[0] for line in lines if line.endswith(suffix)]
    return sorted({*own, *(int(Path(name).name) for name in theirs)})


def _works_in(pid: int, data: Path) -> bool:
    """Tell whether a process is alive and a PostgreSQL that works in a data folder."""
    folder = data.resolve()
    try:
        process = psutil.Process(pid)
        try:
            return Path(process.cwd()).resolve() == folder
        except psutil.AccessDenied:
            # A postmaster also names the folder among its arguments.
            return str(folder) in (os.path.realpath(word) for word in process.cmdline())
    except psutil.Error:
        return False


def _await_ready(home: Path) -> Postmaster | None:
    """Wait for a server that is starting or recovering; None if there is none."""
    deadline = time.monotonic() + START_SECONDS
    while running := find_postmaster(home):
        if running.is_ready:
            return running
        if time.monotonic() > deadline:
            raise WarehouseError(
                "The embedded PostgreSQL has been starting for a minute.",
                f"Look into {find_data(home).parent / 'postgres.log'}.",
            )
        time.sleep(0.05)
    return None


def _choose_ports(remembered: int) -> Iterator[int]:
    """Yield the remembered port if it's free, then other free ones."""
    if remembered and _is_free(remembered):
        yield remembered
    while True:
        port = random.choice(PORTS)  # noqa: S311
        if _is_free(port):
            yield port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
        return True


def _prepare_credentials(home: Path, place: Place) -> Credentials:
    """Read the passwords, or make them up before the data folder is created."""
    if (home / "server.json").exists():
        return _read_credentials(home)
    if place.data.exists():
        raise WarehouseError(
            f"{home / 'server.json'} with the embedded server's passwords is gone.",
            "Put it back, or start over with `make clean`.",
        )
    passwords = {login: secrets.token_urlsafe(24) for login in LOGINS}
    _write_credentials(home, 0, passwords)
    return Credentials(0, passwords)


def _read_credentials(home: Path, port: int | None = None) -> Credentials:
    try:
        content = json.loads((home / "server.json").read_text(encoding="utf-8"))
    except PermissionError as error:
        raise _not_ours(home) from error
    except FileNotFoundError as error:
        raise WarehouseError(
            f"{home / 'server.json'} with the embedded server's passwords is gone.",
            "Put it back, or start over with `make clean`.",
        ) from error
    return Credentials(port or content["port"], content["passwords"])


def _complete_credentials(home: Path, port: int) -> Credentials:
    """Read the passwords, after making up those of logins that an update brought."""
    found = _read_credentials(home, port)
    missing = [login for login in LOGINS if login not in found.passwords]
    if not missing:
        return found
    added = {login: secrets.token_urlsafe(24) for login in missing}
    passwords = {**found.passwords, **added}
    _write_credentials(home, port, passwords)
    return Credentials(port, passwords)


def _write_credentials(home: Path, port: int, passwords: Mapping[str, str]) -> None:
    target = home / "server.json"
    half_done = home / "server.json.new"
    half_done.unlink(missing_ok=True)
    half_done.touch(mode=0o600)
    content = json.dumps({"port": port, "passwords": dict(passwords)}, indent=2)
    half_done.write_text(content, encoding="utf-8")
    half_done.rename(target)


def _not_ours(home: Path) -> WarehouseError:
    return WarehouseError(
        f"The state folder {home} belongs to another user.",
        "Run as that user, or set JINTA_HOME to a folder of your own.",
    )


@contextlib.contextmanager
def _hold_lock(home: Path) -> Iterator[None]:
    """Let one process at a time start the server."""
    try:
        lock = (home / "server.lock").open("w", encoding="ascii")
    except PermissionError as error:
        raise _not_ours(home) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
