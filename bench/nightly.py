"""The nightly run at different sizes: wall, CPU, memory, time per model, overhead."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from jinta.airflow_env import export_settings
from jinta.settings import Settings, list_environ


def measure_nightly(
    settings: Settings,
    accounts: int,
    months: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Build a province of that many accounts and time the nightly run on it.

    The first run lands everything; the second one, "warm", finds nothing new.

    Returns:
        Rows landed and, for both runs, seconds in all and by stage, the share spent
        outside SQL and landing, CPU seconds and peak memory of jinta's processes; the
        ten slowest models of the first run.
    """
    own = replace(settings, home=settings.home / "bench" / f"nightly-{accounts}")
    own.home.mkdir(parents=True, exist_ok=True)
    tell(f"building a province of {accounts:,} accounts × {months} months")
    run_module(
        own, "demo", "build", "--accounts", str(accounts), "--months", str(months)
    )
    runs = {}
    for name in ("cold", "warm"):
        tell(f"nightly run at {accounts:,} accounts, {name}")
        runs[name] = time_nightly(own, settings.checkout / "demo" / "sources.yml")
    summary = runs["cold"].pop("summary")
    runs["warm"].pop("summary")
    run_module(own, "jinta", "warehouse", "stop")
    return {
        "accounts": accounts,
        "months": [str(month) for month in summary["months"]],
        "rows_landed": sum(load["rows_extracted"] for load in summary["landed"]),
        **runs,
        "slowest_models": _list_slowest(summary["nodes"]),
    }


def run_module(settings: Settings, module: str, *arguments: str) -> None:
    """Run a module of the project in a process of its own, with these settings."""
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env=list_environ() | export_settings(settings),
    )


def time_nightly(settings: Settings, sources: Path) -> dict[str, Any]:
    """Run the nightly build on a sources file, and take what it needs.

    Returns:
        Seconds in all, by stage and in SQL, the share outside of SQL and landing, CPU
        seconds and peak memory of jinta's processes, and the run's own summary.

    Raises:
        RuntimeError: The run failed.
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "jinta", "nightly", "--json"),
            *("--sources", str(sources)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=list_environ() | export_settings(settings),
    )
    watch = _Watch(child.pid)
    output, _ = child.communicate()
    seconds = time.perf_counter() - started
    watch.stop()
    if child.returncode:
        message = f"the nightly run on {sources} failed"
        raise RuntimeError(message)
    summary = json.loads(output.splitlines()[-1])
    stages = {s["stage"]: float(s["seconds"]) for s in summary["stages"]}
    in_sql = _join_intervals(summary["nodes"])
    moving = sum(
        value for name, value in stages.items() if name.startswith("extract")
    ) + stages.get("publish", 0.0)
    return {
        "seconds": round(seconds, 1),
        "stages": stages,
        "sql_seconds": round(in_sql, 1),
        "overhead_share": round(1 - (in_sql + moving) / seconds, 2),
        "cpu_seconds": round(watch.cpu, 1),
        "peak_mb": round(watch.peak_mb),
        "summary": summary,
    }


def _join_intervals(nodes: list[dict[str, Any]]) -> float:
    """Seconds in which at least one dbt node was at work."""
    spans = sorted(
        (start, start + timedelta(seconds=node["seconds"]))
        for node in nodes
        if node["started_at"]
        for start in [datetime.fromisoformat(node["started_at"])]
    )
    total = timedelta()
    end = None
    for start, stop in spans:
        if end is None or start > end:
            total += stop - start
            end = stop
        elif stop > end:
            total += stop - end
            end = stop
    return total.total_seconds()


def _list_slowest(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ranked = sorted(nodes, key=lambda node: -node["seconds"])
    return [{"name": n["name"], "seconds": n["seconds"]} for n in ranked[:10]]


class _Watch:
    """CPU and peak memory of a process and all its descendants, by looking often."""

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._cpu: dict[int, float] = {}
        self._done = threading.Event()
        self._process = psutil.Process(pid)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    @property
    def cpu(self) -> float:
        return sum(self._cpu.values())

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.1):
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            for member in family:
                try:
                    if member.name().startswith("postgres"):
                        continue
                    times = member.cpu_times()
                    self._cpu[member.pid] = times.user + times.system
                    megabytes = member.memory_info().rss / 2**20
                    self.peak_mb = max(self.peak_mb, megabytes)
                except psutil.NoSuchProcess:
                    continue
