"""What a successor must see first: what is important and pressing before what is old.

Each item has a weight: how grave its kind is, how high the account stands, how much
money hangs on it, and whether its day has come. So a complaint of a big account comes
before small arrears of long ago, and what has no date takes its place by its kind.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from jinta.evidence.html import show
from jinta.landing.raw_tables import next_month

# How grave each kind is by itself, out of a hundred.
_KINDS = {
    "complaint": 90,
    "attitude": 60,
    "task": 50,
    "survey": 40,
    "agreement": 40,
    "visit": 35,
    "promise": 30,
    "competitor": 25,
    "arrears": 20,
}
# Added for an account of the first tiers, for the largest amount of a kind (smaller
# ones get their share of it), and for what is late or falls due soon.
_TOP_TIER, _LARGEST_AMOUNT, _DUE = 25, 20, 10
_SOON = timedelta(days=14)


def list_urgent(pack: dict[str, Any]) -> list[dict[str, Any]]:
    """What a successor must see first, the most pressing first.

    Returns:
        Rows with `place`, `group_account_id`, `account_name`, `what`, `why`, `by` (a
        date or None), `kind`, `amount` (or None) and `weight`.
    """
    accounts = {row["group_account_id"]: row for row in pack["accounts"]}
    found: list[dict[str, Any]] = []

    def add(
        kind: str, row: dict[str, Any], what: str, why: str, by: Any = None, **more: Any
    ) -> None:
        own = row["group_account_id"]
        name = accounts.get(own, row).get("account_name") or own
        item = {"group_account_id": own, "account_name": name, "what": what}
        item |= {"why": why, "by": by, "kind": kind, "amount": more.get("amount")}
        found.append(item)

    _add_promised(pack, add)
    _add_care(pack, add)
    _add_ending(pack, add)
    _add_accounts(pack, add)
    return _order(found, accounts, _end_of_month(pack))


def _order(
    found: list[dict[str, Any]], accounts: dict[str, dict[str, Any]], day: date
) -> list[dict[str, Any]]:
    """Weigh the items and put the heaviest first; equals by date, then by account."""
    largest: dict[str, Decimal] = {}
    for row in found:
        largest[row["kind"]] = max(largest.get(row["kind"], 0), row["amount"] or 0)
    for row in found:
        account = accounts.get(row["group_account_id"], {})
        weight = _KINDS[row["kind"]] + _TOP_TIER * bool(account.get("is_top_tier"))
        if row["amount"]:
            weight += round(_LARGEST_AMOUNT * row["amount"] / largest[row["kind"]])
        if row["by"] is not None and row["by"] <= day + _SOON:
            weight += _DUE
        row["weight"] = weight
    found.sort(
        key=lambda r: (
            *(-r["weight"], r["by"] or date.max, -(r["amount"] or 0)),
            *(r["account_name"], r["what"]),
        )
    )
    return [{"place": place} | row for place, row in enumerate(found, start=1)]


def _end_of_month(pack: dict[str, Any]) -> date:
    return next_month(pack["publication"]["month"]) - timedelta(days=1)


def _add_promised(pack: dict[str, Any], add: Any) -> None:
    """What the manager should have done, or promised at the last visits."""
    for row in pack["tasks"]:
        if row["is_overdue"]:
            what = f"Finish: {row['task_name']}"
            add("task", row, what, "overdue (逾期)", row["due_date"])
    for row in _list_promises(pack):
        why = f"promised at the visit of {row['visited_date']} (拜访承诺)"
        add("promise", row, f"Do: {row['next_step']}", why, row["next_step_date"])


def _list_promises(pack: dict[str, Any]) -> list[dict[str, Any]]:
    """What was promised at the last visit of each account, if anything."""
    last: dict[str, dict[str, Any]] = {}
    for row in pack["visits"]:
        last.setdefault(row["group_account_id"], row)
    return [row for row in last.values() if row["next_step"]]


def _add_care(pack: dict[str, Any], add: Any) -> None:
    """What the account said and nobody has answered yet."""
    for row in pack["feedback"]:
        if row["feedback_kind"] == "complaint":
            why = f"complaint of {row['received_date']} is open (投诉未办结)"
            add("complaint", row, f"Settle the complaint: {show(row['topic'])}", why)
    for row in pack["surveys"]:
        if row["follow_up_status"] in ("open", "overdue"):
            why = f"promised after a survey with {row['satisfaction_points']} (改进)"
            by = row["follow_up_due_date"]
            add("survey", row, f"Improve: {row['follow_up']}", why, by)


def _add_ending(pack: dict[str, Any], add: Any) -> None:
    """What ends within the days of the rule; what has ended is no chance any more."""
    rule = pack["rule"]
    for row in pack["agreements"]:
        if row["days_to_end"] <= rule["agreement_days"]:
            what = f"Renew: {row['agreement_name'] or row['agreement_id']}"
            why, amount = "agreement ends (协议到期)", row.get("agreement_amount")
            add("agreement", row, what, why, row["ends_date"], amount=amount)
    active = {r["group_account_id"] for r in pack["accounts"] if r["is_active"]}
    for row in pack["competitors"]:
        days = row["days_to_contract_end"]
        is_near = days is not None and 0 <= days <= rule["competitor_contract_days"]
        if is_near and row["group_account_id"] in active:
            what = f"Offer instead of {row['competitor_name']} {row['product_name']}"
            why, amount = (
                "its contract ends (竞争对手合同到期)",
                row.get("monthly_amount"),
            )
            add("competitor", row, what, why, row["contract_end_date"], amount=amount)


def _add_accounts(pack: dict[str, Any], add: Any) -> None:
    """What the state of an account itself asks for; arrears outlive the account."""
    rule = pack["rule"]
    for row in pack["accounts"]:
        amount = row["arrears_amount"]
        if amount > 0:
            why = f"in arrears with {amount:,.2f} (欠款)"
            by = row["oldest_due_date"]
            add("arrears", row, "Collect what is overdue", why, by, amount=amount)
        if not row["is_active"]:
            continue
        days = row["days_since_visit"]
        is_due = days is None or days > rule["unvisited_days"]
        if is_due and (row["is_top_tier"] or row["open_agreement_amount"] > 0):
            why = "no visit on record" if days is None else f"not for {days} days"
            add("visit", row, "Visit", f"{why} (久未拜访)")
        if (row["decider_attitude_grade"] or 0) < 0:
            why = "attitude is negative (决策人态度不佳)"
            add("attitude", row, "Win the decider back", why)
