"""Plays the work on leads of December 2025: what the offices noted of some of them.

It stands in the warehouse, where such steps are kept, and in no source system; the
first run shows it, because who is a lead follows from what is true of the province.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from demo.build import Demo
from demo.databases import open_system
from jinta.settings import Settings
from jinta.warehouse import connect

RULE = "L1"
LOCK = 5_314_208
HEAD = "市场部主任"
COLUMNS = (
    *("lead_rule_id", "account_id", "update_kind", "lead_status", "outcome"),
    *("assigned_to", "due_date", "feedback", "case_title", "lesson"),
    *("updated_by", "updated_at"),
)
ASSIGN = {"update_kind": "assign", "lead_status": "assigned"}
FEEDBACK = {"update_kind": "feedback"}
STATUS = {"update_kind": "status"}
LEADS = 5
# Which lead, on what day of December, what. The second one is overdue at its end.
STEPS: tuple[tuple[int, int, dict[str, str]], ...] = (
    (0, 3, ASSIGN | {"due_date": "2026-01-31"}),
    (0, 11, FEEDBACK | {"lead_status": "contacted", "feedback": "希望先看演示"}),
    (1, 2, ASSIGN | {"due_date": "2025-12-20"}),
    (2, 1, ASSIGN | {"due_date": "2025-12-31"}),
    (2, 8, FEEDBACK | {"feedback": "已报价，班子会后答复"}),
    (2, 19, STATUS | {"lead_status": "won", "outcome": "签订短信党报协议"}),
    (
        *(2, 22),
        {
            "update_kind": "case",
            "case_title": "短信党报进机关",
            "lesson": "先找办公室谈需求，再谈技术方案",
        },
    ),
    (3, 4, ASSIGN | {"due_date": "2025-12-31"}),
    (3, 18, STATUS | {"lead_status": "lost", "outcome": "预算已用完，明年再谈"}),
    (4, 15, ASSIGN | {"due_date": "2026-02-28"}),
)


def note_lead_steps(settings: Settings, demo: Demo) -> int:
    """Note the work on the first leads, unless a step on any lead is noted already.

    Args:
        settings: Whose warehouse.
        demo: Whose leads.

    Returns:
        How many steps were noted.
    """
    leads = list_leads(settings, demo)
    # From all over the province: they are in the order of the branches.
    leads = leads[:: max(1, len(leads) // LEADS)]
    steps = [
        _make_step(*leads[place], day, said)
        for place, day, said in sorted(STEPS, key=lambda step: step[1])
        if place < len(leads)
    ]
    with connect(settings, "owner", stage="demo") as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        noted = connection.execute("select 1 from control.lead_updates limit 1")
        if noted.fetchone() is not None:
            return 0
        for step in steps:
            connection.execute(_INSERT, step)
    return len(steps)


_INSERT = f"""
    insert into control.lead_updates ({", ".join(COLUMNS)})
    values ({", ".join(f"%({name})s" for name in COLUMNS)})
"""  # noqa: S608


def _make_step(
    account: str, manager: str, day: int, said: dict[str, str]
) -> dict[str, Any]:
    """Complete a step: the head assigns and keeps cases, the manager does the rest."""
    kind = said["update_kind"]
    return {
        **dict.fromkeys(COLUMNS),
        **said,
        "lead_rule_id": RULE,
        "account_id": account,
        "assigned_to": manager if kind == "assign" else None,
        "updated_by": HEAD if kind in ("assign", "case") else manager,
        "updated_at": f"2025-12-{day:02} 10:00:00+08",
    }


def list_leads(settings: Settings, demo: Demo) -> list[tuple[str, str]]:
    """Return records of government leads (S0-29) with their managers, by number.

    They are those with half their revenue from unified payment, influence of a county
    and a need that a visit recorded.
    """
    organisations = pd.read_parquet(demo.truth / "organisations.parquet")
    told = pd.read_parquet(demo.truth / "monthly_organisations.parquet")
    last = told[told["month"] >= told["month"].max() - pd.DateOffset(months=2)]
    amounts = last.groupby("organisation_id")[
        ["unified_fen", "member_fen", "informatization_fen"]
    ].sum()
    revenue = amounts.sum(axis=1)
    paid = amounts.index[(revenue > 0) & (amounts["unified_fen"] >= 0.5 * revenue)]
    likely = organisations[
        (organisations["initial_class"] == "B_GOV")
        & (organisations["influence_grade"] >= 4)
        & organisations["organisation_id"].isin(paid)
    ]
    with open_system(settings, "crm") as crm:
        rows = crm.execute(_CHOSEN, [likely["account_id"].tolist()]).fetchall()
    return [(str(account), str(manager)) for account, manager in rows]


_CHOSEN = """
    select cust.grp_cust_no, cust.mgr_no
    from crm.grp_cust_info as cust
    inner join crm.cust_mgr as mgr on cust.mgr_no = mgr.staff_no
    where
        cust.grp_cust_no = any(%s)
        and cust.cncl_dt = 20991231
        and exists (
            select from crm.visit_rec as visit
            where
                visit.grp_cust_no = cust.grp_cust_no
                and visit.info_flag = 'Y'
                and visit.rec_dt < 20251201
        )
    order by cust.grp_cust_no
"""
