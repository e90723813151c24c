"""Robustness: draws of weights are what-ifs, and their counts are probabilities."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal

import pytest

from jinta.errors import UsageError
from jinta.trials.draws import draw_weights, shift_weight
from jinta.trials.robustness import measure_robustness
from jinta.trials.what_if import Question, ask_what_if
from tests.integration.trial_cases import (
    CARD,
    HEADER,
    call,
    photograph,
    write_candidate,
)
from tests.running import TINY, read_rows, run_pipeline

MONTH = date(2024, 3, 1)
DRAWS = 200


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def tiny(warehouse):
    run_pipeline(warehouse, TINY, "2024-02", "2024-03")
    return warehouse


@pytest.fixture(scope="module")
def certificate(tiny):
    return measure_robustness(tiny, CARD, draws=DRAWS, with_accounts=True)


def try_weights(settings, tmp_path, weights):
    """Raw tiers of the ranked accounts by the weights, as what-if gives them."""
    rows = [
        f"scorecard_indicators,{name},weight,{Decimal(weight) / 100}\n"
        for name, weight in weights.items()
    ]
    candidate = write_candidate(tmp_path, HEADER + "".join(rows))
    answer = ask_what_if(settings, Question(CARD, candidate), with_accounts=True)
    return {
        row["group_account_id"]: row["raw_tier_after"]
        for row in answer.tables["accounts"]
        if row["rank_before"] is not None
    }


def count_tiers(certificate):
    counts = {}
    for row in certificate.tables["probabilities"]:
        counts.setdefault(row["group_account_id"], {})[row["tier"]] = row
    return counts


def test_each_accounts_probabilities_sum_to_one_exactly(certificate):
    counts = count_tiers(certificate)
    assert len(counts) == certificate.summary["accounts"] == 15
    for tiers in counts.values():
        assert sum(row["draws_in_tier"] for row in tiers.values()) == DRAWS
        assert sum(row["probability"] for row in tiers.values()) == 1
    assert any(len(tiers) > 1 for tiers in counts.values()), "no draw changes a tier"


def test_confidence_is_the_probability_of_the_published_tier(tiny, certificate):
    published = dict(
        read_rows(
            tiny,
            "select group_account_id, raw_tier from fct_account_scores "
            f"where month = '{MONTH}' and scorecard_id = '{CARD}' "
            "and value_rank is not null",
        )
    )
    counts = count_tiers(certificate)
    for row in certificate.tables["accounts"]:
        tiers = counts[row["group_account_id"]]
        assert row["tier"] == published[row["group_account_id"]]
        own = [r["probability"] for tier, r in tiers.items() if tier == row["tier"]]
        assert row["confidence"] == sum(own)
        band = [
            r["probability"] for tier, r in tiers.items() if tier[0] == row["tier"][0]
        ]
        assert row["band_confidence"] == sum(band)


def test_a_seed_gives_the_same_however_the_draws_are_batched(tiny, certificate):
    again = measure_robustness(tiny, CARD, MONTH, draws=DRAWS, batch_rows=15 * 40)
    assert again.result_hash == certificate.result_hash
    assert again.summary == certificate.summary
    other = measure_robustness(tiny, CARD, MONTH, draws=DRAWS, seed=8)
    assert other.result_hash != certificate.result_hash


def test_a_draw_is_a_what_if_of_its_weights(tiny, tmp_path):
    """The same rows through the other command: same tiers, account by account."""
    single = measure_robustness(
        tiny, CARD, draws=1, seed=3, concentration=20, with_accounts=True
    )
    weights = single.request["weights"]
    parts = single.request["parts"]
    [drawn] = draw_weights(list(weights.values()), parts, 1, 3, 20)
    found = {
        account: next(iter(tiers)) for account, tiers in count_tiers(single).items()
    }
    expected = try_weights(tiny, tmp_path, dict(zip(weights, drawn, strict=True)))
    assert found == expected
    published = {r["group_account_id"]: r["tier"] for r in single.tables["accounts"]}
    assert found != published, "a draw that changes nothing shows nothing"


@pytest.mark.parametrize(("kind", "percent"), [("less", -20), ("more", 20)])
def test_a_shift_of_one_weight_is_a_what_if_too(
    tiny, tmp_path, certificate, kind, percent
):
    weights = certificate.request["weights"]
    published = {
        r["group_account_id"]: r["tier"] for r in certificate.tables["accounts"]
    }
    for place, row in enumerate(certificate.tables["weights"]):
        if row["indicator_id"] not in ("informatization_amount", "employees"):
            continue
        parts = certificate.request["parts"]
        shifted = shift_weight(list(weights.values()), parts, place, percent)
        tiers = try_weights(tiny, tmp_path, dict(zip(weights, shifted, strict=True)))
        changed = sum(tiers[account] != tier for account, tier in published.items())
        assert row[f"changed_{kind}_pct"] == round(Decimal(100 * changed) / 15, 2)


def test_draws_that_hardly_differ_leave_every_tier_certain(tiny):
    certain = measure_robustness(
        tiny, CARD, draws=20, concentration=1e12, with_accounts=True
    )
    assert {row["confidence"] for row in certain.tables["accounts"]} == {1}
    assert certain.summary["mean_confidence"] == 1


def test_robustness_leaves_everything_alone(tiny):
    before = photograph(tiny)
    measure_robustness(tiny, CARD, draws=3)
    assert photograph(tiny) == before


def test_a_month_that_is_not_published_is_named(tiny):
    with pytest.raises(UsageError, match="No month asked for has been published"):
        measure_robustness(tiny, CARD, date(2023, 1, 1), draws=1)


def test_people_read_tiers_with_their_confidence(tiny, tmp_path, monkeypatch, capsys):
    def jinta(*arguments):
        return call(tiny, monkeypatch, capsys, *arguments)

    arguments = ["robustness", "--draws", "50", "--csv", str(tmp_path)]
    printed = jinta(*arguments, "--name", "certificate", "--by", "me")
    assert "artefact of the weights" in printed
    assert "is recorded as certificate" in printed
    found = jinta(*arguments, "--json")
    assert found["is_artefact"] is True
    least = found["tables"]["least_certain"][0]
    assert f"{least['tier_band']} {least['band_confidence']:.2f}" in printed
    with (tmp_path / "probabilities.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["draws_in_tier"]) for row in rows) == 15 * 50
    [trial] = jinta("trials", "list", "--json")
    assert (trial["name"], trial["kind"]) == ("certificate", "robustness")
