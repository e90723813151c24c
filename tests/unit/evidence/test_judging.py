"""The words of the verdict, months, and names in free text."""

from datetime import date
from decimal import Decimal

import pytest

from jinta.evidence.backtest import add_months, judge_version
from jinta.evidence.personal import redact
from jinta.settings import load_settings


def summarise(score, revenue, random="0.01"):
    return [
        {"ranking": name, "metric": "gini", "subject": "", "mean": Decimal(mean)}
        for name, mean in (("score", score), ("revenue", revenue), ("random", random))
        if mean is not None
    ]


@pytest.mark.parametrize(
    ("score", "revenue", "outcome", "words"),
    [
        ("0.71", "0.83", "worse", "than last quarter's revenue alone: Gini 0.71 vs"),
        ("0.83", "0.71", "better", "better than last quarter's revenue alone"),
        ("0.8312", "0.8309", "better", "Gini 0.8312 vs 0.8309"),
        ("0.5", "0.5", "equal", "as well as last quarter's revenue alone"),
        ("-0.1", "0.5", "worse", "It does no better than chance."),
    ],
)  # fmt: skip
def test_the_verdict_says_who_won(score, revenue, outcome, words):
    verdict = judge_version(summarise(score, revenue), 12)
    assert verdict["outcome"] == outcome
    assert words in verdict["text"]
    assert "next year's revenue" in verdict["text"]


def test_a_shorter_horizon_is_not_called_a_year():
    text = judge_version(summarise("0.7", "0.8"), 3)["text"]
    assert "the revenue of the next 3 months" in text
    assert "year" not in text


def test_without_revenue_there_is_no_verdict():
    assert judge_version(summarise(None, "0.8"), 12)["outcome"] == "none"


def test_months_are_added_over_the_year():
    assert add_months(date(2024, 12, 1), 1) == date(2025, 1, 1)
    assert add_months(date(2024, 1, 1), 12) == date(2025, 1, 1)
    assert add_months(date(2024, 3, 1), -3) == date(2023, 12, 1)


def test_names_in_free_text_become_pseudonyms():
    names = {"王建国": "person-1", "王建": "person-2", "a": "person-3"}
    written = [{"reason": "王建国 asked, 王建 agreed to a plan", "id": 7, "at": None}]
    assert redact(written, names) == [
        {"reason": "person-1 asked, person-2 agreed to a plan", "id": 7, "at": None}
    ]


def test_the_key_of_packs_is_no_parameter_of_a_sources_file():
    settings = load_settings({"JINTA_EVIDENCE_KEY": "secret", "PLAIN": "x"})
    assert settings.evidence_key == "secret"
    assert "secret" not in settings.parameters.values()
    assert "secret" not in repr(settings)
    assert settings.parameters["PLAIN"] == "x"
