"""Who takes over: who could, who is named, and what speaks against it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jinta.evidence.html import Html, element, show, table

_HEADINGS = {
    "manager_id": "manager (客户经理)",
    "manager_kind": "kind (类别)",
    "accounts": "key accounts (客户数)",
    "accounts_per_manager": "most (上限)",
    "free_places": "free places (余量)",
    "total_load_pct": "load in % (综合负荷率)",
    "open_tasks": "open tasks (未完成任务)",
}

_WHOLE_LOAD_PCT = 100


def name_successor(pack: dict[str, Any]) -> str:
    """The successor's number, and the name where it may be shown."""
    successor = pack["successor"]
    if successor is None:
        return "not named yet (未定)"
    return " ".join(filter(None, (successor["manager_id"], successor["manager_name"])))


def list_warnings(pack: dict[str, Any]) -> list[str]:
    """What speaks against the successor that is named, a sentence each."""
    manager, successor = pack["manager"], pack["successor"]
    if successor is None:
        return []
    number = successor["manager_id"]
    if not successor["is_listed"]:
        return [f"{number} is on no list of managers."]
    warnings = []
    left = successor["left_date"]
    if left is not None:
        has_left = left <= pack["publication"]["as_of_date"]
        warnings.append(f"{number} {'left' if has_left else 'leaves'} on {left}.")
    branches = (manager["branch_id"], successor["branch_id"])
    if None not in branches and branches[0] != branches[1]:
        warnings.append(f"{number} is of branch {branches[1]}, not {branches[0]}.")
    most, total = _find_most(pack), _add_key_accounts(pack)
    if most is not None and total > most:
        warnings.append(
            f"{number} would hold {total} key accounts, {total - most} more than the "
            f"{most} that one manager may hold."
        )
    else:
        warnings += _warn_of_load(pack)
    return warnings


def _warn_of_load(pack: dict[str, Any]) -> list[str]:
    """Groups and individuals are one load: few of each may be too much together."""
    manager, successor = pack["manager"], pack["successor"]
    number, free = successor["manager_id"], successor["free_places"]
    handed = manager["key_accounts"]
    if free is not None and handed > free:
        load = show(successor["total_load_pct"])
        text = f"{number} has room for {free} key accounts, not {handed}"
        return [f"{text}: the load is {load} %, individuals included."]
    load = _add_loads(pack)
    # Each is rounded: a hundredth over 100 may be none.
    if load is not None and round(load, 1) > _WHOLE_LOAD_PCT:
        return [f"{number} would have a load of {load} %, individuals included."]
    return []


def build_successors(pack: dict[str, Any]) -> list[Html]:
    """Who of the branch has places free, and what the successor would hold."""
    rows = [[row[column] for column in _HEADINGS] for row in pack["successors"]]
    nobody = "Nobody else of the branch is in post and may take key accounts."
    parts = [table(list(_HEADINGS.values()), rows, empty=nobody)]
    successor = pack["successor"]
    if successor is not None:
        text = (
            f"{name_successor(pack)} holds {successor['accounts']} accounts and would "
            f"hold {successor['accounts'] + len(pack['accounts'])}. Of these, key "
            f"accounts: {successor['key_accounts']} and "
            f"{pack['manager']['key_accounts']} make {_add_key_accounts(pack)}."
        )
        load = _add_loads(pack)
        if load is not None:
            text += f" The load, individuals included, would be {load} %."
        parts.insert(0, element("p", " ".join([text, *list_warnings(pack)])))
    return parts


def _add_key_accounts(pack: dict[str, Any]) -> int:
    return pack["successor"]["key_accounts"] + pack["manager"]["key_accounts"]


def _add_loads(pack: dict[str, Any]) -> Decimal | None:
    """The load in percent after the hand-over; none if the month keeps no loads."""
    held = pack["successor"]["total_load_pct"]
    if held is None:
        return None
    return Decimal(held + (pack["manager"]["total_load_pct"] or 0))


def _find_most(pack: dict[str, Any]) -> int | None:
    """The limit of the rule, from whichever of the two it is known of."""
    limits = (pack[who]["accounts_per_manager"] for who in ("successor", "manager"))
    return next((limit for limit in limits if limit is not None), None)
