"""What-if: other rules on what is published, row by row, and nothing touched."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from jinta import cli
from jinta.errors import PublishError, RuleError, UsageError
from jinta.publish import publish
from jinta.report.decisions import Override, add_override
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.transform.runner import load_manifest
from jinta.trials.candidates import CARD_SEEDS
from jinta.trials.scoring import open_trial, read_published
from jinta.trials.what_if import Question, ask_what_if
from jinta.warehouse import connect
from tests.integration.trial_cases import (
    CARD,
    EDITS,
    HEADER,
    TIERS,
    WEIGHTS,
    call,
    compare_scores,
    copy_project,
    photograph,
    score_by_hand,
    write_candidate,
)
from tests.running import TINY, read_hashes, read_rows, run_pipeline

MONTHS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
LAST = MONTHS[-1]
RANGE = ("2024-01", "2024-03")


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def tiny(make_warehouse, tmp_path_factory):
    """Three months published; the files know a version that holds from the third on."""
    settings = copy_project(make_warehouse(), tmp_path_factory.mktemp("checkout"))
    run_pipeline(settings, TINY, *RANGE)
    write_new_version(
        settings.dbt_project / "seeds" / "rules",
        NewVersion(
            rule_id=CARD,
            version="2",
            valid_from=LAST,
            approver="the owner",
            recorded_at=date(2024, 2, 20),
            weights={name: Decimal(weight) for name, weight in WEIGHTS.items()},
        ),
    )
    return settings


@pytest.fixture
def jinta(tiny, monkeypatch, capsys):
    def run(*arguments):
        return call(tiny, monkeypatch, capsys, *arguments)

    return run


def ask(settings, candidate=None, **options):
    question = Question(
        CARD, **({"candidate": candidate} if candidate else {}), **options
    )
    return ask_what_if(settings, question, with_accounts=True)


def sums(rows, *columns):
    return [sum(row[column] for row in rows) for column in columns]


# --- nothing changes where nothing differs ----------------------------------------


def test_the_rules_in_force_change_no_row_of_any_month(tiny):
    published = read_published(tiny, CARD, MONTHS[0], LAST)
    assert published.months == MONTHS
    cards = read_rows(tiny, "select distinct scorecard_id from fct_account_scores")
    rules = {seed: [] for seed in CARD_SEEDS}
    for (card,) in cards:
        [version] = read_published(tiny, card, MONTHS[0], LAST).rules.values()
        rules = {seed: rules[seed] + version.get(seed, []) for seed in CARD_SEEDS}
    with open_trial(tiny, MONTHS, rules) as replay:
        replay.build(["fct_account_scores"])
        assert compare_scores(tiny, replay, MONTHS) == []
        hashes = replay.hash("fct_account_scores")
        [(count,)] = replay.fetch(
            sql.SQL("select count(*) from pg_temp.{}").format(
                sql.Identifier("fct_account_scores")
            )
        )
    assert count == 18 * 3 * len(cards)
    shown = read_hashes(tiny)
    assert hashes == {m: shown["fct_account_scores", str(m)] for m in MONTHS}


def test_a_candidate_equal_to_the_rules_in_force_moves_nobody(tiny):
    answer = ask(tiny, first=MONTHS[0], last=LAST)
    assert len(answer.tables["accounts"]) == 18 * 3
    for row in answer.tables["accounts"]:
        for name in (*TIERS, "points", "rank"):
            assert row[f"{name}_before"] == row[f"{name}_after"], row
    assert answer.tables["movers"] == []
    for month in answer.summary["months"]:
        assert month["accounts"] == 18
        assert month["revenue_moved_effective"] == month["accounts_moved_raw"] == 0


def test_published_indicators_are_what_was_measured_without_loss(tiny):
    """Outside a list is known and last; a mart can only show it as empty."""
    published = read_published(tiny, CARD, MONTHS[0], LAST)
    [rules] = published.rules.values()
    with open_trial(tiny, MONTHS, rules) as replay:
        made = replay.relation("int_indicators__accounts_measured")
        names = [
            sql.Identifier(name)
            for (name,) in replay.fetch(
                sql.SQL(
                    "select attname from pg_attribute "
                    "where attrelid = to_regclass({}) and attnum > 0"
                ).format(sql.Literal(made.as_string(replay.connection)))
            )
        ]
        query = sql.SQL("select {} from {} except all select {} from {}")
        columns = sql.SQL(", ").join(names)
        measured = sql.Identifier("intermediate", "int_indicators__accounts_measured")
        for left, right in ((made, measured), (measured, made)):
            assert replay.fetch(query.format(columns, left, columns, right)) == []
        [(outside, unknown)] = replay.fetch(
            sql.SQL(
                "select count(*) filter (where tax_rank = 'Infinity'), "
                "count(*) filter (where tax_rank is null) from {}"
            ).format(made)
        )
    assert outside > 0
    assert unknown > 0


# --- what a candidate changes -----------------------------------------------------


def test_new_weights_give_the_points_worked_out_from_the_published_ones(tiny, tmp_path):
    answer = ask(tiny, write_candidate(tmp_path))
    expected = score_by_hand(tiny, LAST, WEIGHTS)
    accounts = answer.tables["accounts"]
    assert {r["group_account_id"]: r["points_after"] for r in accounts} == expected
    assert any(row["points_before"] != row["points_after"] for row in accounts)
    ranked = [row for row in accounts if row["rank_after"] is not None]
    for branch in {row["branch_id"] for row in ranked}:
        rows = sorted(
            (row for row in ranked if row["branch_id"] == branch),
            key=lambda row: row["rank_after"],
        )
        points = [row["points_after"] for row in rows]
        assert points == sorted(points, reverse=True)
        assert [row["rank_after"] for row in rows] == list(range(1, len(rows) + 1))


def test_every_table_counts_the_same_accounts_and_revenue(tiny, tmp_path):
    answer = ask(tiny, write_candidate(tmp_path), first=MONTHS[0], last=LAST)
    assert any(month["accounts_moved_raw"] for month in answer.summary["months"])
    for month in answer.summary["months"]:
        mine = {
            name: [row for row in rows if row["month"] == month["month"]]
            for name, rows in answer.tables.items()
        }
        for kind in ("raw", "suggested", "effective"):
            rows = [r for r in mine["migration"] if r["tier_kind"] == kind]
            assert sums(rows, "accounts", "revenue") == [18, month["revenue"]]
            moved = [
                row
                for row in mine["accounts"]
                if row[f"{kind}_tier_before"] != row[f"{kind}_tier_after"]
            ]
            assert len(moved) == month[f"accounts_moved_{kind}"]
            assert sums(moved, "revenue") == [month[f"revenue_moved_{kind}"]]
        for name in ("tiers", "managers"):
            assert sums(mine[name], "accounts_before", "accounts_after") == [18, 18]
            assert sums(mine[name], "revenue_before", "revenue_after") == [
                month["revenue"],
                month["revenue"],
            ]
        raw = [row for row in mine["quota"] if row["tier_kind"] == "raw"]
        assert sums(raw, "accounts_before", "accounts_after") == [15, 15]


def test_shares_of_raw_tiers_are_exact_whatever_the_weights(tiny, tmp_path):
    for row in ask(tiny, write_candidate(tmp_path)).tables["quota"]:
        if row["tier_kind"] == "raw":
            assert row["accounts_before"] == row["accounts_after"], row


def test_a_wider_quota_and_another_partition_are_tried(tiny, tmp_path):
    answer = ask(
        tiny,
        write_candidate(
            tmp_path,
            HEADER + "scorecards,,partition_by,all\n"
            "tier_rules,A1,share_to_pct,20\ntier_rules,A2,share_to_pct,20\n"
            "tier_rules,B1,share_from_pct,20\ntier_rules,B2,share_from_pct,20\n"
            "stability_rules,A,exit_share_pct,25\n",
        ),
    )
    raw = [row for row in answer.tables["accounts"] if row["rank_after"] is not None]
    assert sorted(row["rank_after"] for row in raw) == list(range(1, 16))
    # 20 % of fifteen are three, 30 % are 4.5 and so five in all, half up.
    tiers = [r["raw_tier_after"] for r in sorted(raw, key=lambda r: r["rank_after"])]
    assert [tier[0] for tier in tiers] == ["A"] * 3 + ["B"] * 2 + ["C"] * 10
    bands = {}
    for row in answer.tables["quota"]:
        if row["tier_kind"] == "raw":
            before, after = bands.get(row["tier_band"], (0, 0))
            bands[row["tier_band"]] = (
                before + row["accounts_before"],
                after + row["accounts_after"],
            )
    # Before, both branches had a tenth and a fifth of ten and of five: 1 + 1, 2 + 1.
    assert bands == {"A": (2, 3), "B": (3, 2), "C": (10, 10)}


def test_one_branch_can_be_told_of_and_is_scored_with_the_rest(tiny, tmp_path):
    candidate = write_candidate(tmp_path)
    whole = ask(tiny, candidate).tables["accounts"]
    own = ask(tiny, candidate, branch_id="qj").tables["accounts"]
    assert own == [row for row in whole if row["branch_id"] == "qj"]
    with pytest.raises(UsageError, match="branch nowhere has no account"):
        ask(tiny, candidate, branch_id="nowhere")


def test_wrong_questions_name_what_is_there(tiny, tmp_path):
    with pytest.raises(UsageError, match="No month asked for") as raised:
        ask(tiny, first=date(2023, 1, 1))
    assert "2024-01 to 2024-03" in raised.value.cure
    with pytest.raises(UsageError, match="pyramid has no scores") as raised:
        ask_what_if(tiny, Question("pyramid"))
    assert CARD in raised.value.cure
    with pytest.raises(RuleError, match="weights sum to 105, not to 100"):
        ask(tiny, write_candidate(tmp_path, EDITS.replace("weight,10", "weight,15")))
    with pytest.raises(RuleError, match="tier_rules doesn't fit"):
        ask(
            tiny,
            write_candidate(tmp_path, HEADER + "tier_rules,other,tier_order,99999\n"),
        )


# --- trials leave everything alone ------------------------------------------------


def test_a_trial_changes_nothing_but_the_log_of_trials(tiny, tmp_path, jinta):
    path = tmp_path / "edits.csv"
    path.write_text(EDITS, encoding="utf-8")
    before = photograph(tiny)
    found = jinta("what-if", str(path), "--json", "--name", "more", "--by", "me")
    assert photograph(tiny) == before
    assert found["trial_id"] == 1
    [row] = read_rows(
        tiny,
        "select name, kind, requested_by, publication_id, result_hash, request "
        "from control.trials",
        role="publisher",
    )
    assert row[:5] == ("more", "what_if", "me", 1, found["result_hash"])
    [tried] = row[5]["tried"]
    weights = {
        rule["indicator_id"]: rule["weight"]
        for rule in tried["rows"]["scorecard_indicators"]
    }
    assert weights["unified_payment_amount"] == "20"
    assert len(weights) == 11


def test_a_name_is_taken_once_and_the_log_is_append_only(tiny, tmp_path, jinta, capsys):
    path = tmp_path / "edits.csv"
    path.write_text(EDITS, encoding="utf-8")
    arguments = ["what-if", str(path), "--name", "twice", "--by", "me"]
    assert "is recorded as twice" in jinta(*arguments)
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "A trial is named 'twice' already: number" in capsys.readouterr().err
    with (
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
        connect(tiny, "owner") as connection,
    ):
        connection.execute("update control.trials set name = 'once'")


def test_rules_of_another_month_are_a_named_trial_that_nothing_can_publish(tiny, jinta):
    before = read_hashes(tiny)
    found = jinta(
        *("what-if", "--rules-of", "2024-03", "--from", "2024-01", "--to", "2024-02"),
        *("--json", "--name", "today on old", "--by", "me"),
    )
    [version] = found["versions"]
    assert (version["published_version"], version["tried_version"]) == ("2026.1", "2")
    assert [m["month"] for m in found["months"]] == ["2024-01-01", "2024-02-01"]
    listed = {row["name"]: row for row in jinta("trials", "list", "--json")}
    assert listed["today on old"]["kind"] == "rules_of"
    shown = json.loads(jinta("trials", "show", "today on old"))
    assert shown["request"]["rules_of"] == "2024-03-01"
    for name in ("today on old", str(found["trial_id"]), "replay"):
        with pytest.raises(PublishError):
            publish(tiny, name, load_manifest(tiny))
    assert read_hashes(tiny) == before


def test_rules_of_another_month_want_a_name(tiny, monkeypatch, capsys):
    for arguments in (["--rules-of", "2024-03"], []):
        with pytest.raises(SystemExit):
            cli.main(["what-if", *arguments])
    printed = capsys.readouterr().err
    assert "Give it a --name and say --by whom" in printed
    assert "Name a candidate's file or folder" in printed


def test_tables_are_written_and_people_read_the_gist(tiny, tmp_path, jinta):
    path = tmp_path / "edits.csv"
    path.write_text(EDITS, encoding="utf-8")
    printed = jinta("what-if", str(path), "--csv", str(tmp_path / "out"))
    assert "unified_payment_amount weight: 15 → 20" in printed
    assert "2024-03" in printed
    path = tmp_path / "out" / "accounts.csv"
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    written = {file.stem for file in (tmp_path / "out").iterdir()}
    assert {"accounts", "migration", "tiers", "managers", "quota"} <= written


# --- what-if and what then comes ----------------------------------------------------


@pytest.fixture(scope="module")
def foretold(tiny):
    """What the trial says of March by the version that holds from then on."""
    return ask(tiny, rules_of=LAST, first=LAST)


@pytest.fixture(scope="module")
def restated(tiny, foretold):
    """The run then does what was tried, and an override of February comes with it."""
    add_override(
        tiny,
        Override("a04", "A1", MONTHS[1], date(2024, 2, 29), "the owner", "big", CARD),
    )
    run_pipeline(tiny, TINY, *RANGE)
    return tiny


def test_what_was_foretold_is_what_the_run_then_publishes(foretold, restated):
    rows = read_rows(
        restated,
        "select group_account_id, total_points, value_rank, raw_tier, suggested_tier, "
        "effective_tier from fct_account_scores "
        f"where month = '{LAST}' and scorecard_id = '{CARD}'",
    )
    assert sorted(rows) == sorted(
        tuple(
            row[name]
            for name in (
                "group_account_id",
                "points_after",
                "rank_after",
                *(f"{tier}_after" for tier in TIERS),
            )
        )
        for row in foretold.tables["accounts"]
    )


def test_months_of_several_versions_and_overrides_stay_as_they_are(restated):
    answer = ask(restated, first=MONTHS[0], last=LAST)
    versions = [part["published_version"] for part in answer.summary["versions"]]
    assert versions == ["2026.1", "2"]
    raised = [
        row
        for row in answer.tables["accounts"]
        if row["effective_tier_before"] != row["suggested_tier_before"]
    ]
    assert [row["month"] for row in raised] == [MONTHS[1]]
    for row in answer.tables["accounts"]:
        for name in (*TIERS, "points", "rank"):
            assert row[f"{name}_before"] == row[f"{name}_after"], row
