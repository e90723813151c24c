"""Which seeds hold rules, and how their rows are named: the list of rule families.

A family is a kind of rule, such as a scorecard or a lead rule. Its first seed holds the
versions: who approved each, and from when until when it holds. Its other seeds hang on
them by id and version. Everything that handles rule versions (the checks, the log, the
record of what was published, stale months, `jinta rules new-version`) reads this list,
so a new family is rows of `rule_families.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from jinta.settings import CHECKOUT
from jinta.transform.variables import VARIABLES, read_rows

# What every first seed of a family says of a version.
HEAD_COLUMNS = ("valid_from", "valid_to", "recorded_at", "approver", "note")


@dataclass(frozen=True)
class RuleSeed:
    """One seed of a family.

    Attributes:
        name: The seed.
        key: Columns that name a row of it: id, version and what tells the rows of one
            version apart.
        is_optional: Whether a version may have no rows in it.
        numeric: Columns that hold numbers.
    """

    name: str
    key: tuple[str, ...]
    is_optional: bool
    numeric: tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """One kind of rule.

    Attributes:
        name: Such as `scorecard`.
        id_column: Names the rule in all its seeds.
        is_monthly: Whether months are computed by it, so that another version in force
            makes a published month stale.
        seeds: Its seeds, the one with the versions first.
    """

    name: str
    id_column: str
    is_monthly: bool
    seeds: tuple[RuleSeed, ...]

    @property
    def head(self) -> str:
        """The seed that holds the versions."""
        return self.seeds[0].name


def read_families(dbt_project: Path) -> dict[str, Family]:
    """Read the families of a dbt project, by name and in the order of the file."""
    rows = read_rows(dbt_project / VARIABLES["rule_families"])
    return {
        name: _make_family(name, list(members))
        for name, members in groupby(rows, key=lambda row: row["family"])
    }


def _make_family(name: str, rows: list[Mapping[str, str]]) -> Family:
    rows = sorted(rows, key=lambda row: int(row["position"]))
    return Family(
        name=name,
        id_column=rows[0]["id_column"],
        is_monthly=rows[0]["is_monthly"] == "true",
        seeds=tuple(
            RuleSeed(
                name=row["seed"],
                key=(row["id_column"], "version", *row["key_columns"].split()),
                is_optional=row["is_optional"] == "true",
                numeric=tuple(row["numeric_columns"].split()),
            )
            for row in rows
        ),
    )


def holds_together(row: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether there is a month in which two versions hold, of whatever families."""
    ends = [end or "9999-12-31" for end in (row["valid_to"], other["valid_to"])]
    return row["valid_from"] <= ends[1] and other["valid_from"] <= ends[0]


def list_seeds(families: Iterable[Family]) -> list[RuleSeed]:
    """List the seeds of families, each family's versions first."""
    return [seed for family in families for seed in family.seeds]


RULE_FAMILIES = read_families(CHECKOUT / "dbt_project")
