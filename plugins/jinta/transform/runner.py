"""Run dbt in process, stage by stage.

The parsed manifest is kept for the life of the process: a second stage in the same
process costs a third of a second instead of five.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinta.errors import TransformError
from jinta.settings import Settings
from jinta.transform.variables import project_vars
from jinta.warehouse import connect_info
from jinta.warehouse.connection import name_application

STAGES = ("raw", "accounts", "indicators", "scores", "candidate")

_BAD_STATUSES = frozenset({"error", "fail", "runtime error"})


@dataclass(frozen=True)
class NodeTime:
    """One dbt node of a stage, when it ran and the seconds it took."""

    name: str
    resource_type: str
    started_at: datetime | None
    seconds: float


def run_dbt(
    settings: Settings,
    run_id: str,
    stage: str,
    *,
    without_seeds: bool = False,
) -> list[NodeTime]:
    """Build the models, seeds and data tests of one stage.

    Args:
        settings: Where the warehouse and the project are.
        run_id: Names dbt's connections, so that a retry can end its leftovers.
        stage: One of `STAGES`; selects the nodes that carry it as a tag.
        without_seeds: Leave the seeds as they are loaded.

    Returns:
        One entry per executed node, in order of completion.

    Raises:
        TransformError: A model could not be built or a test found rows; the message
            names each node and its first line of explanation.
    """
    arguments = [
        "build",
        "--select",
        f"tag:{stage}",
        "--exclude-resource-type",
        "unit_test",
        # A test waits for the stage that builds the last of its parents.
        "--indirect-selection",
        "buildable",
        # Results are taken from memory; writing them costs most of a second a stage.
        "--no-write-json",
    ]
    result = invoke_dbt(settings, arguments, run_id=run_id, stage=stage)
    return [
        NodeTime(
            name=node.node.name,
            resource_type=str(node.node.resource_type),
            started_at=node.timing[0].started_at if node.timing else None,
            seconds=float(node.execution_time),
        )
        for node in result
    ]


def invoke_dbt(
    settings: Settings, arguments: list[str], *, run_id: str, stage: str
) -> list[Any]:
    """Call dbt in process and return its node results.

    Raises:
        TransformError: dbt could not start, or a node failed.
    """
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest=_parse_once(settings).manifest)
    _export_profile(settings, run_id, stage)
    outcome = runner.invoke([*arguments, *_project_flags(settings)])
    results = list(getattr(outcome.result, "results", []) or [])
    if not outcome.success:
        raise _explain_failure(stage, outcome.exception, results, _log_dir(settings))
    return results


def hash_seeds(settings: Settings) -> str:
    """A hash of the seeds' files and of what their YAML says of them."""
    digest = hashlib.sha256()
    for path in sorted((settings.dbt_project / "seeds").rglob("*")):
        if path.is_file():
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def hash_matching(settings: Settings) -> str:
    """A hash of the SQL by which records are matched: what is remembered bears it."""
    digest = hashlib.sha256()
    project = settings.dbt_project
    for folder in ("macros", "models/intermediate/accounts"):
        for path in sorted((project / folder).rglob("*.sql")):
            digest.update(str(path.relative_to(project)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load_manifest(settings: Settings) -> dict[str, Any]:
    """Return dbt's manifest of the project, as JSON, for the database at hand."""
    return json.loads(_parse_once(settings).text)


@dataclass(frozen=True)
class _Parsed:
    """A parsed project: dbt's own object, and the JSON that dbt wrote of it."""

    manifest: Any
    text: str


_parsed: dict[tuple[Path, str, str], _Parsed] = {}


def _parse_once(settings: Settings) -> _Parsed:
    """Parse once per process, database and lists that the project is written from.

    dbt takes what an earlier process parsed only if the profile is the same to the
    letter, and a session's name is part of it: parsing always has the same one.
    """
    from dbt.cli.main import dbtRunner

    key = (_target_dir(settings), settings.database, _render_vars(settings))
    if key not in _parsed:
        _export_profile(settings, "-", "parse")
        outcome = dbtRunner().invoke(["parse", *_project_flags(settings)])
        if not outcome.success:
            raise _explain_failure("parse", outcome.exception, [], _log_dir(settings))
        path = _target_dir(settings) / "manifest.json"
        _parsed[key] = _Parsed(outcome.result, path.read_text(encoding="utf-8"))
    return _parsed[key]


def _project_flags(settings: Settings) -> list[str]:
    project = settings.dbt_project
    return [
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
        "--target-path",
        str(_target_dir(settings)),
        "--log-path",
        str(_log_dir(settings)),
        "--no-use-colors",
        "--log-level",
        "warn",
        "--vars",
        _render_vars(settings),
    ]


def _render_vars(settings: Settings) -> str:
    return json.dumps(
        {"matching_code": hash_matching(settings), **project_vars(settings)},
        ensure_ascii=False,
    )


def _target_dir(settings: Settings) -> Path:
    return settings.home / "dbt" / "target"


def _log_dir(settings: Settings) -> Path:
    return settings.home / "dbt" / "logs"


def _export_profile(settings: Settings, run_id: str, stage: str) -> None:
    """Hand the connection to `profiles.yml`, which reads the environment."""
    info = connect_info(settings, "transformer")
    os.environ.update(
        {
            "JINTA_DBT_HOST": str(info["host"]),
            "JINTA_DBT_PORT": str(info["port"]),
            "JINTA_DBT_USER": str(info["user"]),
            "JINTA_DBT_PASSWORD": str(info["password"]),
            "JINTA_DBT_DATABASE": str(info["dbname"]),
            "JINTA_DBT_APPLICATION": name_application(run_id, stage),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
    )


def _explain_failure(
    stage: str, exception: BaseException | None, results: list[Any], log_dir: Path
) -> TransformError:
    failed = [result for result in results if str(result.status) in _BAD_STATUSES]
    lines = [
        f"{result.node.resource_type} {result.node.name}: "
        f"{_first_lines(str(result.message or result.status))}"
        for result in failed
    ]
    if exception is not None and not lines:
        lines = [_first_lines(str(exception))]
    return TransformError(
        f"dbt stopped in stage {stage}: " + "; ".join(lines or ["no reason given"]),
        cure=(
            "Read the named model or test under dbt_project/; the whole log is "
            f"{log_dir / 'dbt.log'}. Nothing was published."
        ),
    )


def _first_lines(text: str, count: int = 4) -> str:
    kept = [
        line.strip()
        for line in text.splitlines()
        if line.strip() and "compiled code at" not in line.lower()
    ]
    return " ".join(kept[:count])
