"""The evidence pack of a rule version as a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinta.evidence.account_page import build_version_facts, describe_masking
from jinta.evidence.backtest_page import build_backtest_parts
from jinta.evidence.charts import draw_bars
from jinta.evidence.dividend import build_dividend_parts
from jinta.evidence.html import (
    Html,
    element,
    facts,
    section,
    show,
    show_month,
    show_points,
    table,
)
from jinta.evidence.rebuild import build_rebuild_parts, describe_rebuild


def build_version_parts(pack: dict[str, Any]) -> list[Html]:
    """Make the sections of a version's pack, the verdict of the backtest first."""
    return [
        *_build_head(pack),
        section("The version (版本)", *build_version_facts(pack["version"])),
        section("Against the version before (版本差异)", _build_changes(pack)),
        section("Backtest (回测)", *_build(pack["backtest"], build_backtest_parts)),
        section("Pyramid (价值金字塔)", *_build_pyramid(pack)),
        section("Calibration (校准)", *_build_calibration(pack)),
        section("Bands in use (分段分布)", *_build_bands(pack)),
        section("Robustness (稳健性)", *_build(pack["robustness"], _build_robust)),
        section(
            "Dedupe dividend (去重红利)",
            *_build(pack["dividend"], build_dividend_parts),
        ),
        section("Rule rows (规则明细)", *_build_rows(pack)),
        section(
            "Rebuilt from raw (重算验证)",
            *build_rebuild_parts(pack["rebuild"], pack["publication"]),
        ),
    ]


def _build_head(pack: dict[str, Any]) -> list[Html]:
    months = pack["months"]
    parts = [
        element("h1", f"{pack['scorecard_id']} {pack['scorecard_version']}"),
        element("p", "Evidence pack of a rule version (规则版本证据包)", class_="soft"),
    ]
    backtest = pack["backtest"]
    if isinstance(backtest, str):
        parts.append(element("p", f"Not backtested: {backtest}", class_="verdict"))
    else:
        tones = {"better": "verdict good", "worse": "verdict bad"}
        parts += [
            element("p", row["text"], class_=tones.get(row["outcome"], "verdict"))
            for row in backtest["verdict"]
        ]
    return [
        *parts,
        element("p", describe_rebuild(pack["rebuild"])),
        element("p", describe_masking(pack["is_personal"]), class_="soft"),
        facts(
            [
                ("Month looked at (账期)", show_month(pack["month"])),
                (
                    "Published months it scored",
                    (
                        f"{len(months)}: {show_month(months[-1])} to "
                        f"{show_month(months[0])}"
                    ),
                ),
            ]
        ),
    ]


def _build(part: Any, build: Callable[[Any], list[Html]]) -> list[Html]:
    """Build a part, or say why there is none."""
    return [element("p", part)] if isinstance(part, str) else build(part)


def _build_changes(pack: dict[str, Any]) -> Html:
    return table(
        ["version before", "table", "row", "change", "column", "old", "new"],
        [
            [
                row["version_before"],
                row["seed_name"],
                row["row_key"],
                row["change_kind"],
                row["column_name"],
                row["old_value"],
                row["new_value"],
            ]
            for row in pack["changes"]
        ],
        empty="None: it is the first version of the scorecard, or equal to the one "
        "before.",
    )


def _build_pyramid(pack: dict[str, Any]) -> list[Html]:
    accounts = sum(row["accounts"] for row in pack["pyramid"]) or 1
    revenue = sum(row["revenue"] for row in pack["pyramid"]) or 1
    bars = [
        (
            row["tier"],
            [
                float(100 * row["accounts"] / accounts),
                float(100 * row["revenue"] / revenue),
            ],
        )
        for row in pack["pyramid"]
    ]
    return [
        draw_bars(
            "Accounts and revenue by tier in effect, %",
            bars,
            ["accounts (客户)", "revenue (收入)"],
        ),
        table(
            [
                "tier (等级)",
                "accounts",
                "revenue",
                "accounts by the rule",
                "their revenue",
            ],
            [
                [
                    row["tier"],
                    row["accounts"],
                    row["revenue"],
                    row["raw_accounts"],
                    row["raw_revenue"],
                ]
                for row in pack["pyramid"]
            ],
        ),
    ]


def _build_calibration(pack: dict[str, Any]) -> list[Html]:
    rows = []
    for row in pack["calibration"]:
        low, high = row["min_sub_tier_share_pct"], row["max_sub_tier_share_pct"]
        is_within = None
        if low is not None and high is not None:
            is_within = low <= row["share_pct"] <= high
        rows.append(
            [
                row["tier"],
                row["accounts"],
                f"{row['share_pct']:.2f}",
                f"{show(low)} to {show(high)}",
                is_within,
            ]
        )
    note = "Among accounts that are not provisional, tiers by the rule alone."
    return [
        element("p", note, class_="soft"),
        table(["sub-tier", "accounts", "share, %", "bounds", "within"], rows),
    ]


def _build_bands(pack: dict[str, Any]) -> list[Html]:
    by_indicator: dict[str, list[dict[str, Any]]] = {}
    for row in pack["bands"]:
        by_indicator.setdefault(row["indicator_id"], []).append(row)
    parts: list[Html] = []
    for rows in by_indicator.values():
        first = rows[0]
        parts.append(
            draw_bars(
                f"{first['indicator_name']} ({first['indicator_name_zh']}), at most "
                f"{show_points(first['max_points'])} points",
                [(_name_band(row), [row["accounts"]]) for row in rows],
                ["accounts (客户)"],
            )
        )
    return parts or [element("p", "None.", class_="soft")]


def _name_band(row: dict[str, Any]) -> str:
    if row["is_missing"] or row["band"] is None:
        return "missing (缺失)"
    return f"{show_points(row['points'])} pts"


def _build_robust(certificate: Any) -> list[Html]:
    summary = certificate.summary
    share = summary["changed_by_a_single_weight_pct"]
    verdict = "the list stands"
    if summary["is_artefact"]:
        verdict = "the tier list is an artefact of the weights"
    parts = [
        element(
            "p",
            f"{share:.2f} % of {summary['accounts']:,} ranked accounts change their "
            f"tier when some single weight moves by {summary['shift_pct']} % "
            f"({summary['artefact_pct']} % is the line): {verdict}.",
            class_="verdict bad" if summary["is_artefact"] else "verdict good",
        ),
        facts(
            [
                (name.replace("_", " "), _write_value(value))
                for name, value in summary.items()
            ]
        ),
    ]
    for name in ("weights", "confidence", "least_certain"):
        rows = certificate.tables.get(name) or []
        if rows:
            headings = [key for key in rows[0] if key != "account_name"]
            parts += [
                element("h3", name.replace("_", " ")),
                table(
                    [heading.replace("_", " ") for heading in headings],
                    [[_write_value(row.get(key)) for key in headings] for row in rows],
                ),
            ]
    parts.append(
        element(
            "p", "Hash of all probabilities: ", element("code", certificate.result_hash)
        )
    )
    return parts


def _build_rows(pack: dict[str, Any]) -> list[Html]:
    if not pack["rows"]:
        return [element("p", "The version is not registered: no publication used it.")]
    parts: list[Html] = []
    for seed, rows in pack["rows"][0]["rows"].items():
        headings = sorted({column for row in rows for column in row})
        parts += [
            element("h3", f"{seed} ({len(rows)})"),
            table(headings, [[row.get(column) for column in headings] for row in rows]),
        ]
    return parts


def _write_value(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_write_value(item)}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return value
