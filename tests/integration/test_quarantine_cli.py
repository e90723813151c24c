import json

import pytest
from typer.testing import CliRunner

from jinta.landing import cli
from tests.integration.landing_cases import Case

SOURCES = """\
version: 1
systems:
  lists:
    kind: files
    tables:
      crm.contacts:
        files: contacts.csv
        columns: {contact_id: id, account_id: account_id, contact_name: 姓名}
      crm.branches:
        files: branches.csv
        columns: {branch_id: id, branch_name: name}
"""


@pytest.fixture(scope="module")
def quarantined(warehouse, tmp_path_factory):
    case = Case(warehouse, tmp_path_factory.mktemp("lists"))
    case.write("contacts.csv", "id,account_id,姓名\n,A1,王秘密\n1,A1,李四\n")
    case.write("branches.csv", "id,name\n,昆明\n1,曲靖\n")
    case.land(SOURCES, run_id="the-run")
    return case


@pytest.fixture
def run(quarantined, monkeypatch):
    monkeypatch.setattr(cli, "load_settings", lambda: quarantined.settings)

    def call(*arguments):
        result = CliRunner().invoke(cli.app, list(arguments), env={"COLUMNS": "200"})
        assert result.exit_code == 0, result.output
        return result.output

    return call


def find_id(quarantined, table):
    query = "select quarantine_id from quarantine.rows where table_name = %s"
    return str(quarantined.fetch(query, table)[0][0])


def test_rows_are_listed_with_place_and_reason(run):
    output = run("list", "--run", "the-run")
    assert "contacts.csv:2" in output
    assert "branch_id is empty, and every row needs one." in output
    assert "branches" not in run("list", "--table", "crm.contacts")
    assert "empty" in run("list", "--run", "another")
    assert "payload" not in run("list", "--json")


def test_personal_data_is_masked_unless_asked_for(run, quarantined):
    contact = find_id(quarantined, "crm.contacts")
    masked = run("show", contact)
    assert "王秘密" not in masked
    assert "A1" in masked
    assert "王秘密" in run("show", contact, "--personal")
    assert json.loads(run("show", contact, "--json"))["payload"]["姓名"] == cli.MASK
    assert "昆明" in run("show", find_id(quarantined, "crm.branches"))
