import sqlite3

import pytest

from jinta.cli import main
from jinta.errors import SourceError
from jinta.settings import load_settings
from jinta.sources import load_sources


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Run `jinta sources check` on a file; returns its exit code and output."""
    monkeypatch.setenv("JINTA_HOME", str(tmp_path / "home"))

    def run(text, *options):
        path = tmp_path / "sources.yml"
        path.write_text(text)
        code = 0
        try:
            main(["sources", "check", str(path), *options])
        except SystemExit as end:
            code = end.code
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


BRANCHES = """\
version: 1
systems:
  lists:
    kind: {kind}
    tables:
      crm.branches:
        {origin}
        columns: {{branch_id: id, branch_name: name}}
"""


def test_a_right_file_shows_what_it_maps(check, tmp_path):
    (tmp_path / "b.csv").write_text("id,name\n1,a\n")
    code, output = check(
        BRANCHES.format(kind="files", origin="files: b.csv"), "--connect"
    )
    assert code == 0
    assert "crm.branches" in output
    assert "Left out: billing.informatization_bills" in output


def test_a_pattern_that_matches_nothing_is_told(check):
    code, output = check(BRANCHES.format(kind="files", origin="files: '*.csv'"))
    assert code == 1
    assert "sources.yml:6: crm.branches: no file in" in output


def test_other_columns_are_shown_when_connecting(check, tmp_path):
    (tmp_path / "b.csv").write_text("id,names\n1,a\n")
    text = BRANCHES.format(kind="files", origin="files: b.csv")
    assert check(text)[0] == 0
    code, output = check(text, "--connect")
    assert code == 1
    assert "missing: 'name' (mapped to branch_name)" in output
    assert "new:     'names' (likely 'name' renamed)" in output


def test_an_unknown_connection_is_told(check):
    text = BRANCHES.format(
        kind="database\n    connection: office", origin="table: branches"
    )
    code, output = check(text)
    assert code == 1
    assert "sources.yml:3: There is no connection 'office'" in output
    assert "JINTA_CONN_OFFICE" in output


def test_types_that_do_not_fit_are_told(check, tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "o.db") as connection:
        connection.execute("create table managers (id text, born date, n integer)")
    monkeypatch.setenv("JINTA_CONN_OFFICE", f"sqlite:///{tmp_path / 'o.db'}")
    text = """\
version: 1
systems:
  office:
    kind: database
    connection: office
    tables:
      crm.accounts:
        table: managers
        columns:
          account_id: id
          account_name: id
          branch_id: id
          employees: born
          created_date: n
"""
    assert check(text)[0] == 0
    code, output = check(text, "--connect")
    assert code == 1
    assert (
        "sources.yml:13: crm.accounts.employees is integer, and born is DATE" in output
    )
    assert output.count("sources.yml:") == 1


def test_loading_a_wrong_file_lists_its_mistakes(tmp_path):
    path = tmp_path / "sources.yml"
    path.write_text("version: 2\nas_of: never\n")
    with pytest.raises(SourceError, match="has 3 mistakes") as caught:
        load_sources(path, load_settings({}))
    assert "sources.yml:2: `as_of`" in caught.value.message
    with pytest.raises(SourceError, match="can't be read"):
        load_sources(tmp_path / "none.yml", load_settings({}))
