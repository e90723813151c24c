"""`jinta backfill` and `jinta months` as a user calls them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jinta.airflow_env import export_settings
from jinta.settings import list_environ
from tests.running import TINY, read_rows

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def jinta(warehouse):
    """Call `jinta` in the test's own warehouse, with chunks of two months."""

    def call(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "jinta", *arguments],
            cwd=CHECKOUT,
            env=list_environ()
            | export_settings(warehouse)
            | {
                "JINTA_CHUNK_ROWS": "500",
                "PYTHONPATH": f"{CHECKOUT / 'plugins'}:{CHECKOUT}",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return call


@pytest.fixture(scope="module")
def summary(jinta):
    result = jinta("backfill", "--sources", str(TINY), "--json")
    assert result.returncode == 0, result.stderr
    assert "✓ chunk 2/2: store" in result.stderr
    return json.loads(result.stdout)


def test_a_backfill_through_airflow_publishes_all_chunks_at_once(summary, warehouse):
    assert summary["status"] == "published"
    assert summary["months"] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert [(row["month"], row["chunk"]) for row in summary["plan"]] == [
        ("2024-01-01", 1),
        ("2024-02-01", 1),
        ("2024-03-01", 2),
    ]
    assert {row["reason"] for row in summary["plan"]} == {"never published"}
    assert summary["held"] == []
    assert summary["stale"] == {}
    publications = read_rows(
        warehouse, "select count(*) from control.publications", "publisher"
    )
    assert publications == [(1,)]


def test_months_tells_how_each_month_is_published(summary, jinta):
    result = jinta("months", "--json")
    assert result.returncode == 0, result.stderr
    months = json.loads(result.stdout)
    assert [month["state"] for month in months] == ["current"] * 3
    assert {month["publication_id"] for month in months} == {summary["publication_id"]}
    assert all(month["rule_versions"] for month in months)


def test_a_dry_run_shows_the_plan_and_changes_nothing(summary, jinta, warehouse):
    before = read_rows(warehouse, "select count(*) from control.runs", "publisher")
    result = jinta("backfill", "--sources", str(TINY), "--from", "2024-02", "--dry-run")
    assert result.returncode == 0, result.stderr
    assert "2024-02" in result.stdout
    assert "2024-03" in result.stdout
    result = jinta("backfill", "--sources", str(TINY), "--stale", "--dry-run")
    assert "No month is stale" in result.stdout
    assert before == read_rows(
        warehouse, "select count(*) from control.runs", "publisher"
    )


def test_with_nothing_stale_a_stale_backfill_ends_well(summary, jinta):
    result = jinta("backfill", "--sources", str(TINY), "--stale")
    assert result.returncode == 0, result.stderr
    assert "No month is stale: nothing was built." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--missing", "--stale"), "Give one of --which, --missing and --stale."),
        (("--which", "some"), "Write all or missing or stale."),
        (("--on-failure", "after"), "Write none or before."),
        (("--to", "2024-03"), "Give FROM, too."),
    ],
)
def test_a_request_that_makes_no_sense_ends_before_anything_starts(
    jinta, arguments, told
):
    result = jinta("backfill", *arguments)
    assert result.returncode == 2
    assert told in result.stderr
