"""Great Expectations, as a library: suites from files, results to data docs.

The suites under `expectations/suites` say what is expected of which column; the bounds
are parameters that the rule rows give. Importing the library takes seconds, so this
module is imported only where a gate runs. Its context is kept for the process.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

# Telemetry is off; the library looks at this when it is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import yaml
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from jinta.gates.rules import KEY_COLUMNS, Rule
from jinta.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.data_context import AbstractDataContext

log = logging.getLogger(__name__)

# Runs whose results stay in data docs.
KEPT_RUNS = 20

DATA_SOURCE = "profiles"


def judge_frame(
    settings: Settings,
    run_id: str,
    gate: str,
    rule_set: str,
    rules: Sequence[Rule],
    frame: pd.DataFrame,
) -> dict[str, set[int]]:
    """Judge a frame of observations by the gate's suite.

    Args:
        settings: Where the suites are, and where results go.
        run_id: Names the validation in data docs.
        gate: Names the suite.
        rule_set: Whose bounds these are; shown in data docs.
        rules: One per check; their bounds become the suite's parameters.
        frame: Made by `make_frame` from the same rules.

    Returns:
        The positions of the rows out of bounds, by check.
    """
    context = get_context(settings)
    suite = build_suite(settings, gate, rule_set, rules)
    context.suites.add_or_update(suite)
    definition = _define_validation(context, suite)
    result = definition.run(
        batch_parameters={"dataframe": frame},
        expectation_parameters=_list_parameters(rules),
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": KEY_COLUMNS,
        },
        run_id=RunIdentifier(run_name=run_id),
    )
    positions = {
        key: position
        for position, key in enumerate(
            frame[KEY_COLUMNS].itertuples(index=False, name=None)
        )
    }
    outside: dict[str, set[int]] = {}
    for item in result.results:
        configuration = item.expectation_config
        if item.exception_info.get("raised_exception"):
            raise RuntimeError(f"{configuration.type}: {item.exception_info}")
        outside[configuration.kwargs["column"]] = {
            positions[tuple(row[name] for name in KEY_COLUMNS)]
            for row in item.result.get("unexpected_index_list") or []
        }
    return outside


def build_suite(
    settings: Settings, gate: str, rule_set: str, rules: Sequence[Rule]
) -> gx.ExpectationSuite:
    """Read the gate's suite; checks without a rule are switched off."""
    path = settings.checkout / "expectations" / "suites" / f"{gate}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    severities = {rule.check_id: rule.severity for rule in rules}
    expectations = [
        {**expectation, "severity": severities[expectation["kwargs"]["column"]]}
        for expectation in document["expectations"]
        if expectation["kwargs"]["column"] in severities
    ]
    name = gate if rule_set == "*" else f"{gate} ({rule_set})"
    return gx.ExpectationSuite(
        name=name, expectations=expectations, meta=document.get("meta", {})
    )


def build_docs(settings: Settings, gate: str) -> Path:
    """Write the pages of the gate's latest results and return the index page.

    Pages are a convenience: what goes wrong in writing them is logged and no more.
    """
    context = get_context(settings)
    store = context.validation_results_store
    try:
        _forget_old_runs(settings)
        keys = [
            key
            for key in store.list_keys()
            if isinstance(key, ValidationResultIdentifier)
            and key.expectation_suite_identifier.name.split(" ")[0] == gate
        ]
        latest = sorted(keys, key=lambda key: str(key.run_id.run_time))[-2:]
        suites = [
            ExpectationSuiteIdentifier(key.expectation_suite_identifier.name)
            for key in latest
        ]
        context.build_data_docs(resource_identifiers=[*latest, *suites])
    except Exception:
        log.exception("Data docs of gate %s could not be written", gate)
    return _find_state(settings) / "data_docs" / "index.html"


def get_context(settings: Settings) -> AbstractDataContext:
    """Return the context of the project under `expectations`, one per process."""
    return _make_context(settings.checkout / "expectations", _find_state(settings))


@functools.cache
def _make_context(project: Path, state: Path) -> AbstractDataContext:
    text = (project / "great_expectations.yml").read_text(encoding="utf-8")
    config = yaml.safe_load(text.replace("${GATES_STATE}", state.as_posix()))
    return gx.get_context(mode="ephemeral", project_config=config)


def _define_validation(
    context: AbstractDataContext, suite: gx.ExpectationSuite
) -> gx.ValidationDefinition:
    sources = context.data_sources.all()
    source = (
        sources[DATA_SOURCE]
        if DATA_SOURCE in sources
        else context.data_sources.add_pandas(DATA_SOURCE)
    )
    names = {asset.name for asset in source.assets}
    if suite.name in names:
        asset = source.get_asset(suite.name)
    else:
        asset = source.add_dataframe_asset(suite.name)
        asset.add_batch_definition_whole_dataframe("profile")
    return context.validation_definitions.add_or_update(
        gx.ValidationDefinition(
            name=suite.name,
            data=asset.get_batch_definition("profile"),
            suite=suite,
        )
    )


def _list_parameters(rules: Sequence[Rule]) -> dict[str, float | None]:
    parameters: dict[str, float | None] = {}
    for rule in rules:
        for bound, value in (("min", rule.min_value), ("max", rule.max_value)):
            parameters[f"{rule.check_id}_{bound}"] = (
                None if value is None else float(value)
            )
    return parameters


def _find_state(settings: Settings) -> Path:
    return settings.home / "gates"


def _forget_old_runs(settings: Settings) -> None:
    """Delete the results and pages of all but the last runs."""
    for folder in (
        _find_state(settings) / "validations",
        _find_state(settings) / "data_docs" / "validations",
    ):
        runs: dict[str, list[Path]] = {}
        for suite in folder.glob("*"):
            for run in suite.glob("*"):
                runs.setdefault(run.name, []).append(run)
        ages = sorted(runs, key=lambda name: -runs[name][0].stat().st_mtime)
        for name in ages[KEPT_RUNS:]:
            for path in runs[name]:
                shutil.rmtree(path, ignore_errors=True)
