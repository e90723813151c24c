"""The smallest change to a better tier holds when it is applied (F68).

Every change that the mart names is applied on its own: each gets a month in which all
accounts stand as published, but for that one value, and the scoring models build it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from psycopg import sql

from demo import ensure_demo, note_lead_steps
from jinta.replay import open_replay
from jinta.settings import CHECKOUT
from tests.running import SYSTEMS, TINY, read_rows, run_pipeline

DEMO = CHECKOUT / "demo" / "sources.yml"
TIERS, MEASURED = "int_scoring__tiers_assigned", "int_indicators__accounts_measured"
# The first of the months that stand for one change each.
FAR = date(2200, 1, 1)


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def companies(make_warehouse):
    """The tiny company, the test company and a demo of 300, by name and last month."""
    made = {}
    for name, sources, month in (
        ("tiny", TINY, "2024-03"),
        ("systems", SYSTEMS, "2024-03"),
        ("demo", DEMO, "2025-12"),
    ):
        settings = make_warehouse()
        if name == "demo":
            parameters = {**settings.parameters, "JINTA_HOME": str(settings.home)}
            settings = replace(settings, parameters=parameters)
            demo = ensure_demo(settings, 300, 24, 7)
            assert note_lead_steps(settings, demo) > 0
            assert note_lead_steps(settings, demo) == 0
        run_pipeline(settings, sources, month, month)
        made[name] = (settings, date.fromisoformat(f"{month}-01"))
    return made


def add_months(month: date, count: int) -> date:
    year, place = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, place + 1, 1)


def list_changes(settings, month):
    """Changes that are said to be enough, each with the far month it is applied in."""
    rows = read_rows(
        settings,
        "select scorecard_id, group_account_id, target_band, indicator_id, "
        "needed_value, reached_tier, points_gained, total_points "
        f"from fct_next_tiers where month = '{month}' and is_one_change_enough "
        "order by 1, 2, 3",
    )
    return {add_months(FAR, place): row for place, row in enumerate(rows)}


def apply_changes(settings, month, changes):
    """Build the tiers of all far months and return those of the changed accounts."""
    with open_replay(settings, list(changes)) as replay:
        replay.connection.execute(
            "create temporary table changes (far_month date, account text, "
            "indicator_id text, value numeric)"
        )
        with replay.connection.cursor() as cursor:
            cursor.executemany(
                "insert into changes values (%s, %s, %s, %s)",
                [(far, row[1], row[3], row[4]) for far, row in changes.items()],
            )
        for model in ("int_accounts__months_mastered", MEASURED):
            copy_months(replay, model, month)
        replay.build([TIERS])
        rows = replay.fetch(
            sql.SQL(
                "select tiers.scorecard_id, tiers.month, tiers.raw_tier, "
                "scores.total_points from {tiers} as tiers inner join {scores} as "
                "scores using (scorecard_id, month, group_account_id) "
                "inner join changes on tiers.month = changes.far_month "
                "and tiers.group_account_id = changes.account"
            ).format(
                tiers=replay.relation(TIERS),
                scores=replay.relation("int_scoring__accounts_scored"),
            )
        )
    return {(row[0], row[1]): row[2:] for row in rows}


def copy_months(replay, model, month):
    """Let every far month be the published one, but for the one value it changes."""
    names = [
        name
        for (name,) in replay.fetch(
            sql.SQL(
                "select attname from pg_attribute where attrelid = {}::regclass "
                "and attnum > 0 and not attisdropped order by attnum"
            ).format(sql.Literal(replay.original(model).as_string(replay.connection)))
        )
    ]
    indicators = {
        name
        for (name,) in replay.fetch(
            sql.SQL("select indicator_id from {}").format(replay.original("indicators"))
        )
    }
    columns = []
    for name in names:
        column = sql.SQL("kept.{}").format(sql.Identifier(name))
        if name == "month":
            column = sql.SQL("changes.far_month as month")
        elif name in indicators and model == MEASURED:
            column = sql.SQL(
                "case when changes.account = kept.group_account_id and "
                "changes.indicator_id = {} then changes.value else {} end as {}"
            ).format(sql.Literal(name), column, sql.Identifier(name))
        columns.append(column)
    replay.replace(
        model,
        sql.SQL("select {} from {} as kept cross join changes where month = {}").format(
            sql.SQL(", ").join(columns), replay.original(model), sql.Literal(month)
        ),
    )


@pytest.mark.parametrize("name", ["tiny", "systems", "demo"])
def test_every_smallest_change_leads_to_the_tier_it_names(companies, name):
    """S0-14, S0-20, S0-21, S0-22, S0-23: ranks and tiers are computed anew."""
    settings, month = companies[name]
    changes = list_changes(settings, month)
    assert changes
    applied = apply_changes(settings, month, changes)
    for far, row in changes.items():
        card, *_, reached_tier, points_gained, total_points = row
        assert applied[card, far] == (reached_tier, total_points + points_gained), row


@pytest.mark.parametrize("name", ["tiny", "systems", "demo"])
def test_no_smaller_change_of_any_indicator_would_do(companies, name):
    """What every other band of every indicator would gain, worked out from points.

    A change of what can be moved where the one told can't, or else of fewer bands, or
    of as many of what is measured where the one told is entered by people, or else of
    as many with fewer points, gains less than the bar.
    """
    settings, month = companies[name]
    smaller = read_rows(
        settings,
        f"""
        select
            next_tiers.group_account_id, next_tiers.target_band, points.indicator_id,
            bands.band, bands.points - points.points as gained
        from fct_next_tiers as next_tiers
        inner join fct_account_points as points
            on next_tiers.scorecard_id = points.scorecard_id
            and next_tiers.month = points.month
            and next_tiers.group_account_id = points.group_account_id
        inner join dim_scorecard_bands as bands
            on points.scorecard_id = bands.scorecard_id
            and points.scorecard_version = bands.scorecard_version
            and points.indicator_id = bands.indicator_id
        inner join dim_indicators as indicators
            on points.indicator_id = indicators.indicator_id
        where
            next_tiers.month = '{month}'
            and bands.points - points.points > next_tiers.points_short
            and (
                not next_tiers.is_one_change_enough
                or (
                    not indicators.is_changeable,
                    abs(bands.band - coalesce(points.band, -1)),
                    indicators.is_manual,
                    bands.points - points.points
                ) < (
                    not next_tiers.is_changeable,
                    next_tiers.band_steps,
                    next_tiers.is_manual,
                    next_tiers.points_gained
                )
            )
        """,
    )
    assert smaller == []


def test_the_demo_shows_work_on_leads(companies):
    """S4-10: what was noted is of true leads; so small a province has some of them."""
    settings, month = companies["demo"]
    cases = read_rows(
        settings,
        "select lead_rule_id, group_account_id, lead_status, assigned_to "
        "from fct_lead_cases",
    )
    leads = read_rows(
        settings,
        "select lead_rule_id, group_account_id, lead_status, is_overdue "
        f"from fct_leads where month = '{month}' and assigned_to is not null",
    )
    assert {row[:3] for row in cases} == {row[:3] for row in leads} != set()
    assert {row[2] for row in cases} >= {"assigned", "contacted"}
    assert sum(row[3] for row in leads) == 1
    assert all(row[3] for row in cases)


@pytest.mark.parametrize("name", ["systems", "demo"])
def test_what_people_enter_and_what_is_unknown_is_marked(companies, name):
    """A change of an opinion, or of what nobody knows, is told apart."""
    settings, month = companies[name]
    rows = read_rows(
        settings,
        f"""
        select
            next_tiers.is_manual, next_tiers.was_missing, next_tiers.is_changeable,
            indicators.is_manual, points.is_missing, indicators.is_changeable,
            count(*)
        from fct_next_tiers as next_tiers
        inner join dim_indicators as indicators using (indicator_id)
        inner join fct_account_points as points
            using (scorecard_id, month, group_account_id, indicator_id)
        where next_tiers.month = '{month}'
        group by 1, 2, 3, 4, 5, 6
        """,
    )
    assert all(row[:3] == row[3:6] for row in rows)
    assert all({row[place] for row in rows} == {True, False} for place in range(2))
    unmarked = read_rows(
        settings,
        "select count(*) from fct_next_tiers where is_one_change_enough "
        "<> (is_manual is not null and was_missing is not null "
        "and is_changeable is not null)",
    )
    assert unmarked == [(0,)]


@pytest.mark.parametrize("name", ["tiny", "demo"])
def test_each_ranked_account_has_one_next_tier_unless_it_is_in_the_best(
    companies, name
):
    settings, month = companies[name]
    [(ranked, best, next_rows)] = read_rows(
        settings,
        f"""
        select
            count(*) filter (where scores.value_rank is not null),
            count(*) filter (where tiers.tier_band = 'A'),
            (
                select count(*) from fct_next_tiers
                where is_next and scorecard_id = 'group_account_value'
                and month = '{month}'
            )
        from fct_account_scores as scores
        inner join dim_scorecard_tiers as tiers
            on scores.scorecard_id = tiers.scorecard_id
            and scores.scorecard_version = tiers.scorecard_version
            and scores.raw_tier = tiers.tier
        where scores.month = '{month}'
        and scores.scorecard_id = 'group_account_value'
        """,
    )
    assert best > 0
    assert next_rows == ranked - best


def test_the_worked_example_of_the_tiny_company(companies):
    """a04 has 47.00; the last B of its branch, a10, has 49.00 (S0-21)."""
    settings, month = companies["tiny"]
    [row] = read_rows(
        settings,
        "select target_band, points_short, indicator_id, indicator_value, "
        "needed_value, band_steps, points_gained, reached_tier "
        "from fct_next_tiers inner join bridge_account_records "
        "using (month, group_account_id) "
        f"where month = '{month}' and account_id_crm = 'a04' and is_next "
        "and scorecard_id = 'group_account_value'",
    )
    assert row == ("B", 201, "unified_payment_amount", 5500, 20000, 1, 300, "B2")
