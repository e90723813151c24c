"""Late data: which months it makes stale, exactly, and what restating them leaves.

The tiny company with two more months is published once; each test changes what the
source says, lands it, and reads which months are stale. Then the publication is said to
have seen everything, so that one test's changes are none of the next one's.
"""

import csv
import itertools
import shutil
from datetime import date
from pathlib import Path

import pytest

from jinta.errors import GateFailure
from jinta.landing import land_system
from jinta.landing.files import withdraw_file
from jinta.report.decisions import Override, add_override
from jinta.report.leads import update_lead
from jinta.runs.stale import list_stale_months
from jinta.settings import CHECKOUT
from jinta.sources import load_sources
from jinta.warehouse import connect
from tests.running import TINY, read_hashes, read_rows, run_pipeline

FIRST, LAST = "2024-01", "2024-05"
NIGHTS = itertools.count(1)
BILLS = ("line_bills", "unified_payment_bills", "informatization_bills")


class Office:
    """The tiny company's folder and warehouse, with months up to May 2024."""

    def __init__(self, settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        shutil.copytree(TINY.parent, folder)
        self.replace("sources.yml", "as_of: 2024-04-05", "as_of: 2024-06-05")
        self.replace(
            "sources.yml",
            "files: unified_payment_bills.csv\n        load: snapshot",
            'files: "unified_payment_bills*.csv"\n        load: files',
        )
        for name in BILLS:
            header, *rows = self.read(f"{name}.csv")
            month, key = header.index("bill_month"), header.index
            for later in ("2024-04-01", "2024-05-01"):
                for row in [r for r in rows if r[month] == "2024-03-01"]:
                    copy = list(row)
                    copy[month] = later
                    if "bill_id" in header:
                        copy[key("bill_id")] += later[5:7]
                    rows.append(copy)
            self.write(f"{name}.csv", [header, *rows])
        # A bill whose line has not come, and a second file of bills.
        self.add("line_bills.csv", line_id="L-LATE", bill_month="2024-02-01")
        header, row, *_ = self.read("unified_payment_bills.csv")
        self.write("unified_payment_bills_more.csv", [header, row])
        self.add("unified_payment_bills_more.csv", bill_id="W", bill_month="2024-03-01")
        header, _, row = self.read("unified_payment_bills_more.csv")
        self.write("unified_payment_bills_more.csv", [header, row])

    @property
    def sources(self) -> Path:
        return self.folder / "sources.yml"

    def read(self, name):
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))

    def write(self, name, rows):
        with (self.folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def add(self, name, **values):
        """Add a row like the first one, but for some values."""
        header, first, *rows = self.read(name)
        row = dict(zip(header, first, strict=True)) | values
        self.write(name, [header, first, *rows, list(row.values())])

    def replace(self, name, old, new):
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new), encoding="utf-8")

    def land(self):
        land_system(
            self.settings,
            f"night-{next(NIGHTS)}",
            "office",
            sources=load_sources(self.sources, self.settings),
        )

    def publish(self, from_month=FIRST, to_month=LAST):
        return run_pipeline(self.settings, self.sources, from_month, to_month)

    def list_stale(self, dbt_project=None):
        with connect(self.settings, "loader") as connection:
            stale = list_stale_months(connection, dbt_project)
        return {f"{month:%m}": reason for month, reason in stale.items()}


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def published(make_warehouse, tmp_path_factory):
    office = Office(make_warehouse(), tmp_path_factory.mktemp("late") / "tiny")
    office.publish()
    return office


@pytest.fixture
def office(published):
    """Published and up to date."""
    with connect(published.settings, "owner") as connection:
        connection.execute(
            "update control.publications set known_at = clock_timestamp(), "
            "landed_through_load_id = (select max(load_id) from control.loads)"
        )
    assert published.list_stale() == {}
    return published


def test_nothing_new_leaves_nothing_stale(office):
    assert office.list_stale() == {}
    office.land()
    assert office.list_stale() == {}


def test_a_late_bill_touches_its_month_and_those_that_look_back_on_it(office):
    office.add(
        "line_bills.csv", bill_month="2024-02-01", item_code="LATE", amount="12.50"
    )
    office.land()
    stale = office.list_stale()
    assert list(stale) == ["02", "03", "04"]
    assert all(
        reason.startswith("late facts for 2024-02 in billing.line_bills (load ")
        for reason in stale.values()
    )


def test_a_restated_month_shows_the_correction_and_history_what_was_shown(office):
    query = "select sum(member_bill_amount) from {} where month = '2024-02-01'"
    before = read_rows(
        office.settings, query.format("marts.fct_account_indicators"), "transformer"
    )
    shown = read_hashes(office.settings)
    header, *rows = office.read("line_bills.csv")
    place = next(
        i
        for i, row in enumerate(rows)
        if row[header.index("bill_month")] == "2024-02-01"
    )
    rows[place][header.index("amount")] = "999.99"
    office.write("line_bills.csv", [header, *rows])
    publication = office.publish("2024-02", "2024-04")
    after = read_rows(
        office.settings, query.format("marts.fct_account_indicators"), "transformer"
    )
    assert after != before
    now = read_hashes(office.settings)
    changed = {month for (mart, month) in now if now[mart, month] != shown[mart, month]}
    assert {"2024-02-01"} <= changed <= {"2024-02-01", "2024-03-01", "2024-04-01"}
    then = read_rows(
        office.settings,
        query.format("archive.fct_account_indicators")
        + " and _slice_id = (select slice_id from control.publication_slices "
        "where mart = 'fct_account_indicators' and month = '2024-02-01' "
        f"and publication_id = (select max(publication_id) from control.publications "
        f"where publication_id < {publication}))",
        "transformer",
    )
    assert then == before


def test_a_new_contact_touches_no_month(office):
    if "crm.contacts" not in office.sources.read_text():
        office.replace(
            "sources.yml",
            "      crm.branches:\n",
            "      crm.contacts:\n        files: contacts.csv\n        columns:\n"
            "          contact_id: contact_id\n          account_id: account_id\n"
            "          contact_phone: contact_phone\n      crm.branches:\n",
        )
    account = office.read("accounts.csv")[1][0]
    office.write(
        "contacts.csv",
        [["contact_id", "account_id", "contact_phone"], ["k1", account, "13900001111"]],
    )
    office.land()
    assert office.list_stale() == {}
    assert read_rows(
        office.settings, "select count(*) from raw.crm__contacts", "transformer"
    ) == [(1,)]


def test_a_closing_told_late_touches_months_from_the_closing_on(office):
    header, *rows = office.read("subscriptions.csv")
    closed, owner = header.index("closed_date"), header.index("account_id")
    row = next(r for r in rows if not r[closed] and r[owner])
    row[closed] = "2024-04-20"
    office.write("subscriptions.csv", [header, *rows])
    office.land()
    stale = office.list_stale()
    assert list(stale) == ["04", "05"]
    assert "billing.subscriptions changed from 2024-04 on" in stale["04"]


def test_a_line_that_comes_after_its_bills_touches_their_months(office):
    """Bills from before its opening were nobody's; now they are its account's."""
    office.add(
        "subscriptions.csv",
        line_id="L-LATE",
        opened_date="2024-05-02",
        closed_date="",
    )
    office.land()
    stale = office.list_stale()
    assert list(stale) == ["02", "03", "04", "05"]


def test_a_withdrawn_file_makes_its_months_stale(office):
    withdraw_file(
        office.settings,
        load_sources(office.sources, office.settings),
        "unified_payment_bills_more.csv",
        decided_by="data office",
        reason="sent by mistake",
    )
    stale = office.list_stale()
    assert list(stale) == ["03", "04", "05"]
    assert "late facts for 2024-03 in billing.unified_payment_bills" in stale["03"]


def test_an_override_touches_the_months_it_is_valid_in(office):
    account = office.read("accounts.csv")[1][0]
    add_override(
        office.settings,
        Override(
            account_id=account,
            tier="A1",
            valid_from=date(2024, 2, 15),
            valid_to=date(2024, 3, 1),
            approver="board",
            reason="contract",
            scorecard_id="group_account_value",
        ),
    )
    stale = office.list_stale()
    assert list(stale) == ["02", "03"]
    assert "override" in stale["02"]


def test_a_lead_update_touches_the_months_that_show_the_lead(office):
    leads = read_rows(
        office.settings,
        "select leads.lead_rule_id, records.account_id_crm, "
        "array_agg(distinct to_char(leads.month, 'MM')) from marts.fct_leads as leads "
        "inner join marts.bridge_account_records as records using (group_account_id) "
        "group by 1, 2 order by cardinality(array_agg(distinct leads.month)), 1, 2",
        "transformer",
    )
    rule, account, months = leads[0]
    update_lead(office.settings, rule, account, "contacted", updated_by="sales")
    assert list(office.list_stale()) == sorted(months)


def test_a_rule_version_with_a_date_touches_months_from_it_on(office, tmp_path):
    rules = tmp_path / "seeds" / "rules"
    shutil.copytree(CHECKOUT / "dbt_project" / "seeds" / "rules", rules)
    for name, key in (("scorecards", "group_account_value"), ("lead_rules", "L1")):
        path = rules / f"{name}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        (old,) = [row for row in rows if row[next(iter(row))] == key]
        day = "2024-04-01" if name == "scorecards" else "2024-05-01"
        new = old | {"version": "2099.1", "valid_from": day}
        old["valid_to"] = "2024-03-31" if name == "scorecards" else "2024-04-30"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(old))
            writer.writeheader()
            writer.writerows([*rows, new])
    stale = office.list_stale(tmp_path)
    assert list(stale) == ["04", "05"]
    assert stale["04"] == (
        "other scorecard versions are in force: group_account_value 2099.1"
    )
    assert "other lead rules are in force: L1 2099.1" in stale["05"]
    assert office.list_stale() == {}


def set_bases(office, base):
    """Let the rules of a break judge fifteen accounts, too, or leave them out."""
    with connect(office.settings, "owner") as connection:
        changed = connection.execute(
            "update rules.gate_rules set min_base = %s "
            "where starts_with(check_id, 'source_')",
            [base],
        )
        assert changed.rowcount > 0


def test_a_month_that_collapses_is_a_source_break_and_not_churn(office):
    """The gate says what collapsed, in numbers; readers notice nothing."""
    shown = read_hashes(office.settings)
    header, *rows = office.read("line_bills.csv")
    month, line = header.index("bill_month"), header.index("line_id")
    kept = [r for r in rows if r[month] != "2024-05-01" or r[line] == rows[0][line]]
    office.write("line_bills.csv", [header, *kept])
    set_bases(office, 1)
    with pytest.raises(GateFailure) as error:
        office.publish("2024-04", "2024-05")
    set_bases(office, 100)
    office.write("line_bills.csv", [header, *rows])
    assert "source break: billing.line_bills of May 2024 from office" in str(
        error.value
    )
    assert "April 2024 from office" not in str(error.value)
    assert read_hashes(office.settings) == shown


def test_a_name_that_changes_marks_the_months_whose_links_it_changes(office):
    """Who is meant by a tax list, and who heads whom, is read off the latest names."""
    header, *rows = office.read("accounts.csv")
    name, code = header.index("account_name"), header.index("credit_code")
    ranked = next(row for row in rows if row[0] == "a08")
    ranked[name], ranked[code] = "宣威火腿制品有限公司", ""
    office.write("accounts.csv", [header, *rows])
    office.publish(LAST, LAST)
    stale = office.list_stale()
    assert list(stale) == ["01", "02", "03", "04"]
    assert set(stale.values()) == {
        "head offices or places on tax lists are told otherwise since"
    }
    office.publish()
    assert office.list_stale() == {}
