"""Backtest of a scorecard against what came of its accounts (F76).

Every published month that enough months follow is judged by the version that scored it,
against two rivals: the same accounts ranked by their revenue of the last three months,
and chance. All numbers come from SQL; this module chooses the months and says in words
who won, also where it is not the scorecard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from jinta.errors import UsageError
from jinta.evidence.statements import fetch_dicts, load_statement
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.settings import Settings
from jinta.warehouse import connect

DEFAULT_HORIZON = 12
# Stability and PSI look this many months ahead.
LAGS = (1, 12)
# A month can be judged with at most so many months after it.
LONGEST_HORIZON = 36
# The work tables of one backtest hold months × accounts rows.
_SESSION = "set jit = off; set work_mem = '256MB'; set temp_buffers = '256MB'"
_METRICS = (
    "create temporary table backtest_metrics "
    "(month date, ranking text, metric text, subject text, value numeric)"
)


@dataclass(frozen=True)
class BacktestRequest:
    """What to judge.

    Attributes:
        scorecard_id: The scorecard.
        version: Only the months of this version; None takes all.
        from_month: First month to judge; None has no bound.
        to_month: Last month to judge; None has no bound.
        horizon: Months after a month that it is judged by; None takes twelve, or where
            no month has twelve, the most that any month has.
        is_as_shown: Judge scores as they were first shown instead of as known now.
        seed: Of the random rival.
    """

    scorecard_id: str = DEFAULT_SCORECARD
    version: str | None = None
    from_month: date | None = None
    to_month: date | None = None
    horizon: int | None = None
    is_as_shown: bool = False
    seed: int = 1


def run_backtest(settings: Settings, request: BacktestRequest) -> dict[str, Any]:
    """Judge the versions of a scorecard by the revenue and churn that followed.

    Nothing is written: the work tables are temporary.

    Returns:
        `verdict` per version in words, `summary` (metric means by version and ranking),
        `months` (every metric by month), `judged` and `not_judged` months and the
        settings that were used; see docs/history.md.

    Raises:
        UsageError: Nothing is published, or no month has as many months after it.
    """
    with connect(settings, "transformer", stage="backtest") as connection:
        connection.execute(_SESSION)
        found = _list_months(connection, request)
        horizon, judged = _choose_months(found, request)
        _prepare(connection, request, found, judged, horizon)
        measure_months(connection, judged)
        result = _collect(connection, request, found, judged, horizon)
        connection.rollback()
    return result


def measure_months(connection: psycopg.Connection[Any], judged: Sequence[date]) -> None:
    """Fill `backtest_metrics` from `backtest_outcomes` and `backtest_scores`.

    Args:
        connection: A session that holds both temporary tables.
        judged: The months of `backtest_outcomes`.
    """
    connection.execute(_METRICS)
    scored = {
        month
        for (month,) in connection.execute("select distinct month from backtest_scores")
    }
    for month in judged:
        for name in ("backtest_gini", "backtest_gains", "backtest_tiers"):
            connection.execute(load_statement(name), {"month": month})
        for lag in LAGS:
            later = add_months(month, lag)
            if later not in scored:
                continue
            key = {"month": month, "later": later, "lag": f"{lag:02}"}
            connection.execute(load_statement("backtest_stability"), key)
            connection.execute(load_statement("backtest_psi"), key)


def add_months(month: date, count: int) -> date:
    """Return the first day of the month so many months later."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def judge_version(summary: Sequence[dict[str, Any]], horizon: int) -> dict[str, Any]:
    """Say in words how one version did, from its rows of the summary.

    Returns:
        The figures of the comparison, `outcome` (better, worse or equal than the
        revenue rank) and `text`, the sentence of the front page.
    """
    means = {
        (row["ranking"], row["metric"], row["subject"]): row["mean"] for row in summary
    }
    score = means.get(("score", "gini", ""))
    naive = means.get(("revenue", "gini", ""))
    chance = means.get(("random", "gini", ""))
    ahead = "next year's revenue"
    if horizon != DEFAULT_HORIZON:
        ahead = f"the revenue of the next {horizon} month{'s' if horizon > 1 else ''}"
    if score is None or naive is None:
        return {
            "outcome": "none",
            "text": f"No Gini can be told: {ahead} is not above zero.",
            "score": score,
            "revenue": naive,
            "random": chance,
        }
    outcome, words = _compare(round(score, 4), round(naive, 4))
    text = (
        f"The score ranks {ahead} {words} last quarter's revenue alone: "
        f"Gini {_show_pair(score, naive)}."
    )
    if score <= 0:
        text += " It does no better than chance."
    return {
        "outcome": outcome,
        "text": text,
        "score": score,
        "revenue": naive,
        "random": chance,
    }


def _compare(score: Any, naive: Any) -> tuple[str, str]:
    if score > naive:
        return "better", "better than"
    if score < naive:
        return "worse", "worse than"
    return "equal", "as well as"


def _show_pair(score: Any, naive: Any) -> str:
    """Two figures to compare, with as many decimals as tell them apart."""
    for places in (2, 3, 4):
        shown = (f"{score:.{places}f}", f"{naive:.{places}f}")
        if shown[0] != shown[1]:
            break
    return f"{shown[0]} vs {shown[1]}"


def _list_months(
    connection: psycopg.Connection[Any], request: BacktestRequest
) -> list[dict[str, Any]]:
    found = fetch_dicts(
        connection,
        "backtest_months",
        {"scorecard": request.scorecard_id, "longest": LONGEST_HORIZON},
    )
    chosen = [row for row in found if _is_asked_for(row, request)]
    if chosen:
        return chosen
    known = sorted({row["scorecard_version"] for row in found})
    raise UsageError(
        f"No published month was scored by {request.scorecard_id}"
        + (f" {request.version}" if request.version else "")
        + (" in that range." if request.from_month or request.to_month else "."),
        f"Published are months from {found[0]['month']:%Y-%m} to "
        f"{found[-1]['month']:%Y-%m} by version {', '.join(known)}."
        if found
        else "`jinta rules list` shows the scorecards, `make nightly` publishes.",
    )


def _is_asked_for(row: dict[str, Any], request: BacktestRequest) -> bool:
    month = row["month"]
    return (
        request.version in (None, row["scorecard_version"])
        and (request.from_month is None or month >= request.from_month)
        and (request.to_month is None or month <= request.to_month)
    )


def _choose_months(
    found: Sequence[dict[str, Any]], request: BacktestRequest
) -> tuple[int, list[date]]:
    longest = max(row["months_after"] for row in found)
    horizon = request.horizon or min(DEFAULT_HORIZON, max(longest, 1))
    judged = [row["month"] for row in found if row["months_after"] >= horizon]
    if judged:
        return horizon, judged
    cure = (
        f"With --horizon {longest} "
        + ", ".join(
            f"{row['month']:%Y-%m}" for row in found if row["months_after"] >= longest
        )
        + " can be judged."
        if longest
        else "Publish the months after them: `jinta backfill` builds a range."
    )
    raise UsageError(
        f"No month is followed by {horizon} published months; the months asked for are "
        f"{found[0]['month']:%Y-%m} to {found[-1]['month']:%Y-%m}.",
        cure,
    )


def _prepare(
    connection: psycopg.Connection[Any],
    request: BacktestRequest,
    found: Sequence[dict[str, Any]],
    judged: Sequence[date],
    horizon: int,
) -> None:
    """Make the work tables: scores, members, classes, revenue, outcomes."""
    scored = {row["month"] for row in found}
    scored |= {add_months(month, lag) for month in judged for lag in LAGS}
    parameters = {
        "scorecard": request.scorecard_id,
        "months": sorted(scored),
        "judged": list(judged),
        "horizon": horizon,
        "seed": request.seed,
    }
    parts = _name_marts(connection, request.is_as_shown)
    for name in ("scores", "members", "classes", "revenue", "outcomes"):
        table = f"backtest_{name}"
        statement = load_statement(table, **parts)
        psycopg.ClientCursor(connection).execute(statement, parameters)
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))


def _name_marts(
    connection: psycopg.Connection[Any], is_as_shown: bool
) -> dict[str, sql.Composable]:
    """Name the marts as known now, or what was first shown of each month."""
    marts = {
        "scores": "fct_account_scores",
        "indicators": "fct_account_indicators",
        "bridge": "bridge_account_records",
    }
    if not is_as_shown:
        known = {key: sql.Identifier("marts", mart) for key, mart in marts.items()}
        return {**known, "shown": sql.SQL("true")}
    connection.execute(load_statement("backtest_moments"))
    then = {
        key: sql.Identifier("marts", f"{mart}_as_shown") for key, mart in marts.items()
    }
    return {**then, "shown": load_statement("backtest_shown_then")}


def _collect(
    connection: psycopg.Connection[Any],
    request: BacktestRequest,
    found: Sequence[dict[str, Any]],
    judged: Sequence[date],
    horizon: int,
) -> dict[str, Any]:
    summary = fetch_dicts(connection, "backtest_summary", {})
    months = fetch_dicts(connection, "backtest_by_month", {})
    versions = sorted({row["scorecard_version"] for row in summary})
    verdicts = []
    for version in versions:
        rows = [row for row in summary if row["scorecard_version"] == version]
        own = [
            row["month"]
            for row in found
            if row["scorecard_version"] == version and row["month"] in judged
        ]
        verdicts.append(
            {
                "scorecard_version": version,
                "months": own,
                **judge_version(rows, horizon),
            }
        )
    return {
        "scorecard_id": request.scorecard_id,
        "horizon": horizon,
        "asked_horizon": request.horizon or DEFAULT_HORIZON,
        "is_as_shown": request.is_as_shown,
        "seed": request.seed,
        "judged": list(judged),
        "not_judged": [_describe_gap(row, horizon) for row in _skip(found, judged)],
        "notes": list(_list_notes(request, found, judged, horizon)),
        "verdict": verdicts,
        "summary": summary,
        "months": months,
    }


def _skip(
    found: Sequence[dict[str, Any]], judged: Sequence[date]
) -> list[dict[str, Any]]:
    return [row for row in found if row["month"] not in judged]


def _describe_gap(row: dict[str, Any], horizon: int) -> dict[str, Any]:
    """A month that can't be judged, and the first month whose revenue is missing."""
    return {
        "month": row["month"],
        "months_after": row["months_after"],
        "reason": f"{add_months(row['month'], row['months_after'] + 1):%Y-%m} is not "
        f"published; {horizon} months after it are needed",
    }


def _list_notes(
    request: BacktestRequest,
    found: Sequence[dict[str, Any]],
    judged: Sequence[date],
    horizon: int,
) -> list[str]:
    """What a reader must know before the figures."""
    notes = []
    if request.horizon is None and horizon != DEFAULT_HORIZON:
        notes.append(
            f"No month is followed by {DEFAULT_HORIZON} published months. Judged by "
            f"the {horizon} that follow instead: this is not next year's revenue."
        )
    if request.is_as_shown:
        lost = [
            row["month"]
            for row in found
            if row["month"] in judged and row["shown_from"] != row["first_shown_from"]
        ]
        if lost:
            notes.append(
                "What was shown first is no longer kept for "
                + ", ".join(f"{month:%Y-%m}" for month in lost)
                + "; the earliest kept is judged."
            )
    return notes
