"""Rule rows of the gates, and the frame of observations a suite judges.

A rule names a metric of the gate's profile, the subjects it looks at and the bounds of
its value. Rows of the rule set '*' hold for everybody; a source system may have rows of
its own, which replace those with the same check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from jinta.errors import RuleError

if TYPE_CHECKING:
    import pandas as pd

COMMON = "*"
KEY_COLUMNS = ["month", "system_name", "subject"]


@dataclass(frozen=True)
class Rule:
    """One row of the seed `gate_rules`."""

    check_id: str
    rule_set: str
    metric: str
    subject: str
    severity: str
    min_value: Decimal | None
    max_value: Decimal | None
    is_required: bool
    message: str
    base_metric: str | None = None
    min_base: Decimal | None = None

    @property
    def expected(self) -> str:
        """The bounds in words."""
        low, high = format_number(self.min_value), format_number(self.max_value)
        if self.min_value is None:
            return f"at most {high}"
        if self.max_value is None:
            return f"at least {low}"
        return low if self.min_value == self.max_value else f"{low} to {high}"


@dataclass(frozen=True)
class Observation:
    """One row of a profile: the value of a metric for a month and subject."""

    month: date | None
    system_name: str
    subject: str
    metric: str
    value: Decimal | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Month, system and subject, as a row of the frame names them."""
        month = self.month.isoformat() if self.month else ""
        return (month, self.system_name, self.subject)


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    Attributes:
        check_id: The check, as in the rule rows and the suite.
        severity: `critical` or `warning`.
        passed: Whether everything lay within bounds.
        message: What was found, in plain English.
        month: The month out of bounds, if it is about one.
        subject: The table, branch, tier or indicator out of bounds.
        observed: The value, or how many values were within bounds.
        expected: The bounds.
    """

    check_id: str
    severity: str
    passed: bool
    message: str
    month: date | None = None
    subject: str = ""
    observed: str = ""
    expected: str = ""


def load_rules(connection: psycopg.Connection, gate: str) -> list[Rule]:
    """Load the rule rows of a gate.

    Raises:
        RuleError: There are none, or a row makes no sense.
    """
    rows = connection.execute(
        "select check_id, rule_set, metric, subject, severity, min_value, max_value, "
        "is_required, message, base_metric, min_base from rules.gate_rules "
        "where gate = %s order by check_id, rule_set",
        [gate],
    ).fetchall()
    rules = [Rule(*row) for row in rows]
    if not rules:
        raise RuleError(
            f"The gate {gate} has no rules in rules.gate_rules.",
            "Add them to dbt_project/seeds/gates/gate_rules.csv.",
        )
    for rule in rules:
        check_rule(rule)
    return rules


def check_rule(rule: Rule) -> None:
    """Check that a rule row makes sense.

    Raises:
        RuleError: It doesn't.
    """
    problem = None
    if rule.severity not in ("critical", "warning"):
        problem = f"its severity is {rule.severity!r}"
    elif rule.min_value is None and rule.max_value is None:
        problem = "it has no bound"
    elif (
        rule.min_value is not None
        and rule.max_value is not None
        and rule.min_value > rule.max_value
    ):
        problem = "its lower bound is above its upper bound"
    if problem:
        raise RuleError(
            f"The gate rule {rule.check_id} ({rule.rule_set}) makes no sense: "
            f"{problem}.",
            "Correct it in dbt_project/seeds/gates/gate_rules.csv.",
        )


def load_profile(connection: psycopg.Connection, gate: str) -> list[Observation]:
    """Load what the gate's stage measured."""
    try:
        rows = connection.execute(
            sql.SQL(
                "select month, system_name, subject, metric, value "
                "from {} order by month, system_name, subject, metric"
            ).format(sql.Identifier("profiles", f"prf_{gate}"))
        ).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise RuleError(
            f"The profile of gate {gate} was not built.",
            f"Build the stage {gate} first; its tag selects prf_{gate}.",
        ) from error
    return [Observation(*row) for row in rows]


def split_by_rule_set(
    rules: Sequence[Rule], profile: Iterable[Observation], systems: Sequence[str]
) -> dict[str, tuple[list[Rule], list[Observation]]]:
    """Give each observation to the rule set that judges it.

    Args:
        rules: All rules of the gate.
        profile: What was measured.
        systems: The source systems of the run. Where an observation is of no single
            system, a rule set of its own holds if the run has one system only.

    Returns:
        By rule set: its rules, one per check, and its observations.
    """
    special = {rule.rule_set for rule in rules} - {COMMON}
    mixed = systems[0] if len(systems) == 1 and systems[0] in special else COMMON
    split: dict[str, tuple[list[Rule], list[Observation]]] = {}
    for observation in profile:
        name = observation.system_name
        rule_set = (name if name in special else COMMON) if name else mixed
        if rule_set not in split:
            split[rule_set] = (_choose_rules(rules, rule_set), [])
        split[rule_set][1].append(observation)
    return split or {mixed: (_choose_rules(rules, mixed), [])}


def make_frame(
    rules: Sequence[Rule], observations: Sequence[Observation]
) -> pd.DataFrame:
    """Lay observations out for a suite: a row per subject, a column per check.

    A cell is empty where the check doesn't look at the subject.
    """
    import pandas as pd

    rows: dict[tuple[str, str, str], dict[str, float]] = {}
    for rule in rules:
        for item in select_observations(rule, observations):
            rows.setdefault(item.key, {})[rule.check_id] = float(item.value or 0)
    keys = pd.DataFrame(list(rows), columns=KEY_COLUMNS, dtype="str")
    values = pd.DataFrame(
        list(rows.values()), columns=[rule.check_id for rule in rules], dtype="float64"
    )
    return pd.concat([keys, values], axis="columns")


def select_observations(
    rule: Rule, observations: Sequence[Observation]
) -> list[Observation]:
    """Select what a rule looks at; a value that rests on too little is left out."""
    selected = [
        item
        for item in observations
        if item.metric == rule.metric
        and item.value is not None
        and fnmatchcase(item.subject, rule.subject)
    ]
    if rule.base_metric is None or rule.min_base is None:
        return selected
    broad = {
        item.key
        for item in observations
        if item.metric == rule.base_metric
        and item.value is not None
        and item.value >= rule.min_base
    }
    return [item for item in selected if item.key in broad]


def describe(
    rule: Rule, observation: Observation, others: Iterable[Observation]
) -> Finding:
    """Put an observation out of bounds into words.

    Args:
        rule: The rule it broke.
        observation: The value.
        others: The same profile; metrics of the same month, system and subject may be
            named in the rule's message.
    """
    values = {
        other.metric: format_number(other.value)
        for other in others
        if other.key == observation.key
    }
    observed = format_number(observation.value)
    values |= {
        "month": f"{observation.month:%B %Y}" if observation.month else "this run",
        "system": observation.system_name,
        "subject": observation.subject,
        "observed": observed,
        "min": format_number(rule.min_value),
        "max": format_number(rule.max_value),
    }
    return Finding(
        check_id=rule.check_id,
        severity=rule.severity,
        passed=False,
        message=rule.message.format_map(_Known(values)),
        month=observation.month,
        subject=observation.subject,
        observed=observed,
        expected=rule.expected,
    )


def format_number(value: Decimal | None) -> str:
    """Write a number for people: thousands separated, no padding but for cents."""
    if value is None:
        return "?"
    if value == value.to_integral_value():
        return f"{value:,.0f}"
    return f"{value:,.2f}"


class _Known(dict[str, str]):
    """Names a placeholder that has no value, instead of failing on it."""

    def __missing__(self, key: str) -> str:
        return f"({key} unknown)"


def _choose_rules(rules: Sequence[Rule], rule_set: str) -> list[Rule]:
    chosen = {rule.check_id: rule for rule in rules if rule.rule_set == COMMON}
    chosen |= {rule.check_id: rule for rule in rules if rule.rule_set == rule_set}
    return list(chosen.values())
