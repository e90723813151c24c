"""A backtest as a page, and as text on the terminal: the verdict first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from jinta.evidence.backtest import DEFAULT_HORIZON
from jinta.evidence.charts import draw_curves, draw_lines
from jinta.evidence.html import (
    EMPTY,
    Html,
    element,
    facts,
    join,
    section,
    show_month,
    table,
)

RANKINGS = {
    "score": "score (评分)",
    "revenue": "revenue rank (收入排名)",
    "random": "random (随机)",
    "chance": "chance (随机期望)",
    "perfect": "hindsight (事后最优)",
}
_COMPARED = ("score", "revenue", "random")
_METHOD = """
An account counts where it was ranked in the month. Revenue to come is the sum of
total_amount over the horizon, followed through later merges and splits by the account's
records. An account churned (流失) when none of its records is open at the end of the
horizon, or when it paid something in the last three months and nothing in the whole
horizon. The revenue rank orders by the revenue of the last three months. Gini is the
area between gains curve and diagonal as a share of the largest possible: 1 puts the
accounts in the order of the revenue to come, 0 is chance, -1 the reverse order. Equal
values share the middle of their ranks. Tiers are those published, cut within each
partition; the other rankings get as many places of each band in each partition. Churn
Gini is 1 when all who churned stood last. Spearman and Kendall (tau-b) compare the
accounts ranked in both months. PSI compares the shares of ten bins (the tenths of the
earlier month) or of the tiers; below 0.1 is usually called stable, above 0.25 shifted.
Random is a drawn order, chance what random comes to on average.
"""


def build_backtest_parts(result: dict[str, Any]) -> list[Html]:
    """Make the sections of a backtest, the verdict first."""
    parts = [*map(_build_verdict, result["verdict"])]
    parts += [element("p", element("strong", note)) for note in result["notes"]]
    parts.append(
        facts(
            [
                ("Scorecard (评分卡)", result["scorecard_id"]),
                ("Horizon (观察期)", f"{result['horizon']} months"),
                ("Months judged", _list_judged(result)),
                ("Months not judged", _list_gaps(result)),
                (
                    "Scores",
                    "as first shown (首次展示)"
                    if result["is_as_shown"]
                    else "as known now (当前口径)",
                ),
                ("Seed of the random rank", result["seed"]),
            ]
        )
    )
    for verdict in result["verdict"]:
        parts.append(_build_version(result, verdict["scorecard_version"]))
    parts.append(
        section("How it was measured (口径)", element("p", " ".join(_METHOD.split())))
    )
    return parts


def render_backtest(result: dict[str, Any], console: Console) -> None:
    """Print a backtest for people."""
    for verdict in result["verdict"]:
        style = {"better": "green", "worse": "red"}.get(verdict["outcome"], "yellow")
        console.print(
            Text(
                f"{result['scorecard_id']} {verdict['scorecard_version']}: "
                f"{verdict['text']}",
                style=f"bold {style}",
            )
        )
    for note in result["notes"]:
        console.print(Text(note, style="yellow"))
    console.print(Text(f"Judged: {_list_judged(result)}"))
    console.print(Text(f"Not judged: {_list_gaps(result)}"))
    for verdict in result["verdict"]:
        for title, headings, rows in _list_tables(result, verdict["scorecard_version"]):
            listing = Table(box=None, title=f"\n{title}", title_justify="left")
            for place, heading in enumerate(headings):
                listing.add_column(heading, justify="right" if place else "left")
            for row in rows:
                listing.add_row(*map(str, row))
            console.print(listing)


def _build_verdict(verdict: dict[str, Any]) -> Html:
    tone = {"better": "verdict good", "worse": "verdict bad"}.get(
        verdict["outcome"], "verdict"
    )
    return element(
        "p", f"Version {verdict['scorecard_version']}: {verdict['text']}", class_=tone
    )


def _build_version(result: dict[str, Any], version: str) -> Html:
    gains = [
        (RANKINGS[ranking], _list_gains(result, version, ranking, "revenue_gain_pct"))
        for ranking in (*_COMPARED, "perfect")
    ]
    churn = [
        (RANKINGS[ranking], _list_gains(result, version, ranking, "churn_gain_pct"))
        for ranking in _COMPARED
    ]
    own = [row for row in result["months"] if row["scorecard_version"] == version]
    months = sorted({row["month"] for row in own})
    ginis = {
        (row["month"], row["ranking"]): float(row["value"])
        for row in own
        if row["metric"] == "gini"
    }
    parts = [
        draw_curves(
            "Gains (Lorenz, 累计收益曲线): revenue to come among the best accounts",
            gains,
        ),
        draw_lines(
            "Gini by month (基尼系数)",
            [show_month(month) for month in months],
            [
                (
                    RANKINGS[ranking],
                    [ginis.get((month, ranking)) for month in months],
                )
                for ranking in _COMPARED
            ],
        ),
    ]
    if any(points for _, points in churn):
        parts.append(
            draw_curves("Churn (流失) among the best accounts: low is good", churn)
        )
    for title, headings, rows in _list_tables(result, version):
        parts += [element("h3", title), table(headings, rows)]
    return section(f"Version {version}", join(parts))


def _list_gains(
    result: dict[str, Any], version: str, ranking: str, metric: str
) -> list[tuple[float, float]]:
    return [
        (float(row["subject"]), float(row["mean"]))
        for row in result["summary"]
        if (row["scorecard_version"], row["ranking"], row["metric"])
        == (version, ranking, metric)
    ]


_Tables = list[tuple[str, list[str], list[list[str]]]]


def _list_tables(result: dict[str, Any], version: str) -> _Tables:
    means = {
        (row["metric"], row["subject"], row["ranking"]): row
        for row in result["summary"]
        if row["scorecard_version"] == version
    }
    return [
        _table_of_ginis(means),
        *_tables_of_tiers(means),
        _table_of_deciles(means),
        _table_of_stability(means),
        _table_of_psi(means),
    ]


def _table_of_ginis(means: dict) -> tuple[str, list[str], list[list[str]]]:
    rows = []
    for ranking in (*_COMPARED, "chance"):
        cells = [RANKINGS[ranking]]
        for metric in ("gini", "churn_gini"):
            row = means.get((metric, "", ranking))
            is_chance = ranking == "chance"
            cells.append("0.00" if is_chance else _number(row))
            cells.append(
                EMPTY if row is None else f"{row['least']:.2f} to {row['most']:.2f}"
            )
        rows.append(cells)
    return (
        "Gini (基尼系数): mean over the months, and its range",
        ["ranking", "revenue", "range", "churn (流失)", "range"],
        rows,
    )


def _tables_of_tiers(means: dict) -> _Tables:
    subjects = sorted(
        {subject for metric, subject, _ in means if metric == "tier_accounts_pct"}
    )
    tables: _Tables = []
    for metric, title in (
        ("lift", "Lift (提升度): revenue to come per account against the average"),
        ("revenue_capture_pct", "Revenue captured (收入占比), %"),
        ("churn_capture_pct", "Churn captured (流失占比), %"),
    ):
        rankings = ("score", "revenue", "random", "chance", "perfect")
        rows = [
            [
                subject,
                _number(means.get(("tier_accounts_pct", subject, "score")), 1),
                *(
                    _number(means.get((metric, subject, ranking)))
                    for ranking in rankings
                ),
            ]
            for subject in subjects
        ]
        headings = [
            "tier (等级)",
            "accounts, %",
            *(RANKINGS[name] for name in rankings),
        ]
        tables.append((title, headings, rows))
    return tables


def _table_of_deciles(means: dict) -> tuple[str, list[str], list[list[str]]]:
    rows = []
    for decile in range(1, 11):
        cells = [f"{decile * 10 - 10}–{decile * 10} %"]
        for metric in ("revenue_gain_pct", "churn_gain_pct"):
            for ranking in ("score", "revenue"):
                upto = means.get((metric, f"{decile * 10:03}", ranking))
                before = means.get((metric, f"{decile * 10 - 10:03}", ranking))
                cells.append(
                    EMPTY
                    if upto is None
                    else f"{upto['mean'] - (before['mean'] if before else 0):.1f}"
                )
        cells.append("10.0")
        rows.append(cells)
    return (
        "Captured by tenth of the accounts (十分位), %",
        [
            "accounts, best first",
            "revenue by score",
            "revenue by revenue rank",
            "churn by score",
            "churn by revenue rank",
            "chance",
        ],
        rows,
    )


def _table_of_stability(means: dict) -> tuple[str, list[str], list[list[str]]]:
    rows = [
        [
            _name_lag(lag),
            _number(means.get(("common_accounts", lag, "score")), 0),
            metric,
            *(_number(means.get((metric, lag, ranking))) for ranking in _COMPARED),
        ]
        for lag in ("01", "12")
        for metric in ("spearman", "kendall")
        if (metric, lag, "score") in means
    ]
    headings = ["against", "accounts in both", "metric", *map(_name, _COMPARED)]
    return ("Rank stability (排名稳定性)", headings, rows)


def _table_of_psi(means: dict) -> tuple[str, list[str], list[list[str]]]:
    names = ("score", "revenue", "raw_tier", "effective_tier")
    rows = [
        [
            _name_lag(lag),
            *(_number(means.get(("psi", lag, name)), 3) for name in names),
        ]
        for lag in ("01", "12")
        if ("psi", lag, "score") in means
    ]
    headings = ["against", "score", "revenue", "raw tier", "effective tier"]
    return ("Population stability index (PSI, 群体稳定性)", headings, rows)


def _name(ranking: str) -> str:
    return RANKINGS[ranking]


def _name_lag(lag: str) -> str:
    return "the next month" if lag == "01" else f"{int(lag)} months later"


def _number(row: dict[str, Any] | None, places: int = 2) -> str:
    if row is None:
        return EMPTY
    # Adding zero takes the sign from a rounded -0.00.
    return f"{round(row['mean'], places) + 0:.{places}f}"


def _list_judged(result: dict[str, Any]) -> str:
    months: Sequence[Any] = result["judged"]
    span = show_month(months[0])
    if len(months) > 1:
        span += f" to {show_month(months[-1])}"
    years = "" if result["horizon"] == DEFAULT_HORIZON else " (not twelve)"
    return f"{span}, {len(months)}, by the {result['horizon']} months{years} after each"


def _list_gaps(result: dict[str, Any]) -> str:
    gaps = result["not_judged"]
    if not gaps:
        return "none"
    span = show_month(gaps[0]["month"])
    if len(gaps) > 1:
        span += f" … {show_month(gaps[-1]['month'])}"
    return f"{span} ({len(gaps)}): {gaps[0]['reason']}"
