"""An account's change since another state, as an account manager reads it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from jinta.report.changes import PARTS
from jinta.report.explain_text import write_successor

CAUSES = {
    "points": "its own points moved it",
    "overtaken": "others overtook it",
    "others_fell": "others fell behind it",
    "rules": "the new rules moved it",
    "stability": "the tier was held before, or is held no longer",
    "override": "an override began or ended",
    "held": "the rule's tier moved, the tier in effect is held",
    "ranked": "it is ranked now",
    "not_ranked": "it is not ranked any more",
    "partition": "it is ranked among others now",
}
ACCOUNT_CHANGES = {
    "new": "The account is new: it had no records before.",
    "left": "The account has left: its records are gone.",
    "split_off": "The account is new: its records were in another account before.",
    "merged_away": "The account has ended: its records are in another account now.",
    "passing": "The account has no score in either state.",
}


def render_since(change: dict[str, Any], console: Console) -> None:
    """Print a change as collected by `explain_since`."""
    account, old, new = change["account"], change["from"], change["to"]
    head = f"{account['account_name'] or ''}  {account['group_account_id']}".strip()
    parts: list[Any] = [
        Text(head, style="bold"),
        Text(
            f"{new.scorecard_id} from {old}, rules {old.scorecard_version}, "
            f"to {new}, rules {new.scorecard_version}"
        ),
    ]
    if change["is_successor"]:
        parts.append(write_successor(change["asked_for"]))
    if account["account_change"] in ACCOUNT_CHANGES:
        parts.append(Text(ACCOUNT_CHANGES[account["account_change"]], style="yellow"))
    parts += [_render_sum(account), *_render_indicators(change["indicators"])]
    parts.append(_render_tiers(account))
    parts += _render_bars(change["bars"])
    parts += _render_records(change["records"])
    parts += _render_bills(change["late_bills"])
    console.print(Group(*parts))


def show_value(value: Decimal | None, is_missing: bool | None) -> str:
    """A value as people read it; without the account there is none."""
    if is_missing is None:
        return "-"
    if is_missing:
        return "missing"
    return "none" if value is None else f"{value.normalize():,f}"


def _signed(hundredths: int) -> str:
    return "0" if hundredths == 0 else f"{hundredths / 100:+.2f}"


def _points(hundredths: int | None) -> str:
    return "-" if hundredths is None else f"{hundredths / 100:.2f}"


def _render_sum(account: dict[str, Any]) -> Text:
    parts = ", ".join(f"{part} {_signed(account[f'{part}_points'])}" for part in PARTS)
    return Text(
        f"\n{_points(account['old_total_points'])} → "
        f"{_points(account['new_total_points'])} points: "
        f"{_signed(account['changed_points'])} = {parts}",
        style="bold",
    )


def _is_changed(row: dict[str, Any]) -> bool:
    return row["old_points"] != row["new_points"] or any(
        row[f"{part}_points"] for part in PARTS
    )


def _render_indicators(rows: list[dict[str, Any]]) -> list[Any]:
    """The indicators whose points moved, and how many others didn't."""
    changed = [row for row in rows if _is_changed(row)]
    same = Text(f"{len(rows) - len(changed)} indicators give the points they gave.")
    if not changed:
        return [same]
    table = Table(box=None)
    for heading in ("indicator", "value", "band", "points", *PARTS):
        is_text = heading in ("indicator", "value", "band")
        table.add_column(heading, justify="left" if is_text else "right")
    for row in changed:
        old = show_value(row["old_value"], row["is_old_missing"])
        new = show_value(row["new_value"], row["is_new_missing"])
        if row["identity_points"] and row["is_regrouped_missing"] is not None:
            middle = show_value(row["regrouped_value"], row["is_regrouped_missing"])
            old = f"{old} → ({middle})"
        table.add_row(
            f"{row['indicator_name']} ({row['indicator_name_zh']})",
            f"{old} → {new}",
            f"{_show_band(row, 'old')} → {_show_band(row, 'new')}",
            f"{_points(row['old_points'])} → {_points(row['new_points'])}",
            *(_signed(row[f"{part}_points"]) for part in PARTS),
        )
    return [table, same]


def _show_band(row: dict[str, Any], side: str) -> str:
    if row[f"{side}_band"] is None:
        return "-"
    low, high = row[f"{side}_band_from"], row[f"{side}_band_to"]
    text = f"[{'-∞' if low is None else f'{low.normalize():,f}'}, "
    return text + ("∞)" if high is None else f"{high.normalize():,f})")


def _render_tiers(account: dict[str, Any]) -> Text:
    steps = []
    for side in ("old", "new"):
        rank, among = account[f"{side}_value_rank"], account[f"{side}_population"]
        if account[f"{side}_raw_tier"] is None:
            steps.append("no account")
            continue
        place = f"rank {rank} of {among}" if rank else "not ranked"
        steps.append(f"{place}: {_show_tiers(account, side)}")
    text = f"\n{steps[0]}\n{steps[1]}"
    cause = CAUSES.get(account["tier_change_cause"] or "")
    return Text(text + (f"\nTier: {cause}." if cause else ""), style="bold")


def _show_tiers(account: dict[str, Any], side: str) -> str:
    """The path from the rule's tier to the one in effect."""
    raw = account[f"{side}_raw_tier"]
    suggested = account[f"{side}_suggested_tier"]
    effective = account[f"{side}_effective_tier"]
    path = f"{raw} by the rule"
    if suggested != raw:
        months = account[f"{side}_months_outside"]
        path += f", {suggested} held by stability"
        path += f" ({months} months outside)" if months else ""
    if effective != suggested:
        path += f", {effective} by override: {account[f'{side}_override_reason']}"
    return path


def _render_bars(bars: list[dict[str, Any]]) -> list[Text]:
    lines = [
        f"{bar['tier_band']} began at {_write_bar(bar, 'old')}, "
        f"now at {_write_bar(bar, 'new')}"
        for bar in bars
        if (bar["old_bar_points"], bar["old_rank_to"])
        != (bar["new_bar_points"], bar["new_rank_to"])
    ]
    return [Text("\n".join(lines))] if lines else []


def _write_bar(bar: dict[str, Any], side: str) -> str:
    """Where scores decide, no rank is the last of a tier."""
    rank = bar[f"{side}_rank_to"]
    text = f"{_points(bar[f'{side}_bar_points'])} points"
    return text if rank is None else f"{text} (rank {rank})"


def _render_records(records: list[dict[str, Any]]) -> list[Text]:
    """Only the records that moved; the others are no reason."""
    lines = []
    for row in records:
        name = f"{row['account_id_crm']} {row['account_name_crm']}"
        if row["record_change"] == "joined":
            lines.append(
                f"+ {name}, from {row['old_group_account_id']} "
                f"({_points(row['old_account_points'])} points), "
                f"by {row['match_basis']}"
            )
        elif row["record_change"] == "new":
            lines.append(f"+ {name}, a new record")
        elif row["record_change"] == "left":
            lines.append(f"- {name}, to {row['new_group_account_id']}")
        elif row["record_change"] == "gone":
            lines.append(f"- {name}, not there any more")
    return [Text("\nRecords\n" + "\n".join(lines))] if lines else []


def _render_bills(bills: list[dict[str, Any]]) -> list[Text]:
    lines = [
        f"  load {row['load_id']} ({row['system_name']}, {row['as_of_date']}): "
        f"{row['bills']} {row['table_name']} of {row['bill_month']:%Y-%m} "
        f"{row['what']}, {row['amount']:,}"
        for row in bills
    ]
    title = "\nBills landed after the first of the two was computed\n"
    return [Text(title + "\n".join(lines))] if lines else []
