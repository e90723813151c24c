"""The variables that dbt is given: what SQL is written from, besides the SQL itself.

dbt can't unit-test a model that queries while it compiles. So lists that decide which
columns and tables a model has are read from their CSV files here, and handed over.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

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


def project_vars(settings: Settings) -> dict[str, list[Any]]:
    """Read the lists that SQL is written from.

    Args:
        settings: Where the dbt project is.

    Returns:
        By variable the rows of its file: `indicators`, the dictionary in the order of
        its positions, `rule_families`, the seeds of each kind of rule, and
        `kpi_definitions`, the key figures. From the
        contract `landed_facts` and `landed_entities`, which the raw gate measures.
    """
    found: dict[str, list[Any]] = {
        name: read_rows(settings.dbt_project / path) for name, path in VARIABLES.items()
    }
    found["indicators"].sort(key=lambda row: _place(row["position"]))
    tables = sorted(
        load_contract(settings.dbt_project).tables.values(), key=lambda t: t.name
    )
    found["landed_facts"] = [describe_fact(t) for t in tables if t.kind == "fact"]
    found["landed_entities"] = [t.name for t in tables if t.kind == "entity"]
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
        "reference": reference or "null::text",
        "known": _PARENTS[(table.references or {}).get(reference, "crm.accounts")],
        "completes_month": table.completes_month,
        "business_columns": " ".join(n for n in table.columns if n not in left_out),
    }


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
