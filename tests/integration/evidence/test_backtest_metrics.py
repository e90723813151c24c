"""The metrics of the backtest against small independent computations."""

import math
import random
from datetime import date
from decimal import Decimal

import pytest
from scipy.stats import kendalltau, spearmanr

from jinta.evidence.backtest import add_months, measure_months
from jinta.warehouse import connect

MONTH = date(2024, 1, 1)
SCORES = """
create temporary table backtest_scores (
    month date, scorecard_version text, group_account_id text, partition_id text,
    score numeric, revenue numeric, random numeric, raw_tier text, effective_tier text,
    tier_band text, band_order integer
)
"""
OUTCOMES = """
create temporary table backtest_outcomes (
    month date, scorecard_version text, group_account_id text, partition_id text,
    score numeric, revenue numeric, random numeric, raw_tier text, tier_band text,
    band_order integer, future_amount numeric, is_churned boolean
)
"""
BANDS = {"A1": ("A", 1), "A2": ("A", 1), "B1": ("B", 3), "B2": ("B", 3), "C": ("C", 5)}


def account(name, score, future, *, churned=False, **given):
    """One planted account; its revenue is its score unless given."""
    return {
        "account": name,
        "partition": "qj",
        "score": score,
        "revenue": score,
        "random": 0,
        "tier": "C",
        "future": future,
        "churned": churned,
    } | given


def measure(settings, accounts, later=(), lag=1):
    """Judge planted accounts; `later` holds their scores in a later month."""
    with connect(settings, "transformer") as connection:
        connection.execute(SCORES)
        connection.execute(OUTCOMES)
        for month, rows in ((MONTH, accounts), (add_months(MONTH, lag), later)):
            for row in rows:
                band, order = BANDS[row["tier"]]
                connection.execute(
                    "insert into backtest_scores values "
                    "(%s, '1', %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [
                        *(month, row["account"], row["partition"], row["score"]),
                        *(row["revenue"], row["random"], row["tier"]),
                        *(row.get("effective", row["tier"]), band, order),
                    ],
                )
        for row in accounts:
            band, order = BANDS[row["tier"]]
            connection.execute(
                "insert into backtest_outcomes values "
                "(%s, '1', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    *(MONTH, row["account"], row["partition"], row["score"]),
                    *(row["revenue"], row["random"], row["tier"], band, order),
                    *(row["future"], row["churned"]),
                ],
            )
        measure_months(connection, [MONTH])
        rows = connection.execute(
            "select ranking, metric, subject, value from backtest_metrics"
        ).fetchall()
        connection.rollback()
    found = {
        (ranking, metric, subject): value for ranking, metric, subject, value in rows
    }
    assert len(found) == len(rows), "a metric came out twice"
    return found


def concentrate(pairs):
    """Gini by its definition: twice the area between the gains curve and the diagonal.

    Equal values are one straight piece of the curve.
    """
    total, steps = sum(future for _, future in pairs), {}
    for value, future in pairs:
        count, amount = steps.get(value, (0, 0))
        steps[value] = (count + 1, amount + future)
    area, reached = 0.0, 0.0
    for value in sorted(steps, reverse=True):
        count, amount = steps[value]
        share = amount / total
        area += count / len(pairs) * (reached + share / 2)
        reached += share
    return 2 * area - 1


@pytest.fixture(scope="module")
def drawn():
    """Two hundred accounts with many equal scores, and a later month of them."""
    source = random.Random(5)  # noqa: S311
    now, later = [], []
    for number in range(200):
        score = source.randrange(0, 30) * 100
        future = max(0, round(source.gauss(score, 900)))
        revenue = source.randrange(0, 2000)
        name = f"g{number:03}"
        churned = future == 0
        now.append(
            account(
                name, score, future, revenue=revenue, churned=churned, random=number
            )
        )
        later.append(
            account(
                name,
                max(0, score + source.randrange(-3, 4) * 100),
                0,
                revenue=max(0, revenue + source.randrange(-300, 300)),
                random=(number * 7919) % 200,
            )
        )
    return now, later


@pytest.fixture(scope="module")
def measured(warehouse, drawn):
    return measure(warehouse, *drawn)


def test_a_perfect_rank_has_gini_one_and_its_reverse_minus_one(warehouse):
    amounts = [1000, 400, 100, 50, 0]
    rising = [account(f"g{n}", n, amounts[4 - n]) for n in range(5)]
    falling = [account(f"g{n}", n, amounts[n]) for n in range(5)]
    assert measure(warehouse, rising)["score", "gini", ""] == 1
    assert measure(warehouse, falling)["score", "gini", ""] == -1


def test_equal_scores_for_all_are_chance(warehouse):
    accounts = [account(f"g{n}", 7, 100 * n) for n in range(6)]
    found = measure(warehouse, accounts)
    assert found["score", "gini", ""] == 0
    assert found["score", "revenue_gain_pct", "050"] == 50


def test_a_random_rank_is_near_chance(warehouse):
    source = random.Random(11)  # noqa: S311
    accounts = [
        account(
            f"g{n:04}", n, round(source.lognormvariate(5, 1)), random=source.random()
        )
        for n in range(1500)
    ]
    assert abs(measure(warehouse, accounts)["random", "gini", ""]) < 0.06


def test_gini_with_ties_worked_out_by_hand(warehouse):
    # Best first: 9 → 60; 5, 5 → 0 and 30; 1 → 10. Gains 0, .6, (.75), .9, 1.
    # Area: .25*.3 + .5*.75 + .25*.95 = .6875, so 2*.6875 - 1 = .375.
    # Perfect 60, 30, 10, 0: .25*(.3 + .75 + .95 + 1) = .75, so .5; .375/.5 = .75.
    accounts = [
        account("g1", 5, 0),
        account("g2", 9, 60),
        account("g3", 1, 10),
        account("g4", 5, 30),
    ]
    found = measure(warehouse, accounts)
    assert found["score", "concentration", ""] == Decimal("0.375")
    assert found["perfect", "concentration", ""] == Decimal("0.5")
    assert found["score", "gini", ""] == Decimal("0.75")


def test_gini_is_the_area_under_the_gains_curve(measured, drawn):
    now, _ = drawn
    best = concentrate([(row["future"], row["future"]) for row in now])
    for ranking in ("score", "revenue"):
        own = concentrate([(row[ranking], row["future"]) for row in now])
        assert float(measured[ranking, "gini", ""]) == pytest.approx(own / best)


def test_gains_end_at_everything_and_split_equal_scores(warehouse):
    # Ten accounts, six of them equal: the first half holds 1 + 4/6 of the six.
    accounts = [account("g0", 9, 100)]
    accounts += [account(f"g{n}", 5, 30, churned=n < 3) for n in range(1, 7)]
    accounts += [account(f"g{n}", 1, 0, churned=True) for n in range(7, 10)]
    found = measure(warehouse, accounts)
    assert float(found["score", "revenue_gain_pct", "010"]) == pytest.approx(
        10000 / 280
    )
    assert float(found["score", "revenue_gain_pct", "050"]) == pytest.approx(
        100 * (100 + 4 * 30) / 280
    )
    assert found["score", "revenue_gain_pct", "100"] == 100
    assert float(found["score", "churn_gain_pct", "050"]) == pytest.approx(
        100 * 4 * (2 / 6) / 5
    )


def test_gains_of_every_step_against_a_direct_count(measured, drawn):
    now, _ = drawn
    rows = sorted(now, key=lambda row: -row["score"])
    mean = {}
    for row in rows:
        equals = [other["future"] for other in rows if other["score"] == row["score"]]
        mean[row["score"]] = sum(equals) / len(equals)
    total = sum(row["future"] for row in rows)
    for step in range(1, 21):
        got = sum(mean[row["score"]] for row in rows[: step * 10])
        found = measured["score", "revenue_gain_pct", f"{step * 5:03}"]
        assert float(found) == pytest.approx(100 * got / total)


def test_churn_gini_is_one_when_all_churners_stand_last(warehouse):
    accounts = [account(f"g{n}", n, n, churned=n < 2) for n in range(6)]
    assert measure(warehouse, accounts)["score", "churn_gini", ""] == 1
    reverse = [account(f"g{n}", n, n, churned=n > 3) for n in range(6)]
    assert measure(warehouse, reverse)["score", "churn_gini", ""] == -1


def test_churn_gini_counts_pairs(measured, drawn):
    now, _ = drawn
    gone = [row["score"] for row in now if row["churned"]]
    stayed = [row["score"] for row in now if not row["churned"]]
    above = sum((stay > left) - (stay < left) for stay in stayed for left in gone)
    expected = above / (len(gone) * len(stayed))
    assert float(measured["score", "churn_gini", ""]) == pytest.approx(expected)


def test_spearman_and_kendall_agree_with_scipy_on_ties(measured, drawn):
    now, later = drawn
    for ranking in ("score", "revenue", "random"):
        before = [row[ranking] for row in now]
        after = [row[ranking] for row in later]
        assert float(measured[ranking, "spearman", "01"]) == pytest.approx(
            spearmanr(before, after).statistic
        )
        assert float(measured[ranking, "kendall", "01"]) == pytest.approx(
            kendalltau(before, after).statistic
        )
    assert measured["score", "common_accounts", "01"] == 200


def test_stability_of_the_same_and_of_the_opposite_order(warehouse):
    now = [account(f"g{n}", n, 1) for n in range(7)]
    same = measure(warehouse, now, now, lag=12)
    assert (same["score", "spearman", "12"], same["score", "kendall", "12"]) == (1, 1)
    opposite = [account(f"g{n}", -n, 1) for n in range(7)]
    found = measure(warehouse, now, opposite)
    assert (found["score", "spearman", "01"], found["score", "kendall", "01"]) == (
        -1,
        -1,
    )


def test_psi_by_its_formula_with_an_empty_bin(warehouse):
    # Tiers 2/3/5 of ten before, 1/0/9 after: the empty B1 counts as half an account.
    tiers = ["A1", "A1", "B1", "B1", "B1", "C", "C", "C", "C", "C"]
    after = ["A1", *["C"] * 9]
    now = [account(f"g{n}", n, 1, tier=tier) for n, tier in enumerate(tiers)]
    later = [account(f"g{n}", n, 1, tier=tier) for n, tier in enumerate(after)]
    found = measure(warehouse, now, later)
    expected = sum(
        (late - early) * math.log(late / early)
        for early, late in ((0.2, 0.1), (0.3, 0.05), (0.5, 0.9))
    )
    assert float(found["raw_tier", "psi", "01"]) == pytest.approx(expected)
    assert found["score", "psi", "01"] == 0


def test_capture_and_lift_of_tiers_worked_out_by_hand(warehouse):
    # Two branches of five. By score A holds 60 + 20 of 200; by revenue the best of each
    # branch are 60, and in ym one of two equals: half of 80 + 20.
    accounts = [
        account("g1", 9, 60, revenue=9, tier="A1"),
        account("g2", 8, 10, revenue=5, tier="C"),
        account("g3", 7, 10, revenue=4, tier="C", churned=True),
        account("g4", 6, 10, revenue=3, tier="C"),
        account("g5", 5, 10, revenue=2, tier="C"),
        account("h1", 9, 20, revenue=7, tier="A2", partition="ym", churned=True),
        account("h2", 8, 80, revenue=7, tier="C", partition="ym"),
        account("h3", 7, 0, revenue=1, tier="C", partition="ym", churned=True),
        account("h4", 6, 0, revenue=1, tier="C", partition="ym", churned=True),
        account("h5", 5, 0, revenue=1, tier="C", partition="ym"),
    ]
    found = measure(warehouse, accounts)
    assert found["score", "revenue_capture_pct", "A"] == 40
    assert found["score", "revenue_capture_pct", "A1"] == 30
    assert found["score", "lift", "A"] == 2
    assert found["score", "tier_accounts_pct", "A"] == 20
    assert found["score", "churn_capture_pct", "A"] == 25
    assert found["revenue", "revenue_capture_pct", "A"] == 55
    assert found["revenue", "lift", "A"] == Decimal("2.75")
    assert found["revenue", "churn_capture_pct", "A"] == Decimal("12.5")
    assert found["perfect", "revenue_capture_pct", "A"] == 70
    # Chance has a fifth of each branch, whatever the branches are worth.
    assert found["chance", "revenue_capture_pct", "A"] == 20
    assert found["chance", "lift", "A"] == 1


def test_without_any_revenue_to_come_there_is_no_gini(warehouse):
    found = measure(warehouse, [account(f"g{n}", n, 0, churned=True) for n in range(3)])
    assert ("score", "gini", "") not in found
    assert ("score", "churn_gini", "") not in found
    assert found["score", "churned", ""] == 3
