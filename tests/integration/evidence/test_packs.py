"""Evidence packs: whole, rebuilt from raw, signed, and without names of people."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from jinta.airflow_env import export_settings
from jinta.cli import build_app
from jinta.errors import JintaError, SettingsError, UsageError
from jinta.evidence.account_pack import collect_account_pack
from jinta.evidence.account_page import build_account_parts
from jinta.evidence.html import document
from jinta.evidence.version_pack import collect_version_pack
from jinta.evidence.version_page import build_version_parts
from jinta.settings import Server
from jinta.warehouse import connect
from tests.integration.evidence import world

CARD = "group_account_value"
FEBRUARY, APRIL = date(2024, 2, 1), date(2024, 4, 1)
VOID = {"meta", "br", "line", "circle", "rect", "path", "polyline"}


class Checker(HTMLParser):
    """Keeps the text, and fails on what is not balanced or comes from elsewhere."""

    def __init__(self, page):
        super().__init__()
        self.open, self.words, self.tags = [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        names = {name for name, _ in attrs}
        assert not names & {"src", "href", "action", "onload", "onclick", "srcset"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID, tag

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def write_account(settings, account, month=APRIL, **options):
    pack = collect_account_pack(settings, account, month, CARD, **options)
    return pack, document("Pack", *build_account_parts(pack))


@pytest.fixture(scope="module")
def split(published):
    """The pack of the organisation of two records, in the month of its override."""
    return write_account(published, "d1")


@pytest.fixture(scope="module")
def version(published):
    pack = collect_version_pack(published, CARD, "2026.1", draws=20)
    return pack, document("Pack", *build_version_parts(pack))


def test_a_pack_is_one_page_that_fetches_nothing(split, version):
    for _, page in (split, version):
        found = Checker(page)
        assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
        assert "svg" in found.tags
        assert not re.search(r"url\(|@import|https?://", page)
        assert page.startswith("<!DOCTYPE html>")
        assert '<meta charset="utf-8"/>' in page


def test_the_month_is_rebuilt_from_raw_with_equal_hashes(split, version):
    for pack, page in (split, version):
        assert len(pack["rebuild"]) >= 7
        assert all(row["is_equal"] for row in pack["rebuild"])
        assert "Rebuilt from raw: equal" in page
        for row in pack["rebuild"]:
            assert page.count(row["content_hash"]) >= 2


def test_the_result_and_what_made_it_are_there(split):
    pack, page = split
    text = Checker(page).text
    assert pack["score"][0]["effective_tier"] == "A1"
    assert "Tier A1, 9.00 points, rank" in text
    assert {row["account_id_crm"] for row in pack["records"]} == {"d1", "d2"}
    assert "a steward's decision" in text
    assert [row["decision_kind"] for row in pack["decisions"]] == ["merge"]
    assert [row["tier"] for row in pack["overrides"]] == ["A1"]
    assert [row["month"].month for row in pack["path"]] == [1, 2, 3, 4]
    assert [row["raw_tier"] for row in pack["path"]] == ["B1"] * 4
    assert sum(row["points"] or 0 for row in pack["points"]) == 900
    change = pack["changes"][0]
    assert (change["old_total_points"], change["new_total_points"]) == (900, 900)
    assert len(pack["shown"]) == 1
    assert pack["version"][0]["scorecard_version"] == "2026.1"


def test_source_rows_are_counted_by_file(split):
    pack, _ = split
    counted = {
        row["table_name"]: (row["file_name"], row["row_count"])
        for row in pack["sources"]
    }
    assert counted == {
        "crm.accounts": ("accounts.csv", 2),
        "crm.contacts": ("contacts.csv", 1),
        "crm.key_persons": ("key_persons.csv", 1),
        # Two records in three months: February, March and April.
        "billing.unified_payment_bills": ("unified_payment_bills.csv", 6),
    }


def test_without_being_asked_for_nobody_is_named(published, split, version):
    _, trader = write_account(published, "n1", is_rebuilt=False)
    for page in (split[1], version[1], trader):
        for name in (*world.PERSONAL, "product default"):
            assert name not in page, name
    assert "person-" in split[1]
    assert "米线馆" not in trader
    assert "pseudonyms" in Checker(split[1]).text


def test_the_same_person_has_the_same_pseudonym_everywhere(published, split):
    pack, _ = split
    manager = pack["account"]["manager_name"]
    assert re.fullmatch("person-[0-9a-f]{10}", manager)
    assert manager in pack["overrides"][0]["reason"]
    assert manager in pack["decisions"][0]["reason"]
    again, _ = write_account(published, "g1", is_rebuilt=False)
    assert again["account"]["manager_name"] == manager


def test_names_are_read_by_the_auditor_when_asked_for(published):
    pack, page = write_account(published, "d1", is_personal=True, is_rebuilt=False)
    for name in (world.MANAGER, world.CONTACT, world.PHONE, world.STEWARD):
        assert name in page
    assert f"{world.DECIDER} ({world.MOBILE})" in page
    assert pack["overrides"][0]["approver"] == world.APPROVER
    assert pack["account"]["manager_name"] == world.MANAGER
    assert "role auditor" in page
    _, trader = write_account(published, "n1", is_personal=True, is_rebuilt=False)
    assert world.TRADER in trader


def test_names_need_the_password_of_the_auditor(published, monkeypatch):
    from jinta.settings import ROLES

    passwords = dict.fromkeys(ROLES, "known") | {"auditor": ""}
    server = Server("127.0.0.1", 1, "admin", "a", passwords, {})
    settings = replace(published, server=server)
    with pytest.raises(SettingsError, match="auditor is not set") as caught:
        collect_account_pack(settings, "d1", None, CARD, is_personal=True)
    assert "JINTA_WAREHOUSE_AUDITOR_PASSWORD" in caught.value.cure


def test_the_reporter_finds_no_masked_name_of_staff_in_any_mart(published):
    staff = (world.MANAGER, world.CONTACT, world.PHONE, world.STEWARD, world.APPROVER)
    with connect(published, "reporter") as connection:
        views = connection.execute(
            "select table_name from information_schema.views "
            "where table_schema = 'marts' order by table_name"
        ).fetchall()
        assert len(views) > 20
        for (view,) in views:
            columns = connection.execute(
                "select string_agg(quote_ident(column_name), ', ') from "
                "information_schema.columns where table_schema = 'marts' "
                "and table_name = %s and column_name not in "
                # What people write is shown as they wrote it.
                "('override_reason', 'reason', 'note')",
                [view],
            ).fetchone()[0]
            for name in (*staff, "product default"):
                row = connection.execute(
                    f"select count(*) from (select {columns} from marts.{view}) "
                    "as rows where strpos(rows::text, %s) > 0",
                    [name],
                ).fetchone()
                assert row == (0,), f"{name} is in marts.{view}"


def test_names_are_text_and_never_markup(published):
    pack, page = write_account(published, "m1", is_rebuilt=False)
    assert world.SCRIPT in pack["account"]["account_name"]
    assert world.SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "script" not in Checker(page).tags


def test_no_rebuild_says_so(published):
    pack, page = write_account(published, "g1", is_rebuilt=False)
    assert pack["rebuild"] is None
    assert "Not rebuilt from raw: --no-rebuild was given." in page


def test_the_pack_of_a_version_has_its_verdict_first(version):
    pack, page = version
    text = Checker(page).text
    verdict = pack["backtest"]["verdict"][0]["text"]
    assert verdict in text[:400]
    assert pack["dividend"]["total"]["freed_places"] == {"A": 1}
    assert pack["robustness"].summary["draws"] == 20
    assert [row["tier"] for row in pack["pyramid"]][:1] == ["A1"]
    seeds = pack["rows"][0]["rows"]
    assert {"scorecards", "scorecard_bands", "tier_rules"} <= set(seeds)
    assert "it is the first version of the scorecard" in text
    assert (
        sum(
            row["accounts"]
            for row in pack["bands"]
            if row["indicator_id"] == "unified_payment_amount"
        )
        == 19
    )


def test_an_account_or_version_that_is_not_there_is_one_clear_error(published):
    with pytest.raises(UsageError, match="No account in 2024-04"):
        collect_account_pack(published, "nobody", None, CARD)
    with pytest.raises(UsageError, match=r"2031-01 is not published"):
        collect_account_pack(published, "d1", date(2031, 1, 1), CARD)
    with pytest.raises(UsageError, match="No published month was scored"):
        collect_version_pack(published, CARD, "1999.1")


@pytest.fixture
def run(published, monkeypatch):
    """Run a command of the command line in this warehouse."""
    for name, value in export_settings(published).items():
        monkeypatch.setenv(name, value)

    def invoke(*words):
        return CliRunner().invoke(build_app(words[0]), [str(word) for word in words])

    return invoke


def test_the_command_writes_a_signed_file_that_verifies(run, tmp_path, monkeypatch):
    file = tmp_path / "folder" / "pack.html"
    done = run("evidence", "d1", "--month", "2024-02", "--html", file)
    assert done.exit_code == 0, done.output
    assert "Rebuilt from raw: equal" in done.output
    assert "not prove who wrote it" in run("verify", file).output
    text = file.read_text()
    file.write_text(text.replace("9.00", "9.01", 1))
    broken = run("verify", file)
    assert isinstance(broken.exception, JintaError)
    assert "Changed" in str(broken.exception)
    monkeypatch.setenv("JINTA_EVIDENCE_KEY", "k1")
    assert run("evidence", "g1", "--no-rebuild", "--html", file).exit_code == 0
    assert "holds the key" in run("verify", file).output
    monkeypatch.setenv("JINTA_EVIDENCE_KEY", "k2")
    assert isinstance(run("verify", file).exception, JintaError)


def test_bad_usage_is_told(run, tmp_path):
    for words in (
        ("evidence",),
        ("evidence", "d1", "--version", "2026.1", "--html", tmp_path / "x"),
        ("evidence", "d1"),
        ("verify", tmp_path / "missing.html"),
    ):
        assert isinstance(run(*words).exception, UsageError), words


def test_raw_that_was_tampered_with_is_found(published, run, tmp_path):
    """Last in this file: it changes a landed row behind the ledger's back."""
    change = (
        "update raw.billing__unified_payment_bills set amount = amount + {} "
        "where bill_id = 'u-g1-2024-03'"
    )
    file = tmp_path / "pack.html"
    with connect(published, "loader") as connection:
        connection.execute(change.format("0.01"))
    try:
        done = run("evidence", "g1", "--month", "2024-03", "--html", file)
    finally:
        with connect(published, "loader") as connection:
            connection.execute(change.format("-0.01"))
    assert done.exit_code == 1
    found = re.search("differs in (.*)", done.output)[1]
    assert "fct_account_indicators" in found
    assert "dim_group_accounts" not in found
    assert "Rebuilt from raw: differs" in file.read_text()
