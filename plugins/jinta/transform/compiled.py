"""The models' compiled SQL, for whoever runs it elsewhere than dbt does.

Compiling takes some seconds, so the result is kept in the state folder until the dbt
project or the database changes.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from jinta.settings import Settings
from jinta.transform.runner import invoke_dbt, load_manifest
from jinta.transform.variables import project_vars

# What is kept of a manifest's node: enough to run it and to publish it.
_KEPT = (
    *("resource_type", "name", "alias", "schema", "database", "relation_name"),
    *("config", "columns", "depends_on", "compiled_code", "source_name", "identifier"),
)


def load_compiled(settings: Settings) -> dict[str, Any]:
    """Return the manifest with the compiled SQL of every model.

    Returns:
        A manifest with `nodes` (models and seeds) and `sources`, by unique id; each
        model has its `compiled_code` and its `relation_name`.

    Raises:
        TransformError: The dbt project doesn't compile.
    """
    path = _cache_path(settings)
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    manifest = _compile(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    for outdated in path.parent.glob(f"{settings.database}-*.json"):
        outdated.unlink(missing_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(manifest), encoding="utf-8")
    unfinished.rename(path)
    return manifest


def _compile(settings: Settings) -> dict[str, Any]:
    results = invoke_dbt(
        settings,
        ["compile", "--quiet", "--select", "resource_type:model"],
        run_id="-",
        stage="compile",
    )
    compiled = {result.node.unique_id: result.node.compiled_code for result in results}
    manifest = load_manifest(settings)
    nodes = {
        unique_id: _keep(node) | {"compiled_code": compiled.get(unique_id)}
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
    }
    sources = {
        unique_id: _keep(node) for unique_id, node in manifest["sources"].items()
    }
    return {"nodes": nodes, "sources": sources}


def _keep(node: dict[str, Any]) -> dict[str, Any]:
    return {name: node[name] for name in _KEPT if name in node}


def _cache_path(settings: Settings) -> Path:
    """Name the cache after the database and all that the SQL is compiled from."""
    digest = hashlib.sha256(json.dumps(project_vars(settings)).encode())
    for path in sorted(settings.dbt_project.rglob("*")):
        if path.suffix in {".sql", ".yml"} and path.is_file():
            digest.update(str(path.relative_to(settings.dbt_project)).encode())
            digest.update(path.read_bytes())
    name = f"{settings.database}-{digest.hexdigest()[:16]}.json"
    return settings.home / "dbt" / "compiled" / name
