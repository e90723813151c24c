"""The variables that dbt is given: what SQL is written from, besides the SQL itself.

dbt can't unit-test a model that queries while it compiles. So lists that decide which
columns and tables a model has are read from their CSV files here, and handed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinta.landing.raw_tables import LOOK_BACK_MONTHS
from jinta.settings import Settings
from jinta.sources.contract import ContractTable, load_contract

Row = dict[str, str]

# The files, by the variable that hands them over: one row of each is one entry.
VARIABLES = {
    "indicators": Path("seeds/rules/indicators.csv"),
    "rule_families": Path("seeds/rules/rule_families.csv"),
    "kpi_definitions": Path("seeds/rules/kpi_definitions.csv"),
}


# What a row of a fact may name, and the relation of the profile that knows it.
_PARENTS = {
    "crm.accounts": "known_accounts",
    "billing.subscriptions": "known_subscriptions",
}

# As SQL, what a row without a name of some kind has in its place.
_NO_NAME = "null::text"


def project_vars(settings: Settings) -> dict[str, list[Any]]:
    """Read the lists that SQL is written from.

    Args:
        settings: Where the dbt project is.

    Returns:
        By variable the rows of its file: `indicators`, the dictionary in the order of
        its positions, `rule_families`, the seeds of each kind of rule, and
        `kpi_definitions`, the key figures. From the
        contract `landed_facts` and `landed_entities`, which the raw gate measures, and
        `account_tables`, whose rows are counted by account.
    """
    found: dict[str, list[Any]] = {
        name: read_rows(settings.dbt_project / path) for name, path in VARIABLES.items()
    }
    found["indicators"].sort(key=lambda row: _place(row["position"]))
    contract = load_contract(settings.dbt_project).tables
    tables = sorted(contract.values(), key=lambda t: t.name)
    found["landed_facts"] = [describe_fact(t) for t in tables if t.kind == "fact"]
    found["landed_entities"] = [t.name for t in tables if t.kind == "entity"]
    described = [
        describe_account_table(t, contract, found["indicators"]) for t in tables
    ]
    found["account_tables"] = [row for row in described if row]
    return found


def describe_fact(table: ContractTable) -> dict[str, Any]:
    """Describe a fact table as the profile of what landed measures it.

    Returns:
        Its name, month column and measure; `reference`, the column that names an
        account or line, or no name, and `known`, the relation of those that are known;
        and `business_columns`, in which rows agree that were delivered twice: all but
        month, measure and a key that the source merely numbers rows by.
    """
    measure = table.measure
    left_out = {table.month_column, measure.name if measure else None}
    if len(table.key) == 1:
        left_out |= set(table.key)
    reference = next(
        (c for c, parent in (table.references or {}).items() if parent in _PARENTS), ""
    )
    return {
        "table": table.name,
        "month": table.month_column,
        "measure": measure.name if measure else "0::numeric",
        "reference": reference or _NO_NAME,
        "known": _PARENTS[(table.references or {}).get(reference, "crm.accounts")],
        "completes_month": table.completes_month,
        "business_columns": " ".join(n for n in table.columns if n not in left_out),
    }


def describe_account_table(
    table: ContractTable,
    contract: Mapping[str, ContractTable],
    indicators: Iterable[Row],
) -> dict[str, Any] | None:
    """Describe a table as its rows are counted by account.

    Returns:
        Its name and `kind`, and as SQL the `account`, `prospect` or `line` that a row
        names; of entities it may be a row of `parent`, named by `reference`, that names
        them. For facts the `month` column and how many `months_read` its indicators
        look at; for entities what it `reads` (its spread), its `key` and the day from
        which a row counts, `begins`. None if its rows name no account, or if no month
        reads them.
    """
    if table.spread.reads == "nothing":
        return None
    reference, parent = _find_parent(table, contract)
    names_line = parent is not None and parent.name == "billing.subscriptions"
    named = parent if parent is not None and not names_line else table
    described = {
        "table": table.name,
        "kind": table.kind,
        "account": _name_column(named, "account_id"),
        "prospect": _name_column(named, "prospect_id"),
        "line": reference if names_line else _NO_NAME,
    }
    if {described[part] for part in ("account", "prospect", "line")} == {_NO_NAME}:
        return None
    if table.kind == "fact":
        return described | {
            "month": table.month_column,
            "months_read": _count_months_read(table, indicators),
        }
    return described | {
        "reads": table.spread.reads,
        "key": ", ".join(table.key),
        "begins": _begin(table),
        "reference": reference or "",
        "parent": parent.name if parent else "",
        "parent_begins": _begin(parent) if parent else "",
    }


def _find_parent(
    table: ContractTable, contract: Mapping[str, ContractTable]
) -> tuple[str | None, ContractTable | None]:
    """The column that names a row with an account, and the table of that row."""
    if {"account_id", "prospect_id"} & set(table.columns):
        return None, None
    for column, name in (table.references or {}).items():
        parent = contract.get(name)
        # Of facts a line; of entities that months read as they are now, any row.
        is_reached = (
            name == "billing.subscriptions"
            if table.kind == "fact"
            else table.spread.reads == "current"
        )
        if (
            parent is not None
            and is_reached
            and parent.key == (column,)
            and "account_id" in parent.columns
        ):
            return column, parent
    return None, None


def _name_column(table: ContractTable, column: str) -> str:
    return column if column in table.columns else _NO_NAME


def _count_months_read(table: ContractTable, indicators: Iterable[Row]) -> int:
    """Months that the indicators made of a fact look at; at least its own."""
    windows = [
        int(row["window_months"])
        for row in indicators
        if table.name in row["source_tables"].split()
    ]
    widest = max(windows, default=1)
    # Later months are not restated for what no month after these reads.
    is_windowed = table.spread.reads == "window"
    return min(widest, LOOK_BACK_MONTHS + 1) if is_windowed else widest


def _begin(table: ContractTable) -> str:
    """The day from which a row of an entity counts, as SQL."""
    name = table.spread.begins
    if name is None:
        return "null::date"
    is_year = table.columns[name].family == "integer"
    return f"make_date({name}, 1, 1)" if is_year else name


def read_rows(path: Path) -> list[Row]:
    """Read a seed's rows as text; without the file there are none."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            {column: value or "" for column, value in row.items() if column}
            for row in csv.DictReader(file)
        ]


def _place(position: str) -> int:
    """A position that is no number stands last, and is found by the rule checks."""
    return int(position) if position.isdecimal() else 1 << 30
