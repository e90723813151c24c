"""Twenty-two records of twenty organisations in one branch, made to be worked out.

Only unified payment is billed: below 500 is 3 points, from 500 6, from 2,000 9, from
5,000 12, from 20,000 15. Two of twenty are A, the next four B; of twenty-two, two and
five.

- Split (two records of 1,200) is 6 points each, C alone, and 9 together: sixth, B.
- Double (26,000 and 24,000) holds both places in A alone, and one together.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import yaml

MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04")
MANAGER, CONTACT, PHONE = "王建国", "周秀英", "13987411234"
DECIDER, MOBILE = "欧阳子墨", "13800001111"
STEWARD, APPROVER, TRADER = "钱明德", "孙丽华", "赵铁柱"
# Where the trader's shop is, and where a company is.
HOME, HOME_PHONE = "麒麟区赵家巷17号", "0874-3312468"
PLACE, PLACE_PHONE = "师宗县丹凤街道漾月路9号", "0874-5751111"
PERSONAL = (
    *(MANAGER, CONTACT, PHONE, DECIDER, MOBILE, STEWARD, APPROVER, TRADER),
    *(HOME, HOME_PHONE),
)
SCRIPT = "<script>alert(1)</script>"

SPLIT_CODE, DOUBLE_CODE = "9153030000006117XD", "91530300000094684A"
# Record, name, credit code, monthly bill.
RECORDS = (
    ("d1", "曲靖云岭水泥有限公司", SPLIT_CODE, 1200),
    ("d2", "云岭水泥", SPLIT_CODE, 1200),
    ("e1", "曲靖沾益磷肥股份有限公司", DOUBLE_CODE, 26000),
    ("e2", "沾益磷肥", DOUBLE_CODE, 24000),
    ("f1", "会泽县人民医院", "", 22000),
    ("g1", "师宗丹凤茶叶有限责任公司", "", 9000),
    ("g2", "富源后所煤业有限公司", "", 8000),
    ("h1", "宣威火腿食品有限公司", "", 3000),
    ("j1", "马龙通泉酒店", "", 1900),
    ("k1", "麒麟区教育体育局", "", 1000),
    ("l1", "陆良县第一中学", "", 900),
    ("m1", f"罗平{SCRIPT}花卉种植基地", "", 800),
    ("n1", f"{TRADER}米线馆个体工商户", "", 700),
    ("o1", "中共沾益县委组织部", "", 600),
    ("o2", "南盘江水电站", "", 450),
    ("o3", "珠江源印刷厂", "", 400),
    ("o4", "乌蒙山旅行社", "", 350),
    ("o5", "滇东蓄电池商行", "", 300),
    ("o6", "爨乡木雕工艺社", "", 250),
    ("o7", "白水镇粮油购销站", "", 200),
    ("o8", "东山煤矿", "", 150),
    ("o9", "寥廓山驾驶培训学校", "", 100),
)
WHERE = {"n1": (HOME, HOME_PHONE), "g1": (PLACE, PLACE_PHONE)}
# Pays for the last time in February; is closed in March, having paid to the end.
STOPPED, CLOSED, CLOSED_DATE = "k1", "l1", "2024-03-15"


def list_bills() -> list[dict[str, str]]:
    """The bills of all months, in the contract's columns."""
    return [
        {
            "bill_id": f"u-{account}-{month}",
            "bill_month": f"{month}-01",
            "account_id": account,
            "product_code": "voice",
            "amount": f"{amount}.00",
        }
        for account, _, _, amount in RECORDS
        for month in MONTHS
        if not (account == STOPPED and month > "2024-02")
        and not (account == CLOSED and month > "2024-03")
    ]


def sum_bills(*months: str) -> Decimal:
    return sum(
        (
            Decimal(row["amount"])
            for row in list_bills()
            if row["bill_month"][:7] in months
        ),
        Decimal(0),
    )


def write_world(folder: Path) -> Path:
    """Write the files and their sources.yml; returns the latter."""
    tables = {
        "crm.accounts": [
            {
                "account_id": account,
                "account_name": name,
                "branch_id": "qj",
                "credit_code": code,
                "address": WHERE.get(account, ("", ""))[0],
                "office_phone": WHERE.get(account, ("", ""))[1],
                "manager_id": "m7",
                "created_date": "2012-01-01",
                "closed_date": CLOSED_DATE if account == CLOSED else "",
            }
            for account, name, code, _ in RECORDS
        ],
        "crm.branches": [
            {
                "branch_id": "qj",
                "branch_name": "曲靖分公司",
                "province_name": "云南省",
                "city_name": "曲靖市",
            }
        ],
        "crm.managers": [
            {"manager_id": "m7", "branch_id": "qj", "manager_name": MANAGER}
        ],
        "crm.contacts": [
            {
                "contact_id": "c1",
                "account_id": "d1",
                "contact_role": "联系人",
                "contact_name": CONTACT,
                "contact_phone": PHONE,
            }
        ],
        "crm.key_persons": [
            {
                "person_id": "p1",
                "account_id": "d1",
                "recorded_date": "2024-01-01",
                "person_name": DECIDER,
                "person_phone": MOBILE,
            }
        ],
        "billing.unified_payment_bills": list_bills(),
    }
    mapped = {}
    for name, rows in tables.items():
        file = f"{name.partition('.')[2]}.csv"
        with (folder / file).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        mapped[name] = {
            "files": file,
            "load": "snapshot",
            "columns": {column: column for column in rows[0]},
        }
    sources = {
        "version": 1,
        "as_of": "2024-05-05",
        "systems": {"office": {"kind": "files", "root": ".", "tables": mapped}},
    }
    path = folder / "sources.yml"
    path.write_text(yaml.safe_dump(sources, allow_unicode=True), encoding="utf-8")
    return path
