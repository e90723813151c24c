"""A hand-over pack as a folder of CSV files with a manifest that proves them."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

from jinta.errors import UsageError
from jinta.evidence.handover_page import list_steps
from jinta.evidence.handover_parts import TABLES
from jinta.evidence.handover_urgent import list_urgent
from jinta.private_files import make_private_folder, write_private
from jinta.spreadsheets import encode_csv

_COLUMNS = {
    "first_things": [
        *("place", "group_account_id", "account_ids_crm", "account_name", "what"),
        *("why", "by", "kind", "matter_id", "is_own_account", "amount", "weight"),
    ],
    "takeover": [
        *("manager_id", "manager_kind", "accounts", "accounts_per_manager"),
        *("free_places", "total_load_pct", "open_tasks"),
    ],
    "checklist": ["done", "step", "how_many"],
}


def write_files(pack: dict[str, Any], folder: Path) -> dict[str, int]:
    """Write each part as a CSV file, and a manifest with rows and hashes.

    The files are for their owner alone, and so is the folder where it is made.

    Args:
        pack: What `collect_handover` returned.
        folder: Where the files go; those of the same pack are replaced.

    Returns:
        Rows by file.

    Raises:
        UsageError: The folder holds another pack, or CSV files that are none.
    """
    head = _describe(pack)
    _refuse_other_packs(folder, head)
    make_private_folder(folder)
    counts: dict[str, int] = {}
    listed = []
    for part, rows in _list_tables(pack).items():
        columns = list(rows[0]) if rows else _list_columns(part)
        data = encode_csv(columns, rows)
        write_private(folder / f"{part}.csv", data)
        counts[f"{part}.csv"] = len(rows)
        digest = hashlib.sha256(data).hexdigest()
        row = {"file": f"{part}.csv", "rows": len(rows), "sha256": digest}
        listed.append(row | head)
    write_private(folder / "manifest.csv", encode_csv(list(listed[0]), listed))
    return counts


def _list_tables(pack: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        "first_things": list_urgent(pack),
        **{part: pack[part] for part in TABLES},
        "takeover": pack["successors"],
        "checklist": list_steps(pack),
        "checks": pack["checks"],
    }


def _describe(pack: dict[str, Any]) -> dict[str, str]:
    """Whose pack it is; the publication is what its content comes from."""
    successor, found = pack["successor"], pack["publication"]
    return {
        "manager_id": pack["manager"]["manager_id"],
        "successor_id": successor["manager_id"] if successor else "",
        "month": f"{found['month']:%Y-%m}",
        "publication_id": str(found["publication_id"]),
    }


def _refuse_other_packs(folder: Path, head: dict[str, str]) -> None:
    """Leave a folder alone that isn't empty of files and isn't this pack's.

    Raises:
        UsageError: It holds a pack of another manager, successor, month or
            publication, or other CSV files.
    """
    if not any(folder.glob("*.csv")):
        return
    manifest = folder / "manifest.csv"
    rows: list[dict[str, str]] = []
    if manifest.exists():
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    held = {tuple(row.get(name) for name in head) for row in rows}
    if held != {tuple(head.values())}:
        raise UsageError(
            f"{folder} holds other files than this pack's.",
            "Name another folder, or empty this one.",
        )


def _list_columns(part: str) -> list[str]:
    if part in TABLES:
        return list(
            dict.fromkeys(["group_account_id", "account_name", *TABLES[part][1]])
        )
    return _COLUMNS.get(part, ["group_account_id"])
