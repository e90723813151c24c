"""Who may see names of people, and how the others see pseudonyms.

Without being asked for, a page names no person: staff, contacts and sole traders appear
as pseudonyms, which are the same for the same name in one warehouse. Names are read by
the role `auditor` alone, whose password a server's owner gives to whom he wants.
"""

from __future__ import annotations

from typing import Any

from psycopg import sql

from jinta.settings import Settings
from jinta.warehouse import connect

# Shorter values would be found within ordinary words.
_SHORTEST = 2


def require_auditor(settings: Settings) -> None:
    """Make sure that whoever asks may log in as the auditor.

    Raises:
        SettingsError: The auditor's password is not set.
        WarehouseError: The server refuses it.
    """
    with connect(settings, "auditor", stage="evidence"):
        pass


def choose_role(is_personal: bool) -> str:
    """Return the role that reads a page's data."""
    return "auditor" if is_personal else "transformer"


def name_person(is_personal: bool) -> sql.Composable:
    """Return the function that a query wraps around names of people."""
    return sql.SQL("" if is_personal else "control.mask_person")


def redact(value: Any, pseudonyms: dict[str, str]) -> Any:
    """Replace the names that free text holds, the longest first; other values stay.

    Args:
        value: Text, or lists and dicts that hold some.
        pseudonyms: Pseudonym by name.
    """
    if isinstance(value, str):
        for name in sorted(pseudonyms, key=len, reverse=True):
            if len(name) >= _SHORTEST and name in value:
                value = value.replace(name, pseudonyms[name])
        return value
    if isinstance(value, list):
        return [redact(item, pseudonyms) for item in value]
    if isinstance(value, dict):
        return {key: redact(item, pseudonyms) for key, item in value.items()}
    return value
