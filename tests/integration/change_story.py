"""A story on tiny data in which one thing at a time changes a published month.

1. Three months are published; the branch ym has delivered no informatization bills.
2. One late bill arrives: facts.
3. The bills of ym arrive: values that were missing become known.
4. A steward merges two accounts: identity. Only the last month is built anew.
5. A new version weighs two indicators otherwise from the last month on: rules.
"""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.stewards import DecisionKind, record_decision
from jinta.settings import Settings
from tests.running import TINY, run_pipeline

CARD = "group_account_value"
FEBRUARY, MARCH = date(2024, 2, 1), date(2024, 3, 1)
ALL_MONTHS = ("2024-01", "2024-03")
LAST_MONTH = ("2024-03", "2024-03")
BILLS = "informatization_bills.csv"
# 499.99 a month over three months becomes 533.32: the next band.
LATE_BILL = {
    "bill_id": "u-a08-late",
    "bill_month": "2024-03-01",
    "account_id": "a08",
    "product_code": "voice",
    "amount": "100.00",
}
# Longer ago than any indicator of bills looks back: it changes nothing.
OLD_BILL = LATE_BILL | {"bill_id": "u-a08-old", "bill_month": "2023-09-01"}


@dataclass(frozen=True)
class Story:
    """The warehouse in which it happened, and the publication of each step."""

    settings: Settings
    published: int
    late_bill: int
    delivered: int
    merged: int
    reweighed: int


def tell_story(settings: Settings, folder: Path) -> Story:
    """Let it happen; takes five runs."""
    settings = own_project(settings, folder / "checkout")
    sources = folder / "tiny"
    shutil.copytree(TINY.parent, sources)
    kept_back = withhold_bills(sources)
    mapping = sources / TINY.name
    published = run_pipeline(settings, mapping, *ALL_MONTHS)
    append_row(sources / "unified_payment_bills.csv", LATE_BILL)
    append_row(sources / "unified_payment_bills.csv", OLD_BILL)
    late_bill = run_pipeline(settings, mapping, *ALL_MONTHS)
    for row in kept_back:
        append_row(sources / BILLS, row)
    delivered = run_pipeline(settings, mapping, *ALL_MONTHS)
    record_decision(
        settings,
        DecisionKind.MERGE,
        "a06",
        "a07",
        decided_by="steward",
        reason="one firm",
    )
    merged = run_pipeline(settings, mapping, *LAST_MONTH)
    write_new_version(
        settings.dbt_project / "seeds" / "rules",
        NewVersion(
            rule_id=CARD,
            version="2",
            valid_from=MARCH,
            approver="the owner",
            recorded_at=date(2024, 2, 20),
            weights={
                "employees": Decimal(10),
                "informatization_products": Decimal(6),
            },
        ),
    )
    reweighed = run_pipeline(settings, mapping, *LAST_MONTH)
    return Story(settings, published, late_bill, delivered, merged, reweighed)


def own_project(settings: Settings, folder: Path) -> Settings:
    """Give a warehouse a dbt project of its own, whose seeds a test may edit."""
    shutil.copytree(
        settings.dbt_project,
        folder / "dbt_project",
        ignore=shutil.ignore_patterns("target", "logs"),
    )
    for name in ("demo", "expectations", "plugins"):
        (folder / name).symlink_to(settings.checkout / name)
    return replace(settings, checkout=folder)


def withhold_bills(sources: Path) -> list[dict[str, str]]:
    """Take the bills of the branch ym away, as if they had not been delivered yet."""
    path = sources / BILLS
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    withheld = [row for row in rows if row["account_id"].startswith("b")]
    kept = [row for row in rows if row not in withheld]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(kept)
    assert withheld
    return withheld


def append_row(path: Path, row: dict[str, str]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, row).writerow(row)
