"""The dedupe dividend on synthetic duplicates whose effect was worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from jinta.errors import JintaError
from jinta.evidence.dividend import (
    build_dividend_parts,
    describe_dividend,
    measure_dividend,
)
from jinta.evidence.html import document
from jinta.warehouse import connect
from tests.integration.evidence import world

FEBRUARY = date(2024, 2, 1)


@pytest.fixture(scope="module")
def dividend(published):
    return measure_dividend(published, FEBRUARY)


def test_records_accounts_and_duplicates_are_those_planted(dividend):
    total = dividend["total"]
    assert (total["records"], total["accounts"], total["duplicates"]) == (22, 20, 2)
    assert total["joined_accounts"] == 2
    assert [row["branch_id"] for row in dividend["branches"]] == ["qj"]
    assert dividend["branches"][0] | {"branch_id": None} == total


def test_the_split_organisation_is_out_of_the_lowest_tier(dividend):
    total = dividend["total"]
    assert (total["rescued_accounts"], total["rescued_amount"]) == (1, 2400)
    assert total["raised_accounts"] == 1
    found = next(row for row in dividend["accounts"] if row["is_rescued"])
    assert (found["tier"], found["total_points"], found["amount"]) == ("B1", 900, 2400)
    singles = sorted(found["singles"], key=lambda single: single["account_id_crm"])
    assert [
        (each["account_id_crm"], each["tier"], each["total_points"], each["amount"])
        for each in singles
    ] == [("d1", "C", 600, 1200), ("d2", "C", 600, 1200)]


def test_the_place_in_a_that_was_held_twice_is_free(dividend):
    total = dividend["total"]
    assert total["freed_places"] == {"A": 1}
    assert total["accounts_with_freed_places"] == 1
    assert total["amount_with_freed_places"] == 50000
    found = next(row for row in dividend["accounts"] if row["freed_places"])
    assert found["tier"] == "A1"
    assert [single["account_id_crm"] for single in found["singles"]] == ["e1", "e2"]
    assert [single["tier"] for single in found["singles"]] == ["A1", "A1"]


def test_no_revenue_is_made_or_lost(dividend):
    assert dividend["amount"] == world.sum_bills("2024-02")


def test_only_what_had_an_effect_is_listed(dividend):
    assert len(dividend["accounts"]) == 2


def test_what_is_published_stays_as_it_was(published, dividend):
    with connect(published, "reporter") as connection:
        accounts = connection.execute(
            "select count(*) from dim_group_accounts "
            "where month = %s and is_identified",
            [FEBRUARY],
        ).fetchone()
    assert accounts == (20,)


def test_the_sentence_and_the_page_say_it(dividend):
    text = describe_dividend(dividend)
    assert "22 records to 20 accounts lifted 1 account out of the lowest tier" in text
    assert "1 in A" in text
    page = document("Dividend", *build_dividend_parts(dividend))
    assert "曲靖沾益磷肥股份有限公司" in page
    assert "held 1 more in A" in page


def test_a_published_month_that_no_longer_fits_its_source_is_refused(
    published, monkeypatch
):
    """Revenue that differs says that the comparison compares something else."""
    from jinta.evidence import dividend as module

    def lose(connection, name, *arguments, **parts):
        rows = original(connection, name, *arguments, **parts)
        if name == "dividend_sums":
            rows[0]["single_amount"] -= Decimal("0.01")
        return rows

    original = module.fetch_dicts
    monkeypatch.setattr(module, "fetch_dicts", lose)
    with pytest.raises(JintaError, match="instead of"):
        measure_dividend(published, FEBRUARY)
