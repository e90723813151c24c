"""What the province's further source systems hold: one module per subject.

A module says which tables of which database it fills (`TABLES`) and makes them from the
province (`make_tables`); it draws from a generator of its own (`PART`), so that one
module leaves the others as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa

from demo.dirt import Fault
from demo.province import Province

# System, table and rows.
Tables = Mapping[str, Mapping[str, pa.Table]]


@dataclass(frozen=True)
class Made:
    """What a module made.

    Attributes:
        tables: Rows by system and table.
        faults: Those of them that break the contract.
    """

    tables: Tables
    faults: Sequence[Fault] = field(default_factory=list)


class Subject(Protocol):
    """A module of the demo that fills tables of its own."""

    PART: int
    TABLES: Mapping[str, Mapping[str, str]]

    def make_tables(self, province: Province, rng: np.random.Generator) -> Made:
        """Make the tables of all systems."""
        ...


def list_subjects() -> list[Subject]:
    """The modules, in the order in which they are built."""
    # They import this module.
    from demo import dealings, money, people, sales

    return [sales, people, dealings, money]


def list_ddl(system: str) -> dict[str, str]:
    """Column definitions of the tables that the modules fill in a system, by table."""
    return {
        table: columns
        for subject in list_subjects()
        for table, columns in subject.TABLES.get(system, {}).items()
    }


def make_systems(province: Province, seed: int) -> Made:
    """Make the tables of all modules."""
    tables: dict[str, dict[str, pa.Table]] = {}
    faults: list[Fault] = []
    for subject in list_subjects():
        rng = np.random.default_rng([seed, subject.PART])
        made = subject.make_tables(province, rng)
        for system, by_table in made.tables.items():
            tables.setdefault(system, {}).update(by_table)
        faults += made.faults
    return Made(tables, faults)
