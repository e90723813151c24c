"""Trials, changes and evidence of every scorecard, of accounts and of prospects."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from jinta import cli
from jinta.errors import RuleError, UsageError
from jinta.evidence.account_pack import collect_account_pack
from jinta.evidence.account_page import build_account_parts
from jinta.evidence.backtest import BacktestRequest, run_backtest
from jinta.evidence.version_pack import collect_version_pack
from jinta.replay import open_replay
from jinta.report import rules_cli
from jinta.report.changes import PARTS, open_bridge
from jinta.report.judgements import check_judgements, weigh_judgements
from jinta.report.rule_freezing import freeze_bands
from jinta.report.rules import read_files
from jinta.report.states import find_state
from jinta.trials.candidates import Candidate, Edit
from jinta.trials.robustness import measure_robustness
from jinta.trials.what_if import Question, ask_what_if
from jinta.warehouse import connect
from tests.running import read_hashes

SUBJECTS = {
    "group_account_value": "account",
    "value_pyramid": "account",
    "existing_customer": "account",
    "potential_customer": "prospect",
}
MONTHS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
LAST = MONTHS[-1]


@pytest.fixture(params=list(SUBJECTS))
def card(request):
    return request.param


def halve_a_weight(systems, card):
    """Give half of the largest weight to another: new weights in hundredths."""
    (largest, weight), (other, less) = systems.rows(
        "select indicator_id, max(max_points) from marts.dim_scorecard_bands "
        f"where scorecard_id = '{card}' group by 1 order by 2 desc, 1 limit 2"
    )
    return {largest: weight - weight // 2, other: less + weight // 2}


def test_each_card_scores_its_subject_and_no_other(systems):
    """S3-02: accounts and prospects are never in one ranking."""
    rows = systems.rows(
        "select distinct scorecard_id, account_kind from marts.fct_account_scores "
        "inner join marts.dim_group_accounts using (month, group_account_id)"
    )
    assert dict(rows) == SUBJECTS
    assert len(rows) == len(SUBJECTS)


def test_the_rules_in_force_move_nobody(systems, card):
    answer = ask_what_if(
        systems.settings,
        Question(card, first=MONTHS[0], last=LAST),
        with_accounts=True,
    )
    accounts = answer.tables["accounts"]
    assert accounts
    for row in accounts:
        for kind in ("points", "rank", "raw_tier", "suggested_tier", "effective_tier"):
            assert row[f"{kind}_before"] == row[f"{kind}_after"], row


def test_another_weight_changes_points_in_proportion(systems, card):
    """Points are those that the published ones come to by hand; nothing is written."""
    weights = halve_a_weight(systems, card)
    candidate = Candidate(
        "half",
        edits=tuple(
            Edit(
                "test", "scorecard_indicators", (name,), "weight", str(Decimal(w) / 100)
            )
            for name, w in weights.items()
        ),
    )
    shown = read_hashes(systems.settings)
    answer = ask_what_if(
        systems.settings, Question(card, candidate), with_accounts=True
    )
    expected = Counter()
    for account, name, points, most in systems.rows(
        "select group_account_id, indicator_id, points, max_points "
        f"from marts.fct_account_points where scorecard_id = '{card}' "
        f"and month = '{LAST}'"
    ):
        scaled = Decimal(points) * weights.get(name, most) / most
        expected[account] += int(scaled.quantize(Decimal(1), ROUND_HALF_UP))
    assert {
        row["group_account_id"]: row["points_after"]
        for row in answer.tables["accounts"]
    } == expected
    assert read_hashes(systems.settings) == shown


def test_robustness_draws_weights_of_every_card(systems, card):
    found = measure_robustness(systems.settings, card, draws=20, with_accounts=True)
    accounts = {row["group_account_id"] for row in found.tables["accounts"]}
    ranked = systems.rows(
        "select group_account_id from marts.fct_account_scores "
        f"where scorecard_id = '{card}' and month = '{LAST}' and value_rank is not null"
    )
    assert accounts == {account for (account,) in ranked}
    sums = Counter()
    for row in found.tables["probabilities"]:
        sums[row["group_account_id"]] += row["probability"]
    assert set(sums.values()) == {1}


def test_changes_add_up_for_every_card(systems, card):
    """The parts of each account sum to its difference; the bridge refuses otherwise."""
    with connect(systems.settings, "transformer") as connection:
        old = find_state(connection, MONTHS[1], card, None)
        new = find_state(connection, LAST, card, None)
    with open_bridge(systems.settings, old, new) as bridge:
        rows = bridge.fetch("select * from score_bridge")
    assert rows
    rows = systems.rows(
        "select changed_points, "
        + " + ".join(f"{part}_points" for part in PARTS)
        + f" from marts.fct_score_changes where scorecard_id = '{card}'"
    )
    assert rows
    assert all(changed == parts for changed, parts in rows)


def test_a_replay_scores_every_card_as_published(systems):
    with open_replay(systems.settings, MONTHS) as replay:
        replay.build(["fct_account_scores"])
        hashes = replay.hash("fct_account_scores")
    known = read_hashes(systems.settings)
    assert {str(month): text for month, text in hashes.items()} == {
        month: text
        for (mart, month), text in known.items()
        if mart == "fct_account_scores"
    }


def test_the_backtest_judges_every_card(systems, card):
    """Prospects paid nothing before they were customers, and it says so."""
    result = run_backtest(systems.settings, BacktestRequest(card, horizon=1))
    assert result["judged"]
    outcomes = {verdict["outcome"] for verdict in result["verdict"]}
    if SUBJECTS[card] == "prospect":
        assert outcomes == {"none"}
    else:
        assert outcomes <= {"better", "worse", "equal"}


def test_there_is_evidence_of_every_card(systems, card):
    """An account's file and a version's, whatever the card has."""
    [(account, version)] = systems.rows(
        "select group_account_id, scorecard_version from marts.fct_account_scores "
        f"where scorecard_id = '{card}' and month = '{LAST}' and value_rank = 1 "
        "order by group_account_id limit 1"
    )
    pack = collect_account_pack(systems.settings, account, LAST, card, is_rebuilt=False)
    assert pack["score"]
    assert len(pack["points"]) == len(
        systems.rows(
            "select distinct indicator_id from marts.dim_scorecard_bands "
            f"where scorecard_id = '{card}'"
        )
    )
    page = "".join(build_account_parts(pack))
    [(added, total)] = re.findall(r"Points \(得分\)</th><td>(.+?) = (.+?)</td>", page)
    parts = [Decimal(part.split()[-1]) * 100 for part in added.split(" + ")]
    assert sum(parts) == Decimal(total) * 100 == pack["score"][0]["total_points"]
    evidence = collect_version_pack(
        systems.settings, card, version, LAST, is_rebuilt=False, draws=5
    )
    assert evidence["scorecard_version"] == version


def test_every_card_with_percentiles_can_be_frozen(systems, card):
    [(percentiles,)] = systems.rows(
        "select freeze_percentiles from marts.dim_scorecards "
        f"where scorecard_id = '{card}' and valid_to is null"
    )
    if not percentiles:
        with pytest.raises(UsageError, match="has no freeze_percentiles"):
            freeze_bands(systems.settings, card, LAST)
        return
    frozen = freeze_bands(systems.settings, card, LAST)
    assert frozen
    for bands in frozen.values():
        assert [band["lower_bound"] for band in bands].count("") == 1


def test_judgements_of_the_files_are_weighed_before_a_run(systems, monkeypatch):
    """S4-03: by the nightly run's own model, contradictions included."""
    rules = read_files(systems.settings.dbt_project / "seeds" / "rules")
    judged = "value_pyramid_classes"

    def weigh():
        rows = weigh_judgements(systems.settings, rules)
        return [row for row in rows if row["ahp_id"] == judged]

    assert [row["weight_pct"] for row in weigh()] == [42, 23, 23, 12]
    assert max(row["consistency_ratio"] for row in weigh()) < Decimal("0.01")
    assert {row["verdict"] for row in weigh()} == {"ok"}
    check_judgements(systems.settings, rules)
    (row,) = (
        row
        for row in rules["ahp_judgements"]
        if (row["ahp_id"], row["item_left"], row["item_right"])
        == (judged, "financial", "contact")
    )
    # Nine times the contacts, of which a transaction is worth three and of it two.
    row["judgement"] = "9"
    refused = weigh()
    assert min(row["consistency_ratio"] for row in refused) >= Decimal("0.10")
    [verdict] = {row["verdict"] for row in refused}
    assert verdict.endswith(" is not below 0.10: refused")
    with pytest.raises(RuleError, match=verdict) as refusal:
        check_judgements(systems.settings, rules)
    assert "ahp_judgements.csv" in refusal.value.cure
    # The command says the same to a script.
    monkeypatch.setattr(rules_cli, "load_settings", lambda: systems.settings)
    monkeypatch.setattr(rules_cli, "_read_rules", lambda _: rules)
    for command in ("judgements", "check"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["rules", command])
        assert ended.value.code == 1, command
