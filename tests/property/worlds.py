"""A source system small enough for a hundred runs: seven organisations, five months."""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

from tests.running import TINY

ACCOUNTS = ("a01", "a02", "a02d", "a03", "a04", "a05", "a06", "a07")
MONTHS = tuple(f"2024-{month:02d}-01" for month in range(1, 6))
BILLS = ("unified_payment_bills", "informatization_bills", "line_bills")
TABLES = (
    "accounts", "branches", "managers", "subscriptions", *BILLS,
    "policy_influences", "account_needs",
)  # fmt: skip
LINES_EACH = 2


class World:
    """What the source systems hold now, as rows by table; `write` delivers it.

    Attributes:
        folder: Where the files lie.
        month_count: Months that have been billed; the as-of date follows them.
        tables: Rows by table, as in the files.
    """

    def __init__(self, folder: Path) -> None:
        """Take part of the tiny province: its first two months have been billed."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.tables = {name: _read(name) for name in TABLES}
        self._keep_few()
        self._later = {name: self._make_months(name) for name in BILLS}
        self.month_count = 0
        for name in BILLS:
            self.tables[name] = []
        for _ in range(2):
            self.advance()

    @property
    def sources(self) -> Path:
        """The sources file."""
        return self.folder / "sources.yml"

    @property
    def months(self) -> tuple[str, ...]:
        """Months that have been billed."""
        return MONTHS[: self.month_count]

    def advance(self) -> None:
        """Let the next month be billed, if there is one."""
        if self.month_count < len(MONTHS):
            month = MONTHS[self.month_count]
            self.month_count += 1
            for name in BILLS:
                self.tables[name] += [dict(row) for row in self._later[name][month]]

    def write(self) -> None:
        """Deliver everything as it is now."""
        for name, rows in self.tables.items():
            path = self.folder / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(_read(name)[0]))
                writer.writeheader()
                writer.writerows(rows)
        said = yaml.safe_load(TINY.read_text(encoding="utf-8"))
        kept = said["systems"]["office"]["tables"]
        for name in list(kept):
            if name.partition(".")[2] not in TABLES:
                del kept[name]
        said["as_of"] = f"2024-{self.month_count + 1:02d}-05"
        self.sources.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")

    def _keep_few(self) -> None:
        lines: dict[str, int] = {}
        kept = []
        for row in self.tables["subscriptions"]:
            lines[row["account_id"]] = lines.get(row["account_id"], 0) + 1
            if row["account_id"] in ACCOUNTS and lines[row["account_id"]] <= LINES_EACH:
                kept.append(row)
        self.tables["subscriptions"] = kept
        line_ids = {row["line_id"] for row in kept}
        for name, rows in self.tables.items():
            self.tables[name] = [
                row
                for row in rows
                if row.get("account_id", "a01") in ACCOUNTS
                and ("bill_month" not in row or "line_id" not in row
                     or row["line_id"] in line_ids)
            ]  # fmt: skip

    def _make_months(self, name: str) -> dict[str, list[dict[str, str]]]:
        """Bills of every month: those of the first three, then the third again."""
        rows = self.tables[name]
        made = {
            month: [r for r in rows if r["bill_month"] == month] for month in MONTHS
        }
        for month in MONTHS[3:]:
            made[month] = [
                row
                | {"bill_month": month}
                | ({"bill_id": f"{row['bill_id']}-{month}"} if "bill_id" in row else {})
                for row in made[MONTHS[2]]
            ]
        return made


def _read(name: str) -> list[dict[str, str]]:
    with (TINY.parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
