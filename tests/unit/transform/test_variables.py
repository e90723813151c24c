"""The lists that SQL is written from."""

from __future__ import annotations

import pytest

from jinta.settings import load_settings
from jinta.sources.contract import Column, ContractTable, Spread, load_contract
from jinta.transform.variables import (
    describe_account_table,
    describe_fact,
    project_vars,
)


def make_fact(key, columns, measure=None, **references):
    return ContractTable(
        name="shop.orders",
        kind="fact",
        key=key,
        columns={
            name: Column(name, "text", is_measure=name == measure) for name in columns
        },
        spread=Spread("window"),
        month_column="month",
        references=references,
    )


def test_every_table_of_the_contract_is_handed_over_once():
    settings = load_settings({})
    found = project_vars(settings)
    tables = load_contract(settings.dbt_project).tables
    facts = [fact["table"] for fact in found["landed_facts"]]
    assert sorted(facts + found["landed_entities"]) == sorted(tables)
    assert set(facts) == {n for n, t in tables.items() if t.kind == "fact"}
    # Relations of the profiles are named for the table without its source.
    plain = [name.partition(".")[2] for name in facts]
    assert len(set(plain)) == len(plain)


def test_a_number_of_the_row_tells_nothing_of_what_was_delivered_twice():
    fact = describe_fact(
        make_fact(("order_id",), ["order_id", "month", "shop", "total"], "total")
    )
    assert fact["business_columns"] == "shop"
    assert fact["measure"] == "total"


def test_a_key_of_several_columns_tells_what_the_row_is_about():
    fact = describe_fact(make_fact(("month", "shop"), ["month", "shop", "item"]))
    assert fact["business_columns"] == "shop item"
    assert fact["measure"] == "0::numeric"


def test_rows_are_looked_up_by_the_account_or_line_they_name():
    columns = ["month", "id", "clerk", "account_id", "line_id"]
    fact = describe_fact(
        make_fact(("id",), columns, clerk="crm.managers", account_id="crm.accounts")
    )
    assert (fact["reference"], fact["known"]) == ("account_id", "known_accounts")
    fact = describe_fact(make_fact(("id",), columns, line_id="billing.subscriptions"))
    assert (fact["reference"], fact["known"]) == ("line_id", "known_subscriptions")
    fact = describe_fact(make_fact(("id",), columns, clerk="crm.managers"))
    assert (fact["reference"], fact["known"]) == ("null::text", "known_accounts")


# Source rows by account


def make_entity(name, key, columns, spread=None, **references):
    return ContractTable(
        name=name,
        kind="entity",
        key=(key,),
        columns={
            name: Column(name, "integer" if name.endswith("year") else "text")
            for name in columns
        },
        spread=spread or Spread("current", begins="signed_date"),
        references=references,
    )


DEALS = make_entity("shop.deals", "deal_id", ["deal_id", "account_id", "signed_date"])
LINES = make_entity(
    "billing.subscriptions", "line_id", ["line_id", "account_id", "signed_date"]
)
CONTRACT = {table.name: table for table in (DEALS, LINES)}


def describe(table, *indicators):
    rows = [{"source_tables": t, "window_months": str(w)} for t, w in indicators]
    return describe_account_table(table, CONTRACT, rows)


def test_a_row_is_the_account_s_that_it_names_and_else_of_what_it_refers_to():
    assert describe(DEALS) == {
        "table": "shop.deals",
        "kind": "entity",
        "account": "account_id",
        "prospect": "null::text",
        "line": "null::text",
        "reads": "current",
        "key": "deal_id",
        "begins": "signed_date",
        "reference": "",
        "parent": "",
        "parent_begins": "",
    }
    columns = ["change_id", "deal_id", "fiscal_year"]
    spread = Spread("current", begins="fiscal_year")
    change = make_entity(
        "shop.changes", "change_id", columns, spread, deal_id="shop.deals"
    )
    found = describe(change)
    assert (found["reference"], found["parent"]) == ("deal_id", "shop.deals")
    assert (found["account"], found["parent_begins"]) == ("account_id", "signed_date")
    assert found["begins"] == "make_date(fiscal_year, 1, 1)"


def test_a_fact_may_name_a_line():
    bills = make_fact(
        ("id",), ["id", "month", "line_id"], line_id="billing.subscriptions"
    )
    found = describe(bills)
    assert (found["account"], found["line"]) == ("null::text", "line_id")


@pytest.mark.parametrize(
    ("reads", "months"), [("window", 3), ("onward", 12)], ids=["window", "onward"]
)
def test_a_fact_is_read_as_far_back_as_its_indicators_look(reads, months):
    """No further than late rows restate: a window ends two months before."""
    columns = {n: Column(n, "text") for n in ("id", "month", "account_id")}
    orders = ContractTable(
        "shop.orders", "fact", ("id",), columns, Spread(reads), month_column="month"
    )
    assert describe(orders)["months_read"] == 1
    windows = [("shop.orders", 2), ("crm.tasks shop.orders", 12), ("crm.tasks", 36)]
    assert describe(orders, *windows)["months_read"] == months


def test_what_names_no_account_or_no_month_reads_is_left_out():
    columns = ["id", "account_id", "signed_date"]
    unread = make_entity("crm.contacts", "id", columns, Spread("nothing"))
    assert describe(unread) is None
    assert describe(make_fact(("id",), ["id", "month", "shop"])) is None
    named = {row["table"] for row in project_vars(load_settings({}))["account_tables"]}
    assert {"billing.line_bills", "crm.prospects", "crm.agreement_changes"} <= named
    assert not {"crm.contacts", "registry.tax_rankings", "crm.managers"} & named
