"""YAML whose values know their line, so that a complaint can name the place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file: where, what, and what to do about it."""

    file: str
    line: int
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} {self.cure}".rstrip()


@dataclass(frozen=True)
class Value:
    """A scalar."""

    value: Any
    line: int
    text: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    values: list[Node]
    line: int


@dataclass(frozen=True)
class Mapping:
    """A mapping with text keys, in the order of the file."""

    entries: dict[str, Node]
    key_lines: dict[str, int]
    line: int

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and nodes in the order of the file."""
        return iter(self.entries.items())

    def get(self, key: str) -> Node | None:
        """The node under a key."""
        return self.entries.get(key)

    def line_of(self, key: str) -> int:
        """The line of a key."""
        return self.key_lines.get(key, self.line)


Node = Value | Items | Mapping


@dataclass
class Problems:
    """Collects what is wrong, so that all of it is told at once."""

    file: str
    found: list[Problem] = field(default_factory=list)

    def add(self, line: int, what: str, cure: str = "") -> None:
        """Note a problem."""
        self.found.append(Problem(self.file, line, what, cure))


def read_located(text: str, problems: Problems) -> Node | None:
    """Parse YAML; syntax errors and repeated keys are noted as problems."""
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        problems.add(
            mark.line + 1 if mark else 1,
            f"This is not YAML: {what}.",
            "Mend the syntax; most often it is the indentation or a missing quote.",
        )
        return None
    return None if root is None else _locate(loader, root, problems)


def plain(node: Node | None) -> Any:
    """The node as plain Python values."""
    if isinstance(node, Value):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.values]
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    return None


def _locate(loader: yaml.SafeLoader, node: yaml.Node, problems: Problems) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return Items([_locate(loader, item, problems) for item in node.value], line)
    if isinstance(node, yaml.MappingNode):
        return _locate_mapping(loader, node, problems)
    try:
        value = loader.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        problems.add(line, f"{node.value!r} can't be read: {error}.", "Quote it.")
        value = node.value
    return Value(value, line, node.value)


def _locate_mapping(
    loader: yaml.SafeLoader, node: yaml.MappingNode, problems: Problems
) -> Mapping:
    own: dict[str, int] = {}
    for key_node, _ in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in own:
            problems.add(
                line,
                f"`{key}` stands here twice, first in line {own[key]}.",
                "Keep one of them.",
            )
        own.setdefault(key, line)
    try:
        # Entries merged with `<<` go first, so that own ones override them.
        loader.flatten_mapping(node)
    except yaml.YAMLError as error:
        problems.add(node.start_mark.line + 1, f"`<<` can't be merged: {error}.")
    entries: dict[str, Node] = {}
    key_lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        entries[key] = _locate(loader, value_node, problems)
        key_lines[key] = key_node.start_mark.line + 1
    return Mapping(entries, key_lines, node.start_mark.line + 1)
