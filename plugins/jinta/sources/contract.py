"""The contract of the raw tables, read from the dbt `sources` YAML (decision 7).

Only sources with `schema: raw` are part of it. dbt is not imported: landing starts in
milliseconds and needs neither a profile nor a manifest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from jinta.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa

_NUMERIC = re.compile(r"numeric\((\d+),\s*(\d+)\)")
# Types of the contract, and Arrow's names for them.
_ARROW_NAMES = {
    "text": "string",
    "date": "date32",
    "boolean": "bool",
    "integer": "int32",
    "bigint": "int64",
}


@dataclass(frozen=True)
class Column:
    """One column of a contract table.

    Attributes:
        name: Its name in `raw`.
        data_type: Its PostgreSQL type as the contract writes it.
        is_required: Whether an empty value breaks the contract; true for every key.
        is_identifier: Whether it names things, so that its text is compared exactly:
            keys, references, codes, numbers and phones.
        needed_for: Ids of the rules or sentences that need a personal column; one
            that nothing needs is described and never lands.
    """

    name: str
    data_type: str
    description: str = ""
    is_required: bool = False
    is_personal: bool = False
    is_measure: bool = False
    is_identifier: bool = False
    needed_for: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    accepted_values: tuple[str, ...] = ()

    @property
    def is_withheld(self) -> bool:
        """Whether it is personal and no rule needs it, so that it stays outside."""
        return self.is_personal and not self.needed_for

    @property
    def family(self) -> str:
        """`text`, `date`, `boolean`, `integer` or `numeric`."""
        if self.data_type == "bigint":
            return "integer"
        return self.data_type.partition("(")[0]

    @property
    def precision_and_scale(self) -> tuple[int, int]:
        """Precision and scale of a numeric column."""
        match = _NUMERIC.fullmatch(self.data_type)
        if match is None:
            raise ContractError(f"{self.name} is {self.data_type}, not numeric.")
        return int(match[1]), int(match[2])

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type that landing casts to."""
        import pyarrow as pa

        if self.family == "numeric":
            return pa.decimal128(*self.precision_and_scale)
        return pa.type_for_alias(_ARROW_NAMES[self.data_type])


# How a change of a fact spreads over months, and how models read an entity.
FACT_SPREADS = ("window", "onward")
ENTITY_READS = ("versions", "current", "nothing")


@dataclass(frozen=True)
class Spread:
    """Which months a change of a table's rows can change; see docs/sources.md.

    Attributes:
        reads: For facts, `window` (the row's month and those that look back on it) or
            `onward` (all months from the row's on). For entities, `versions` (each
            month reads the version in force at its end), `current` (all months read
            what is listed now) or `nothing` (only who is who depends on it).
        begins: Date or year before which a row counts in no month.
        closes: Date of which the last version tells all months.
        owner: Column without which a row counts only through what names it.
        unread: Columns that no model reads.
        opens_branch: Whether a branch's first row turns missing into zero for it.
        names_branch: Column whose new values give all months a row.
    """

    reads: str
    begins: str | None = None
    closes: str | None = None
    owner: str | None = None
    unread: tuple[str, ...] = ()
    opens_branch: bool = False
    names_branch: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that it names."""
        named = [self.begins, self.closes, self.owner, self.names_branch]
        return [name for name in (*named, *self.unread) if name]


@dataclass(frozen=True)
class ContractTable:
    """One table of the contract, such as `billing.line_bills`.

    Attributes:
        columns: The columns that land, by name.
        withheld: Personal columns that no rule needs: a mapping may name them, but they
            are neither read nor kept.
        one_of: Columns of which a row fills exactly one, where a source tells them all.
    """

    name: str
    kind: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    spread: Spread
    description: str = ""
    month_column: str | None = None
    completes_month: bool = False
    references: Mapping[str, str] | None = None
    withheld: Mapping[str, Column] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()

    @property
    def identifier(self) -> str:
        """Name of the table in schema `raw`."""
        return self.name.replace(".", "__")

    @property
    def measure(self) -> Column | None:
        """The column whose sum is reconciled with the source."""
        return next((c for c in self.columns.values() if c.is_measure), None)

    @property
    def has_month_in_key(self) -> bool:
        """Whether rows of different months can't share a key."""
        return self.month_column is not None and self.month_column in self.key


@dataclass(frozen=True)
class Contract:
    """All raw tables, by name (`<source>.<table>`)."""

    tables: Mapping[str, ContractTable]


@cache
def load_contract(project_dir: Path) -> Contract:
    """Read the contract from a dbt project.

    Raises:
        ContractError: The YAML is not a contract: an unknown type, a key that is no
            column, a fact without a month.
    """
    tables: dict[str, ContractTable] = {}
    paths = sorted(project_dir.glob("models/staging/*/_*__sources.yml"))
    for path in paths:
        for source in _read_raw_sources(path):
            for entry in source.get("tables", []):
                table = _read_table(path, source["name"], entry)
                tables[table.name] = table
    if not tables:
        raise ContractError(
            f"No raw table is described under {project_dir / 'models/staging'}.",
            "The contract is the `_<source>__sources.yml` files with `schema: raw`.",
        )
    return Contract(tables)


def _read_raw_sources(path: Path) -> list[dict[str, Any]]:
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return [s for s in document.get("sources", []) if s.get("schema") == "raw"]


def _read_table(path: Path, source: str, entry: dict[str, Any]) -> ContractTable:
    name = f"{source}.{entry['name']}"
    meta = entry.get("config", {}).get("meta", {})
    key = tuple(meta.get("key", ()))
    references = meta.get("references", {})
    identifiers = {*key, *references}
    described = [
        _read_column(path, name, column, key, identifiers)
        for column in entry.get("columns", [])
    ]
    table = ContractTable(
        name=name,
        kind=meta.get("kind", ""),
        key=key,
        columns={c.name: c for c in described if not c.is_withheld},
        spread=_read_spread(path, name, meta.get("spread")),
        description=" ".join(entry.get("description", "").split()),
        month_column=meta.get("month_column"),
        completes_month=bool(meta.get("completes_month")),
        references=references,
        withheld={c.name: c for c in described if c.is_withheld},
        one_of=tuple(meta.get("one_of", ())),
    )
    _check_table(path, entry, table)
    return table


def _read_spread(path: Path, table: str, said: Any) -> Spread:
    """Read `spread`, which is a word or a mapping with `reads`."""
    values = {"reads": said} if isinstance(said, str) else dict(said or {})
    unknown = sorted(set(values) - set(Spread.__dataclass_fields__))
    if unknown or "reads" not in values:
        raise ContractError(
            f"{path.name}: {table}: `spread` must say what it `reads`"
            + (f"; it knows no {', '.join(unknown)}." if unknown else "."),
            "docs/sources.md lists what it may say.",
        )
    return Spread(**{**values, "unread": tuple(values.get("unread", ()))})


def _check_table(path: Path, entry: dict[str, Any], table: ContractTable) -> None:
    problems = []
    if table.kind not in ("fact", "entity"):
        problems.append(f"kind is {table.kind!r}, not fact or entity")
    if entry.get("identifier", table.identifier) != table.identifier:
        problems.append(f"identifier is not {table.identifier}")
    if not table.key:
        problems.append("it has no key")
    problems += [
        f"key column {c} is not described" for c in table.key if c not in table.columns
    ]
    if table.kind == "fact" and table.month_column not in table.columns:
        problems.append("a fact needs a month_column that is one of its columns")
    known = FACT_SPREADS if table.kind == "fact" else ENTITY_READS
    if table.spread.reads not in known:
        problems.append(f"its spread is not {' or '.join(known)}")
    problems += [
        f"spread names {c}, which is not described"
        for c in table.spread.columns
        if c not in table.columns and c not in table.withheld
    ]
    problems += [
        f"one_of names {c}, which does not land or is required"
        for c in table.one_of
        if c not in table.columns or table.columns[c].is_required
    ]
    problems += _check_personal(table)
    if problems:
        raise ContractError(
            f"{path.name}: {table.name}: {'; '.join(problems)}.",
            "Mend the table's `config: meta:`.",
        )


def _check_personal(table: ContractTable) -> list[str]:
    """Say which columns land without need, or stay outside though they are needed."""
    problems = [
        f"{c.name} is needed for {c.needed_for}, but not personal"
        for c in table.columns.values()
        if c.needed_for and not c.is_personal
    ]
    used = {*table.key, *(table.references or {}), table.month_column}
    return problems + [
        f"{c.name} is personal and must land: say what it is `needed_for`"
        for c in table.withheld.values()
        if c.is_required or c.is_measure or c.name in used
    ]


def _read_column(
    path: Path,
    table: str,
    entry: dict[str, Any],
    key: tuple[str, ...],
    identifiers: set[str],
) -> Column:
    name, data_type = entry["name"], entry.get("data_type", "")
    if data_type not in _ARROW_NAMES and not _NUMERIC.fullmatch(data_type):
        raise ContractError(
            f"{path.name}: {table}.{name} has type {data_type!r}, which landing "
            "doesn't know.",
            f"Use {', '.join(_ARROW_NAMES)} or numeric(precision,scale).",
        )
    meta = entry.get("config", {}).get("meta", {})
    return Column(
        name=name,
        data_type=data_type,
        description=" ".join(entry.get("description", "").split()),
        is_required=bool(meta.get("required")) or name in key,
        is_personal=bool(meta.get("personal")),
        is_measure=bool(meta.get("measure")),
        is_identifier=name in identifiers
        or name.endswith(("_id", "_code", "_number", "_phone")),
        needed_for=str(meta.get("needed_for", "")).strip(),
        minimum=None if "min" not in meta else Decimal(str(meta["min"])),
        maximum=None if "max" not in meta else Decimal(str(meta["max"])),
        accepted_values=tuple(str(v) for v in meta.get("accepted_values", ())),
    )
