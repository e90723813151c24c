"""Checks a sources file against the world: connections, files, columns and types."""

from __future__ import annotations

from jinta.errors import JintaError
from jinta.settings import Settings
from jinta.sources.config import SourcesConfig, System, TableMapping
from jinta.sources.connections import find_connection
from jinta.sources.contract import Column, ContractTable, load_contract
from jinta.sources.located_yaml import Problems
from jinta.sources.readers import find_files, normalise_name

# Kinds of source values that landing can cast to each family of contract types; text
# can become anything, and anything can become text.
_CASTABLE = {
    "date": ("date", "moment", "number", "text", "other", ""),
    "boolean": ("yes/no", "number", "text", "other", ""),
    "integer": ("number", "text", "other", ""),
    "numeric": ("number", "text", "other", ""),
}


def check_world(
    config: SourcesConfig,
    settings: Settings,
    problems: Problems,
    *,
    is_connecting: bool = False,
) -> None:
    """Note what would keep landing from reading the sources.

    Args:
        config: A sources file without mistakes of its own.
        settings: Where connections come from.
        problems: Receives what is wrong.
        is_connecting: Whether to open every source and compare its columns.
    """
    contract = load_contract(settings.dbt_project)
    for system in config.systems.values():
        if system.kind == "files":
            for mapping in system.tables.values():
                _check_files(system, mapping, problems, is_opening=is_connecting)
            continue
        try:
            url = find_connection(settings, system.connection or "")
        except JintaError as error:
            problems.add(system.line, error.message, error.cure)
            continue
        if is_connecting:
            for name, mapping in system.tables.items():
                _check_relation(url, system, mapping, contract.tables[name], problems)


def _check_files(
    system: System, mapping: TableMapping, problems: Problems, *, is_opening: bool
) -> None:
    if not system.root.is_dir():
        problems.add(
            system.line,
            f"System {system.name}: there is no folder {system.root}.",
            "Mend `root`.",
        )
        return
    for pattern in mapping.files:
        if not find_files(system.root, (pattern,)):
            problems.add(
                mapping.line,
                f"{mapping.name}: no file in {system.root} is named like {pattern}.",
                "Mend the pattern, or check whether the delivery came.",
            )
    if is_opening:
        _check_headers(system, mapping, problems)


def _check_headers(system: System, mapping: TableMapping, problems: Problems) -> None:
    from jinta.landing.drift import check_columns
    from jinta.sources.readers import identify_file, open_file_reader

    for found in find_files(system.root, mapping.files):
        try:
            reader = open_file_reader(found, identify_file(found), mapping)
            if reader.columns:
                check_columns(found.name, reader.columns, mapping, None)
        except JintaError as error:
            problems.add(mapping.line, error.message, error.cure)


def _check_relation(
    url: str,
    system: System,
    mapping: TableMapping,
    table: ContractTable,
    problems: Problems,
) -> None:
    from jinta.landing.drift import check_columns, tell_kind
    from jinta.sources.readers.databases import (
        DatabaseReader,
        PostgresReader,
    )

    kind = PostgresReader if system.kind == "postgres" else DatabaseReader
    try:
        reader = kind(url, mapping.relation, mapping.query, mapping.source_columns)
        check_columns(f"system {system.name}", reader.columns, mapping, None)
    except JintaError as error:
        problems.add(mapping.line, error.message, error.cure)
        return
    types = {normalise_name(c.name): c.type for c in reader.columns}
    for name, source in mapping.columns.items():
        if source.column is None or source.replacements:
            continue
        found = types.get(normalise_name(source.column), "")
        column = table.columns[name]
        if not _is_castable(tell_kind(found), column):
            problems.add(
                source.line,
                f"{mapping.name}.{name} is {column.data_type}, and {source.column} is "
                f"{found} in the source.",
                "Map another column, or convert it in a `query`.",
            )


def _is_castable(kind: str, column: Column) -> bool:
    return column.family == "text" or kind in _CASTABLE[column.family]
