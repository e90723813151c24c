"""Rebuilt from raw: a published month built once more and compared by content hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from jinta.errors import UsageError
from jinta.evidence.html import Html, element, show, show_month, table
from jinta.evidence.statements import fetch_dicts
from jinta.replay import Replay


def rebuild_month(replay: Replay, month: date) -> list[dict[str, Any]]:
    """Build every mart of a month from raw and compare it with what readers see.

    Args:
        replay: Opened for the month with the publication that readers see of it.
        month: The month.

    Returns:
        One entry per mart: its publication, the stored and the rebuilt hash, and
        whether they are equal; a mart that is no model any more has no rebuilt hash.
    """
    stored = fetch_dicts(replay.connection, "rebuild_stored", {"month": month})
    return [{**row, **_compare(replay, row, month)} for row in stored]


def describe_rebuild(compared: Sequence[dict[str, Any]] | None) -> str:
    """Say in one sentence what the rebuild came to; None means that there was none."""
    if compared is None:
        return "Not rebuilt from raw: --no-rebuild was given."
    different = [row["mart"] for row in compared if not row["is_equal"]]
    if different:
        return f"Rebuilt from raw: differs in {', '.join(different)}."
    return f"Rebuilt from raw: equal, {len(compared)} of {len(compared)} marts."


def build_rebuild_parts(
    compared: Sequence[dict[str, Any]] | None, found: dict[str, Any]
) -> list[Html]:
    """Make the section's content: what was known, and the hashes."""
    known = (
        f"{show_month(found['month'])} as published by publication "
        f"{found['publication_id']} ({show(found['published_at'])}, run "
        f"{found['run_id']}, as of {found['as_of_date']}), which knew the loads up to "
        f"number {found['landed_through_load_id']} and the decisions up to "
        f"{show(found['known_at'])}."
    )
    tone = "verdict"
    if compared is not None:
        is_equal = all(row["is_equal"] for row in compared)
        tone = "verdict good" if is_equal else "verdict bad"
    rows = [
        [
            row["mart"],
            row["row_count"],
            element("code", row["content_hash"]),
            element("code", row["rebuilt_hash"] or "no model any more"),
            "equal" if row["is_equal"] else "differs",
        ]
        for row in compared or ()
    ]
    parts = [element("p", describe_rebuild(compared), class_=tone), element("p", known)]
    if compared is not None:
        parts.append(table(["mart", "rows", "stored hash", "rebuilt hash", ""], rows))
    return parts


def _compare(replay: Replay, row: dict[str, Any], month: date) -> dict[str, Any]:
    try:
        replay.build([row["mart"]])
    except UsageError:
        return {"rebuilt_hash": None, "is_equal": False}
    rebuilt = replay.hash(row["mart"])[month]
    return {"rebuilt_hash": rebuilt, "is_equal": rebuilt == row["content_hash"]}
