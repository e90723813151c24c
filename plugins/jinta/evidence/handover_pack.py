"""The hand-over pack of a manager: all that one person holds, for whoever follows.

The handbook asks that a change of manager loses nothing (S2-06). So the pack collects
what is published of the manager's accounts, counts the same in what the source systems
delivered, and says which of the two is short.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from jinta.errors import UsageError
from jinta.evidence.dividend import find_publication
from jinta.evidence.handover_parts import write_name
from jinta.evidence.personal import choose_role, name_person, redact, require_auditor
from jinta.evidence.statements import fetch_dicts, load_statement
from jinta.landing.raw_tables import next_month
from jinta.settings import Settings
from jinta.warehouse import connect

# Parts of a pack, in the order in which they are told; each is a statement of `sql/`.
PARTS = (
    *("prospects", "other_records", "tasks", "plans", "agreements", "opportunities"),
    *("leads", "key_persons", "contacts", "buying_steps", "competitors", "visits"),
    *("needs", "leased_lines", "solutions", "feedback", "surveys", "branches"),
    "individuals",
)
# Parts that are counted in the sources, too.
_COUNTED = (
    *("records", "prospects", "tasks", "plans", "agreements", "key_persons"),
    *("contacts", "visits", "needs", "leased_lines", "solutions", "feedback"),
)


def collect_handover(
    settings: Settings,
    manager: str,
    successor: str | None,
    month: date | None,
    *,
    is_personal: bool = False,
) -> dict[str, Any]:
    """Collect what a manager holds at the end of a published month.

    Args:
        settings: Whose warehouse.
        manager: Staff number of who hands over.
        successor: Staff number of who takes over, if it is known.
        month: The month; None takes the last published one.
        is_personal: Read names of people, as the role `auditor`.

    Returns:
        The parts by name, `pressing`, the manager's work list, and `checks`: rows by
        part here and in the sources.

    Raises:
        UsageError: The month is not published, or was before there were work lists, or
            nobody bears one of the numbers.
        SettingsError: Names are asked for and the auditor's password is not set.
    """
    if is_personal:
        require_auditor(settings)
    found = find_publication(settings, month)
    with connect(settings, choose_role(is_personal), stage="evidence") as connection:
        pack = _collect(connection, manager, found, is_personal=is_personal)
        if successor is not None:
            key = _make_key(successor, found)
            pack["successor"] = _read_manager(connection, key, is_personal=is_personal)
    pack |= {"publication": found, "is_personal": is_personal}
    return pack


def _collect(
    connection: psycopg.Connection[Any],
    manager: str,
    found: dict[str, Any],
    *,
    is_personal: bool,
) -> dict[str, Any]:
    key = _make_key(manager, found) | {"is_personal": is_personal}
    pack: dict[str, Any] = {
        "manager": _read_manager(connection, key, is_personal=is_personal),
        "successor": None,
    }
    [pack["rule"]] = fetch_dicts(connection, "handover_rule", key)
    key |= pack["rule"] | {"branch": pack["manager"]["branch_id"]}
    pack["accounts"] = fetch_dicts(connection, "handover_accounts", key)
    key["accounts"] = [row["group_account_id"] for row in pack["accounts"]]
    parts = _load_parts() | {"person": name_person(is_personal)}
    pack["records"] = fetch_dicts(connection, "handover_records", key, **parts)
    key |= {
        "records": [row["account_id_crm"] for row in pack["records"]],
        "systems": [row["system_name"] for row in pack["records"]],
    }
    key["prospects"] = []
    for name in PARTS:
        pack[name] = fetch_dicts(connection, f"handover_{name}", key, **parts)
        if name == "prospects":
            key["prospects"] = [row["group_account_id"] for row in pack[name]]
    pack["pressing"] = _read_pressing(connection, key)
    _name_accounts(connection, pack, key)
    _name_codes(connection, pack, key)
    pack["successors"] = fetch_dicts(connection, "handover_successors", key)
    pack["checks"] = _check_counts(connection, pack, key)
    if not is_personal:
        _mask(connection, pack, key)
    return pack


def _load_parts() -> dict[str, sql.Composable]:
    """Load what several statements have in common: which record a row names."""
    names = {
        "versions": "record_versions",
        "keyed_records": "keyed_records",
        "refers_to": "refers_to",
    }
    return {part: load_statement(name) for part, name in names.items()}


def _make_key(manager: str, found: dict[str, Any]) -> dict[str, Any]:
    month = found["month"]
    return {
        "manager": manager,
        "month": month,
        "month_end": date.fromordinal(next_month(month).toordinal() - 1),
        "known_load": found["landed_through_load_id"],
    }


def _read_manager(
    connection: psycopg.Connection[Any], key: dict[str, Any], *, is_personal: bool
) -> dict[str, Any]:
    """Read who bears a staff number.

    Raises:
        UsageError: No list of managers, no record and no prospect knows it.
    """
    person = name_person(is_personal)
    [row] = fetch_dicts(connection, "handover_manager", key, person=person)
    if not (row["is_listed"] or row["is_named"] or row["prospects"]):
        month = f"{key['month']:%Y-%m}"
        raise UsageError(
            f"Nobody bears the staff number {key['manager']!r} in {month}.",
            "Give the staff number as the CRM's list of managers has it.",
        )
    return row


def _read_pressing(
    connection: psycopg.Connection[Any], key: dict[str, Any]
) -> list[dict[str, Any]]:
    """Read the manager's work list.

    Raises:
        UsageError: The month was published without: an empty list would be a lie.
    """
    [row] = fetch_dicts(connection, "handover_has_pressing", key)
    if not row["has_pressing"]:
        month = f"{key['month']:%Y-%m}"
        raise UsageError(
            f"{month} was published before jinta kept work lists.",
            "`jinta backfill --stale` builds it again.",
        )
    return fetch_dicts(connection, "handover_pressing", key)


def _check_counts(
    connection: psycopg.Connection[Any], pack: dict[str, Any], key: dict[str, Any]
) -> list[dict[str, Any]]:
    """Compare each part with what the source systems hold of the manager's accounts."""
    rows = fetch_dicts(connection, "handover_counts", key, **_load_parts())
    held = {row["part"]: row["row_count"] for row in rows}
    checks = []
    for part in _COUNTED:
        own, others = _split_rows(pack, key, part)
        checks.append(
            {
                "part": part,
                "rows_here": own,
                "rows_of_others": others,
                "rows_in_sources": held.get(part, 0),
                "is_complete": own == held.get(part, 0),
            }
        )
    return checks


def _split_rows(
    pack: dict[str, Any], key: dict[str, Any], part: str
) -> tuple[int, int]:
    """Count what is the manager's own, and what the pack has of others besides.

    Records are the manager's by the name in them, all else by the account.
    """
    if part == "records":
        rows = pack["records"]
        own = sum(row["manager_id"] == key["manager"] for row in rows)
        return own + len(pack["other_records"]), len(rows) - own
    held = {*key["accounts"], *key["prospects"]}
    own = sum(row["group_account_id"] in held for row in pack[part])
    return own, len(pack[part]) - own


def _name_codes(
    connection: psycopg.Connection[Any], pack: dict[str, Any], key: dict[str, Any]
) -> None:
    """Write each row's product and stage by name; a code without one stands for it."""
    names = {
        (row["code_column"], row["code"]): write_name(row["name_en"], row["name_zh"])
        for row in fetch_dicts(connection, "handover_names", key)
    }
    for part in PARTS:
        for row in pack[part]:
            for column, name in (
                ("product_code", "product_name"),
                ("stage", "stage_name"),
            ):
                if column in row:
                    row[name] = names.get((column, row[column])) or row[column]


def _name_accounts(
    connection: psycopg.Connection[Any], pack: dict[str, Any], key: dict[str, Any]
) -> None:
    """Write each row's account by name, and note whose names the pack may hold."""
    rows = [row for part in (*PARTS, "pressing") for row in pack[part]]
    known = {row["group_account_id"] for row in rows if row["group_account_id"]}
    key["others"] = sorted(known - set(key["accounts"]))
    others = fetch_dicts(connection, "handover_others", key)
    names = {
        a["group_account_id"]: a["account_name"] for a in others + pack["accounts"]
    }
    found = {row.get("account_id_crm") for row in [*rows, *others]}
    key["mentioned"] = sorted({*key["records"], *found} - {None})
    key["named_accounts"] = [*key["accounts"], *key["others"]]
    for part in ("records", *PARTS):
        pack[part] = [_put_name(row, names) for row in pack[part]]
    numbers = _list_numbers([*pack["records"], *others])
    for row in pack["accounts"]:
        row["account_ids_crm"] = numbers.get(row["group_account_id"])
    for row in pack["pressing"]:
        row["account_ids_crm"] = row["account_id_crm"] or numbers.get(
            row["group_account_id"]
        )


def _list_numbers(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Write the CRM's numbers of each account: a pseudonym alone finds nobody."""
    numbers: dict[str, list[str]] = {}
    for row in rows:
        held = numbers.setdefault(row["group_account_id"], [])
        if row["account_id_crm"] is not None:
            held.append(row["account_id_crm"])
    return {account: " ".join(held) for account, held in numbers.items()}


def _put_name(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    own = row["group_account_id"]
    head = {"group_account_id": own, "account_name": names.get(own, own)}
    return head | {k: v for k, v in row.items() if k not in head}


def _mask(
    connection: psycopg.Connection[Any], pack: dict[str, Any], key: dict[str, Any]
) -> None:
    """Put pseudonyms for sole traders, and for the names that free text holds."""
    connection.execute(load_statement("sole_traders"), key)
    rows = fetch_dicts(connection, "handover_people", key)
    people = {row["person"]: row["pseudonym"] for row in rows}
    for name in ("accounts", "records", "pressing", *PARTS):
        pack[name] = redact(pack[name], people)
