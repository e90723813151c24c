"""What the benchmark of the value systems compares."""

from __future__ import annotations

import yaml

from bench.systems import FIRST_TABLES, narrow_sources, rank_models
from jinta.settings import CHECKOUT, load_settings
from jinta.sources.contract import load_contract


def test_the_first_system_keeps_its_tables_and_no_other():
    path = CHECKOUT / "demo" / "sources.yml"
    narrowed = yaml.safe_load(narrow_sources(path, FIRST_TABLES))
    kept = {t for system in narrowed["systems"].values() for t in system["tables"]}
    assert kept == FIRST_TABLES
    assert (
        narrowed["as_of"] == yaml.safe_load(path.read_text(encoding="utf-8"))["as_of"]
    )


def test_the_tables_of_the_first_system_are_of_the_contract():
    assert set(load_contract(load_settings({}).dbt_project).tables) > FIRST_TABLES


def test_models_are_ranked_by_time_with_what_they_took_before():
    def run(seconds, **nodes):
        listed = [{"name": name, "seconds": s} for name, s in nodes.items()]
        return {"seconds": seconds, "summary": {"nodes": listed}}

    ranked = rank_models(run(10, a=1.0, gone=9.0), run(20, a=2.0, b=5.0, c=2.0))
    assert [row["model"] for row in ranked] == ["b", "a", "c"]
    assert ranked[0] == {
        "model": "b",
        "seconds": 5.0,
        "first system": 0.0,
        "share of wall": "25.0 %",
    }
    assert ranked[1]["first system"] == 1.0
