"""Grades over time: migration matrix and changes of grade (F38, S0-09, S3-09)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from demo import ensure_demo
from jinta.settings import CHECKOUT
from jinta.warehouse import connect
from tests.compiled_builds import build_from
from tests.running import read_rows, run_pipeline

DEMO = CHECKOUT / "demo" / "sources.yml"


def pass_gates(*_, **__):
    """Gates bound what few accounts may move, and moves are what is looked at here."""
    return SimpleNamespace(findings=[], failures=[], held={})


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def demo(warehouse, project):
    """Three months of a demo of 300: tiers move."""
    parameters = {**warehouse.parameters, "JINTA_HOME": str(warehouse.home)}
    settings = replace(warehouse, parameters=parameters)
    ensure_demo(settings, 300, 24, 7)
    with build_from(project, pass_gates):
        run_pipeline(settings, DEMO, "2025-10", "2025-12")
    return settings


@pytest.mark.parametrize("kind", ["effective", "raw"])
def test_migrations_add_up_to_the_accounts_and_revenue_of_both_months(demo, kind):
    """Opening + in - out = closing, for every scorecard, month and tier (S3-09)."""
    wrong = read_rows(
        demo,
        f"""
        with sides as (
            select
                scorecard_id, month, tier_to as tier, accounts, revenue,
                0 as old_accounts, 0 as old_revenue
            from fct_tier_migrations where tier_kind = '{kind}' and tier_to <> 'gone'
            union all
            select
                scorecard_id, month, tier_from, 0, 0, accounts, old_revenue
            from fct_tier_migrations where tier_kind = '{kind}' and tier_from <> 'new'
            union all
            select
                scores.scorecard_id, months.month, scores.{kind}_tier,
                -1 * (scores.month = months.month)::integer,
                case when scores.month = months.month
                    then -indicators.total_amount else 0 end,
                -1 * (scores.month = months.old_month)::integer,
                case when scores.month = months.old_month
                    then -indicators.total_amount else 0 end
            from fct_account_scores as scores
            inner join fct_account_indicators as indicators
                on scores.month = indicators.month
                and scores.group_account_id = indicators.group_account_id
            inner join (
                select distinct scorecard_id, month, old_month
                from fct_tier_migrations
            ) as months
                on scores.scorecard_id = months.scorecard_id
                and scores.month in (months.month, months.old_month)
        )

        select
            scorecard_id, month, tier, sum(accounts), sum(revenue),
            sum(old_accounts), sum(old_revenue)
        from sides
        group by scorecard_id, month, tier
        having
            sum(accounts) <> 0 or sum(revenue) <> 0
            or sum(old_accounts) <> 0 or sum(old_revenue) <> 0
        """,
    )
    assert wrong == []
    moved = read_rows(
        demo,
        "select sum(accounts), count(distinct month) from fct_tier_migrations "
        f"where tier_kind = '{kind}' and tier_from <> tier_to",
    )
    assert moved[0][0] > 0
    assert moved[0][1] == 2


def test_every_change_of_grade_is_a_move_of_the_matrix(demo):
    """The list of accounts and the matrix count the same moves (S0-09).

    Who is not ranked at either end closed, opened or became a customer: no grade moved.
    """
    columns = "scorecard_id, month, old_effective_tier, new_effective_tier"
    listed = read_rows(
        demo, f"select {columns}, count(*) from fct_grade_changes group by {columns}"
    )
    counted = read_rows(
        demo,
        "select scorecard_id, month, tier_from, tier_to, sum(accounts)::bigint "
        "from fct_tier_migrations where tier_kind = 'effective' "
        "and tier_from <> tier_to and tier_from not in ('new', 'other') "
        "and tier_to not in ('gone', 'other') "
        "group by 1, 2, 3, 4",
    )
    assert sorted(listed) == sorted(counted)
    assert listed


def test_the_driver_moved_most_in_the_direction_of_the_change(demo):
    rows = read_rows(
        demo,
        """
        select
            changes.grade_change, changes.driver_points, changes.new_effective_tier,
            (
                select max(
                    (points.changed_points - points.rules_points)
                    * case
                        when changes.grade_change = 'upgrade' then 1
                        when changes.grade_change = 'downgrade' then -1
                        when right(changes.new_effective_tier, 1) = '1'
                            then (cards.dimension = 'x')::int
                            - (cards.dimension = 'y')::int
                        else (cards.dimension = 'y')::int
                            - (cards.dimension = 'x')::int
                    end
                )
                from fct_point_changes as points
                left join (
                    select distinct
                        scorecard_id, scorecard_version, indicator_id, dimension
                    from dim_scorecard_bands
                ) as cards
                    using (scorecard_id, scorecard_version, indicator_id)
                where
                    points.scorecard_id = changes.scorecard_id
                    and points.month = changes.month
                    and points.group_account_id = changes.group_account_id
            ) as most
        from fct_grade_changes as changes
        """,
    )
    assert any(row[1] is not None for row in rows)
    assert {row[0] for row in rows} == {"upgrade", "downgrade", "sub_tier"}
    for grade_change, driver_points, new_tier, most in rows:
        assert grade_change != "sub_tier" or new_tier in ("A1", "A2", "B1", "B2")
        if driver_points is None:
            assert most is None or most <= 0
        else:
            assert abs(driver_points) == most
            if grade_change != "sub_tier":
                assert (driver_points > 0) == (grade_change == "upgrade")


def list_views() -> list[str]:
    """The marts that are computed when they are read."""
    paths = (CHECKOUT / "dbt_project" / "models" / "marts").rglob("*.sql")
    return sorted(path.stem for path in paths if "'view'" in path.read_text("utf-8"))


@pytest.mark.parametrize("view", list_views())
def test_a_mart_that_is_computed_when_read_is_read_as_a_whole(demo, view):
    """Every column of every row, which takes a tenth of this on a quiet machine."""
    with connect(demo, "reporter") as connection:
        connection.execute("set statement_timeout = '20s'")
        rows, _ = connection.execute(
            f"select count(*), sum(length(rows::text)) from marts.{view} as rows"
        ).fetchone()
    assert rows > 0


@pytest.mark.parametrize(
    ("condition", "months"), [("true", 3), ("month = date '2025-12-01'", 1)]
)
def test_readers_queries_are_planned_for_the_rows_there_are(demo, condition, months):
    """Taken for few, marts of 100,000 accounts would be joined row by row."""
    mart = "fct_account_indicators"
    with connect(demo, "owner") as connection:
        connection.execute("analyze control.pointers")
        (plan,) = connection.execute(
            f"explain (format json) select * from published.{mart} where {condition}"
        ).fetchone()
    rows = read_rows(demo, f"select count(*) from {mart} where {condition}")[0][0]
    assert rows > months * 100
    assert plan[0]["Plan"]["Plan Rows"] == pytest.approx(rows, rel=0.1)
