"""Prints why an account has its tiers, as an account manager would read it."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from jinta.report.explain_leads import write_lead
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.report.standing import write_standing

Row = dict[str, Any]

_SHOWN_ROOMS = 3


def render_explanation(explanation: Row, console: Console) -> None:
    """Print an explanation: tiers at a glance, what to do, then why by scorecard."""
    cards, standing = explanation["cards"], explanation["standing"]
    parts: list[Any] = [*_render_head(explanation)]
    reason = write_standing(standing)
    if reason:
        parts.append(Text(f"Not ranked: {reason}", style="yellow"))
    if cards:
        parts.append(_render_glance(cards))
    else:
        parts.append(Text("This account has no score in this month.", style="yellow"))
    for lead in explanation["leads"]:
        name, *lines = write_lead(lead)
        parts += [Text(f"\nLead {name}", style="bold"), Text("\n".join(lines))]
    for card in cards:
        parts += _render_card(card, standing)
    parts += [_render_records(explanation["records"])]
    if "sources" in explanation:
        parts.append(_render_sources(explanation["sources"]))
        parts += _render_older_rows(explanation.get("older_rows", []))
    console.print(Group(*parts))


def _render_head(explanation: Row) -> list[Text]:
    account, records = explanation["account"], explanation["records"]
    told = [
        f"{explanation['month']:%Y-%m}",
        f"branch {write_branch(account)}",
        account["initial_class"] or "no initial class",
        f"manager {account['manager_id'] or '-'}",
    ]
    # A sole trader has no name to be told by, but a number.
    if records and records[0]["account_id_crm"]:
        told.append(f"{records[0]['system_name']} {records[0]['account_id_crm']}")
    name = f"{account['account_name']}  {account['group_account_id']}"
    lines = [Text(name, style="bold"), Text(" · ".join(told))]
    if explanation["is_successor"]:
        lines.append(write_successor(explanation["asked_for"]))
    return lines


def write_successor(asked_for: str) -> Text:
    """Write that the account asked for is another one now."""
    return Text(
        f"{asked_for} has ended; its first record is in this account now.",
        style="yellow",
    )


def _render_glance(cards: list[Row]) -> Table:
    table = Table(box=None)
    for name, justify in (
        ("scorecard", "left"),
        ("tier", "left"),
        ("points", "right"),
        ("rank", "left"),
        ("next tier", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for card in cards:
        score, version = card["score"], card["version"]
        rank = score["value_rank"]
        table.add_row(
            f"{version['scorecard_name']} ({version['scorecard_name_zh']})",
            _write_tier(score),
            _points(score["total_points"]),
            "not ranked" if rank is None else f"{rank} of {score['population']}",
            _write_distance(card["next_tiers"], score),
        )
    return table


def _write_tier(score: Row) -> str:
    """Write the tier in effect, and what is to be known before it is relied on."""
    tier, remarks = score["effective_tier"], []
    if _differs(score):
        tier += " by override" if score["override_id"] is not None else " kept"
        remarks.append(f"{score['raw_tier']} by the rule")
    if score["is_provisional"]:
        known = f"{score['completeness_pct']:.0f} % known"
        remarks.append(f"provisional, {known}")
    return f"{tier} ({'; '.join(remarks)})" if remarks else tier


def _differs(score: Row) -> bool:
    """Whether the tier in effect is another than the rule alone would give."""
    return score["effective_tier"] != score["raw_tier"]


def _write_distance(next_tiers: list[Row], score: Row) -> str:
    """Write how far the next better tier is; nothing above the best."""
    short = [row for row in next_tiers if row["is_next"] and row["points_short"]]
    if not short:
        return "-"
    # Distances are of the rule's tier, which may not be the one in effect.
    return (
        f"{short[0]['target_band']}, {_points(short[0]['points_short'])} points short"
        f"{' by the rule' if _differs(score) else ''}"
    )


def write_branch(row: Row) -> str:
    """Write the branch of a row: its number, and its name if that is known."""
    parts = [row["branch_id"], row.get("branch_name")]
    return " ".join(part for part in parts if part) or "-"


def _render_card(card: Row, standing: Row) -> list[Any]:
    version = card["version"]
    parts: list[Any] = [
        Text(
            f"\n{version['scorecard_name']} ({version['scorecard_name_zh']})",
            style="bold",
        ),
        _render_points(card["points"]),
        _render_score(card, standing),
    ]
    manual = [row for row in card["points"] if row["is_manual"]]
    if manual and card["subjectivity"] is not None:
        parts.append(_render_subjectivity(card["subjectivity"]))
    parts += [Text(f"  {_write_assessment(row)}") for row in manual]
    parts += [Text(f"  {text}") for text in _list_standards(manual)]
    if card["next_tiers"]:
        parts += [*_render_rooms(card["points"])]
    parts += [_render_next(row, card["score"]) for row in card["next_tiers"]]
    rules = (
        f"Rules of {card['scorecard_id']} {version['scorecard_version']}, in force "
        f"from {version['valid_from']:%Y-%m}, {version['spec_id']}"
    )
    return [*parts, Text(rules, style="dim")]


def _render_points(points: list[Row]) -> Table:
    """What each indicator is worth, under the dimension that it belongs to."""
    table = Table(box=None)
    for name, justify in (
        ("indicator", "left"),
        ("value", "right"),
        ("unit", "left"),
        ("which is", "left"),
        ("points", "right"),
        ("of", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name, members in groupby(points, key=lambda row: row["dimension_name"]):
        rows = list(members)
        sums = [sum(row[key] for row in rows) for key in ("points", "max_points")]
        table.add_row(name.capitalize(), "", "", "", *map(_points, sums), style="bold")
        for row in rows:
            table.add_row(
                f"  {row['indicator_name']} ({row['indicator_name_zh']})",
                _show_value(row),
                "" if _is_flag(row) else _write_unit(row),
                _write_band(row),
                _points(row["points"]),
                _points(row["max_points"]),
            )
    return table


def _write_band(row: Row) -> str:
    """Write what the value's band means; its bounds where nobody wrote a meaning."""
    if row["is_missing"]:
        return ""
    low, high = row["band_from"], row["band_to"]
    bounds = [
        *([] if low is None else [f"from {_number(low)}"]),
        *([] if high is None else [f"below {_number(high)}"]),
    ]
    return row["band_meaning"] or ", ".join(bounds)


def _render_score(card: Row, standing: Row) -> Text:
    score = card["score"]
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
    names = {row["dimension"]: row["dimension_name"] for row in card["points"]}
    dimensions = " + ".join(
        f"{name} {_points(score[f'{dimension}_points'])}"
        for dimension, name in names.items()
    )
    of = sum(row["max_points"] for row in card["points"])
    text = (
        f"{dimensions} = {_points(score['total_points'])} of {_points(of)} points; "
        f"{score['completeness_pct']:.0f} % of the weights known"
        f"{' (provisional)' if score['is_provisional'] else ''}"
        f"\n{_write_rank(score, standing)}: tier {tiers}"
    )
    # The grades that the CRM gave before are of the first system.
    if card["scorecard_id"] == DEFAULT_SCORECARD and score["former_grade"]:
        text += f"; former grade {score['former_grade']}"
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


def _write_assessment(row: Row) -> str:
    """Write of an item that people enter what was entered, by whom, when and why."""
    head = f"{row['indicator_name']} ({row['indicator_name_zh']}): "
    if row["is_missing"]:
        missing = "no assessment in force"
        return head + (
            missing if row["is_assessed"] else f"not recorded in {row['source_tables']}"
        )
    if row["assessed_by"] is None:
        return f"{head}{_show_value(row)}, as recorded in {row['source_tables']}"
    until = "" if row["expires_date"] is None else f", until {row['expires_date']}"
    reason = f": {row['reason']}" if row["reason"] else ""
    return (
        f"{head}{_show_value(row)}, by {row['assessed_by']} on "
        f"{row['assessed_date']}{until}{reason}"
    )


def _list_standards(manual: list[Row]) -> list[str]:
    """Write the facts that an assessment is to be held against (S3-05), once."""
    wordings = {
        "average_sales_3y_amount": "sales of three years {} yuan a year",
        "sales_growth_3y_pct": "their growth {} %",
        "projects_3y": "agreements signed in three years {}",
    }
    for row in manual:
        told = [
            text.format(_number(row[name]))
            for name, text in wordings.items()
            if row.get(name) is not None
        ]
        if told:
            return [f"to hold them against: {', '.join(told)}"]
    return []


def _render_rooms(points: list[Row]) -> list[Text]:
    """Where most points are still to be gained, those that nobody knows told apart."""
    rooms = [
        (row["max_points"] - row["points"], row)
        for row in points
        if row["max_points"] > row["points"]
    ]
    rooms.sort(key=lambda room: -room[0])
    told = ", ".join(
        f"{row['indicator_name']}{' (unknown)' if row['is_missing'] else ''} "
        f"+{_points(room)}"
        for room, row in rooms[:_SHOWN_ROOMS]
    )
    return [Text(f"Most points to gain: {told}")] if told else []


def _render_next(row: Row, score: Row) -> Text:
    """The way to a better tier: how far it is, and the one change that would do."""
    by_rule = " by the rule" if _differs(score) else ""
    head = f"To {row['target_band']}{by_rule}: "
    if row["points_short"] is None:
        return Text(f"{head}no points lead there, because ranks don't depend on them")
    head += f"{_points(row['points_short'])} points short"
    if not row["is_one_change_enough"]:
        return Text(f"{head}; no single indicator is enough")
    now = row["indicator_value"]
    steps = row["band_steps"]
    began = "unknown" if row["was_missing"] else "none" if now is None else _number(now)
    text = (
        f"{head}; {row['indicator_name']} ({row['indicator_name_zh']}) from {began} to "
        f"{_write_needed(row)} "
        f"({steps} band{'s' if steps > 1 else ''}, "
        f"+{_points(row['points_gained'])} points) leads to "
        f"{row['reached_tier']}{by_rule}"
    )
    # A month published before the dictionary told it has no word on it.
    if row.get("is_changeable") is False:
        text += ": nobody can change it (客户经理无法改变)"
        text += ", only record what it is" if row["was_missing"] else ""
    elif row["is_manual"]:
        text += ": an item that people enter; it needs an assessment"
    return Text(text)


def _write_needed(row: Row) -> str:
    """Write the needed value with its unit; a range such as grade 0-5 stands apart."""
    number, unit = _number(row["needed_value"]), row["unit"]
    is_range = unit[-1:].isdigit()
    return f"{number} ({unit})" if is_range else f"{number} {_write_unit(row)}"


def _write_unit(row: Row) -> str:
    """Write the unit of a value, with the months that it was counted or summed over.

    What is told per month is no sum, and a rate is of no length of time.
    """
    unit, months = row["unit"], row["window_months"]
    if months == 1 or unit.endswith(" per month") or unit == "per cent":
        return unit
    return f"{unit} in {months} months"


def _render_records(records: list[Row]) -> Table:
    table = Table(box=None, title="\nSource records", title_justify="left")
    for name in ("record", "system", "name", "joined by"):
        table.add_column(name)
    for row in records:
        table.add_row(
            row["account_id_crm"],
            row["system_name"],
            row["account_name_crm"],
            "senior"
            if row["is_senior"]
            else (row["match_basis"] or "").replace("_", " "),
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


def _show_value(row: Row) -> str:
    """A value as people read it; known to be none is not the same as unknown."""
    if row["is_missing"]:
        return "unknown"
    value = row["indicator_value"]
    if value is not None and _is_flag(row):
        return "yes" if value else "no"
    return "none" if value is None else _number(value)


def _is_flag(row: Row) -> bool:
    return row["unit"] == "0 or 1"


def _number(value: Any) -> str:
    return f"{Decimal(value).normalize():,f}"


def _points(hundredths: int | None) -> str:
    return "-" if hundredths is None else f"{hundredths / 100:.2f}"
