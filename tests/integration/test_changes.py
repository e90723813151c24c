"""The change bridge: planted causes one at a time, and all at once (goal 2, F69)."""

from __future__ import annotations

import csv

import pytest
from rich.console import Console

from jinta.cli import main
from jinta.errors import TransformError
from jinta.report import changes
from jinta.report.changes import PARTS, open_bridge
from jinta.report.changes_cli import collect_changes
from jinta.report.since import explain_since
from jinta.report.since_text import render_since
from jinta.report.states import find_state
from jinta.warehouse import connect
from tests.integration.change_story import CARD, FEBRUARY, MARCH, tell_story
from tests.running import read_rows

KEYS = "select account_id_crm, group_account_id from old_records"


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def story(make_warehouse, tmp_path_factory):
    return tell_story(make_warehouse(), tmp_path_factory.mktemp("story"))


def state_of(story, publication=None, month=MARCH):
    with connect(story.settings, "transformer") as connection:
        return find_state(connection, month, CARD, publication)


def bridge_between(story, old, new):
    """The bridge of March between two publications: rows and ids by CRM number."""
    states = state_of(story, old), state_of(story, new)
    with open_bridge(story.settings, *states) as bridge:
        rows = bridge.fetch("select * from score_bridge")
        keys = {
            row["account_id_crm"]: row["group_account_id"] for row in bridge.fetch(KEYS)
        }
    return {row["group_account_id"]: row for row in rows}, keys


def changed_parts(rows):
    """The parts other than zero, by account."""
    return {
        account: {
            part: row[f"{part}_points"] for part in PARTS if row[f"{part}_points"]
        }
        for account, row in rows.items()
        if any(row[f"{part}_points"] for part in PARTS)
    }


def test_only_a_late_bill_is_facts(story):
    rows, keys = bridge_between(story, story.published, story.late_bill)
    assert changed_parts(rows) == {keys["a08"]: {"facts": 300}}
    assert len(rows) == 18


def test_only_values_that_became_known_are_missingness(story):
    rows, keys = bridge_between(story, story.late_bill, story.delivered)
    parts = changed_parts(rows)
    assert keys["b01"] in parts
    assert all(list(found) == ["missingness"] for found in parts.values())
    assert all(found["missingness"] > 0 for found in parts.values())


def test_the_way_back_takes_the_same_points(story):
    """From the later to the earlier: values that went missing."""
    there, _ = bridge_between(story, story.late_bill, story.delivered)
    back, _ = bridge_between(story, story.delivered, story.late_bill)
    assert changed_parts(back) == {
        account: {part: -points for part, points in parts.items()}
        for account, parts in changed_parts(there).items()
    }


def test_only_a_merge_is_identity(story):
    rows, keys = bridge_between(story, story.delivered, story.merged)
    changes = {account: row["account_change"] for account, row in rows.items()}
    [ended] = [account for account, kind in changes.items() if kind == "merged_away"]
    assert ended in (keys["a06"], keys["a07"])
    parts = changed_parts(rows)
    assert parts[ended] == {"identity": -rows[ended]["old_total_points"]}
    assert all(list(found) == ["identity"] for found in parts.values())
    assert set(parts) <= {keys["a06"], keys["a07"]}


def test_only_weights_are_rules(story):
    rows, _ = bridge_between(story, story.merged, story.reweighed)
    parts = changed_parts(rows)
    by_hand = read_rows(
        story.settings,
        "select group_account_id, sum(points * case indicator_id "
        "when 'employees' then 0.2 else -1 / 3.0 end)::integer "
        "from fct_account_points where month = '2024-03-01' and indicator_id in "
        "('employees', 'informatization_products') and scorecard_version = '2' "
        "group by 1",
    )
    # Points by the new weights: employees 10 of 8 before, products 6 of 8 before.
    assert parts == {
        account: {"rules": points} for account, points in by_hand if points
    }


def test_all_at_once_adds_up_and_every_cause_has_its_part(story):
    rows, keys = bridge_between(story, story.published, story.reweighed)
    for row in rows.values():
        assert row["changed_points"] == sum(row[f"{part}_points"] for part in PARTS)
        assert row["changed_points"] == (
            row["new_total_points"] - row["old_total_points"]
        )
    # The identity is replayed on what the first publication knew: no late bill in it.
    assert rows[keys["a08"]]["facts_points"] == 300
    assert rows[keys["a08"]]["identity_points"] == 0
    assert rows[keys["b01"]]["missingness_points"] > 0
    found = changed_parts(rows).values()
    assert {part for parts in found for part in parts} == set(PARTS)
    survivors = {keys["a06"], keys["a07"]}
    assert {a for a, parts in changed_parts(rows).items() if "identity" in parts} == (
        survivors
    )


def test_parts_that_do_not_add_up_are_an_error(story, monkeypatch):
    wrong = changes.SCORE_BRIDGE.replace(
        "sum(facts_points)::integer", "sum(facts_points)::integer + 1"
    )
    monkeypatch.setattr(changes, "SCORE_BRIDGE", wrong)
    with pytest.raises(TransformError, match="don't add up"):
        bridge_between(story, story.published, story.late_bill)


def test_the_mart_has_every_account_of_either_month_and_adds_up(story):
    rows = read_rows(
        story.settings,
        """
        with scores as (
            select group_account_id, total_points, month from fct_account_scores
            where scorecard_id = 'group_account_value'
        )
        select
            coalesce(old.group_account_id, new.group_account_id),
            coalesce(new.total_points, 0) - coalesce(old.total_points, 0),
            changes.facts_points + changes.missingness_points
            + changes.rules_points + changes.identity_points,
            changes.changed_points
        from (select * from scores where month = '2024-02-01') as old
        full join (select * from scores where month = '2024-03-01') as new
            on old.group_account_id = new.group_account_id
        full join (
            select * from fct_score_changes
            where month = '2024-03-01' and scorecard_id = 'group_account_value'
        ) as changes
            on coalesce(old.group_account_id, new.group_account_id)
            = changes.group_account_id
        """,
    )
    assert len(rows) == 18
    for account, difference, parts, changed in rows:
        assert account is not None
        assert difference == parts == changed


def test_the_mart_says_where_identity_has_to_be_replayed(story):
    inexact = read_rows(
        story.settings,
        "select group_account_id, account_change, facts_points, missingness_points "
        "from fct_score_changes where month = '2024-03-01' and not is_exact "
        f"and scorecard_id = '{CARD}'",
    )
    _, keys = bridge_between(story, story.delivered, story.merged)
    assert {row[0] for row in inexact} == {keys["a06"], keys["a07"]}
    assert {row[1] for row in inexact} == {"both", "merged_away"}
    assert all(row[2:] == (0, 0) for row in inexact)


def test_the_mart_and_the_command_agree_where_the_mart_is_exact(story):
    mart = {
        row[0]: row[1:]
        for row in read_rows(
            story.settings,
            "select group_account_id, facts_points, missingness_points, rules_points, "
            "identity_points from fct_score_changes "
            f"where month = '2024-03-01' and is_exact and scorecard_id = '{CARD}'",
        )
    }
    report = collect_changes(
        story.settings, state_of(story, month=FEBRUARY), state_of(story)
    )
    assert report["is_replayed"]
    command = {
        row["group_account_id"]: tuple(row[f"{part}_points"] for part in PARTS)
        for row in report["accounts"]
    }
    assert len(mart) == 16
    assert mart == {account: command[account] for account in mart}
    assert report["account_changes"] == {"both": 17, "merged_away": 1}


def test_what_was_shown_first_stays_the_answer(story):
    first = state_of(story, story.published)
    with connect(story.settings, "reporter") as connection:
        points = connection.execute(
            "select sum(total_points) from fct_account_scores_as_shown where "
            "month = %(month)s and shown_from <= %(shown_at)s "
            "and (shown_until is null or shown_until > %(shown_at)s)",
            first.key,
        ).fetchone()
    shown = {
        row[0]: row[1]
        for row in read_rows(
            story.settings,
            "select publication_id, sum(total_points) from fct_account_scores_as_shown "
            "where month = '2024-03-01' group by 1 order by 1",
        )
    }
    assert points == (shown[story.published],)
    assert list(shown) == [
        *(story.published, story.late_bill, story.delivered),
        *(story.merged, story.reweighed),
    ]
    assert len(set(shown.values())) == 5


def test_a_late_bill_is_named(story):
    change = explain_since(
        story.settings, "a08", since_publication=story.published, month=MARCH
    )
    with connect(story.settings, "owner") as connection:
        landed = connection.execute(
            "select count(*) from raw.billing__unified_payment_bills "
            "where bill_id in ('u-a08-late', 'u-a08-old')"
        ).fetchone()
    assert landed == (2,)
    # The one that no indicator looks back on is none of the reasons.
    [bill] = change["late_bills"]
    assert (bill["table_name"], bill["what"], bill["bills"]) == (
        *("unified_payment_bills", "arrived", 1),
    )
    assert (bill["bill_month"], bill["amount"]) == (MARCH, 100)
    [indicator] = [row for row in change["indicators"] if row["facts_points"]]
    assert indicator["indicator_id"] == "unified_payment_amount"
    text = show(change)
    assert "499.99 → 533.32" in text
    assert "1 unified_payment_bills of 2024-03 arrived, 100.00" in text


def test_an_ended_id_resolves_to_its_successor_and_says_so(story):
    rows, _ = bridge_between(story, story.delivered, story.merged)
    [ended] = [a for a, row in rows.items() if row["account_change"] == "merged_away"]
    change = explain_since(story.settings, ended, since=FEBRUARY)
    assert change["account"]["group_account_id"] != ended
    joined = [r for r in change["records"] if r["record_change"] == "joined"]
    assert [record["old_group_account_id"] for record in joined] == [ended]
    text = show(change)
    assert f"{ended} has ended" in text
    assert f"from {ended}" in text
    assert "by steward" in text


def test_the_command_prints_sums_and_writes_every_account(story, tmp_path, monkeypatch):
    from jinta.report import changes_cli

    monkeypatch.setattr(changes_cli, "load_settings", lambda: story.settings)
    path = tmp_path / "changes.csv"
    console = Console(width=200)
    monkeypatch.setattr(changes_cli, "make_console", lambda: console)
    with console.capture() as shown, pytest.raises(SystemExit) as end:
        main(
            [
                *("changes", "--month", "2024-03", "--from-publication"),
                *(str(story.published), "--to-publication", str(story.late_bill)),
                *("--branch", "qj", "--csv", str(path)),
            ]
        )
    assert end.value.code == 0
    assert "facts" in shown.get()
    assert "+3.00" in shown.get()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["branch_id"] for row in rows} == {"qj"}
    assert sum(int(row["facts_points"]) for row in rows) == 300


@pytest.mark.parametrize(
    "arguments",
    [
        ["changes"],
        ["changes", "2024-02"],
        ["changes", "--month", "2024-03"],
        ["changes", "2024-02", "2024-03", "--from-publication", "99"],
        ["changes", "2023-02", "2024-03"],
    ],
)
def test_what_makes_no_sense_is_refused(story, arguments, monkeypatch):
    from jinta.report import changes_cli

    monkeypatch.setattr(changes_cli, "load_settings", lambda: story.settings)
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


def show(change):
    console = Console(width=200)
    with console.capture() as shown:
        render_since(change, console)
    return shown.get()
