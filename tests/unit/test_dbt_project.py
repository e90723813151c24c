"""The structure rules of the dbt project, over its manifest; no server is needed.

They are what dbt-project-evaluator would check, and the house rules besides.
"""

import json
import os
import re
from pathlib import Path

import pytest

from jinta.gates import GATES
from jinta.publish.marts import read_marts
from jinta.report.marts_doc import render_marts
from jinta.settings import load_settings
from jinta.sources.contract import load_contract
from jinta.transform import project_vars

CHECKOUT = Path(__file__).parents[2]
LAYERS = ("staging", "intermediate", "marts", "profiles")
# A sentence of the specification, or a feature of the register.
SPEC_ID = re.compile(r"\b(S[0-4]-\d\d|F\d\d|A\.\d|C\.\d)\b")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """dbt's manifest; parsing reads files only."""
    from dbt.cli.main import dbtRunner

    target = tmp_path_factory.mktemp("dbt")
    for name in ("HOST", "USER", "PASSWORD", "DATABASE"):
        os.environ.setdefault(f"JINTA_DBT_{name}", "none")
    os.environ.setdefault("JINTA_DBT_PORT", "1")
    settings = load_settings({})
    project = str(settings.dbt_project)
    arguments = ["parse", "--no-partial-parse", "--log-level", "error"]
    arguments += ["--project-dir", project, "--profiles-dir", project]
    arguments += ["--target-path", str(target), "--log-path", str(target)]
    arguments += ["--vars", json.dumps(project_vars(settings))]
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
            assert SPEC_ID.search(model["description"]), model["name"]


def test_marts_say_to_whom_their_rows_are_visible(manifest, models):
    """F72: by a word that publishing knows, and by a column that the mart describes."""
    marts = {mart.name: mart for mart in read_marts(manifest)}
    for model in models:
        if layer_of(model) == "marts":
            column = marts[model["name"]].visible_column
            assert column is None or column in model["columns"], model["name"]


def test_marts_with_accounts_or_branches_are_not_open_to_everyone(models):
    for model in models:
        if layer_of(model) == "marts":
            visible_by = model["config"]["meta"]["visible_by"]
            named = {"group_account_id", "branch_id", "manager_id"} & set(
                model["columns"]
            )
            if model["name"] == "dim_branches":
                # What branches are called says nothing of what is in them.
                assert named == {"branch_id"}
                continue
            assert visible_by != "everyone" or not named, model["name"]


def test_the_raw_profile_measures_every_table_of_the_contract(manifest):
    """What a source delivers is judged before anything is built from it (F08)."""
    tables = load_contract(load_settings({}).dbt_project).tables
    for profile, kinds in {
        "prf_raw": ("fact", "entity"),
        "prf_landed": ("fact",),
    }.items():
        node = manifest["nodes"][f"model.jinta.{profile}"]
        read = {
            parent["source_name"] + "." + parent["name"]
            for _, parent in parents(manifest, node)
            if parent["resource_type"] == "source" and parent["schema"] == "raw"
        }
        wanted = {name for name, table in tables.items() if table.kind in kinds}
        assert wanted <= read
        if profile == "prf_raw":
            assert read == wanted


def test_what_a_domain_is_measured_by_is_in_the_gate_of_its_stage(manifest, models):
    """A profile that no gate's profile unites is judged by nobody."""
    united = {f"prf_{gate}" for gate in GATES}
    waiting = sorted(united)
    while waiting:
        node = manifest["nodes"][f"model.jinta.{waiting.pop()}"]
        names = {parent["name"] for _, parent in parents(manifest, node)}
        waiting += [n for n in names - united if n.startswith("prf_")]
        united |= names
    for model in models:
        if layer_of(model) == "profiles":
            assert model["name"] in united, model["name"]


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
    dictionary = project_vars(load_settings({}))["indicators"]
    assert written == render_marts(manifest, dictionary), "run `make docs`"
