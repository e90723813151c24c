"""Builds the stages of a run from the models' compiled SQL instead of through dbt.

A random history takes dozens of runs, and most of a small run is dbt's own work: its
caches, the files it writes, tests of data. Here the same SQL runs in the same order and
schemas, as the same role, with the hooks that remember what matching worked out. Gates
are left open; a history closes them where it wants to.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import psycopg
from jinja2.nativetypes import NativeEnvironment
from psycopg import sql

from jinta.settings import Settings
from jinta.transform.compiled import load_compiled
from jinta.transform.runner import hash_matching, invoke_dbt
from jinta.warehouse import connect, connect_info

_HOOK = re.compile(r"\{\{\s*(remember_\w+\(\))\s*\}\}")


class CompiledProject:
    """The dbt project, compiled once for a template database that holds its seeds."""

    def __init__(self, settings: Settings) -> None:
        """Load the seeds into the template and compile the models there."""
        invoke_dbt(settings, ["seed", "--full-refresh"], run_id="-", stage="seed")
        self.template = settings.database
        self._text = json.dumps(load_compiled(settings))
        self._hooks = _render_hooks(settings, json.loads(self._text))

    def save(self, path: Path) -> None:
        """Write it to a file, for a process that is to be killed."""
        path.write_text(json.dumps(vars(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: str) -> Self:
        """Read what another process has saved."""
        project = cls.__new__(cls)
        vars(project).update(json.loads(Path(path).read_text(encoding="utf-8")))
        return project

    def name(self, database: str, text: str) -> str:
        """Let SQL that was compiled for the template speak of another database."""
        return text.replace(f'"{self.template}"', f'"{database}"')

    @cache  # noqa: B019 - one project lives as long as the tests do
    def manifest(self, database: str) -> dict[str, Any]:
        """The compiled manifest for a copy of the template."""
        escaped = self._text.replace(f'\\"{self.template}\\"', f'\\"{database}\\"')
        return json.loads(escaped)

    def clone(self, settings: Settings, database: str) -> None:
        """Copy the template: a warehouse with seeds, and nothing landed."""
        info = connect_info(settings, "owner")
        with psycopg.connect(**info, autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(database), sql.Identifier(self.template)
                )
            )

    def build(
        self,
        settings: Settings,
        run_id: str,
        stage: str,
        *,
        without_seeds: bool = False,
    ) -> list[Any]:
        """Stand in for `jinta.transform.run_dbt`; tests of data are left out."""
        with connect(settings, "transformer", run_id=run_id, stage=stage) as connection:
            if stage == "raw" and not without_seeds:
                _load_rules(connection, settings)
            for node in self._list_models(settings.database, stage):
                self._build_model(connection, settings.database, node)
        return []

    def _list_models(self, database: str, stage: str) -> Iterator[dict[str, Any]]:
        """The models of a stage, each after those that it reads."""
        nodes = self.manifest(database)["nodes"]
        seen: set[str] = set()

        def visit(unique_id: str) -> Iterator[dict[str, Any]]:
            node = nodes.get(unique_id)
            if node is None or unique_id in seen or node["resource_type"] != "model":
                return
            seen.add(unique_id)
            for parent in node["depends_on"]["nodes"]:
                yield from visit(parent)
            if stage in node["config"]["tags"]:
                yield node

        for unique_id in nodes:
            yield from visit(unique_id)

    def _build_model(
        self, connection: psycopg.Connection, database: str, node: dict[str, Any]
    ) -> None:
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        relation = node["relation_name"]
        connection.execute(f"drop {kind} if exists {relation} cascade")
        connection.execute(f"create {kind} {relation} as {node['compiled_code']}")
        if kind == "table":
            connection.execute(f"analyze {relation}")
        for hook in self._hooks.get(node["name"], []):
            connection.execute(self.name(database, hook))


def _render_hooks(settings: Settings, manifest: dict[str, Any]) -> dict[str, list[str]]:
    """Render what models remember after they were built; dbt doesn't compile hooks."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    by_name = {node["name"]: node for node in manifest["nodes"].values()}
    sources = {
        (node["source_name"], node["name"]): node["relation_name"]
        for node in nodes.values()
        if node["resource_type"] == "source"
    }
    macros = (settings.dbt_project / "macros/accounts/remembered.sql").read_text(
        "utf-8"
    )
    environment = NativeEnvironment()
    environment.globals |= {
        "source": lambda *name: sources[name],
        "ref": lambda name: by_name[name]["relation_name"],
        "var": lambda *_: hash_matching(settings),
        "return": lambda value: value,
    }
    hooks: dict[str, list[str]] = {}
    for node in by_name.values():
        written = node["config"].get("post-hook", [])
        texts = [hook["sql"] if isinstance(hook, dict) else hook for hook in written]
        for match in filter(None, map(_HOOK.search, texts)):
            template = environment.from_string(macros + "{{ " + match[1] + " }}")
            text = template.render(this=node["relation_name"])
            hooks.setdefault(node["name"], []).append(str(text))
    return hooks


def _load_rules(connection: psycopg.Connection, settings: Settings) -> None:
    """Load the rule rows anew: a history writes versions of them."""
    for path in sorted((settings.dbt_project / "seeds" / "rules").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {key: value for key, value in row.items() if value != ""}
                for row in csv.DictReader(file)
            ]
        table = sql.Identifier("rules", path.stem)
        connection.execute(sql.SQL("truncate {}").format(table))
        connection.execute(
            sql.SQL(
                "insert into {table} select * from "
                "jsonb_populate_recordset(null::{table}, {rows})"
            ).format(table=table, rows=sql.Literal(json.dumps(rows)))
        )


@contextmanager
def build_from(project: CompiledProject, run_gate: Any) -> Iterator[None]:
    """Let runs build from the compiled project and be judged by a function of yours."""

    def find_manifest(settings: Settings) -> dict[str, Any]:
        return project.manifest(settings.database)

    with (
        patch("jinta.transform.run_dbt", project.build),
        patch("jinta.transform.load_manifest", find_manifest),
        patch("jinta.replay.engine.load_compiled", find_manifest),
        patch("jinta.gates.run_gate", run_gate),
        # Pages of what the gates found cost more than the judging.
        patch("jinta.gates.judge.build_docs", lambda settings, gate: settings.home),
    ):
        yield
