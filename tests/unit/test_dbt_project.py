"""The structure rules of the dbt project, over its manifest; no server is needed.

They are what dbt-project-evaluator would check, and the house rules besides.
"""

import json
import os
import re
from pathlib import Path

import pytest

from jinta.report.marts_doc import render_marts
from jinta.settings import load_settings

CHECKOUT = Path(__file__).parents[2]
LAYERS = ("staging", "intermediate", "marts", "profiles")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """dbt's manifest; parsing reads files only."""
    from dbt.cli.main import dbtRunner

    target = tmp_path_factory.mktemp("dbt")
    for name in ("HOST", "USER", "PASSWORD", "DATABASE"):
        os.environ.setdefault(f"JINTA_DBT_{name}", "none")
    os.environ.setdefault("JINTA_DBT_PORT", "1")
    project = str(load_settings({}).dbt_project)
    arguments = ["parse", "--no-partial-parse", "--log-level", "error"]
    arguments += ["--project-dir", project, "--profiles-dir", project]
    arguments += ["--target-path", str(target), "--log-path", str(target)]
    outcome = dbtRunner().invoke(arguments)
    assert outcome.success, outcome.exception
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def models(manifest):
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]


def layer_of(node) -> str:
    return node["fqn"][1]


def parents(manifest, node):
    for parent in node["depends_on"]["nodes"]:
        yield parent, manifest["nodes"].get(parent) or manifest["sources"].get(parent)


def test_names_follow_the_layers(models):
    patterns = {
        "staging": r"stg_[a-z]+__[a-z_]+",
        "intermediate": r"int_[a-z]+__[a-z_]+",
        "marts": r"(dim|fct|bridge)_[a-z_]+",
        "profiles": r"prf_[a-z]+",
    }
    for model in models:
        pattern = patterns[layer_of(model)]
        assert re.fullmatch(pattern, model["name"]), model["name"]


def test_a_layer_reads_the_one_below_or_its_own(manifest, models):
    allowed = {
        "staging": set(),
        "intermediate": {"staging", "intermediate"},
        "marts": {"staging", "intermediate", "marts"},
        "profiles": set(LAYERS),
    }
    for model in models:
        for _, parent in parents(manifest, model):
            if parent["resource_type"] == "model":
                assert layer_of(parent) in allowed[layer_of(model)], (
                    f"{model['name']} reads {parent['name']}"
                )


def test_only_staging_and_profiles_read_sources(manifest, models):
    for model in models:
        for name, parent in parents(manifest, model):
            if parent["resource_type"] == "source":
                # What a hook puts into the cache is read through staging too.
                if parent["source_name"] == "cache":
                    is_staging = layer_of(model) == "staging"
                    assert is_staging == ("source(" in model["raw_code"]), model["name"]
                    continue
                assert layer_of(model) in ("staging", "profiles"), (
                    f"{model['name']} reads {name}"
                )


def test_only_staging_knows_the_run_under_way(models):
    for model in models:
        if layer_of(model) not in ("staging", "profiles"):
            assert "in_run_months" not in model["raw_code"], model["name"]


def test_everything_is_described(manifest, models):
    seeds = [n for n in manifest["nodes"].values() if n["resource_type"] == "seed"]
    for node in [*models, *seeds, *manifest["sources"].values()]:
        assert node["description"].strip(), node["name"]
    for source in manifest["sources"].values():
        for column in source["columns"].values():
            assert column["description"], f"{source['name']}.{column['name']}"


def test_mart_columns_are_described_in_english_and_chinese(models):
    for model in models:
        if layer_of(model) != "marts":
            continue
        assert model["columns"], model["name"]
        for column in model["columns"].values():
            text = column["description"]
            where = f"{model['name']}.{column['name']}"
            assert re.search("[a-z]", text), where
            assert re.search("[\u4e00-\u9fff]", text), where


def test_marts_say_what_a_row_is_and_which_sentence_asked_for_it(models):
    for model in models:
        if layer_of(model) == "marts":
            assert model["description"].startswith("One row per"), model["name"]
            assert re.search(r"S0-\d\d|F\d\d", model["description"]), model["name"]


def test_every_model_has_a_tested_primary_key(manifest, models):
    tested = {
        parent
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in ("primary_key", "unique")
        for parent in node["depends_on"]["nodes"]
    }
    missing = [
        model["name"]
        for model in models
        if model["unique_id"] not in tested
        and model["config"]["materialized"] == "table"
        # The steps in which a name is read; the last one is tested for all of them.
        and not model["name"].startswith("int_accounts__names_")
    ]
    assert any("int_accounts__names_normalised" in name for name in tested)
    assert missing == [], missing


def test_no_rule_table_holds_an_id_of_a_record(manifest):
    """Rules are about kinds of accounts, human decisions about records."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            assert "account_id" not in node["columns"], node["name"]


def test_the_chapter_on_marts_is_up_to_date(manifest):
    written = (CHECKOUT / "docs" / "marts.md").read_text(encoding="utf-8")
    assert written == render_marts(manifest), "run `make docs`"
