"""Who should own what (S2-12, S2-14): the delivered rows speak of what there is."""

import csv

from jinta.settings import CHECKOUT
from jinta.sources.contract import load_contract

PROJECT = CHECKOUT / "dbt_project"


def read_rows(seed: str) -> list[dict[str, str]]:
    path = PROJECT / "seeds" / "rules" / f"{seed}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_kinds_are_those_that_the_source_may_tell():
    managers = load_contract(PROJECT).tables["crm.managers"]
    known = set(managers.columns["manager_kind"].accepted_values)
    for seed in ("owner_kinds", "coverage_rules"):
        for row in read_rows(seed):
            assert set(row["manager_kinds"].split()) <= known, row


def test_managers_are_told_apart_by_what_the_source_tells_of_them():
    """Territory managers by their counties, industry managers by their industries."""
    managers = load_contract(PROJECT).tables["crm.managers"].columns
    told = {"county": "counties", "industry": "industries", "": "manager_id"}
    matched = {
        row["manager_kinds"]: row["matched_by"] for row in read_rows("owner_kinds")
    }
    assert matched == {
        "industry": "industry",
        "territory": "county",
        "customer_grade": "",
    }
    assert {told[by] for by in matched.values()} <= set(managers)


def test_a_kind_that_should_own_is_counted_by_the_coverage_rule():
    """Who isn't counted for a rule has no place, so no row may ask for nobody else."""
    counted = {
        row["coverage_rule_id"]: set(row["manager_kinds"].split())
        for row in read_rows("coverage_rules")
    }
    for row in read_rows("owner_kinds"):
        kinds = set(row["manager_kinds"].split())
        assert kinds & counted[row["coverage_rule_id"]], row


def test_the_last_row_of_each_coverage_rule_fits_everybody():
    last = {}
    for row in sorted(read_rows("owner_kinds"), key=lambda row: int(row["rule_order"])):
        last[row["coverage_rule_id"]] = row
    assert last.keys() == {
        row["coverage_rule_id"] for row in read_rows("coverage_rules")
    }
    for row in last.values():
        conditions = ("tier_bands", "initial_classes", "industries")
        assert not any(row[column] for column in conditions), row
