"""Prints why an account has its tiers, as an account manager would read it."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from jinta.report.standing import write_standing

Row = dict[str, Any]


def render_explanation(explanation: Row, console: Console) -> None:
    """Print an explanation: each scorecard, then what holds for all of them."""
    account = explanation["account"]
    parts: list[Any] = [
        Text(f"{account['account_name']}  {account['group_account_id']}", style="bold"),
        Text(
            f"{explanation['month']:%Y-%m} · branch {write_branch(account)} · "
            f"{account['initial_class'] or '-'} · "
            f"manager {account['manager_id'] or '-'}"
        ),
    ]
    if not explanation["cards"]:
        parts.append(Text("This account has no score in this month.", style="yellow"))
    for card in explanation["cards"]:
        parts += _render_card(card, explanation["standing"])
    parts += [_render_records(explanation["records"])]
    parts += [_render_lead(lead) for lead in explanation["leads"]]
    if "sources" in explanation:
        parts.append(_render_sources(explanation["sources"]))
        parts += _render_older_rows(explanation.get("older_rows", []))
    console.print(Group(*parts))


def write_branch(row: Row) -> str:
    """Write the branch of a row: its number, and its name if that is known."""
    parts = [row["branch_id"], row.get("branch_name")]
    return " ".join(part for part in parts if part) or "-"


def _render_card(card: Row, standing: Row) -> list[Any]:
    version = card["version"]
    title = (
        f"\n{version['scorecard_name']} ({version['scorecard_name_zh']}), rules of "
        f"{card['scorecard_id']} {version['scorecard_version']}, in force from "
        f"{version['valid_from']:%Y-%m}, {version['spec_id']}"
    )
    parts: list[Any] = [
        Text(title, style="bold"),
        _render_points(card["points"]),
        _render_score(card["score"], standing),
    ]
    if card["subjectivity"] is not None:
        parts.append(_render_subjectivity(card["subjectivity"]))
    return parts + [_render_next(row) for row in card["next_tiers"]]


def _render_points(points: list[Row]) -> Table:
    table = Table(box=None)
    for name, justify in (
        ("indicator", "left"),
        ("value", "right"),
        ("unit", "left"),
        ("band", "left"),
        ("points", "right"),
        ("of", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in points:
        low = "-∞" if row["band_from"] is None else f"{row['band_from']:,}"
        high = "∞" if row["band_to"] is None else f"{row['band_to']:,}"
        table.add_row(
            f"{row['dimension'].upper()} {row['indicator_name']} "
            f"({row['indicator_name_zh']})",
            _show_value(row),
            row["unit"],
            "" if row["is_missing"] else f"[{low}, {high})",
            _points(row["points"]),
            _points(row["max_points"]),
        )
    return table


def _render_score(score: Row, standing: Row) -> Text:
    tiers = score["effective_tier"]
    if score["override_id"] is not None:
        tiers = (
            f"{score['raw_tier']} by the rule, {score['effective_tier']} by override: "
            f"{score['override_reason']} (until {score['override_valid_to']})"
        )
    elif score["effective_tier"] != score["raw_tier"]:
        tiers = (
            f"{score['raw_tier']} by the rule, {score['effective_tier']} kept: "
            f"{score['held_band']} is lost after {score['exit_months']} months beyond "
            f"its bound, {score['months_outside']} so far"
        )
    dimensions = " + ".join(
        f"{name.upper()} {_points(score[f'{name}_points'])}"
        for name in ("x", "y", "z", "w")
        if name != "w" or score.get("w_points")
    )
    text = (
        f"{dimensions} = {_points(score['total_points'])} points; "
        f"{score['completeness_pct']:.0f} % of the weights known"
        f"{' (provisional)' if score['is_provisional'] else ''}"
        f"\n{_write_rank(score, standing)}: tier {tiers}; former grade "
        f"{score['former_grade'] or '-'}"
    )
    return Text(text, style="bold")


def _write_rank(score: Row, standing: Row) -> str:
    """Write the rank, or why there is none."""
    if score["value_rank"] is not None:
        return (
            f"Rank {score['value_rank']} of {score['population']} in "
            f"{score['partition_id']}"
        )
    reason = write_standing(standing)
    if not reason and score["is_provisional"]:
        reason = "too little is known of it"
    return f"Not ranked ({reason})" if reason else "Not ranked"


def _render_subjectivity(row: Row) -> Text:
    share = row["manual_share_pct"]
    text = (
        f"{_points(row['manual_points'])} of the points were entered by people"
        + ("" if share is None else f", {share:.0f} % of the score")
        + (", more than the rule allows" if row["is_mostly_manual"] else "")
    )
    if row["peer_points"] is not None:
        text += f"; peers have {row['peer_points'] / 100:.2f} on average"
    return Text(text)


def _render_next(row: Row) -> Text:
    """The way to a better tier: how far it is, and the one change that would do."""
    head = f"To {row['target_band']}: "
    if row["points_short"] is None:
        return Text(f"{head}no points lead there, because ranks don't depend on them")
    head += f"{_points(row['points_short'])} points short"
    if not row["is_one_change_enough"]:
        return Text(f"{head}; no single indicator is enough")
    now = row["indicator_value"]
    return Text(
        f"{head}; {row['indicator_name']} ({row['indicator_name_zh']}) from "
        f"{'missing or none' if now is None else _number(now)} to "
        f"{_number(row['needed_value'])} {row['unit']} "
        f"({row['band_steps']} band{'s' if row['band_steps'] > 1 else ''}, "
        f"+{_points(row['points_gained'])} points) leads to {row['reached_tier']}"
    )


def _render_records(records: list[Row]) -> Table:
    table = Table(box=None, title="\nSource records", title_justify="left")
    for name in ("record", "system", "name", "joined by"):
        table.add_column(name)
    for row in records:
        table.add_row(
            row["account_id_crm"],
            row["system_name"],
            row["account_name_crm"],
            "senior" if row["is_senior"] else row["match_basis"],
        )
    return table


def _render_sources(sources: list[Row]) -> Table:
    table = Table(box=None, title="\nSource rows", title_justify="left")
    for name in ("table", "months", "system", "file", "rows", "loads", "landed", "for"):
        is_number = name in ("months", "rows")
        table.add_column(name, justify="right" if is_number else "left")
    for row in sources:
        first, last = row["landed_from"], row["landed_to"]
        table.add_row(
            row["table_name"],
            str(row["window_months"] or ""),
            row["system_name"],
            row["file_name"] or "",
            f"{row['row_count']:,}",
            " ".join(map(str, row["load_ids"])),
            f"{first}" if first == last else f"{first} to {last}",
            " ".join(row["indicators"]),
        )
    return table


def _render_older_rows(older_rows: list[Row]) -> list[Any]:
    if not older_rows:
        return []
    told = "; ".join(
        f"{row['indicator_id']} ({row['source_tables']})" for row in older_rows
    )
    return [Text(f"also made of older rows than those: {told}")]


def _render_lead(lead: Row) -> Text:
    """A lead with each condition, what was found and whether it is met."""
    head = (
        f"\nLead {lead['lead_rule_id']}: {lead['lead_name']} ({lead['lead_name_zh']}), "
        f"priority {lead['priority']}, {lead['lead_status']}"
    )
    conditions = [
        f"  {'✓' if found['is_met'] else '·'} {found['metric']} {found['value']}, "
        f"{found['comparison'].replace('_', ' ')} {found['threshold']}"
        for found in lead["evidence"]
    ]
    return Text("\n".join([head, *conditions]))


def _show_value(row: Row) -> str:
    """A value as people read it; known to be none is not the same as missing."""
    if row["is_missing"]:
        return "missing"
    value = row["indicator_value"]
    return "none" if value is None else _number(value)


def _number(value: Any) -> str:
    return f"{value.normalize():,f}"


def _points(hundredths: int | None) -> str:
    return "-" if hundredths is None else f"{hundredths / 100:.2f}"
