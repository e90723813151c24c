"""The backtest on published months whose revenue to come was worked out by hand."""

import json
from datetime import date
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from jinta.airflow_env import export_settings
from jinta.cli import build_app
from jinta.errors import UsageError
from jinta.evidence.backtest import BacktestRequest, run_backtest
from jinta.evidence.backtest_page import build_backtest_parts
from jinta.evidence.html import document
from jinta.warehouse import connect
from tests.integration.evidence import world
from tests.running import run_pipeline

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def value(result, month, ranking, metric, subject=""):
    return next(
        row["value"]
        for row in result["months"]
        if (row["month"], row["ranking"], row["metric"], row["subject"])
        == (month, ranking, metric, subject)
    )


@pytest.fixture(scope="module")
def judged(published):
    return run_backtest(published, BacktestRequest(horizon=2))


def test_months_with_enough_months_after_them_are_judged(judged):
    assert judged["judged"] == [JANUARY, FEBRUARY]
    gaps = {row["month"].month: row["reason"] for row in judged["not_judged"]}
    assert set(gaps) == {3, 4}
    assert gaps[3].startswith("2024-05 is not published")
    assert judged["notes"] == []


def test_revenue_to_come_is_the_sum_of_the_bills(judged):
    for month, ahead in (
        (JANUARY, ("2024-02", "2024-03")),
        (FEBRUARY, ("2024-03", "2024-04")),
    ):
        assert value(judged, month, "score", "accounts") == 20
        assert value(judged, month, "score", "future_amount") == world.sum_bills(*ahead)


def test_churn_is_who_closed_or_stopped_paying(judged):
    # January: the one closed in March. February: also the one without bills since.
    assert value(judged, JANUARY, "score", "churned") == 1
    assert value(judged, FEBRUARY, "score", "churned") == 2


def test_tiers_capture_what_their_accounts_pay(judged):
    # A: 50,000 and 22,000 twice; B: 9,000, 8,000, 3,000 and 2,400 twice.
    total = world.sum_bills("2024-03", "2024-04")
    for band, amount in (("A", 72000), ("B", 22400)):
        found = value(judged, FEBRUARY, "score", "revenue_capture_pct", band)
        assert float(found) == pytest.approx(float(100 * 2 * amount / total), abs=1e-5)
    lift = value(judged, FEBRUARY, "score", "lift", "A")
    assert float(lift) == pytest.approx(float(10 * 2 * 72000 / total), abs=1e-5)


def test_the_naive_rank_wins_and_the_front_page_says_so(judged):
    """Equal points hide what the revenue tells, so the score must lose here."""
    verdict = judged["verdict"][0]
    assert verdict["outcome"] == "worse"
    assert verdict["text"].startswith(
        "The score ranks the revenue of the next 2 months worse than last quarter's "
        "revenue alone: Gini 0.9"
    )
    page = document("Backtest", *build_backtest_parts(judged))
    assert page.index(verdict["text"].replace("'", "&#x27;")) < page.index("Horizon")
    assert 'class="verdict bad"' in page


def test_the_seed_moves_the_random_rank_and_nothing_else(published, judged):
    other = run_backtest(published, BacktestRequest(horizon=2, seed=2))
    again = run_backtest(published, BacktestRequest(horizon=2))
    assert again["months"] == judged["months"]
    different = {
        row["ranking"] for row in other["months"] if row not in judged["months"]
    }
    assert different == {"random"}


def test_too_few_months_are_never_passed_over_in_silence(published):
    result = run_backtest(published, BacktestRequest())
    assert result["horizon"] == 3
    assert result["judged"] == [JANUARY]
    assert "No month is followed by 12 published months" in result["notes"][0]
    with pytest.raises(UsageError, match="followed by 12 published months") as caught:
        run_backtest(published, BacktestRequest(horizon=12))
    assert "--horizon 3 2024-01 can be judged" in caught.value.cure
    with pytest.raises(UsageError, match="No published month was scored"):
        run_backtest(published, BacktestRequest(version="1999.1"))


def test_the_command_prints_and_writes_it(published, monkeypatch, tmp_path):
    for name, setting in export_settings(published).items():
        monkeypatch.setenv(name, setting)
    file = tmp_path / "backtest.html"
    words = ["backtest", "--horizon", "2", "--to", "2024-01"]
    shown = CliRunner().invoke(build_app("backtest"), [*words, "--html", str(file)])
    assert shown.exit_code == 0, shown.output
    assert "worse than last quarter's revenue alone" in shown.output.replace("\n", " ")
    assert "Gains" in file.read_text()
    found = CliRunner().invoke(build_app("backtest"), [*words, "--json"])
    assert json.loads(found.stdout)["judged"] == ["2024-01-01"]


@pytest.fixture(scope="module")
def parted(make_warehouse, sources):
    """A warehouse where the split organisation was parted, from February on."""
    settings = make_warehouse()
    run_pipeline(settings, sources, world.MONTHS[0], world.MONTHS[-1])
    with connect(settings, "owner") as connection:
        connection.execute(
            "insert into control.steward_decisions (decision_kind, account_id_left, "
            "account_id_right, decided_by, reason) "
            "values ('split', 'd1', 'd2', 'steward', 'two plants')"
        )
    run_pipeline(settings, sources, world.MONTHS[1], world.MONTHS[-1])
    return settings


def test_revenue_is_followed_through_a_later_split(parted):
    """January still has the two records as one; the months after have them apart."""
    result = run_backtest(parted, BacktestRequest(horizon=2))
    assert value(result, JANUARY, "score", "accounts") == 20
    assert value(result, JANUARY, "score", "future_amount") == world.sum_bills(
        "2024-02", "2024-03"
    )
    assert value(result, FEBRUARY, "score", "accounts") == 21


def test_as_shown_judges_what_readers_saw_first(parted):
    result = run_backtest(parted, BacktestRequest(horizon=2, is_as_shown=True))
    assert value(result, FEBRUARY, "score", "accounts") == 20
    assert value(result, FEBRUARY, "score", "future_amount") == world.sum_bills(
        "2024-03", "2024-04"
    )
    assert value(result, FEBRUARY, "score", "tier_accounts_pct", "B") == Decimal(20)
