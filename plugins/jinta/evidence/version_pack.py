"""The evidence pack of a rule version: what it says, what it did, how it was judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg

from jinta.errors import JintaError, UsageError
from jinta.evidence.backtest import BacktestRequest, run_backtest
from jinta.evidence.dividend import find_publication, measure_dividend
from jinta.evidence.personal import choose_role, name_person, redact, require_auditor
from jinta.evidence.rebuild import rebuild_month
from jinta.evidence.statements import fetch_dicts
from jinta.replay import open_replay
from jinta.settings import Settings
from jinta.trials.robustness import measure_robustness
from jinta.warehouse import connect


def collect_version_pack(
    settings: Settings,
    scorecard_id: str,
    version: str,
    month: date | None = None,
    *,
    is_personal: bool = False,
    is_rebuilt: bool = True,
    draws: int = 1000,
) -> dict[str, Any]:
    """Collect the evidence on a version of a scorecard.

    Args:
        settings: Whose warehouse.
        scorecard_id: The scorecard.
        version: The version.
        month: The month that distribution, pyramid, robustness and dividend look at;
            None takes the last one that the version scored.
        is_personal: Read names of people, as the role `auditor`.
        is_rebuilt: Build the month again from raw and compare the content.
        draws: Random draws of the robustness certificate.

    Returns:
        The sections by name; see `version_page`. A part that can't be told has the
        reason as text instead.

    Raises:
        UsageError: No published month was scored by the version.
        SettingsError: Names are asked for and the auditor's password is not set.
    """
    if is_personal:
        require_auditor(settings)
    with connect(settings, choose_role(is_personal), stage="evidence") as connection:
        pack = _collect(
            connection, scorecard_id, version, month, is_personal=is_personal
        )
    chosen = pack["month"]
    found = find_publication(settings, chosen)
    pack |= _measure(settings, scorecard_id, version, chosen, draws, is_personal)
    pack["rebuild"] = None
    if is_rebuilt:
        with open_replay(
            settings, [chosen], publication_id=found["publication_id"]
        ) as replay:
            pack["rebuild"] = rebuild_month(replay, chosen)
    return pack | {
        "publication": found,
        "is_personal": is_personal,
        "scorecard_id": scorecard_id,
        "scorecard_version": version,
    }


def _measure(
    settings: Settings,
    scorecard_id: str,
    version: str,
    month: date,
    draws: int,
    is_personal: bool,
) -> dict[str, Any]:
    """Measure what needs the models, or say why it can't be told."""
    request = BacktestRequest(scorecard_id=scorecard_id, version=version)
    return {
        "backtest": _try(lambda: run_backtest(settings, request)),
        "dividend": _try(
            lambda: measure_dividend(
                settings, month, scorecard_id, is_personal=is_personal
            )
        ),
        "robustness": _try(
            lambda: measure_robustness(settings, scorecard_id, month, draws=draws)
        ),
    }


def _collect(
    connection: psycopg.Connection[Any],
    scorecard_id: str,
    version: str,
    month: date | None,
    *,
    is_personal: bool,
) -> dict[str, Any]:
    key: dict[str, Any] = {"scorecard": scorecard_id, "version": version}
    months = [row["month"] for row in fetch_dicts(connection, "version_months", key)]
    if not months or (month is not None and month not in months):
        raise UsageError(
            f"{month:%Y-%m} was not scored by {scorecard_id} {version}."
            if months and month
            else f"No published month was scored by {scorecard_id} {version}.",
            "`jinta rules list` shows the versions and when they are in force.",
        )
    key["month"] = month or months[0]
    person = name_person(is_personal)
    pack: dict[str, Any] = {
        "month": key["month"],
        "months": months,
        "version": fetch_dicts(connection, "pack_version", key, person=person),
        "bands": fetch_dicts(connection, "version_bands", key),
        "pyramid": fetch_dicts(connection, "version_pyramid", key),
        "calibration": fetch_dicts(connection, "version_calibration", key),
        "rows": fetch_dicts(connection, "version_rows", key),
    }
    pack["changes"] = fetch_dicts(connection, "version_changes", key, person=person)
    if not is_personal:
        _mask(connection, pack, key)
    return pack


def _mask(
    connection: psycopg.Connection[Any], pack: dict[str, Any], key: dict[str, Any]
) -> None:
    """Take names of people out of rule rows and remarks."""
    nobody = {"records": [], "account": "", "is_sole_trader": False}
    people = {
        row["person"]: row["pseudonym"]
        for row in fetch_dicts(connection, "pack_people", key | nobody)
    }
    for row in pack["rows"]:
        for seed_row in row["rows"].get("scorecards", []):
            approver = seed_row.get("approver")
            if approver:
                masked = connection.execute(
                    "select control.mask_person(%s)", [approver]
                ).fetchone()
                assert masked is not None
                people[approver] = masked[0]
    for name in ("version", "rows", "changes"):
        pack[name] = redact(pack[name], people)


def _try(measure: Callable[[], Any]) -> Any:
    """Measure a part of the pack; what stands in its way is told instead."""
    try:
        return measure()
    except JintaError as error:
        return str(error)
