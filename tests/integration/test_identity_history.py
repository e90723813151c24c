"""Merge, unmerge and never-link across history: previews, stale months, successors."""

import csv
import json
import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from jinta.errors import UsageError
from jinta.report.matching import resolve_account
from jinta.report.preview import MARTS, preview_decision
from jinta.report.stewards import DecisionKind, decide, record_decision
from jinta.runs.stale import list_stale_months
from jinta.warehouse import connect
from tests.running import TINY, read_hashes, read_rows, run_pipeline

MONTHS = ("2024-01", "2024-03")
JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))
# What a decision by itself leaves in the list of pairs or in the basis of a match.
FACTS = ("dim_group_accounts", "fct_account_indicators", "fct_account_scores")


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    shutil.copytree(TINY.parent, folder, dirs_exist_ok=True)
    return folder / "sources.yml"


@pytest.fixture(scope="module")
def tiny(warehouse, sources):
    run_pipeline(warehouse, sources, *MONTHS)
    return warehouse


@pytest.fixture(scope="module")
def undecided(tiny):
    """Content hashes before anybody decided anything."""
    return read_state(tiny)


def read_state(settings):
    """Content hashes of all marts but the log of decisions, which loses nothing."""
    hashes = read_hashes(settings)
    return {key: text for key, text in hashes.items() if key[0] != "fct_decisions"}


def decide_on(settings, kind, left, right):
    record_decision(
        settings, DecisionKind(kind), left, right, decided_by="steward", reason="test"
    )


def read_stale(settings):
    with connect(settings, "transformer") as connection:
        return list_stale_months(connection, settings.dbt_project)


def read_accounts(settings, month=MARCH):
    rows = read_rows(
        settings,
        "select account_id_crm, group_account_id from bridge_account_records "
        f"where month = '{month}'",
    )
    return dict(rows)


def test_a_merge_is_what_its_preview_told(tiny, sources, undecided):
    before = read_accounts(tiny)
    assert read_stale(tiny) == {}
    preview = preview_decision(tiny, "merge", "a01", "a03")
    assert read_state(tiny) == undecided
    check_preview(preview, before)

    # Published for its last month alone, the merge leaves the others stale: just those.
    decide_on(tiny, "merge", "a01", "a03")
    run_pipeline(tiny, sources, "2024-03", "2024-03")
    assert set(read_stale(tiny)) == {JANUARY, FEBRUARY}
    run_pipeline(tiny, sources, *MONTHS)
    assert read_stale(tiny) == {}
    check_published(tiny, preview, undecided)


def test_a_split_restores_accounts_facts_and_scores_in_all_months(
    tiny, sources, undecided
):
    decide_on(tiny, "split", "a01", "a03")
    run_pipeline(tiny, sources, *MONTHS)
    split = read_state(tiny)
    assert {key: split[key] for key in undecided if key[0] in FACTS} == {
        key: text for key, text in undecided.items() if key[0] in FACTS
    }


def test_what_is_undone_leaves_no_trace(tiny, sources, undecided):
    preview = preview_decision(tiny, "undo", "a01", "a03")
    decide_on(tiny, "undo", "a01", "a03")
    run_pipeline(tiny, sources, *MONTHS)
    assert read_state(tiny) == undecided
    assert preview.hashes == {mart: undecided[mart, str(MARCH)] for mart in MARTS}


def check_preview(preview, before):
    assert preview.month == MARCH
    assert preview.stale_months == [JANUARY, FEBRUARY, MARCH]
    assert preview.restated_months == preview.stale_months
    sides = {
        side: {r["group_account_id"] for r in preview.accounts if r["side"] == side}
        for side in ("now", "then")
    }
    assert sides["now"] == {before["a01"], before["a03"]}
    assert len(sides["then"]) == 1
    assert sides["then"] < sides["now"]
    revenue = dict.fromkeys(sides, 0)
    for row in preview.accounts:
        revenue[row["side"]] += row["revenue"]
    assert revenue["now"] == revenue["then"] > 0
    # One account less is ranked in the branch, and the bands share what is left.
    branches = {row["partition_id"]: row for row in preview.places}
    assert [
        row["population_now"] - row["population_then"] for row in branches.values()
    ] == [1]


def check_published(settings, preview, undecided):
    """What was published is the preview, row by row."""
    published = read_state(settings)
    assert preview.hashes == {mart: published[mart, str(MARCH)] for mart in MARTS}
    for mart in MARTS:
        assert preview.hashes[mart] != undecided[mart, str(MARCH)], mart
    shown = read_rows(
        settings,
        "select scorecard_id, group_account_id, account_name, manager_id, total_score, "
        "raw_tier, suggested_tier, effective_tier, value_rank, total_amount "
        "from fct_account_scores inner join dim_group_accounts "
        "using (month, group_account_id) inner join fct_account_indicators "
        f"using (month, group_account_id) where month = '{MARCH}'",
    )
    told = [row for row in preview.accounts if row["side"] == "then"]
    names = "scorecard_id group_account_id account_name manager_id total_score raw_tier"
    names += " suggested_tier effective_tier value_rank revenue"
    assert {tuple(row[name] for name in names.split()) for row in told} <= set(shown)
    tiers = {(row[0], row[1]): row[7] for row in shown}
    for mover in preview.movers:
        key = mover["scorecard_id"], mover["group_account_id"]
        assert tiers.get(key) == mover["tier_then"]


def test_ids_resolve_and_never_links_hold_night_by_night(tiny, sources, make_warehouse):
    apart = read_accounts(tiny)
    assert apart["a02"] == apart["a02d"]
    decide_on(tiny, "never_link", "a02", "a02d")
    decide_on(tiny, "merge", "a04", "a05")
    run_pipeline(tiny, sources, "2024-03", "2024-03")
    assert count_accounts(tiny, "a02", "a02d") == 2
    assert resolve_account(tiny, apart["a05"])["group_account_id"] == apart["a04"]

    # The name agrees now too; and the chain of merges grows by its front.
    make_twins(sources.parent / "accounts.csv", "a02", "a02d")
    decide_on(tiny, "merge", "a03", "a04")
    run_pipeline(tiny, sources, "2024-03", "2024-03")
    assert count_accounts(tiny, "a02", "a02d") == 2
    check_chain(tiny, apart)

    # Ids follow from raw and decisions alone: an empty warehouse gives the same.
    rebuilt = make_warehouse()
    copy_decisions(tiny, rebuilt)
    run_pipeline(rebuilt, sources, "2024-03", "2024-03")
    check_chain(rebuilt, apart)

    decide_on(tiny, "undo", "a02", "a02d")
    decide_on(tiny, "undo", "a03", "a04")
    run_pipeline(tiny, sources, "2024-03", "2024-03")
    assert count_accounts(tiny, "a02", "a02d") == 1
    assert resolve_account(tiny, apart["a05"])["group_account_id"] == apart["a04"]
    assert resolve_account(tiny, apart["a04"])["has_ended"] is False
    with pytest.raises(UsageError, match="ever called g0"):
        resolve_account(tiny, "g0")


def count_accounts(settings, *keys):
    accounts = read_accounts(settings)
    return len({accounts[key] for key in keys})


def check_chain(settings, apart):
    """a05 was merged into a04, and a04 into a03."""
    for key in ("a03", "a04", "a05"):
        found = resolve_account(settings, apart[key])
        assert found["group_account_id"] == apart["a03"]
        assert found["has_ended"] is (key != "a03")
        assert found["account_id_crm"] == key


def make_twins(path, left, right):
    """Let a record of a CSV file say what another one says."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    original = next(row for row in rows if row["account_id"] == left)
    for row in rows:
        if row["account_id"] == right:
            row.update(original, account_id=right)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def copy_decisions(settings, rebuilt):
    decisions = read_rows(
        settings,
        "select decision_kind, account_id_left, account_id_right, decided_by, reason "
        "from control.steward_decisions order by decision_id",
        role="owner",
    )
    with connect(rebuilt, "owner") as connection:
        connection.cursor().executemany(
            "insert into control.steward_decisions (decision_kind, account_id_left, "
            "account_id_right, decided_by, reason) values (%s, %s, %s, %s, %s)",
            decisions,
        )


def test_previews_print_and_check_like_decisions(tiny, monkeypatch):
    monkeypatch.setattr("jinta.report.stewards.load_settings", lambda: tiny)
    before = read_rows(tiny, "select count(*) from control.steward_decisions", "owner")
    shown = CliRunner().invoke(decide, ["merge", "a06", "a07", "--preview"])
    assert shown.exit_code == 0, shown.output
    assert "Accounts whose records change" in shown.output
    told = CliRunner().invoke(decide, ["merge", "a06", "a07", "--preview", "--json"])
    document = json.loads(told.output)
    assert document["decision"] == "merge"
    assert {row["side"] for row in document["accounts"]} == {"now", "then"}
    idle = preview_decision(tiny, "never_link", "a06", "a07")
    assert idle.is_idle
    for arguments in (["merge", "a06", "a06"], ["merge", "a06", "nobody"]):
        refused = CliRunner().invoke(decide, [*arguments, "--preview"])
        assert isinstance(refused.exception, UsageError)
    unsigned = CliRunner().invoke(decide, ["merge", "a06", "a07"])
    assert isinstance(unsigned.exception, UsageError)
    after = read_rows(tiny, "select count(*) from control.steward_decisions", "owner")
    assert after == before
