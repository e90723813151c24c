"""The data tests of rules find what they claim to: each is shown wrong seeds."""

import re
from contextlib import contextmanager

import pytest

from jinta.errors import TransformError
from jinta.transform.runner import invoke_dbt
from jinta.warehouse import connect

BANDS = "assert_named_bands_exist"
WINDOWS = "assert_indicators_match_dictionary"
WINDOW = "update rules.indicators set window_months = {1} where indicator_id = '{0}'"

WRONG = {
    "a band of the service card without a class": (
        BANDS,
        (
            "delete from rules.service_tiers "
            "where scorecard_id = 'value_pyramid' and tier_band = 'VIP'"
        ),
    ),
    "a class without a band": (
        BANDS,
        "update rules.service_tiers set tier_band = 'gold' where tier_band = 'C'",
    ),
    "a later card with another band": (
        BANDS,
        "update rules.tier_rules set tier_band = 'gold' where tier = 'VIP'",
    ),
    "served tiers that the card lacks": (
        BANDS,
        (
            "update rules.coverage_rules set served_tier_bands = 'A S' "
            "where served_tier_bands = 'A B'"
        ),
    ),
    "owners by tiers that the card lacks": (
        BANDS,
        "update rules.owner_kinds set tier_bands = 'S' where tier_bands = 'A B'",
    ),
    "the best of a tier that the card lacks": (
        BANDS,
        "update rules.look_alike_rules set tier_band = 'VIP'",
    ),
    "a flag of a tier that the card lacks": (
        BANDS,
        "update rules.cost_flags set tier_band = 'D' where tier_band = 'C'",
    ),
    "one of many sums with a window of its own": (
        WINDOWS,
        WINDOW.format("transaction_count", 6),
    ),
    "a sum that claims to look at its month": (
        WINDOWS,
        WINDOW.format("largest_transaction_amount", 1),
    ),
    "all sums but one follow": (
        WINDOWS,
        WINDOW.format("transaction_amount", 24),
    ),
    "praise of another time than complaints": (
        WINDOWS,
        WINDOW.format("praise_count", 6),
    ),
    "processes of another time than tasks": (
        WINDOWS,
        WINDOW.format("related_processes", 6),
    ),
    "payments of another time than the rule's": (
        WINDOWS,
        WINDOW.format("average_receipt_amount", 6),
    ),
    "a rule of another time than the dictionary's": (
        WINDOWS,
        (
            "update rules.revenue_rules set rule_value = 6 "
            "where revenue_rule_id = 'receivable_months'"
        ),
    ),
    "bills of another time than the macro's": (
        WINDOWS,
        WINDOW.format("unified_payment_amount", 1),
    ),
    "a state with a window": (
        WINDOWS,
        WINDOW.format("registered_capital_amount", 12),
    ),
}


@pytest.fixture(scope="module")
def seeded(warehouse):
    invoke_dbt(warehouse, ["seed"], run_id="rules", stage="seeds")
    run_test(warehouse, BANDS)
    run_test(warehouse, WINDOWS)
    return warehouse


@contextmanager
def spoil(settings, statement):
    """Change one seed, and put it back."""
    [table] = re.findall(r"^(?:update|delete from) (\S+)", statement)
    with connect(settings, "owner") as connection:
        connection.execute(f"create table public.kept as select * from {table}")
        assert connection.execute(statement).rowcount, "nothing to be found"
    try:
        yield
    finally:
        with connect(settings, "owner") as connection:
            connection.execute(f"truncate {table}")
            connection.execute(f"insert into {table} select * from public.kept")
            connection.execute("drop table public.kept")


def run_test(settings, name):
    results = invoke_dbt(
        settings, ["test", "--select", name], run_id="rules", stage="tests"
    )
    assert len(results) == 1


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rules_are_found(seeded, name):
    test, statement = WRONG[name]
    with spoil(seeded, statement), pytest.raises(TransformError, match=test):
        run_test(seeded, test)


def test_windows_that_sql_reads_from_the_dictionary_may_differ(seeded):
    """All of one kind together, and what has a row of its own."""
    statements = (
        (
            "update rules.indicators set window_months = 24 "
            "where source_tables = 'crm.feedback'"
        ),
        WINDOW.format("profit_contribution_amount", 24),
        # Another rule of payments, with the dictionary.
        (
            "update rules.indicators set window_months = 6 "
            "where measured_by = 'int_indicators__receivables_measured'"
        ),
    )
    with connect(seeded, "owner") as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount
        connection.execute(
            "update rules.revenue_rules set rule_value = 6 "
            "where revenue_rule_id = 'receivable_months'"
        )
    run_test(seeded, WINDOWS)
