"""Reads a `sources.yml`: every mistake is told at once, with file, line and cure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinta.sources.config import (
    BLANKS,
    Collapse,
    ColumnMapping,
    FileFormat,
    LoadMode,
    SourcesConfig,
    System,
    TableMapping,
)
from jinta.sources.contract import Column, Contract, ContractTable
from jinta.sources.located_yaml import (
    Items,
    Mapping,
    Node,
    Problems,
    Value,
    plain,
    read_located,
)

KINDS = ("postgres", "database", "files")
_TOP_KEYS = ("version", "as_of", "systems")
_SYSTEM_KEYS = ("kind", "connection", "root", "timezone", "tables")
_TABLE_KEYS = (
    "table", "query", "files", "format", "load", "columns", "exclude", "collapse",
    "ignore", "allow_empty",
)  # fmt: skip
_COLUMN_KEYS = (
    "column", "constant", "row_key", "type", "format", "month_of", "factor", "round",
    "values", "null_values", "null_pattern",
)  # fmt: skip
_FORMAT_KEYS = (
    "kind", "delimiter", "quote", "encoding", "sheet", "header_row", "date_formats",
    "decimal", "thousands", "null_values", "total_words",
)  # fmt: skip
_LOAD_KEYS = ("by", "column", "overlap_months", "overlap")
_SECRET_KEYS = re.compile(
    r"(?i)pass(word|wd|phrase)?|pwd|secret|token|api_?key|credentials?|user(name)?"
    r"|login|host|port|dsn|ur[il]"
)
_SECRET_VALUE = re.compile(r"\w+://[^/\s]*:[^/\s]*@")
_PARAMETER = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_DURATION = re.compile(r"(\d+)\s*(second|minute|hour|day|week)s?")


def parse_sources(
    path: Path,
    text: str,
    contract: Contract,
    parameters: dict[str, str],
    problems: Problems,
) -> SourcesConfig:
    """Turn the text of a sources file into a config, noting every mistake.

    Args:
        path: The file; relative folders start where it lies.
        text: Its content.
        contract: The tables and columns that can be mapped.
        parameters: What `${NAME}` stands for.
        problems: Receives what is wrong; the config is usable only if it stays empty.
    """
    root = read_located(text, problems)
    if not isinstance(root, Mapping):
        if not problems.found:
            problems.add(1, "The file is empty.", "Describe at least one system.")
        return SourcesConfig(path, {})
    return _Parser(path, contract, parameters, problems).parse(root)


class _Parser:
    """One pass over the tree; a method per level."""

    def __init__(
        self,
        path: Path,
        contract: Contract,
        parameters: dict[str, str],
        problems: Problems,
    ) -> None:
        self.path = path
        self.contract = contract
        self.parameters = parameters
        self.problems = problems
        self.is_files = False

    def parse(self, root: Mapping) -> SourcesConfig:
        self._refuse_secrets(root)
        self._check_keys(root, _TOP_KEYS, "a sources file")
        version = root.get("version")
        if plain(version) != 1:
            self.problems.add(
                root.line_of("version"),
                "`version` is missing." if version is None
                else f"Version {plain(version)!r} is not known.",
                "Write `version: 1`.",
            )  # fmt: skip
        systems = self._mapping(root, "systems")
        if systems is None:
            self.problems.add(
                root.line_of("systems"),
                "No source system is described.",
                "Write `systems:` and below it one entry per system.",
            )
        parsed = {
            name: self._parse_system(name, node, systems.line_of(name))
            for name, node in (systems.items() if systems else ())
        }
        return SourcesConfig(self.path, parsed, self._parse_as_of(root))

    def _parse_as_of(self, root: Mapping) -> date | None:
        value = self._substitute(root.get("as_of"))
        if isinstance(value, str):
            with suppress(ValueError):
                value = date.fromisoformat(value)
        if value is None or (
            isinstance(value, date) and not isinstance(value, datetime)
        ):
            return value
        self.problems.add(
            root.line_of("as_of"),
            f"`as_of` is {value!r}, not a date.",
            "Write it like 2026-01-05, or leave it out to use today.",
        )
        return None

    # Systems

    def _parse_system(self, name: str, node: Node, line: int) -> System:
        if not isinstance(node, Mapping):
            self.problems.add(line, f"System {name} says nothing.", "Give it a `kind`.")
            return System(name, "files", {}, line=line)
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
            self.problems.add(
                line,
                f"{name!r} is no name for a system.",
                "Use at most 31 lower-case letters, digits and underscores.",
            )
        self._check_keys(node, _SYSTEM_KEYS, "a system")
        kind = self._text(node, "kind") or ""
        if kind not in KINDS:
            self.problems.add(
                node.line_of("kind"),
                f"System {name} has kind {kind!r}." if kind
                else f"System {name} has no kind.",
                f"Use {_either(KINDS)}.{_suggest(kind, KINDS)}",
            )  # fmt: skip
        self.is_files = kind == "files"
        self._check_connection(name, kind, node)
        tables = self._mapping(node, "tables")
        if tables is None:
            self.problems.add(
                line, f"System {name} delivers no table.", "Map one below `tables:`."
            )
        return System(
            name=name,
            kind=kind,
            connection=self._text(node, "connection"),
            root=self._parse_root(node) if self.is_files else Path(),
            timezone=self._parse_timezone(node),
            tables=dict(self._parse_tables(tables) if tables is not None else ()),
            line=line,
        )

    def _check_connection(self, name: str, kind: str, node: Mapping) -> None:
        connection = self._text(node, "connection")
        if self.is_files and connection:
            self.problems.add(
                node.line_of("connection"),
                f"System {name} reads files and needs no connection.",
                "Remove the line; `root` names the folder.",
            )
        elif kind in KINDS and not self.is_files and not connection:
            self.problems.add(
                node.line,
                f"System {name} names no connection.",
                "Write `connection: <name>` and put its URL into JINTA_CONN_<NAME> or "
                "an Airflow connection.",
            )
        if not self.is_files and node.get("root") is not None:
            self.problems.add(
                node.line_of("root"),
                f"System {name} reads no files, so `root` means nothing.",
                "Remove the line.",
            )

    def _parse_root(self, node: Mapping) -> Path:
        text = self._text(node, "root")
        return (self.path.parent / Path(text or ".").expanduser()).resolve()

    def _parse_timezone(self, node: Mapping) -> str:
        name = self._text(node, "timezone") or "UTC"
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self.problems.add(
                node.line_of("timezone"),
                f"{name!r} is not a time zone.",
                "Use a name such as Asia/Shanghai.",
            )
            return "UTC"
        return name

    # Tables

    def _parse_tables(self, tables: Mapping) -> Iterable[tuple[str, TableMapping]]:
        for name, node in tables.items():
            line = tables.line_of(name)
            table = self.contract.tables.get(name)
            if table is None:
                self.problems.add(
                    line,
                    f"There is no table {name} in the contract.",
                    _suggest(name, self.contract.tables).strip()
                    or f"It has {', '.join(sorted(self.contract.tables))}.",
                )
            elif not isinstance(node, Mapping):
                self.problems.add(
                    line, f"{name} is not mapped.", "Give it a source and `columns`."
                )
            else:
                yield name, self._parse_table(table, node, line)

    def _parse_table(
        self, table: ContractTable, node: Mapping, line: int
    ) -> TableMapping:
        self._check_keys(node, _TABLE_KEYS, "a table")
        self._check_origin(table, node, line)
        columns = self._parse_columns(table, node, line)
        load = self._parse_load(table, node, columns)
        return TableMapping(
            name=table.name,
            columns=columns,
            relation=self._text(node, "table"),
            query=self._parse_query(node),
            files=self._texts(node, "files"),
            load=load,
            format=self._parse_format(node),
            exclude=self._parse_exclude(node),
            collapse=self._parse_collapse(node, columns, load),
            ignore=self._texts(node, "ignore"),
            withheld=self._list_withheld(table, node),
            is_empty_allowed=self._flag(node, "allow_empty"),
            line=line,
        )

    def _check_origin(self, table: ContractTable, node: Mapping, line: int) -> None:
        allowed = ("files",) if self.is_files else ("table", "query")
        given = [k for k in ("table", "query", "files") if node.get(k) is not None]
        for key in given:
            if key not in allowed:
                self.problems.add(
                    node.line_of(key),
                    f"{table.name}: a system of this kind has no `{key}`.",
                    f"Use {_either(allowed)}.",
                )
        count = len([key for key in given if key in allowed])
        if count != 1:
            self.problems.add(
                line,
                f"{table.name} names {'more than one' if count else 'no'} source.",
                f"Give it {'`files`' if self.is_files else '`table` or `query`'}.",
            )
        if node.get("format") is not None and not self.is_files:
            self.problems.add(
                node.line_of("format"),
                f"{table.name}: `format` describes files, and this is a database.",
                "Remove it; dates and values are described under `columns`.",
            )

    def _parse_query(self, node: Mapping) -> str | None:
        text = self._text(node, "query")
        if text is None:
            return None
        query = text.strip().rstrip(";").strip()
        if ";" in re.sub(r"'[^']*'", "", query):
            self.problems.add(
                node.line_of("query"), "A query is one statement.", "Remove the `;`."
            )
        if not re.match(r"(?is)(select|with|\()\b|\(", query):
            self.problems.add(
                node.line_of("query"),
                "A query begins with `select` or `with`.",
                "Landing only reads.",
            )
        return query

    def _parse_exclude(self, node: Mapping) -> dict[str, str]:
        found = {}
        exclude = self._mapping(node, "exclude")
        for column, pattern in exclude.items() if exclude else ():
            text = self._scalar_text(pattern)
            if text is not None and self._check_pattern(text, pattern.line):
                found[column] = text
        return found

    def _parse_collapse(
        self, node: Mapping, columns: dict[str, ColumnMapping], load: LoadMode
    ) -> Collapse | None:
        collapse = self._mapping(node, "collapse")
        if collapse is None:
            return None
        self._check_keys(collapse, ("keep", "by"), "collapse")
        by, keep = self._text(collapse, "by"), self._text(collapse, "keep")
        if by not in columns:
            self.problems.add(
                collapse.line_of("by"),
                f"`by` is {by!r}, which is not one of the table's mapped columns.",
                f"Use one of {', '.join(columns)}.{_suggest(by or '', columns)}",
            )
        if keep not in ("earliest", "latest"):
            self.problems.add(
                collapse.line_of("keep"),
                f"`keep` is {keep!r}.",
                "Use earliest or latest.",
            )
        if load.mode != "snapshot":
            self.problems.add(
                node.line_of("collapse"),
                "Rows can be collapsed only when all of them are read.",
                "Use `load: snapshot`.",
            )
        return Collapse(by=by or "", keep=keep or "earliest")

    # Columns

    def _parse_columns(
        self, table: ContractTable, node: Mapping, line: int
    ) -> dict[str, ColumnMapping]:
        columns = self._mapping(node, "columns")
        found: dict[str, ColumnMapping] = {}
        for name, entry in columns.items() if columns else ():
            at = columns.line_of(name)
            if name in table.withheld:
                continue
            column = table.columns.get(name)
            if column is None:
                self.problems.add(
                    at,
                    f"{table.name} has no column {name}.",
                    _suggest(name, table.columns).strip()
                    or f"It has {', '.join(table.columns)}.",
                )
                continue
            mapping = self._parse_column(table, column, entry, at)
            if mapping is not None:
                found[name] = mapping
        named = set(columns.entries) if columns else set()
        for column in table.columns.values():
            if column.is_required and column.name not in named:
                self.problems.add(
                    node.line_of("columns") if columns else line,
                    f"{table.name}.{column.name} is required and not mapped.",
                    f"Add `{column.name}:` under `columns`, or leave the table out.",
                )
        return found

    def _list_withheld(self, table: ContractTable, node: Mapping) -> tuple[str, ...]:
        """The source columns that hold personal data which no rule needs."""
        columns = self._mapping(node, "columns")
        entries = columns.entries.items() if columns else ()
        named = [entry for name, entry in entries if name in table.withheld]
        return tuple(
            text
            for entry in named
            if (
                text := entry.text
                if isinstance(entry, Value)
                else self._text(entry, "column")
                if isinstance(entry, Mapping)
                else None
            )
        )

    def _parse_column(
        self, table: ContractTable, column: Column, node: Node, line: int
    ) -> ColumnMapping | None:
        if isinstance(node, Value) and node.value is not None:
            return ColumnMapping(column.name, column=node.text, line=line)
        if not isinstance(node, Mapping):
            self.problems.add(
                line,
                f"{table.name}.{column.name} says no source column.",
                "Name the source's column, or `{constant: …}`.",
            )
            return None
        self._check_keys(node, _COLUMN_KEYS, "a column")
        origins = [
            k for k in ("column", "constant", "row_key") if node.get(k) is not None
        ]
        if len(origins) != 1:
            self.problems.add(
                line,
                f"{table.name}.{column.name} has "
                f"{'more than one' if origins else 'no'} origin.",
                "Give it one of `column`, `constant` and `row_key: true`.",
            )
        self._check_column_options(table, column, node, line)
        return ColumnMapping(
            name=column.name,
            column=self._text(node, "column"),
            constant=self._text(node, "constant"),
            is_row_key=self._flag(node, "row_key"),
            type=self._text(node, "type"),
            formats=self._texts(node, "format"),
            is_month_of=self._flag(node, "month_of"),
            factor=self._parse_factor(node),
            is_rounded=self._flag(node, "round"),
            replacements=self._parse_values(node),
            null_values=self._texts(node, "null_values"),
            null_pattern=self._parse_null_pattern(node),
            line=line,
        )

    def _check_column_options(
        self, table: ContractTable, column: Column, node: Mapping, line: int
    ) -> None:
        where = f"{table.name}.{column.name}"
        for key, families in (
            ("format", ("date",)),
            ("month_of", ("date",)),
            ("factor", ("integer", "numeric")),
            ("round", ("integer", "numeric")),
            ("row_key", ("text",)),
        ):
            if node.get(key) is not None and column.family not in families:
                self.problems.add(
                    node.line_of(key),
                    f"{where} is {column.data_type}, and `{key}` is for "
                    f"{' and '.join(families)} columns.",
                    "Remove it.",
                )
        if node.get("row_key") is not None and not self.is_files:
            self.problems.add(
                line,
                f"{where}: only rows of files have a row key.",
                "Map a column, or build a key in a `query`.",
            )
        constant = self._text(node, "constant")
        if constant is not None and not _is_castable(constant, column):
            self.problems.add(
                node.line_of("constant"),
                f"{where} is {column.data_type}, and {constant!r} is not.",
                "Mend the constant.",
            )

    def _parse_factor(self, node: Mapping) -> Decimal | None:
        text = self._text(node, "factor")
        if text is None:
            return None
        try:
            factor = Decimal(text)
        except InvalidOperation:
            factor = Decimal("NaN")
        if not factor.is_finite() or factor == 0:
            self.problems.add(
                node.line_of("factor"),
                f"The factor {text!r} is not a number other than 0.",
                "Write it like 0.01 (cents to units).",
            )
            return None
        return factor

    def _parse_values(self, node: Mapping) -> dict[str, str | None]:
        values = self._mapping(node, "values")
        return {
            key: self._scalar_text(value)
            for key, value in (values.items() if values else ())
        }

    def _parse_null_pattern(self, node: Mapping) -> str | None:
        pattern = self._text(node, "null_pattern")
        if pattern is None:
            return None
        is_sound = self._check_pattern(pattern, node.line_of("null_pattern"))
        return pattern if is_sound else None

    def _check_pattern(self, pattern: str, line: int) -> bool:
        try:
            re.compile(pattern)
        except re.error as error:
            self.problems.add(
                line,
                f"{pattern!r} is not a regular expression: {error}.",
                "Mend it, and put it in single quotes.",
            )
            return False
        return True

    # Loading and formats

    def _parse_load(
        self, table: ContractTable, node: Mapping, columns: dict[str, ColumnMapping]
    ) -> LoadMode:
        load, line = node.get("load"), node.line_of("load")
        if load is None:
            return LoadMode()
        if isinstance(load, Value):
            modes = ("snapshot", "files") if self.is_files else ("snapshot",)
            if load.text in modes:
                return LoadMode(load.text)
            self.problems.add(
                line,
                f"{table.name}: `load: {load.text}` is not possible here.",
                f"Use {_either(modes)}."
                if self.is_files
                else "Use snapshot, {by: month} or {by: watermark, column: …, "
                "overlap: …}.",
            )
            return LoadMode()
        if not isinstance(load, Mapping):
            self.problems.add(line, "`load` is a list.", "Use `load: snapshot`.")
            return LoadMode()
        self._check_keys(load, _LOAD_KEYS, "load")
        by = self._text(load, "by")
        if self.is_files or by not in ("month", "watermark"):
            self.problems.add(
                line,
                f"{table.name} can't be loaded by {by!r}.",
                "Files take `snapshot` or `files`; databases snapshot, "
                "{by: month} or {by: watermark}.",
            )
            return LoadMode()
        if by == "month":
            return self._parse_month_load(table, load, columns)
        return self._parse_watermark_load(table, load)

    def _parse_month_load(
        self, table: ContractTable, load: Mapping, columns: dict[str, ColumnMapping]
    ) -> LoadMode:
        if table.month_column is None:
            self.problems.add(
                load.line,
                f"{table.name} is no fact: it has no months.",
                "Use `load: snapshot` or {by: watermark, …}.",
            )
            return LoadMode()
        mapped = columns.get(table.month_column)
        column = self._text(load, "column") or (mapped.column if mapped else None)
        formats = mapped.formats if mapped and mapped.column == column else ()
        if formats and (len(formats) > 1 or not _sorts_as_text(formats[0])):
            self.problems.add(
                load.line,
                f"{table.name}: months can't be told apart in the source by "
                f"{' or '.join(formats)}, whose text doesn't sort by time.",
                "Give a date in a `query` and name it in `column`, or use "
                "`load: snapshot`.",
            )
        return LoadMode(
            "month",
            column=column,
            overlap_months=self._count(load, "overlap_months", default=2),
        )

    def _parse_watermark_load(self, table: ContractTable, load: Mapping) -> LoadMode:
        column = self._text(load, "column")
        if column is None:
            self.problems.add(
                load.line,
                f"{table.name}: a watermark needs a column.",
                "Name the source's column that grows when a row is written.",
            )
        text = self._text(load, "overlap")
        match = _DURATION.fullmatch(text or "")
        overlap: timedelta | int | None = None
        if match:
            overlap = timedelta(**{f"{match[2]}s": int(match[1])})
        elif text and text.isdecimal():
            overlap = int(text)
        else:
            self.problems.add(
                load.line_of("overlap"),
                f"{table.name}: overlap is {text!r}.",
                "Write it like `2 days` for a moment, or 1000 for a number: rows "
                "written late are read again.",
            )
        return LoadMode("watermark", column=column, overlap=overlap)

    def _parse_format(self, node: Mapping) -> FileFormat:
        spec = self._mapping(node, "format")
        if spec is None:
            return FileFormat()
        self._check_keys(spec, _FORMAT_KEYS, "a format")
        kind = self._text(spec, "kind")
        if kind not in (None, "csv", "excel"):
            self.problems.add(
                spec.line_of("kind"), f"Format kind is {kind!r}.", "Use csv or excel."
            )
        encoding = self._text(spec, "encoding")
        if encoding is not None:
            self._check_encoding(encoding, spec.line_of("encoding"))
        for key in ("delimiter", "quote", "decimal", "thousands"):
            text = self._text(spec, key)
            is_word = key == "delimiter" and text == BLANKS
            if text is not None and len(text) > 1 and not is_word:
                self.problems.add(
                    spec.line_of(key),
                    f"`{key}` is {text!r}, more than one character.",
                    'Write a tab as "\\t", any number of blanks as `blanks`.'
                    if key == "delimiter"
                    else "Write the one character in quotes.",
                )
        return self._build_format(spec, kind, encoding)

    def _build_format(
        self, spec: Mapping, kind: str | None, encoding: str | None
    ) -> FileFormat:
        usual = FileFormat()
        decimal = self._text(spec, "decimal") or usual.decimal
        thousands = self._text(spec, "thousands")
        quote = self._text(spec, "quote")
        return FileFormat(
            kind=kind,
            delimiter=self._text(spec, "delimiter") or None,
            quote=usual.quote if quote is None else quote,
            encoding=encoding,
            sheet=self._text(spec, "sheet"),
            header_row=self._count(spec, "header_row", default=0) or None,
            date_formats=self._texts(spec, "date_formats"),
            decimal=decimal,
            thousands=thousands
            if thousands is not None
            else ("." if decimal == "," else usual.thousands),
            null_values=self._texts(spec, "null_values"),
            total_words=self._texts(spec, "total_words") or usual.total_words,
        )

    def _check_encoding(self, encoding: str, line: int) -> None:
        try:
            "".encode(encoding)
        except LookupError:
            self.problems.add(
                line,
                f"{encoding!r} is not an encoding.",
                "Use a name such as utf-8, gb18030, utf-16 or cp1252, or leave it out.",
            )

    # Values

    def _check_keys(self, node: Mapping, known: tuple[str, ...], what: str) -> None:
        for key in node.entries:
            if key not in known and not _SECRET_KEYS.fullmatch(key):
                self.problems.add(
                    node.line_of(key),
                    f"`{key}` means nothing in {what}.",
                    _suggest(key, known).strip() or f"It knows {', '.join(known)}.",
                )

    def _refuse_secrets(self, node: Node) -> None:
        """Note keys and values that look like credentials, wherever they stand.

        Names of contract and source columns under `columns` are data, not settings.
        """
        if isinstance(node, Items):
            for item in node.values:
                self._refuse_secrets(item)
        elif isinstance(node, Value):
            if isinstance(node.value, str) and _SECRET_VALUE.search(node.value):
                self._add_secret(node.line, "a connection URL with a password")
        else:
            for key, value in node.items():
                if key in ("columns", "exclude", "values"):
                    continue
                if _SECRET_KEYS.fullmatch(key) and isinstance(value, Value):
                    self._add_secret(node.line_of(key), f"`{key}`")
                self._refuse_secrets(value)

    def _add_secret(self, line: int, what: str) -> None:
        self.problems.add(
            line,
            f"Connections don't belong into this file, and here stands {what}.",
            "Put the URL into JINTA_CONN_<NAME> or an Airflow connection, name it in "
            "`connection`, and change the password if the file was shared.",
        )

    def _mapping(self, node: Mapping, key: str) -> Mapping | None:
        value = node.get(key)
        if value is None or isinstance(value, Mapping):
            return value
        if isinstance(value, Value) and value.value is None:
            return None
        self.problems.add(
            node.line_of(key),
            f"`{key}` is not a mapping.",
            "Write `name: value` lines below it.",
        )
        return None

    def _text(self, node: Mapping, key: str) -> str | None:
        return self._scalar_text(node.get(key))

    def _scalar_text(self, node: Node | None) -> str | None:
        value = self._substitute(node)
        if value is None:
            return None
        if isinstance(node, Value) and not isinstance(value, str):
            return node.text
        return value if isinstance(value, str) else None

    def _texts(self, node: Mapping, key: str) -> tuple[str, ...]:
        value = node.get(key)
        nodes = value.values if isinstance(value, Items) else [value]
        texts = [self._scalar_text(item) for item in nodes]
        return tuple(text for text in texts if text is not None)

    def _flag(self, node: Mapping, key: str) -> bool:
        value = plain(node.get(key))
        if value not in (None, True, False):
            self.problems.add(
                node.line_of(key), f"`{key}` is {value!r}.", "Use true or false."
            )
        return value is True

    def _count(self, node: Mapping, key: str, default: int) -> int:
        value = plain(node.get(key))
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.problems.add(
                node.line_of(key), f"`{key}` is {value!r}.", "Use a whole number."
            )
            return default
        return value

    def _substitute(self, node: Node | None) -> Any:
        """The node's value, with `${NAME}` and `${NAME:-default}` replaced."""
        if not isinstance(node, Value) or not isinstance(node.value, str):
            return None if isinstance(node, (Items, Mapping)) else plain(node)

        def replace(match: re.Match[str]) -> str:
            value = self.parameters.get(match[1], match[2])
            if value is None:
                self.problems.add(
                    node.line,
                    f"The parameter {match[1]} is not set.",
                    f"Set it in the environment: `export {match[1]}=…`; variables "
                    "named like passwords, keys and connections can't be used.",
                )
                return ""
            return value

        return _PARAMETER.sub(replace, node.value)


def _sorts_as_text(date_format: str) -> bool:
    """Whether text in this format sorts by time: year, then month, then day."""
    order = [c for c in re.findall(r"%(\w)", date_format) if c in "Ymd"]
    return "".join(order) in ("Ym", "Ymd")


def _is_castable(text: str, column: Column) -> bool:
    try:
        if column.family in ("integer", "numeric"):
            Decimal(text)
        elif column.family == "date":
            date.fromisoformat(text)
        elif column.family == "boolean":
            return text.lower() in ("true", "false")
    except (ArithmeticError, ValueError):
        return False
    return True


def _suggest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word.lower(), list(known), n=1, cutoff=0.55)
    return f" Did you mean {close[0]}?" if close else ""


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
