"""The tables of a hand-over pack: their columns, for the page and for the files."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jinta.evidence.html import show

# Part → title, and heading by column; the page leaves the account's id out.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "accounts": (
        "Accounts (客户)",
        {
            "account_ids_crm": "records (档案)",
            "account_name": "account (客户)",
            "effective_tier": "tier (等级)",
            "total_score": "score (得分)",
            "total_amount": "revenue (当月收入)",
            "open_agreement_amount": "agreements (协议余额)",
            "arrears_amount": "arrears (欠款)",
            "credit_amount": "in credit (预收)",
            "open_tasks": "open tasks (任务)",
            "overdue_tasks": "overdue (逾期)",
            "open_complaints": "complaints (投诉)",
            "last_visited_date": "last visit (最近拜访)",
            "manager_id_proposed": "proposed to (建议接手)",
        },
    ),
    "prospects": (
        "Prospects (潜在客户)",
        {
            "account_name": "prospect (潜在客户)",
            "prospect_ids": "records (档案)",
            "county_name": "county (区县)",
            "industry": "industry (行业)",
            "employees": "employees (员工数)",
            "turnover_amount": "turnover (营业额)",
            "created_date": "noted (建档日期)",
        },
    ),
    "records": (
        "CRM records (客户档案)",
        {
            "account_id_crm": "record (档案)",
            "account_name_crm": "name (名称)",
            "is_active": "active (在用)",
            "manager_id": "in the name of (登记客户经理)",
            "address": "address (地址)",
            "office_phone": "office phone (办公电话)",
        },
    ),
    "other_records": (
        "Records in the manager's name of accounts of others (他人持有的档案)",
        {
            "account_id_crm": "record (档案)",
            "account_name_crm": "name (名称)",
            "is_active": "active (在用)",
            "holder_id": "held by (持有人)",
            "open_tasks": "open tasks (任务)",
            "agreements": "agreements (协议)",
            "contacts": "contacts (联系人)",
            "key_persons": "key persons (关键人)",
        },
    ),
    "key_persons": (
        "Key persons (关键人)",
        {
            "person_id": "person (编号)",
            "person_name": "name (姓名)",
            "person_phone": "phone (电话)",
            "department": "department (部门)",
            "post": "post (职务)",
            "buying_role": "role (购买角色)",
            "influence_grade": "influence 0–5 (影响力)",
            "attitude_grade": "attitude ±2 (态度)",
            "contact_way": "reached by (联系方式)",
        },
    ),
    "contacts": (
        "Contacts (联系人)",
        {
            "account_id_crm": "record (档案)",
            "contact_role": "role (角色)",
            "contact_name": "name (姓名)",
            "contact_phone": "phone (电话)",
        },
    ),
    "buying_steps": (
        "How it buys (购买决策流程)",
        {
            "step_order": "step (序号)",
            "step_name": "what (步骤)",
            "department": "department (部门)",
            "person_id": "head (负责人)",
            "buying_factor": "decided by (关键因素)",
            "attitude_grade": "attitude ±2 (态度)",
        },
    ),
    "tasks": (
        "Open tasks and processes (未完成任务)",
        {
            "task_id": "task (编号)",
            "task_kind": "kind (类别)",
            "task_name": "what (内容)",
            "manager_id": "in charge (负责人)",
            "opened_date": "opened (开始)",
            "due_date": "due (期限)",
            "is_overdue": "overdue (逾期)",
        },
    ),
    "plans": (
        "Plans (客户计划)",
        {
            "plan_id": "plan (编号)",
            "goal": "goal (目标)",
            "product_name": "product (产品)",
            "manager_id": "in charge (负责人)",
            "helper_ids": "helpers (协助人)",
            "due_date": "due (期限)",
            "planned_visit_date": "visit planned (计划拜访)",
            "visit_status": "visit (拜访情况)",
        },
    ),
    "agreements": (
        "Agreements (协议)",
        {
            "agreement_id": "agreement (编号)",
            "agreement_name": "name (名称)",
            "product_name": "product (产品)",
            "starts_date": "from (起)",
            "ends_date": "to (止)",
            "agreement_amount": "amount (金额)",
            "open_amount": "still to come (余额)",
        },
    ),
    "opportunities": (
        "Opportunities (商机)",
        {
            "opportunity_id": "opportunity (编号)",
            "product_name": "product (产品)",
            "stage_name": "stage (阶段)",
            "entered_date": "since (进入日期)",
            "expected_amount": "expected (预期金额)",
            "weighted_amount": "weighted (加权金额)",
            "manager_id": "pursued by (负责人)",
        },
    ),
    "leads": (
        "Leads (线索)",
        {
            "lead_rule_id": "rule (规则)",
            "lead_name": "lead (线索)",
            "lead_action": "action (建议)",
            "priority": "priority (优先级)",
            "lead_status": "status (状态)",
            "outcome": "outcome (结果)",
            "assigned_to": "assigned to (负责人)",
            "due_date": "by (期限)",
        },
    ),
    "competitors": (
        "Competitors' products (竞争对手产品)",
        {
            "competitor_name": "competitor (对手)",
            "product_name": "product (产品)",
            "lines_in_use": "in use (数量)",
            "monthly_amount": "a month (月支出)",
            "contract_end_date": "contract ends (到期)",
        },
    ),
    "needs": (
        "Needs, resources, difficulties (需求)",
        {
            "recorded_date": "recorded (日期)",
            "need_kind": "kind (类别)",
            "need_text": "what was said (内容)",
            "wants_informatization": "by informatization (信息化意愿)",
            "product_name": "product (产品)",
            "expected_amount": "expected (预期金额)",
            "expected_month": "month (预期账期)",
        },
    ),
    "leased_lines": (
        "Leased lines (专线)",
        {
            "circuit_id": "circuit (电路编号)",
            "account_id_crm": "record (档案)",
            "product_name": "kind (类型)",
            "bandwidth_mbps": "Mbps (带宽)",
            "monthly_rent": "rent a month (月租)",
            "installed_date": "since (开通日期)",
            "removed_date": "ends (拆除日期)",
        },
    ),
    "solutions": (
        "Solutions (解决方案)",
        {
            "used_date": "day (日期)",
            "solution_id": "solution (编号)",
            "solution_name": "name (名称)",
            "use_result": "result (结果)",
        },
    ),
    "feedback": (
        "Open feedback (未办结反馈)",
        {
            "received_date": "received (日期)",
            "feedback_kind": "kind (类别)",
            "topic": "topic (主题)",
        },
    ),
    "surveys": (
        "Surveys and what was promised (满意度)",
        {
            "surveyed_date": "asked (日期)",
            "satisfaction_points": "points (得分)",
            "weakest_topic": "weakest (最弱项)",
            "follow_up": "promised (改进)",
            "follow_up_due_date": "by (期限)",
            "follow_up_status": "status (状态)",
        },
    ),
    "visits": (
        "Visits (拜访)",
        {
            "visited_date": "day (日期)",
            "visit_purpose": "purpose (目的)",
            "person_id": "met (会见)",
            "visit_summary": "what was said (纪要)",
            "next_step": "next (下一步)",
            "next_step_date": "by (期限)",
        },
    ),
    "branches": (
        "Branches (分支机构)",
        {
            "account_branch_id": "number (编号)",
            "account_branch_name": "name (名称)",
            "county_name": "county (区县)",
            "employees": "employees (员工数)",
        },
    ),
    "individuals": (
        "Individual key accounts (个人大客户)",
        {
            "customer_id": "customer (客户序号)",
            "card_grade": "card (卡级)",
            "consumption_grade": "consumption (消费等级)",
            "granted_date": "since (授予日期)",
        },
    ),
}

_TOPICS = {
    "billing": "billing (账单)",
    "network": "network (网络)",
    "product": "product (产品)",
    "service": "service (服务)",
    "terminal": "terminal (终端)",
}
# Words for the codes that the contract accepts, by column.
WORDS = {
    "buying_role": {
        "buys": "buys (采购者)",
        "approves": "approves (批准者)",
        "decides": "decides (决策者)",
        "uses": "uses (使用者)",
        "advises": "advises (影响者)",
    },
    "visit_purpose": {
        "care": "care (关怀)",
        "sale": "sale (销售)",
        "delivery": "delivery (交付)",
        "complaint": "complaint (投诉处理)",
        "survey": "survey (调查)",
        "renewal": "renewal (续约)",
    },
    "feedback_kind": {
        "praise": "praise (表扬)",
        "complaint": "complaint (投诉)",
        "suggestion": "suggestion (建议)",
    },
    "need_kind": {
        "need": "need (需求)",
        "resource": "resource (资源)",
        "difficulty": "difficulty (困难)",
    },
    "task_kind": {"task": "task (任务)", "process": "process (流程)"},
    "card_grade": {
        "diamond": "diamond (钻石卡)",
        "gold": "gold (金卡)",
        "silver": "silver (银卡)",
    },
    "topic": _TOPICS,
    "weakest_topic": _TOPICS,
}


def write_name(name_en: str | None, name_zh: str | None) -> str | None:
    """Write what there is of a name in both languages."""
    if name_en and name_zh:
        return f"{name_en} ({name_zh})"
    return name_en or name_zh


def list_rows(
    part: str, rows: list[dict[str, Any]]
) -> tuple[list[str], list[list[Any]]]:
    """Headings and cells of a part, as the page shows them."""
    columns = TABLES[part][1]
    cells = [[_write(column, row[column]) for column in columns] for row in rows]
    return list(columns.values()), cells


def _write(column: str, value: Any) -> Any:
    if column.endswith("_amount") and isinstance(value, Decimal):
        return show_amount(value)
    if isinstance(value, bool):
        return show(value)
    return WORDS.get(column, {}).get(value, value)


def show_amount(value: Any) -> str:
    """Write an amount of money with its cents."""
    return f"{value or 0:,.2f}"
