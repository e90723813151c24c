"""Commands around jinta's own Airflow: all of it under one supervisor, or one command.

Meant for working on one machine; `docker-compose.yml` is the production set-up.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.text import Text

from jinta.airflow_env import (
    USER,
    build_airflow_env,
    ensure_metadata_database,
    read_admin_password,
)
from jinta.console import make_console
from jinta.errors import JintaError
from jinta.settings import Settings, list_environ, load_settings
from jinta.warehouse import ensure_warehouse

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = make_console(soft_wrap=True)

# The log servers are for other machines; two checkouts would fight for their ports.
SERVICES = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
FIRST_PORT = 8080
READY_SECONDS = 180.0
STOP_SECONDS = 20.0

Process = subprocess.Popen[bytes]


class AirflowError(JintaError):
    """One of Airflow's services does not run."""


@app.command()
def up(
    port: Annotated[
        int, typer.Option(help="Port of the UI; 0 takes the first free from 8080 on.")
    ] = 0,
) -> None:
    """Start Airflow with its UI; Ctrl-C ends it."""
    settings = load_settings()
    if _find_services(settings):
        raise AirflowError(
            f"Airflow is running already: {_read_state(settings)['url']}.",
            "`make down` stops it.",
        )
    ensure_warehouse(settings)
    ensure_metadata_database(settings)
    address = f"http://127.0.0.1:{port or _find_port()}"
    with _run_services(settings, address) as services:
        _await_health(services, address, settings)
        console.print(Text.assemble("Airflow is ready: ", (address, "bold")))
        console.print(f"Sign in as {USER} with {read_admin_password(settings)}")
        console.print(f"Logs are in {_log_folder(settings)}. Ctrl-C ends Airflow.")
        while True:
            _check_services(services, settings)
            time.sleep(1)


@app.command()
def down() -> None:
    """Stop Airflow's services, also those that a killed supervisor left."""
    has_stopped = stop_services(load_settings())
    console.print("Airflow has stopped." if has_stopped else "Airflow was not running.")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def cli(context: typer.Context) -> None:
    """Run an Airflow command, such as `dags list`, in jinta's environment."""
    settings = load_settings()
    ensure_warehouse(settings)
    ensure_metadata_database(settings)
    command = [sys.executable, "-m", "airflow", *context.args]
    os.execve(  # noqa: S606
        sys.executable, command, list_environ() | build_airflow_env(settings)
    )


def stop_services(settings: Settings) -> bool:
    """Stop the Airflow of the state folder; return whether one was running.

    A service that doesn't heed SIGTERM is killed, and so is what any of them left: the
    scheduler loses the signal if it comes while it forks its workers.
    """
    found = _find_services(settings)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=STOP_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _kill_sessions({process.pid for process in found})
    _state_path(settings).unlink(missing_ok=True)
    return bool(found)


@contextlib.contextmanager
def _run_services(settings: Settings, address: str) -> Iterator[dict[str, Process]]:
    """Run the services while the body runs; SIGTERM ends them like Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    environ = list_environ() | build_airflow_env(settings)
    environ |= {
        "AIRFLOW__API__PORT": address.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
    }
    services: dict[str, Process] = {}
    try:
        for name, arguments in SERVICES.items():
            services[name] = _start_service(name, arguments, environ, settings)
        _write_state(settings, address, services)
        yield services
    except KeyboardInterrupt:
        console.print("Stopping Airflow.")
    finally:
        _end_services(services)
        _state_path(settings).unlink(missing_ok=True)


def _start_service(
    name: str, arguments: list[str], environ: dict[str, str], settings: Settings
) -> Process:
    """Start a service in a session of its own: it's ended in order, not by Ctrl-C."""
    with _log_path(settings, name).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _end_services(services: dict[str, Process]) -> None:
    for process in services.values():
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in services.values():
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    _kill_sessions({process.pid for process in services.values()})


def _kill_sessions(leaders: set[int]) -> None:
    """Kill what is left of the services' sessions; tasks have groups of their own."""
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) in leaders:
                os.kill(pid, signal.SIGKILL)


def _await_health(
    services: dict[str, Process], address: str, settings: Settings
) -> None:
    """Wait until the API server says that all services show signs of life."""
    deadline = time.monotonic() + READY_SECONDS
    with console.status("Starting Airflow"):
        while time.monotonic() < deadline:
            _check_services(services, settings)
            if _is_healthy(address):
                return
            time.sleep(0.5)
    raise AirflowError(
        f"Airflow is not ready after {READY_SECONDS:.0f} seconds.",
        f"Look into the logs in {_log_folder(settings)}.",
    )


def _is_healthy(address: str) -> bool:
    url = f"{address}/api/v2/monitor/health"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
            parts: dict[str, Any] = json.load(answer)
    except (OSError, ValueError):
        return False
    return all(part["status"] == "healthy" for part in parts.values())


def _check_services(services: dict[str, Process], settings: Settings) -> None:
    for name, process in services.items():
        if process.poll() is not None:
            log = _log_path(settings, name)
            text = log.read_text(encoding="utf-8", errors="replace")
            raise AirflowError(
                f"Airflow's {name} ended: {text[-1000:].strip()}",
                f"Its log is {log}.",
            )


def _find_port() -> int:
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AirflowError(
        f"No port from {FIRST_PORT} on is free.", "Name one with --port."
    )


def _find_services(settings: Settings) -> list[psutil.Process]:
    """Return the processes of an Airflow that was started here, supervisor first."""
    found = []
    for pid, started in _read_state(settings).get("processes", []):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            is_same = process.create_time() == started
            if is_same and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _read_state(settings: Settings) -> dict[str, Any]:
    try:
        return dict(json.loads(_state_path(settings).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _write_state(
    settings: Settings, address: str, services: dict[str, Process]
) -> None:
    pids = [os.getpid(), *(process.pid for process in services.values())]
    state = {
        "url": address,
        "processes": [(pid, psutil.Process(pid).create_time()) for pid in pids],
    }
    _state_path(settings).write_text(json.dumps(state), encoding="utf-8")


def _state_path(settings: Settings) -> Path:
    return settings.home / "airflow" / "services.json"


def _log_folder(settings: Settings) -> Path:
    return settings.home / "logs"


def _log_path(settings: Settings, name: str) -> Path:
    _log_folder(settings).mkdir(parents=True, exist_ok=True)
    return _log_folder(settings) / f"airflow-{name}.log"
