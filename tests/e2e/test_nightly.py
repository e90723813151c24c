"""`jinta nightly` as a user calls it: through Airflow, in processes of its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jinta.airflow_env import export_settings
from jinta.settings import list_environ
from tests.running import TINY, read_hashes, read_rows

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def nightly(warehouse):
    """Call `jinta nightly` on a sources file, in the test's own warehouse."""

    def call(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "jinta", "nightly", *arguments],
            cwd=CHECKOUT,
            env=list_environ()
            | export_settings(warehouse)
            | {"PYTHONPATH": f"{CHECKOUT / 'plugins'}:{CHECKOUT}"},
            capture_output=True,
            text=True,
            check=False,
        )

    return call


@pytest.fixture(scope="module")
def first(nightly):
    result = nightly("--sources", str(TINY), "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_nightly_rule_publishes_every_month_of_its_window(first):
    assert first["status"] == "published"
    assert first["months"] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert {stage["status"] for stage in first["stages"]} == {"done"}
    assert [gate["gate"] for gate in first["gates"]] == [
        "raw",
        "accounts",
        "indicators",
        "scores",
        "candidate",
    ]
    assert sum(gate["critical"] for gate in first["gates"]) == 0


def test_the_summary_tells_what_landed_and_what_was_merged(first):
    landed = {load["table_name"]: load["rows_new"] for load in first["landed"]}
    assert landed["crm.accounts"] == 16
    assert landed["billing.line_bills"] == 557
    assert first["accounts"]["records"] == 16
    assert first["accounts"]["accounts"] == 15
    tiers = {
        row["tier"]: row["accounts"]
        for row in first["pyramid"]
        if row["month"] == "2024-03-01"
    }
    assert tiers | {"other": 0} == {
        "A1": 2, "A2": 0, "B1": 1, "B2": 2, "C": 10, "other": 0,
    }  # fmt: skip


def test_no_secret_is_in_the_log_of_a_run(first, warehouse):
    from jinta.settings import ROLES
    from jinta.warehouse import connect_info

    passwords = [
        connect_info(warehouse, role)["password"] for role in ("owner", *ROLES)
    ]
    logs = [*(warehouse.home / "logs").glob("*.log")]
    logs += (warehouse.home / "airflow").rglob("*.log")
    assert logs
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace")
        assert not [p for p in passwords if p in text], f"a password is in {log}"


def test_a_failed_run_says_why_and_changes_nothing(first, nightly, warehouse, tmp_path):
    before = read_hashes(warehouse)
    folder = tmp_path / "tiny"
    shutil.copytree(TINY.parent, folder)
    members = folder / "subscriptions.csv"
    lines = members.read_text(encoding="utf-8").splitlines(keepends=True)
    members.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    result = nightly(
        "--sources", str(folder / "sources.yml"), "--month", "2024-03", "--quiet"
    )
    assert result.returncode == 1
    assert "billing.subscriptions from office lost 50" in result.stderr
    assert "Readers still see the last publication" in result.stderr
    assert read_hashes(warehouse) == before
    states = read_rows(
        warehouse,
        "select status from control.runs order by started_at",
        role="publisher",
    )
    assert states == [("published",), ("failed",)]


def test_a_wrong_request_ends_before_anything_starts(nightly):
    result = nightly("--from", "2024-03", "--to", "2024-01")
    assert result.returncode == 2
    assert "Swap FROM and TO" in result.stderr
    result = nightly("--sources", "nowhere/sources.yml")
    assert result.returncode == 2
    assert "There is no sources file nowhere/sources.yml" in result.stderr
