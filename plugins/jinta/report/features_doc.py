"""`docs/features.md`: which model, rule and test serves each sentence that asks for it.

    python -m jinta.report.features_doc     # writes docs/features.md

Models, rule rows and tests name the sentences that they serve; this collects them, so
that the page can't tell of what isn't there. `docs/spec_ids.csv` lists the sentences:
why no data can serve one, which parts nothing carries, and what is not built yet.
"""

from __future__ import annotations

import ast
import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinta.settings import Settings, load_settings

SPEC_IDS = Path("docs/spec_ids.csv")
PAGE = Path("docs/features.md")
_ID = re.compile(r"S(\d)-(\d\d)")
# S2-16 to S2-22, S2-16 … S2-22, S2-16..S2-22, S0-20 and the like to the next.
_RANGE = re.compile(r"S(\d)-(\d\d)(?:\s+to\s+|\s*(?:…|\.\.+|–)\s*)S?(?:\1-)?(\d\d)")
_LAYERS = ("marts", "intermediate", "staging")
_MOST = 6

_HEAD = """# Features

Which model, rule row and test serves each sentence of the five descriptions that jinta
is built from: S0 value of group accounts, S1 retention, S2 key accounts, S3 grading,
S4 value pyramid. Written by `make docs` from `docs/spec_ids.csv` and from what models,
rules and tests say of themselves; a test fails when it is out of date, or when a
sentence is neither served nor said to be no data or not built yet.
Marts stand before the models that they are made of; of many, the first are named. Parts
of a sentence that nothing carries are told below it, each with the reason.

| id | sentence | models | rules | tests |
|---|---|---|---|---|
"""


@dataclass
class Service:
    """What serves one sentence.

    Attributes:
        spec_id: The sentence.
        sentence: It in a few words.
        not_data: Why no data can serve it; empty if some should.
        not_carried: Parts that nothing carries, as `part: reason; part: reason`.
        not_yet: What has to be built before it can be served.
        models: Names of the models whose text names it, marts first.
        rules: Seeds with rows that name it.
        tests: Test files that name it, and dbt unit tests.
    """

    spec_id: str
    sentence: str
    not_data: str
    not_carried: str
    not_yet: str
    models: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)

    @property
    def is_served(self) -> bool:
        """Whether anything at all serves it."""
        return bool(self.models or self.rules or self.tests)


def collect_services(settings: Settings, manifest: Mapping[str, Any]) -> list[Service]:
    """Collect what serves each sentence, in their order.

    Args:
        settings: Where the checkout is.
        manifest: dbt's manifest of it.
    """
    path = settings.checkout / SPEC_IDS
    with path.open(encoding="utf-8", newline="") as file:
        services = {row["spec_id"]: Service(**row) for row in csv.DictReader(file)}
    found = {
        "models": _index(_read_models(settings, manifest)),
        "rules": _index(_read_rules(settings)),
        "tests": _index(_read_tests(settings, manifest)),
    }
    for spec_id, service in services.items():
        for kind, names in found.items():
            setattr(service, kind, names.get(spec_id, []))
    return list(services.values())


def find_ids(text: str) -> set[str]:
    """Find the sentences that a text names, those within a range included."""
    ids = {f"S{part}-{number}" for part, number in _ID.findall(text)}
    for part, first, last in _RANGE.findall(text):
        ids |= {f"S{part}-{n:02d}" for n in range(int(first), int(last) + 1)}
    return ids


def render_features(services: Iterable[Service]) -> str:
    """Render the page."""
    rows = []
    for service in services:
        sentence = service.sentence
        if service.not_carried:
            sentence += f"<br>*Not carried*: {service.not_carried}"
        if service.not_data or service.not_yet:
            reason = "not data" if service.not_data else "not yet"
            rest = f"{reason}: {service.not_data or service.not_yet} | |"
        else:
            rest = " | ".join(
                _list(names) for names in (service.models, service.rules, service.tests)
            )
        rows.append(f"| {service.spec_id} | {sentence} | {rest} |\n")
    return _HEAD + "".join(rows)


def write_features(settings: Settings) -> None:
    """Write `docs/features.md` anew."""
    from jinta.transform import load_manifest

    services = collect_services(settings, load_manifest(settings))
    path = settings.checkout / PAGE
    path.write_text(render_features(services), encoding="utf-8")


def _list(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST])
    return shown + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


def _index(texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """By sentence the names of the texts that name it, each once, in their order."""
    index: dict[str, list[str]] = defaultdict(list)
    for name, text in texts:
        for spec_id in find_ids(text):
            if name not in index[spec_id]:
                index[spec_id].append(name)
    return index


def _read_models(
    settings: Settings, manifest: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Models with their description, those of their columns, and their SQL.

    The dictionary of indicators describes the columns of the mart that shows them.
    """
    dictionary = settings.dbt_project / "seeds" / "rules" / "indicators.csv"
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    nodes = [n for n in nodes if n["fqn"][1] in _LAYERS]
    for node in sorted(nodes, key=lambda n: (_LAYERS.index(n["fqn"][1]), n["name"])):
        columns = [c["description"] for c in node["columns"].values()]
        if node["name"] == "fct_account_indicators":
            columns.append(dictionary.read_text(encoding="utf-8"))
        yield node["name"], "\n".join([node["description"], *columns, node["raw_code"]])


def _read_rules(settings: Settings) -> Iterator[tuple[str, str]]:
    """Seeds with rules, and what their rows say."""
    for path in sorted((settings.dbt_project / "seeds").rglob("*.csv")):
        yield path.stem, path.read_text(encoding="utf-8-sig")


def _read_tests(
    settings: Settings, manifest: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Test files, dbt's own tests of data, and unit tests of models."""
    for path in sorted((settings.checkout / "tests").rglob("test_*.py")):
        # The test of this page names sentences as examples.
        if path.stem != "test_features":
            yield path.stem, drop_ranges(path.read_text(encoding="utf-8"))
    for path in sorted((settings.dbt_project / "tests").rglob("assert_*.sql")):
        yield path.stem, path.read_text(encoding="utf-8")
    for node in sorted(manifest["unit_tests"].values(), key=lambda n: n["name"]):
        yield node["name"], node.get("description") or ""


def drop_ranges(code: str) -> str:
    """A test file without the ranges in its head: what it is about proves nothing."""
    head = ast.get_docstring(ast.parse(code), clean=False) or ""
    return code.replace(head, _RANGE.sub("", head), 1)


if __name__ == "__main__":
    write_features(load_settings())
