"""A source renumbers its account records: the accounts keep their ids."""

import shutil

import pytest

from jinta.errors import UsageError
from jinta.report.rekeying import read_pairs, rekey_accounts
from jinta.warehouse import connect
from tests.running import TINY, read_rows, run_pipeline

WHO = {"decided_by": "data office", "reason": "new CRM"}


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def office(make_warehouse, tmp_path_factory):
    """The tiny company, published, in a folder that can be changed."""
    folder = tmp_path_factory.mktemp("office") / "tiny"
    shutil.copytree(TINY.parent, folder)
    settings = make_warehouse()
    run_pipeline(settings, folder / "sources.yml", "2024-03", "2024-03")
    return settings, folder


def read_accounts(settings):
    rows = read_rows(
        settings,
        "select account_id_crm, group_account_id from marts.bridge_account_records "
        "where month = '2024-03-01'",
        "transformer",
    )
    return dict(rows)


def count_decisions(settings):
    with connect(settings, "owner") as connection:
        return connection.execute(
            "select count(*) from control.steward_decisions"
        ).fetchone()[0]


def test_a_renumbered_record_keeps_its_account(office, tmp_path):
    settings, folder = office
    before = read_accounts(settings)
    old = sorted(before)[0]
    mapping = tmp_path / "keys.csv"
    mapping.write_text(f"old_account_id,new_account_id\n{old},N-1\n")
    pairs = read_pairs(mapping)
    assert rekey_accounts(settings, "office", pairs, **WHO) == 1
    assert rekey_accounts(settings, "office", pairs, **WHO) == 0
    for path in folder.glob("*.csv"):
        lines = [
            ",".join("N-1" if cell == old else cell for cell in line.split(","))
            for line in path.read_text().splitlines()
        ]
        path.write_text("\n".join(lines) + "\n")
    run_pipeline(settings, folder / "sources.yml", "2024-03", "2024-03")
    after = read_accounts(settings)
    assert after["N-1"] == after[old] == before[old]
    assert {k: v for k, v in after.items() if k != "N-1"} == before
    with connect(settings, "owner") as connection:
        assert connection.execute(
            "select decision_kind, account_id_left, account_id_right, reason "
            "from control.steward_decisions"
        ).fetchall() == [("merge", old, "N-1", "renumbered in office: new CRM")]


def test_all_pairs_are_recorded_or_none(office):
    settings, _ = office
    known = sorted(read_accounts(settings))[1]
    count = count_decisions(settings)
    with pytest.raises(UsageError, match="1 old keys never landed from office: nobody"):
        rekey_accounts(settings, "office", [(known, "N-2"), ("nobody", "N-3")], **WHO)
    with pytest.raises(UsageError, match="never landed from crm"):
        rekey_accounts(settings, "crm", [(known, "N-2")], **WHO)
    with pytest.raises(UsageError, match="who made it"):
        rekey_accounts(settings, "office", [(known, "N-2")], decided_by="x", reason=" ")
    assert count_decisions(settings) == count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("old,new\n1,2\n", "lacks the columns new_account_id, old_account_id"),
        ("old_account_id,new_account_id\n", "holds no pair"),
        ("old_account_id,new_account_id\n1,\n", "line 2: a key is empty"),
        ("old_account_id,new_account_id\n1,1\n", "line 2: 1 stays 1"),
        ("old_account_id,new_account_id\n1,2\n1,3\n", "old key 1 stands 2 times"),
        ("old_account_id,new_account_id\n1,3\n2,3\n", "new key 3 stands 2 times"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(tmp_path, text, words):
    path = tmp_path / "keys.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=words):
        read_pairs(path)
