"""Print trials for people, and write their tables as CSV or JSON for machines."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from jinta.private_files import make_private_folder, write_private
from jinta.report.summary import encode_value
from jinta.spreadsheets import encode_csv

Rows = list[dict[str, Any]]

_SHOWN_MANAGERS = 10
_SHOWN_DIFFERENCES = 12


def write_tables(folder: Path, tables: Mapping[str, Rows]) -> list[Path]:
    """Write each table as a CSV file of its name, for its owner alone.

    Returns:
        The files written, those without rows left out.
    """
    make_private_folder(folder)
    written = []
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        if not rows:
            path.unlink(missing_ok=True)
            continue
        write_private(path, encode_csv(list(rows[0]), rows))
        written.append(path)
    return written


def encode_json(value: Any) -> str:
    """Write a result as JSON, numbers as numbers."""
    return json.dumps(value, ensure_ascii=False, default=encode_value, indent=2)


def render_what_if(
    summary: dict[str, Any], tables: Mapping[str, Rows], console: Console
) -> None:
    """Print what a candidate would change; details are of the last month."""
    last = summary["months"][-1]["month"]
    parts: list[Any] = [_render_question(summary), _render_months(summary["months"])]
    if any(month["accounts_moved_effective"] for month in summary["months"]):
        order = [row["tier"] for row in _of_month(tables["tiers"], last)]
        parts += [
            _render_migration(_of_month(tables["migration"], last), last, order),
            _render_tiers(_of_month(tables["tiers"], last)),
            _render_quota(_of_month(tables["quota"], last)),
            _render_managers(_of_month(tables["managers"], last), order),
            _render_movers(tables["movers"]),
        ]
    elif any(month["accounts_moved_raw"] for month in summary["months"]):
        parts.append(
            Text(
                "Raw tiers move, but none in effect: stability or overrides hold them."
            )
        )
    else:
        parts.append(Text("No account changes its tier.", style="bold"))
    console.print(Group(*parts))


def render_robustness(
    summary: dict[str, Any], tables: Mapping[str, Rows], console: Console
) -> None:
    """Print how far the tiers depend on the weights."""
    shifts = make_table(
        "Accounts that change their tier, by weight",
        [
            {
                "indicator": row["indicator_id"],
                "weight": row["weight"],
                "20 % less": f"{row['changed_less_pct']:.2f} %",
                "20 % more": f"{row['changed_more_pct']:.2f} %",
            }
            for row in tables["weights"]
        ],
    )
    parts = [shifts, _render_confidence(tables["confidence"])]
    if tables["least_certain"]:
        parts.append(_render_least_certain(tables["least_certain"]))
    console.print(Group(_render_verdict(summary), *parts))


def make_table(title: str, rows: Rows) -> Table:
    """Make a table of rows; whatever is a number stands on the right."""
    table = Table(box=None, title=f"\n{title}", title_justify="left")
    for heading in rows[0] if rows else ():
        is_text = isinstance(rows[0][heading], str) and "%" not in rows[0][heading]
        table.add_column(
            heading.replace("_", " "), justify="left" if is_text else "right"
        )
    for row in rows:
        table.add_row(*(Text(_show(value)) for value in row.values()))
    return table


def _render_question(summary: dict[str, Any]) -> Text:
    rules_of = summary["rules_of"]
    lines = [
        f"{summary['scorecard_id']}, candidate {summary['candidate']}"
        + (f", rules of {rules_of:%Y-%m}" if rules_of else "")
        + (f", branch {summary['branch_id']}" if summary["branch_id"] else "")
        + f", against publication {summary['publication_id']}"
    ]
    for version in summary["versions"]:
        count = len(version["differences"])
        lines.append(
            f"{version['from_month']:%Y-%m} to {version['to_month']:%Y-%m}: "
            f"{version['published_version']} as published, against "
            f"{version['tried_version']}"
            + (f", {count} cells differ" if count else " without a difference")
        )
        differences = version["differences"]
        lines += [
            f"  {d['table']} {d['key']} {d['column']}: {d['before'] or 'none'} → "
            f"{d['after'] or 'none'}"
            for d in differences[:_SHOWN_DIFFERENCES]
        ]
        if len(differences) > _SHOWN_DIFFERENCES:
            lines.append(f"  … and {len(differences) - _SHOWN_DIFFERENCES} more")
    return Text("\n".join(lines))


def _render_months(months: Rows) -> Table:
    return make_table(
        "Accounts and monthly revenue that change their tier",
        [
            {
                "month": f"{month['month']:%Y-%m}",
                "accounts": month["accounts"],
                "raw": month["accounts_moved_raw"],
                "suggested": month["accounts_moved_suggested"],
                "effective": month["accounts_moved_effective"],
                "revenue moved": month["revenue_moved_effective"],
                "of": month["revenue"],
            }
            for month in months
        ],
    )


def _sort_tiers(tiers: set[str], order: list[str]) -> list[str]:
    """The best first; one that nobody is in effect in comes last."""
    return [tier for tier in order if tier in tiers] + sorted(tiers - set(order))


def _render_migration(rows: Rows, month: Any, order: list[str]) -> Group:
    """From tier (rows) to tier (columns), by the rule alone and in effect."""
    tables = []
    for kind in ("raw", "effective"):
        cells = {
            (row["tier_before"], row["tier_after"]): row["accounts"]
            for row in rows
            if row["tier_kind"] == kind
        }
        tiers = _sort_tiers({tier for pair in cells for tier in pair}, order)
        tables.append(
            make_table(
                f"From tier ↓ to tier →, {kind} tiers, {month:%Y-%m}",
                [
                    {"from": before}
                    | {after: cells.get((before, after), 0) for after in tiers}
                    for before in tiers
                ],
            )
        )
    return Group(*tables)


def _render_tiers(rows: Rows) -> Table:
    return make_table(
        "Effective tiers",
        [
            {
                "tier": row["tier"],
                "accounts": row["accounts_before"],
                "then": row["accounts_after"],
                "revenue": row["revenue_before"],
                "revenue then": row["revenue_after"],
                "revenue moved": row["revenue_after"] - row["revenue_before"],
            }
            for row in rows
        ],
    )


def _render_quota(rows: Rows) -> Table:
    """The share of each band in all branches together, by the rule and in effect."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for place, side in enumerate(("before", "after")):
            sums[row["tier_kind"], row["tier_band"]][place] += row[f"accounts_{side}"]
            totals[row["tier_kind"]][place] += row[f"accounts_{side}"]
    return make_table(
        "Share of the ranked accounts by band",
        [
            {
                "band": band,
                "tiers": kind,
                "now": f"{100 * before / max(totals[kind][0], 1):.2f} %",
                "then": f"{100 * after / max(totals[kind][1], 1):.2f} %",
            }
            for (kind, band), (before, after) in sorted(
                sums.items(), key=lambda item: item[0][::-1]
            )
        ],
    )


def _render_managers(rows: Rows, order: list[str]) -> Table:
    """The managers whose portfolio changes most: accounts by tier, before and after."""
    by_manager: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        by_manager[row["manager_id"] or "none"][row["tier"]] = (
            row["accounts_before"],
            row["accounts_after"],
        )
    changes = {
        manager: sum(abs(after - before) for before, after in tiers.values())
        for manager, tiers in by_manager.items()
    }
    tiers = _sort_tiers({row["tier"] for row in rows}, order)
    shown = sorted(changes, key=lambda manager: (-changes[manager], manager))
    return make_table(
        f"Managers' load, the {_SHOWN_MANAGERS} that change most",
        [
            {"manager": manager}
            | {
                tier: _show_change(*by_manager[manager].get(tier, (0, 0)))
                for tier in tiers
            }
            for manager in shown[:_SHOWN_MANAGERS]
        ],
    )


def _render_movers(rows: Rows) -> Table:
    return make_table(
        "Biggest movers",
        [
            {
                "account": row["group_account_id"],
                "name": row["account_name"] or "",
                "month": f"{row['month']:%Y-%m}",
                "tier": f"{row['effective_tier_before']} → "
                f"{row['effective_tier_after']}",
                "points": f"{_points(row['points_before'])} → "
                f"{_points(row['points_after'])}",
                "rank": f"{row['rank_before'] or '-'} → {row['rank_after'] or '-'}",
                "revenue": row["revenue"],
            }
            for row in rows
        ],
    )


def _render_verdict(summary: dict[str, Any]) -> Text:
    bound = f"below {summary['artefact_pct']} %"
    end = (
        f"not {bound}: the tier list is an artefact of the weights."
        if summary["is_artefact"]
        else f"{bound}: the tier list stands."
    )
    return Text(
        f"{summary['scorecard_id']} {summary['scorecard_version']}, "
        f"{summary['month']:%Y-%m}: {summary['draws']:,} draws of weights, seed "
        f"{summary['seed']}, Dirichlet with concentration "
        f"{summary['concentration']:g}\n"
        f"{summary['changed_by_a_single_weight_pct']:.2f} % of "
        f"{summary['accounts']:,} ranked accounts change their tier when some single "
        f"weight moves by {summary['shift_pct']} %, {end}",
        style="yellow" if summary["is_artefact"] else "bold",
    )


def _render_least_certain(rows: Rows) -> Table:
    """Each tier with its confidence: the band's, then the tier's own."""
    return make_table(
        "Least certain accounts",
        [
            {
                "account": row["group_account_id"],
                "name": row["account_name"] or "",
                "tier": f"{row['tier_band']} {row['band_confidence']:.2f}",
                "of it": f"{row['tier']} {row['confidence']:.2f}",
                "else": ", ".join(
                    f"{tier} {share:.2f}"
                    for tier, share in sorted(row["probabilities"].items())
                    if tier != row["tier"]
                ),
            }
            for row in rows
        ],
    )


def _render_confidence(rows: Rows) -> Table:
    return make_table(
        "How sure the tiers are",
        [
            {
                "tier": row["tier"],
                "accounts": row["accounts"],
                "confidence": f"{row['mean_confidence']:.2f}",
                "of its band": f"{row['mean_band_confidence']:.2f}",
                "below 0.50": row["accounts_below_half"],
                "0.90 and more": row["accounts_from_nine_tenths"],
            }
            for row in rows
        ],
    )


def _of_month(rows: Iterable[dict[str, Any]], month: Any) -> Rows:
    return [row for row in rows if row["month"] == month]


def _show_change(before: int, after: int) -> str:
    return str(before) if before == after else f"{before} → {after}"


def _points(hundredths: int | None) -> str:
    return "-" if hundredths is None else f"{hundredths / 100:.2f}"


def _show(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:,}"
