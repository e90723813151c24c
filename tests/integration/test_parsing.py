"""dbt parses the project once: later processes take what an earlier one parsed."""

import json

from jinta.transform import load_manifest, runner
from jinta.transform.runner import invoke_dbt


def test_a_later_process_parses_no_file_again(warehouse, monkeypatch):
    """Under Airflow's scheduler every task is a process, with a session's own name."""
    for number, stage in enumerate(("raw", "scores")):
        # As in a process that has parsed nothing yet.
        monkeypatch.setattr(runner, "_parsed", {})
        arguments = ["list", "--select", f"tag:{stage}"]
        invoke_dbt(warehouse, arguments, run_id=f"run-{number}", stage=stage)
    path = warehouse.home / "dbt" / "target" / "perf_info.json"
    assert json.loads(path.read_text(encoding="utf-8"))["parsed_path_count"] == 0


def test_each_database_keeps_its_own_manifest(warehouse, make_warehouse):
    """They share the folder that dbt writes into."""
    other = make_warehouse()
    for settings in (warehouse, other, warehouse):
        nodes = load_manifest(settings)["nodes"].values()
        assert {node["database"] for node in nodes} == {settings.database}
