"""Matching on the demo province, against the truth that was kept aside."""

from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from demo.build import ensure_demo
from jinta import pipeline
from jinta.report.matching import measure_matching, render_quality
from jinta.runs import Request
from tests.integration.account_records import MONTH, build_accounts, read_accounts


@pytest.fixture(scope="module")
def province(warehouse):
    """The province's CRM landed and its accounts built."""
    settings = replace(warehouse, sources_path=warehouse.checkout / "demo/sources.yml")
    demo = ensure_demo(settings)
    request = Request(
        sources=str(settings.sources_path), from_month=MONTH, to_month=MONTH
    )
    run_id = pipeline.open_run(settings, request).run_id
    pipeline.extract(settings, run_id, "crm")
    build_accounts(settings)
    return settings, demo


def test_merges_are_right_and_few_pairs_are_missed(province):
    settings, demo = province
    quality = measure_matching(settings, demo.truth / "records.parquet")
    Console().print(render_quality(quality))
    assert quality.true_pairs > 200
    assert quality.precision >= 0.995
    assert quality.recall_with_queue >= 0.95
    # A queue that nobody can work through would find anything.
    assert quality.queued_pairs <= quality.true_pairs


def test_no_planted_trap_is_merged(province):
    settings, demo = province
    accounts = read_accounts(settings)
    traps = pq.read_table(demo.truth / "hard_negatives.parquet").to_pylist()
    fallen = [
        trap
        for trap in traps
        if accounts.get(trap["account_id_left"], "left")
        == accounts.get(trap["account_id_right"], "right")
    ]
    assert len(traps) > 50
    assert fallen == []
