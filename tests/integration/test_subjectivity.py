"""Points that people enter: who gives more than others is found (S0-04, S3-05, F68)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from psycopg import sql

from demo import ensure_demo
from jinta.replay import open_replay
from jinta.settings import CHECKOUT
from tests.running import read_rows, run_pipeline

DEMO = CHECKOUT / "demo" / "sources.yml"
MONTH = date(2025, 12, 1)
CARD = "group_account_value"
MEASURED = "int_indicators__accounts_measured"
MART = "fct_manager_subjectivity"
GENEROUS = {"influence_grade": 5, "informatization_level": 5}


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def demo(warehouse):
    parameters = {**warehouse.parameters, "JINTA_HOME": str(warehouse.home)}
    settings = replace(warehouse, parameters=parameters)
    ensure_demo(settings, 300, 24, 7)
    run_pipeline(settings, DEMO, "2025-12", "2025-12")
    return settings


def judge(replay):
    """Outliers by manager of a replay."""
    rows = replay.fetch(
        sql.SQL(
            "select manager_id, is_outlier, standard_errors from {} "
            "where scorecard_id = {}"
        ).format(replay.relation(MART), sql.Literal(CARD))
    )
    return {manager: (is_outlier, errors) for manager, is_outlier, errors in rows}


def plant(replay, manager):
    """Let all accounts of a manager have the best grades that people can enter."""
    names = [
        name
        for (name,) in replay.fetch(
            sql.SQL(
                "select attname from pg_attribute where attrelid = {}::regclass "
                "and attnum > 0 and not attisdropped order by attnum"
            ).format(
                sql.Literal(replay.original(MEASURED).as_string(replay.connection))
            )
        )
    ]
    columns = [
        sql.SQL("case when accounts.manager_id = {} then {} else {} end as {}").format(
            sql.Literal(manager),
            sql.Literal(GENEROUS[name]),
            sql.SQL("measured.{}").format(sql.Identifier(name)),
            sql.Identifier(name),
        )
        if name in GENEROUS
        else sql.SQL("measured.{}").format(sql.Identifier(name))
        for name in names
    ]
    replay.replace(
        MEASURED,
        sql.SQL(
            "select {} from {} as measured inner join {} as accounts "
            "on measured.month = accounts.month "
            "and measured.group_account_id = accounts.group_account_id"
        ).format(
            sql.SQL(", ").join(columns),
            replay.original(MEASURED),
            replay.original("int_accounts__months_mastered"),
        ),
    )


def test_the_planted_generous_manager_is_found_and_no_other(demo):
    with open_replay(demo, [MONTH]) as replay:
        replay.build([MART])
        before = judge(replay)
    sizes = dict(
        read_rows(
            demo,
            f"select manager_id, accounts from {MART} where scorecard_id = '{CARD}'",
        )
    )
    # The largest of those that nobody would look at.
    [manager, *_] = sorted(
        (m for m, (is_outlier, _) in before.items() if not is_outlier),
        key=lambda name: (-sizes[name], name),
    )
    with open_replay(demo, [MONTH]) as replay:
        plant(replay, manager)
        replay.build([MART])
        after = judge(replay)
    assert after[manager][0]
    assert after[manager][1] > max(
        errors for name, (_, errors) in after.items() if name != manager and errors
    )
    assert {m for m, (is_outlier, _) in after.items() if is_outlier} - {manager} <= {
        m for m, (is_outlier, _) in before.items() if is_outlier
    }


def test_shares_are_those_of_the_points_published(demo):
    """Manual points by account add up from fct_account_points (goal: who decides)."""
    wrong = read_rows(
        demo,
        """
        select subjectivity.group_account_id
        from fct_subjectivity as subjectivity
        inner join (
            select
                points.scorecard_id, points.month, points.group_account_id,
                sum(points.points) filter (where indicators.is_manual) as manual,
                sum(points.max_points) filter (where indicators.is_manual) as most
            from fct_account_points as points
            inner join dim_indicators as indicators
                on points.indicator_id = indicators.indicator_id
            group by 1, 2, 3
        ) as summed
            on subjectivity.scorecard_id = summed.scorecard_id
            and subjectivity.month = summed.month
            and subjectivity.group_account_id = summed.group_account_id
        where
            subjectivity.manual_points <> coalesce(summed.manual, 0)
            or subjectivity.most_manual_points <> coalesce(summed.most, 0)
        """,
    )
    assert wrong == []
    [(some, of_all)] = read_rows(
        demo,
        "select count(*) filter (where manual_points > 0), count(*) "
        f"from fct_subjectivity where scorecard_id = '{CARD}'",
    )
    assert 0 < some < of_all


def test_managers_hold_the_points_of_their_accounts(demo):
    wrong = read_rows(
        demo,
        f"""
        select manager_id
        from {MART} as managers
        where (accounts, manual_points, total_points) <> (
            select count(*), sum(manual_points), sum(total_points)
            from fct_subjectivity as accounts
            where
                accounts.scorecard_id = managers.scorecard_id
                and accounts.month = managers.month
                and accounts.manager_id = managers.manager_id
        )
        """,
    )
    assert wrong == []
