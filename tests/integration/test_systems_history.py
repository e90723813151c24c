"""One history for every mart: whatever is published is restated, kept and remembered.

The test company with all source systems. Nothing here names a mart: each one that is
added is held to the same.
"""

from __future__ import annotations

import csv
import itertools
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from jinta.landing import land_system
from jinta.landing.raw_tables import LOOK_BACK_MONTHS, add_months
from jinta.publish import list_publications, rollback
from jinta.runs.stale import list_stale_months
from jinta.settings import CHECKOUT
from jinta.sources import load_sources
from jinta.sources.contract import ContractTable, load_contract
from jinta.warehouse import connect
from tests.running import (
    SYSTEMS,
    backfill,
    kill_in,
    read_hashes,
    read_rows,
    run_pipeline,
    start_pipeline,
)

MONTHS = ("2024-01", "2024-02", "2024-03")
ONE_MONTH = 1
NIGHTS = itertools.count(1)


def list_own_tables() -> dict[str, str]:
    """The tables of the further systems, with the file of each."""
    document = yaml.safe_load(SYSTEMS.read_text(encoding="utf-8"))
    return {
        name: table["files"]
        for system in document["systems"].values()
        for name, table in system["tables"].items()
        if table["files"].startswith("systems/")
    }


TABLES = list_own_tables()
CONTRACT = load_contract(CHECKOUT / "dbt_project")
# What the test company gives no cause for: decisions, updates of leads, doubtful pairs,
# held tiers.
MAY_BE_EMPTY = {
    "fct_decisions",
    "fct_lead_cases",
    "fct_review_pairs",
    "fct_tier_latches",
}
# The row whose loss some mart shows, by its first column, where that isn't the last.
SHOWN = {
    "crm.account_needs": "n4",
    "crm.agreement_changes": "h2",
    "crm.blacklist": "k1",
    "crm.opportunity_stages": "7",
    "finance.plan_figures": "p17",
}
# Lists whose earlier months go on showing what is no longer listed.
KEPT = {"crm.products", "ledger.leased_lines"}
# They tell which delivery brought a row, and no more.
DELIVERIES = {"dim_source_deliveries", "fct_account_deliveries"}


class Company:
    """A copy of the test company's files, and a warehouse of its own."""

    def __init__(self, settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        shutil.copytree(SYSTEMS.parents[1], folder)

    @property
    def sources(self) -> Path:
        return self.folder / "systems" / "sources.yml"

    def change_row(self, table: str) -> None:
        """Take a row of a table away; double the amounts of an only one."""
        path = self.folder / TABLES[table]
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        keys = [row[0] for row in rows]
        last = rows.pop(keys.index(SHOWN[table]) if table in SHOWN else -1)
        # Landing takes an empty snapshot for a delivery that failed.
        if not rows:
            is_amount = [name.endswith("_amount") for name in header]
            doubled = [
                str(2 * Decimal(value)) if amount and value else value
                for value, amount in zip(last, is_amount, strict=True)
            ]
            assert doubled != last, table
            rows = [doubled]
        rows = [header, *rows]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def read(self, table: str) -> list[dict[str, str]]:
        with (self.folder / TABLES[table]).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def land_rows(self, table: str, rows: list[dict[str, str]]) -> set[str]:
        """Land one table alone with these rows; the months that are stale by it."""
        path = self.folder / TABLES[table]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        document = yaml.safe_load(self.sources.read_text(encoding="utf-8"))
        document["systems"] = {
            name: system | {"tables": {table: system["tables"][table]}}
            for name, system in document["systems"].items()
            if table in system["tables"]
        }
        alone = self.sources.with_name("alone.yml")
        alone.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
        self.land(alone)
        stale = set(self.list_stale())
        # As if the months had been built again: nothing that landed is late.
        with connect(self.settings, "owner") as connection:
            connection.execute("set local session_replication_role = replica")
            connection.execute(
                "update control.publications set landed_through_load_id = "
                "(select max(load_id) from control.loads)"
            )
        return stale

    def land(self, path: Path | None = None) -> None:
        sources = load_sources(path or self.sources, self.settings)
        for name in sources.systems:
            land_system(self.settings, f"night-{next(NIGHTS)}", name, sources=sources)

    def publish(self) -> int | None:
        return backfill(self.settings, self.sources, MONTHS[0], MONTHS[-1])

    def list_stale(self) -> dict[str, str]:
        with connect(self.settings, "loader") as connection:
            stale = list_stale_months(connection, self.settings.dbt_project)
        return {f"{month:%Y-%m-%d}": reason for month, reason in stale.items()}


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def published(make_warehouse, tmp_path_factory):
    company = Company(make_warehouse(), tmp_path_factory.mktemp("late") / "data")
    company.publish()
    return company


@pytest.fixture(scope="module")
def hashes(published):
    return read_hashes(published.settings)


def test_every_month_mart_has_rows_in_some_month(published, hashes):
    """A mart that stays empty here would be tested by nothing below."""
    rows = read_rows(
        published.settings,
        "select mart, sum(row_count) from marts.shown_months "
        "where shown_until is null group by mart",
    )
    empty = {mart for mart, count in rows if not count}
    assert empty <= MAY_BE_EMPTY, empty - MAY_BE_EMPTY
    assert {mart for mart, _ in rows} == {mart for mart, _ in hashes}


def test_one_pass_gives_what_month_by_month_gives(make_warehouse, hashes):
    settings = make_warehouse()
    for month in MONTHS:
        run_pipeline(settings, SYSTEMS, month)
    assert differ(read_hashes(settings), hashes) == set()


def test_chunks_of_one_month_give_the_same(make_warehouse, hashes):
    settings = replace(make_warehouse(), chunk_rows=ONE_MONTH)
    backfill(settings, SYSTEMS, MONTHS[0], MONTHS[-1])
    assert differ(read_hashes(settings), hashes) == set()


@pytest.mark.parametrize("stage", ["chunk 2/3: build candidate", "publish"])
def test_a_backfill_killed_anywhere_goes_on_to_the_same_content(
    make_warehouse, project, hashes, stage
):
    settings = replace(make_warehouse(), chunk_rows=ONE_MONTH)
    asked = (str(SYSTEMS), MONTHS[0], MONTHS[-1], "kind=backfill")
    child = start_pipeline(settings, *asked, project=project)
    kill_in(settings, child, stage, seconds=900)
    seen = read_hashes(settings)
    assert not seen or differ(seen, hashes) == set(), "readers saw part of a backfill"
    backfill(settings, SYSTEMS, MONTHS[0], MONTHS[-1])
    assert differ(read_hashes(settings), hashes) == set()


def list_readers(table: ContractTable, month: date) -> set[str]:
    """The published months that read a row of a month, by the table's `spread`."""
    last = (
        add_months(month, LOOK_BACK_MONTHS)
        if table.spread.reads == "window"
        else date.max
    )
    return {
        f"{name}-01"
        for name in MONTHS
        if month <= date.fromisoformat(f"{name}-01") <= last
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_late_row_makes_stale_the_months_that_read_it_and_no_other(published, name):
    """By each table's `spread`; what no model reads makes nothing stale."""
    table = CONTRACT.tables[name]
    rows = published.read(name)
    day = table.month_column or table.spread.begins
    key = next(column for column in table.key if column != day)
    is_number = table.columns[key].family == "integer"
    assert published.list_stale() == {}
    late = []
    for place, month in enumerate((date(2023, 11, 1), date(2024, 2, 1))):
        new = f"{1991 + place}" if is_number else f"late{place}"
        late.append({**rows[-1], day: f"{month}", key: new})
        stale = published.land_rows(name, [*rows, *late])
        assert stale == list_readers(table, month), month
    unread = [column for column in table.spread.unread if column in rows[0]]
    if unread:
        late[1] |= {column: f"other {late[1][column]}" for column in unread}
        assert published.land_rows(name, [*rows, *late]) == set(), unread
    if day == table.spread.begins and not table.columns[day].is_required:
        undated = {**late[1], key: "undated", day: ""}
        everywhere = list_readers(table, date.min)
        assert published.land_rows(name, [*rows, *late, undated]) == everywhere
    published.land_rows(name, rows)


@pytest.mark.parametrize("table", TABLES)
def test_a_late_change_makes_stale_what_it_changes(published, table):
    """Every month that a row of the table changes is stale once it landed."""
    assert published.list_stale() == {}
    before = read_hashes(published.settings)
    published.change_row(table)
    published.land()
    stale = set(published.list_stale())
    published.publish()
    changed = differ(read_hashes(published.settings), before)
    is_shown = not {mart for mart, _ in changed} <= DELIVERIES
    assert is_shown == (table not in KEPT), "chosen is a row that readers don't see"
    missed = {(mart, month) for mart, month in changed if month not in (None, *stale)}
    assert missed == set()


def test_what_was_shown_before_is_kept_and_can_be_shown_again(published, hashes):
    """After the changes above: every mart as it was first, by time and by rollback."""
    first = list_publications(published.settings)[-1]
    marts = sorted({mart for mart, month in hashes if month is not None})
    for mart in marts:
        rows = read_rows(
            published.settings,
            f"select count(*) from marts.{mart}_as_shown "
            f"where shown_from <= '{first.published_at}' "
            f"and (shown_until is null or shown_until > '{first.published_at}')",
        )
        kept = sum(s.row_count for s in first.slices if s.mart == mart)
        assert rows == [(kept,)], mart
    rollback(published.settings, first.publication_id)
    assert differ(read_hashes(published.settings), hashes) == set()


def differ(left, right) -> set[tuple[str, str | None]]:
    """The marts and months in which two warehouses show something else."""
    return {key for key in {*left, *right} if left.get(key) != right.get(key)}
