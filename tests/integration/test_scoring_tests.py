"""The data tests of scoring find what they claim to: each is shown a wrong mart."""

import pytest

from jinta.errors import TransformError
from jinta.transform.runner import invoke_dbt
from jinta.warehouse import connect
from tests.running import TINY, run_pipeline

TIERS = "assert_tiers_follow_rules"
PYRAMID = "assert_pyramid_adds_up"
SCORED = "assert_every_account_is_scored"
LATCHES = "assert_latches_follow_rules"
SUGGESTED = "assert_suggested_tiers_follow_latches"
NEXT = "assert_next_tiers_reach_their_band"
MANUAL = "assert_manual_points_are_part_of_scores"
KPIS = "assert_kpis_add_up"

SET_TIER = (
    "update candidate.fct_account_scores set raw_tier = '{0}', suggested_tier = '{0}', "
    "effective_tier = '{0}', tier_code = {1} "
)

WRONG = {
    "no A": (TIERS, SET_TIER.format("B1", 6) + "where raw_tier like 'A%'"),
    "nobody ranked": (
        TIERS,
        (
            "update candidate.fct_account_scores set partition_id = null, "
            "value_rank = null, population = null, raw_tier = 'other', "
            "suggested_tier = 'other', effective_tier = 'other', tier_code = 9"
        ),
    ),
    "one not ranked": (
        TIERS,
        (
            "update candidate.fct_account_scores set partition_id = null, "
            "value_rank = null, population = null, raw_tier = 'other', "
            "suggested_tier = 'other', effective_tier = 'other', tier_code = 9 "
            "where value_rank = population"
        ),
    ),
    "best and worst swapped": (
        TIERS,
        (
            "update candidate.fct_account_scores as scores set "
            "raw_tier = others.raw_tier, suggested_tier = others.raw_tier, "
            "effective_tier = others.raw_tier, tier_code = others.tier_code "
            "from candidate.fct_account_scores as others "
            "where scores.month = others.month "
            "and scores.value_rank in (1, scores.population) "
            "and scores.population = others.population "
            "and scores.value_rank + others.value_rank = scores.population + 1"
        ),
    ),
    "best and worst swapped with their ranks": (
        TIERS,
        (
            "update candidate.fct_account_scores as scores set "
            "raw_tier = others.raw_tier, suggested_tier = others.raw_tier, "
            "effective_tier = others.raw_tier, tier_code = others.tier_code, "
            "value_rank = others.value_rank "
            "from candidate.fct_account_scores as others "
            "where scores.month = others.month "
            "and scores.value_rank in (1, scores.population) "
            "and scores.population = others.population "
            "and scores.value_rank + others.value_rank = scores.population + 1"
        ),
    ),
    "wrong sub-tier": (
        TIERS,
        SET_TIER.format("A2", 5) + "where raw_tier = 'A1'",
    ),
    "wrong code": (
        TIERS,
        "update candidate.fct_account_scores set tier_code = 8 where raw_tier = 'B1'",
    ),
    "suggested without a latch": (
        SUGGESTED,
        (
            "update candidate.fct_account_scores set suggested_tier = 'A1', "
            "effective_tier = 'A1', tier_code = 4 where raw_tier = 'C'"
        ),
    ),
    "effective without an override": (
        TIERS,
        (
            "update candidate.fct_account_scores set effective_tier = 'A1', "
            "tier_code = 4 where raw_tier = 'C'"
        ),
    ),
    "a latch that is not heeded": (
        SUGGESTED,
        (
            "insert into candidate.fct_tier_latches "
            "select scorecard_id, month, group_account_id, 'A', 0 "
            "from candidate.fct_account_scores where raw_tier = 'C'"
        ),
    ),
    "a latch out of nothing": (
        LATCHES,
        (
            "insert into candidate.fct_tier_latches "
            "select scorecard_id, month, group_account_id, 'A', 0 "
            "from candidate.fct_account_scores where raw_tier = 'C'"
        ),
    ),
    "a latch of who is not ranked": (
        LATCHES,
        (
            "insert into candidate.fct_tier_latches "
            "select scorecard_id, month, group_account_id, 'A', 0 "
            "from candidate.fct_account_scores where raw_tier = 'other'"
        ),
    ),
    "no latches": (LATCHES, "delete from candidate.fct_tier_latches"),
    "months outside miscounted": (
        LATCHES,
        "update candidate.fct_tier_latches set months_outside = months_outside + 1",
    ),
    "moved by an override that nobody recorded": (
        TIERS,
        (
            "update candidate.fct_account_scores set override_id = 77, "
            "effective_tier = 'A1', tier_code = 4 where raw_tier = 'C'"
        ),
    ),
    "pyramid upside down": (
        PYRAMID,
        (
            "update candidate.fct_value_pyramid set tier = "
            "case tier when 'A1' then 'C' when 'C' then 'A1' else tier end"
        ),
    ),
    "no share of the revenue": (
        PYRAMID,
        "update candidate.fct_value_pyramid set revenue_share_pct = 0",
    ),
    "equal shares of the accounts": (
        PYRAMID,
        (
            "update candidate.fct_value_pyramid set account_share_pct = 20 "
            "where account_share_pct is not null and tier <> 'other'"
        ),
    ),
    "all revenue in one branch": (
        PYRAMID,
        (
            "update candidate.fct_value_pyramid as pyramid set revenue = case "
            "when pyramid.branch_id = 'unknown' then sums.revenue else 0 end "
            "from (select month, tier, sum(revenue) as revenue "
            "from candidate.fct_value_pyramid group by month, tier) as sums "
            "where pyramid.month = sums.month and pyramid.tier = sums.tier"
        ),
    ),
    "a tier without a row": (
        PYRAMID,
        "delete from candidate.fct_value_pyramid where accounts = 0",
    ),
    "a change that gains too little": (
        NEXT,
        (
            "update candidate.fct_next_tiers set points_gained = points_short - 1 "
            "where is_one_change_enough"
        ),
    ),
    "a change that leads nowhere": (
        NEXT,
        (
            "update candidate.fct_next_tiers set reached_tier = raw_tier "
            "where is_one_change_enough"
        ),
    ),
    "a band below one's own": (
        NEXT,
        "update candidate.fct_next_tiers set target_band = 'C'",
    ),
    "points of an account that its manager lacks": (
        MANUAL,
        (
            "update candidate.fct_subjectivity set manual_points = manual_points - 1 "
            "where manual_points > 0"
        ),
    ),
    "more points entered than scored": (
        MANUAL,
        "update candidate.fct_subjectivity set manual_points = total_points + 1",
    ),
    "a branch left out of a key figure": (
        KPIS,
        "delete from candidate.fct_kpis where branch_id = 'qj'",
    ),
    "no scores at all": (SCORED, "delete from candidate.fct_account_scores"),
}
MARTS = (
    *("fct_account_scores", "fct_tier_latches", "fct_value_pyramid"),
    *("fct_next_tiers", "fct_subjectivity", "fct_kpis"),
)


@pytest.fixture(scope="module")
def tiny(warehouse):
    run_pipeline(warehouse, TINY, "2024-01", "2024-03")
    run_tests(warehouse, *{test for test, _ in WRONG.values()})
    with connect(warehouse, "owner") as connection:
        for mart in MARTS:
            connection.execute(
                f"create table public.{mart} as select * from candidate.{mart}"
            )
    return warehouse


def run_tests(settings, *names):
    results = invoke_dbt(
        settings, ["test", "--select", *names], run_id="tests", stage="tests"
    )
    assert len(results) == len(names)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_mart_is_found(tiny, name):
    test, statement = WRONG[name]
    with connect(tiny, "owner") as connection:
        for mart in MARTS:
            connection.execute(f"delete from candidate.{mart}")
            connection.execute(
                f"insert into candidate.{mart} select * from public.{mart}"
            )
        changed = connection.execute(statement).rowcount
    assert changed, "nothing to be found"
    with pytest.raises(TransformError, match=test):
        run_tests(tiny, test)
