"""Writes a lead as who works on it reads it: what to do, who, until when and why."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

Row = dict[str, Any]

_RAISING = 0
_COMPARISONS = {"at_least": "at least", "below": "below"}


def write_lead(lead: Row) -> list[str]:
    """Write a lead: its name, what to do, who works on it, and a line per reason."""
    name = f"{lead['lead_rule_id']} {lead['lead_name']} ({lead['lead_name_zh']})"
    return [
        f"{name}, priority {lead['priority']}",
        f"  to do: {lead['lead_action']}",
        f"  {_write_work(lead)}",
        *(f"  {line}" for line in list_reasons(lead["evidence"])),
    ]


def _write_work(lead: Row) -> str:
    """Write how far the work on a lead is, and whose it is."""
    parts = [lead["lead_status"]]
    if lead["assigned_to"] is not None:
        parts.append(f"assigned to {lead['assigned_to']}")
    else:
        parts.append(f"assigned to nobody, manager {lead['manager_id'] or 'none'}")
    if lead["due_date"] is not None:
        overdue = ", overdue" if lead["is_overdue"] else ""
        parts.append(f"due {lead['due_date']}{overdue}")
    said = [f"{name}: {lead[name]}" for name in ("outcome", "feedback") if lead[name]]
    return "; ".join(parts + said)


def list_reasons(evidence: list[Row]) -> Iterator[str]:
    """Write one line per group of conditions; one of each group is enough.

    Group 0 decides nothing: what it asks for raises the priority, and comes last.
    """
    ordered = sorted(evidence, key=lambda row: (row["group"] == _RAISING, row["group"]))
    for group, members in groupby(ordered, key=lambda row: row["group"]):
        found = list(members)
        met = [write_condition(row) for row in found if row["is_met"]]
        unmet = [write_condition(row) for row in found if not row["is_met"]]
        if group == _RAISING:
            yield from (f"↑ raises the priority: {text}" for text in met)
            yield from (f"· would raise the priority: {text}" for text in unmet)
        else:
            either = f"; not needed then: {'; '.join(unmet)}" if unmet else ""
            yield f"✓ {'; '.join(met)}{either}"


def write_condition(found: Row) -> str:
    """Write what was found and what is asked for, by the name of the metric's row."""
    told = _write_name(found, found["metric"])
    unit = found.get("unit")
    if unit == "yes or no":
        return f"{told}: {_write_flag(found['value'])}"
    text = (
        f"{told}: {_write_number(found['value'], unit)}, "
        f"{_COMPARISONS[found['comparison']]} {_write_number(found['threshold'], unit)}"
    )
    features = "; ".join(
        f"{_write_name(row, row['feature'])} {row['value'].replace('_', ' ')} "
        f"(+{row['points']})"
        for row in found.get("features") or []
    )
    return f"{text}: {features}" if features else text


def _write_name(row: Row, row_id: str) -> str:
    """Write a metric or feature by the name of its rule row, in both languages."""
    # A month published before these had names shows their ids in words.
    name = row.get("name") or row_id.replace("_", " ")
    return f"{name} ({row['name_zh']})" if row.get("name_zh") else name


def _write_flag(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "yes" if value else "no"


def _write_number(value: float | None, unit: str | None) -> str:
    if value is None:
        return "unknown"
    number = f"{Decimal(str(value)).normalize():,f}"
    return f"{number} %" if unit == "per cent" else f"{number} {unit or ''}".rstrip()
