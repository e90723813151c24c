"""The hand-over pack as a page that a manager reads from the top.

First what must not be forgotten, then the list of accounts, then each account with its
people and papers, and last the proof that nothing is missing, to be signed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from jinta.evidence.account_page import describe_masking
from jinta.evidence.handover_parts import TABLES, list_rows, show_amount
from jinta.evidence.handover_successor import (
    build_successors,
    list_warnings,
    name_successor,
)
from jinta.evidence.handover_urgent import list_urgent
from jinta.evidence.html import (
    EMPTY,
    Html,
    element,
    facts,
    join,
    section,
    show,
    show_month,
    show_rank,
    table,
)

_ATTITUDES = {
    -2: "against us",
    -1: "reserved",
    0: "neutral",
    1: "friendly",
    2: "for us",
}
_BOX = "☐"
# Parts that also hold what is pursued elsewhere than at the manager's accounts.
_APART = ("other_records", "tasks", "plans", "opportunities", "leads", "visits")
# Parts that are told elsewhere than in a table of each account.
_TOLD = frozenset({"accounts", "records", "individuals"})


def build_handover_parts(pack: dict[str, Any]) -> list[Html]:
    """Make the sections of a hand-over pack."""
    return [
        *_build_head(pack),
        section("First things first (先办事项)", *_build_urgent(pack)),
        section("Accounts (客户清单)", _build_accounts(pack)),
        section("Account by account (逐户交接)", *_build_each(pack)),
        section("Prospects (潜在客户)", *_build_prospects(pack)),
        section("Besides these accounts (其他事项)", *_build_besides(pack)),
        section("Who takes over (接手人)", *build_successors(pack)),
        section("Nothing is lost (完整性核对)", *_build_checks(pack)),
        section("Checklist (交接清单)", *_build_checklist(pack)),
    ]


def _build_head(pack: dict[str, Any]) -> list[Html]:
    manager, found = pack["manager"], pack["publication"]
    accounts = pack["accounts"]
    overdue = sum(row["is_overdue"] for row in pack["tasks"])
    lost = [row for row in pack["checks"] if not row["is_complete"]]
    warnings = list_warnings(pack)
    verdict = (
        f"{_count_accounts(pack)}. {count(pack['prospects'], 'prospect')}, "
        f"{count(pack['tasks'], 'open task')} of which {overdue} overdue, "
        f"{count(pack['agreements'], 'agreement')}, "
        f"{count(pack['opportunities'], 'opportunity', 'opportunities')}, "
        f"{count(pack['leads'], 'lead')}. "
        + _tell_others(pack["other_records"])
        + (f"{count(lost, 'part')} short: see the end." if lost else "Complete.")
    )
    verdict = " ".join([verdict, *warnings])
    sort = "bad" if lost or warnings else "good"
    name = " ".join(filter(None, (manager["manager_id"], manager["manager_name"])))
    return [
        element("h1", f"Hand-over of {name} · {show_month(found['month'])}"),
        element("p", "Hand-over pack (客户经理交接包)", class_="soft"),
        element("p", verdict, class_=f"verdict {sort}"),
        element("p", describe_masking(pack["is_personal"]), class_="soft"),
        facts(
            [
                ("From (移交人)", name),
                ("To (接手人)", name_successor(pack)),
                ("Branch (分公司)", manager["branch_id"]),
                ("Kind of manager (类别)", manager["manager_kind"]),
                ("In post from, to (在岗)", _show_term(manager)),
                ("Revenue of the month (当月收入)", _sum(accounts, "total_amount")),
                ("Open agreements (协议余额)", _sum(accounts, "open_agreement_amount")),
                ("Receivables (应收)", _sum(accounts, "receivable_amount")),
                ("Arrears (欠款)", _sum(accounts, "arrears_amount")),
                ("In credit (预收)", _sum(accounts, "credit_amount")),
                ("As of (数据日期)", found["as_of_date"]),
            ]
        ),
    ]


def count(rows: list[Any], noun: str, nouns: str | None = None) -> str:
    """Write a number with its noun, in the plural unless it is one."""
    return f"{len(rows)} {noun if len(rows) == 1 else nouns or noun + 's'}"


def _tell_others(records: list[dict[str, Any]]) -> str:
    if not records:
        return ""
    return f"{count(records, 'record')} in this name, of accounts that others hold. "


def _count_accounts(pack: dict[str, Any]) -> str:
    """Tell how many accounts are listed, by tier, and which count against the most."""
    rows = pack["accounts"]
    tiers = Counter(row["effective_tier"] or EMPTY for row in rows)
    told = ", ".join(f"{tier} {count}" for tier, count in sorted(tiers.items()))
    closed = sum(not row["is_active"] for row in rows)
    return (
        f"{count(rows, 'account')} by tier: {told or EMPTY}; {closed} of them closed; "
        f"{pack['manager']['key_accounts']} are key accounts, which alone count "
        "against the most that one manager may hold"
    )


def show_money(amount: Any) -> Any:
    """Write an amount with its cents; what has none stays empty."""
    return None if amount is None else show_amount(amount)


def _show_term(manager: dict[str, Any]) -> str:
    return f"{show(manager['posted_date'])} to {show(manager['left_date'])}"


def _sum(rows: list[dict[str, Any]], column: str) -> str:
    return show_amount(sum(row[column] or 0 for row in rows))


def _build_urgent(pack: dict[str, Any]) -> list[Html]:
    rows = [
        [
            *(_BOX, r["by"], r["account_ids_crm"], r["account_name"], r["what"]),
            *(r["why"], show_money(r["amount"]), r["weight"]),
        ]
        for r in list_urgent(pack)
    ]
    rule = pack["rule"]
    note = (
        f"By weight: the kind, the account's tier, the amount and the day. Rule "
        f"{rule['version']}: agreements that end within {rule['agreement_days']} days, "
        f"competitors' contracts that end within {rule['competitor_contract_days']} "
        "days, A and B accounts and those with agreements that nobody visited for "
        f"{rule['unvisited_days']} days. Amounts are in the operator's currency."
    )
    headings = [
        *("", "by (期限)", "record (档案)", "account (客户)", "what (事项)"),
        *("why (原因)", "amount (金额)", "weight (权重)"),
    ]
    return [
        table(headings, rows, empty="Nothing presses."),
        element("p", note, class_="soft"),
    ]


def _build_accounts(pack: dict[str, Any]) -> Html:
    return table(*list_rows("accounts", pack["accounts"]))


def _build_each(pack: dict[str, Any]) -> list[Html]:
    return [_build_account(pack, row) for row in pack["accounts"]]


def _build_account(pack: dict[str, Any], account: dict[str, Any]) -> Html:
    """One account: its people first, then its papers."""
    own = account["group_account_id"]
    records = [r for r in pack["records"] if r["group_account_id"] == own]
    manager = pack["manager"]["manager_id"]
    numbers = ", ".join(_name_record(row, manager) for row in records)
    places = {r["address"]: r["office_phone"] for r in records if r["address"]}
    line = (
        f"Tier {show(account['effective_tier'])}, {show_rank(account)}; CRM {numbers}; "
        f"{show(account['county_name'])}, {show(account['industry'])}; "
        f"{_count_lines(account['member_lines'])}, "
        f"{show_amount(account['total_amount'])} a month; signed "
        f"{show(account['signed_date'])}; satisfaction "
        f"{show(account['satisfaction_points'])}; decider "
        f"{_show_attitude(account['decider_attitude_grade'])}; last visit "
        f"{show(account['last_visited_date'])}."
    )
    where = "; ".join(f"{place}, {show(phone)}" for place, phone in places.items())
    parts = []
    for name, (title, _) in TABLES.items():
        rows = [r for r in pack.get(name, []) if r.get("group_account_id") == own]
        if name not in _TOLD and rows:
            parts += [element("h4", title), table(*list_rows(name, rows))]
    return element(
        "div",
        element("h3", account["account_name"]),
        element("p", line),
        element("p", f"Where (地址、总机): {where}") if where else None,
        join(parts) if parts else element("p", "Nothing open.", class_="soft"),
    )


def _name_record(record: dict[str, Any], manager: str) -> str:
    """A record's number, and in whose name it is if that is somebody else's."""
    number, named = record["account_id_crm"], record["manager_id"]
    if named in (None, manager):
        return str(number)
    return f"{number} (in the name of {named}, 登记于{named})"


def _count_lines(lines: int | None) -> str:
    return "1 line" if lines == 1 else f"{show(lines)} lines"


def _show_attitude(grade: int | None) -> str:
    return "unknown" if grade is None else _ATTITUDES[grade]


def _build_prospects(pack: dict[str, Any]) -> list[Html]:
    """Potential customers, with what is pursued there."""
    own = {row["group_account_id"] for row in pack["prospects"]}
    rows = table(*list_rows("prospects", pack["prospects"]), empty="None.")
    return [rows, *_list_apart(pack, own, "of prospects (潜在客户)")]


def _build_besides(pack: dict[str, Any]) -> list[Html]:
    """What the manager is in charge of, of accounts that are somebody else's."""
    own = {r["group_account_id"] for r in (*pack["accounts"], *pack["prospects"])}
    named = {r["group_account_id"] for part in _APART for r in pack[part]}
    parts = _list_apart(pack, named - own, "of accounts of others (他人客户)")
    if pack["individuals"]:
        parts += [
            element("h3", TABLES["individuals"][0]),
            table(*list_rows("individuals", pack["individuals"])),
        ]
    return parts or [element("p", "Nothing.", class_="soft")]


def _list_apart(pack: dict[str, Any], accounts: set[str], whose: str) -> list[Html]:
    """Tables of what isn't told account by account, with whose it is."""
    parts = []
    for name in _APART:
        rows = [r for r in pack[name] if r["group_account_id"] in accounts]
        if rows:
            headings, cells = list_rows(name, rows)
            cells = [[r["account_name"], *c] for r, c in zip(rows, cells, strict=True)]
            parts += [
                element("h3", f"{TABLES[name][0]}, {whose}"),
                table(["account (客户)", *headings], cells),
            ]
    return parts


def _build_checks(pack: dict[str, Any]) -> list[Html]:
    rows = [
        [
            TABLES[row["part"]][0],
            count_rows(row),
            row["rows_in_sources"],
            "complete (完整)" if row["is_complete"] else "SHORT (缺失)",
        ]
        for row in pack["checks"]
    ]
    headings = [
        *("what (内容)", "in this pack (本包)", "in the sources (源系统)", ""),
    ]
    note = (
        "Counted twice: in what is published, and in what the source systems delivered "
        "of the accounts' CRM records and of the manager's prospects up to the end of "
        "the month. Records are those in the manager's name, whoever holds the account."
    )
    return [table(headings, rows), element("p", note, class_="soft")]


def count_rows(check: dict[str, Any]) -> str:
    """Tell how many rows are counted, and how many of others the pack has besides."""
    others = check["rows_of_others"]
    more = f" + {others} of others (他人)" if others else ""
    return f"{check['rows_here']}{more}"


def list_steps(pack: dict[str, Any]) -> list[dict[str, Any]]:
    """What both do together, step by step, and how many of each."""
    most = pack["rule"]["introduced_accounts"]
    served = [r for r in pack["accounts"] if r["is_active"]]
    first, others = served[:most], served[most:]
    steps = [
        ("Go through “First things first” together", len(list_urgent(pack))),
        ("Move the open tasks to the successor in the CRM", len(pack["tasks"])),
        ("Move the opportunities and leads", _count_pursued(pack)),
        ("Agree who goes on with the plans", len(pack["plans"])),
        ("Hand over the papers of the agreements", len(pack["agreements"])),
        ("Change the owner of the accounts in the CRM", len(pack["accounts"])),
        (
            "Change the name in the records of accounts that others hold",
            len(pack["other_records"]),
        ),
        ("Change the owner of the prospects in the CRM", len(pack["prospects"])),
        ("Change the owner of the VIP customers", len(pack["individuals"])),
        *(
            (f"Introduce the successor in person: {r['account_name']}", 1)
            for r in first
        ),
        ("Tell the other accounts by phone", len(others)),
    ]
    return [{"done": "", "step": step, "how_many": count} for step, count in steps]


def _build_checklist(pack: dict[str, Any]) -> list[Html]:
    """What both do together, and where they sign."""
    rows = [[_BOX, row["step"], row["how_many"]] for row in list_steps(pack)]
    signs = [
        ["From (移交人)", "", ""],
        ["To (接手人)", "", ""],
        ["Head (主管)", "", ""],
    ]
    return [
        table(["", "step (步骤)", "how many (数量)"], rows),
        table(["", "signature (签字)", "date (日期)"], signs),
    ]


def _count_pursued(pack: dict[str, Any]) -> int:
    return len(pack["opportunities"]) + len(pack["leads"])
