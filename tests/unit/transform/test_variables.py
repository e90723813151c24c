"""The lists that SQL is written from."""

from __future__ import annotations

from jinta.settings import load_settings
from jinta.sources.contract import Column, ContractTable, Spread, load_contract
from jinta.transform.variables import describe_fact, project_vars


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
