"""What serves each sentence, and key figures that name what exists (S2-23, F67)."""

from __future__ import annotations

import csv
import json
import os
import re

import pytest

from jinta.report.features_doc import (
    PAGE,
    collect_services,
    drop_ranges,
    find_ids,
    render_features,
)
from jinta.settings import load_settings

# How many sentences each description has; the list in docs must hold all of them.
SENTENCES = {"S0": 34, "S1": 38, "S2": 23, "S3": 10, "S4": 16}
SETTINGS = load_settings({})


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """dbt's manifest; parsing reads files only."""
    from dbt.cli.main import dbtRunner

    from jinta.transform import project_vars

    target = tmp_path_factory.mktemp("dbt")
    for name in ("HOST", "USER", "PASSWORD", "DATABASE"):
        os.environ.setdefault(f"JINTA_DBT_{name}", "none")
    os.environ.setdefault("JINTA_DBT_PORT", "1")
    project = str(SETTINGS.dbt_project)
    arguments = ["parse", "--no-partial-parse", "--log-level", "error"]
    arguments += ["--project-dir", project, "--profiles-dir", project]
    arguments += ["--target-path", str(target), "--log-path", str(target)]
    arguments += ["--vars", json.dumps(project_vars(SETTINGS))]
    outcome = dbtRunner().invoke(arguments)
    assert outcome.success, outcome.exception
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def services(manifest):
    return collect_services(SETTINGS, manifest)


@pytest.fixture(scope="module")
def kpis():
    path = SETTINGS.dbt_project / "seeds" / "rules" / "kpi_definitions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_holds_every_sentence_once(services):
    expected = [
        f"{part}-{number:02d}"
        for part, count in SENTENCES.items()
        for number in range(1, count + 1)
    ]
    assert [service.spec_id for service in services] == expected


def test_every_sentence_is_served_or_there_is_a_reason(services):
    unserved = [
        service.spec_id
        for service in services
        if not (service.is_served or service.not_data or service.not_yet)
    ]
    assert unserved == []


def test_what_can_be_computed_is_a_model_or_a_rule_and_tested(services):
    """A test alone serves no sentence, nor does what nothing tests."""
    lacking = [
        service.spec_id
        for service in services
        if not (service.not_data or service.not_yet)
        and not ((service.models or service.rules) and service.tests)
    ]
    assert lacking == []


def test_no_sentence_is_both_served_by_a_mart_and_said_to_be_no_data(services):
    both = [
        service.spec_id
        for service in services
        if service.not_data
        and any(name.startswith(("fct_", "dim_")) for name in service.models)
    ]
    assert both == []


def test_what_is_not_built_yet_is_served_by_nothing(services):
    """What serves a sentence at last takes its row's reason away."""
    assert [s.spec_id for s in services if s.not_yet and s.models] == []
    assert [s.spec_id for s in services if s.not_yet and s.not_data] == []


def test_parts_that_nothing_carries_are_told_with_their_reason(services):
    """Of a sentence that is served otherwise, as `part: reason; part: reason`."""
    told = [service for service in services if service.not_carried]
    assert told
    for service in told:
        assert service.models, service.spec_id
        for part in service.not_carried.split("; "):
            assert re.fullmatch(r"[^:]+: [^:]+", part), (service.spec_id, part)
        assert service.not_carried in render_features([service])


def test_the_page_is_up_to_date(services):
    written = (SETTINGS.checkout / PAGE).read_text(encoding="utf-8")
    assert written == render_features(services), "run `make docs`"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("(S0-20)", {"S0-20"}),
        ("S2-16 to S2-18", {"S2-16", "S2-17", "S2-18"}),
        ("S0-20 to S0-22, S4-04", {"S0-20", "S0-21", "S0-22", "S4-04"}),
        ("S3-06…S3-07", {"S3-06", "S3-07"}),
        ("S0-11\n      to S0-12", {"S0-11", "S0-12"}),
        ("F20, A.6.1", set()),
    ],
)
def test_ranges_name_what_lies_between(text, ids):
    assert find_ids(text) == ids


def test_what_the_head_of_a_test_file_is_about_proves_nothing():
    head = '"""About S2-06 to S2-08, and S2-10."""\n'
    body = 'def test_it():\n    """S2-16 to S2-17."""\n'
    assert find_ids(drop_ranges(head + body)) == {"S2-10", "S2-16", "S2-17"}


def test_every_rule_file_is_told_of_in_the_guide_to_rules():
    guide = (SETTINGS.checkout / "docs" / "rules.md").read_text(encoding="utf-8")
    table = "".join(line for line in guide.splitlines() if line.startswith("| `"))
    files = {p.name for p in (SETTINGS.dbt_project / "seeds" / "rules").glob("*.csv")}
    assert {name for name in files if f"`{name}`" not in table} == set()


# --- key figures -------------------------------------------------------------------


def list_filter_columns(text):
    return [part.split("=")[0].rstrip("!").strip() for part in text.split(";") if part]


def test_key_figures_name_columns_of_monthly_marts(manifest, kpis):
    marts = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }
    problems = []
    for kpi in kpis:
        for side in ("numerator", "denominator"):
            if not kpi[side]:
                continue
            mart = marts.get(kpi[f"{side}_mart"])
            if mart is None:
                problems.append((kpi["kpi_id"], side, "no such mart"))
                continue
            config = mart["config"]
            if config["materialized"] == "view" or config["meta"]["slice"] != "month":
                problems.append((kpi["kpi_id"], side, "not stored by month"))
            columns = [kpi[side].split("(")[1].rstrip(")")]
            columns += list_filter_columns(kpi[f"{side}_filter"])
            columns += [kpi[f"{side}_branch_by"]]
            known = {*mart["columns"], "*", "none"}
            # Indicators are columns by the dictionary, and described by it.
            if mart["name"] == "fct_account_indicators":
                known |= set(read_indicators())
            problems += [
                (kpi["kpi_id"], side, column)
                for column in columns
                if column not in known
            ]
    assert problems == []


def read_indicators():
    path = SETTINGS.dbt_project / "seeds" / "rules" / "indicators.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row["indicator_id"] for row in csv.DictReader(file)]


def test_key_figures_are_whole(kpis):
    """A quotient has both of its sides, in words of the same kind."""
    assert len({(kpi["kpi_id"], kpi["version"]) for kpi in kpis}) == len(kpis)
    for kpi in kpis:
        parts = [kpi[f"denominator{part}"] for part in ("", "_mart", "_branch_by")]
        assert all(parts) or not any(parts), kpi["kpi_id"]
        for side in ("numerator", "denominator"):
            if kpi[side]:
                assert kpi[side].split("(")[0] in ("sum", "count"), kpi["kpi_id"]
        for column in ("name_en", "name_zh", "meaning", "unit", "owner"):
            assert kpi[column], (kpi["kpi_id"], column)
        assert "S2-23" in find_ids(kpi["spec_id"]), kpi["kpi_id"]


def test_each_dashboard_of_a_key_figure_is_an_exposure_that_reads_it(manifest, kpis):
    exposures = {
        node["name"]: set(node["depends_on"]["nodes"])
        for node in manifest["exposures"].values()
    }
    for kpi in kpis:
        assert "model.jinta.fct_kpis" in exposures[kpi["dashboard"]], kpi["kpi_id"]
