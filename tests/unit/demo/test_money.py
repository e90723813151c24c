"""What the demo agrees, invoices, plans and spends: sound, and repeatable.

S2-10, S2-21, S4-02, S4-07, S4-09.
"""

import numpy as np
import pandas as pd
import pytest

from demo import money
from demo.dates import CODES
from demo.province import make_province


@pytest.fixture(scope="module")
def province():
    return make_province(400, months=24)


@pytest.fixture(scope="module")
def made(province):
    return money.make_tables(province, np.random.default_rng([7, money.PART]))


def read(made, system, table) -> pd.DataFrame:
    return made.tables[system][table].to_pandas()


def test_the_same_seed_makes_the_same(province, made):
    again = money.make_tables(province, np.random.default_rng([7, money.PART]))
    for system, tables in made.tables.items():
        for name, rows in tables.items():
            assert rows.equals(again.tables[system][name]), name


def test_tables_have_the_columns_that_the_databases_have(made):
    for system, tables in money.TABLES.items():
        for name, ddl in tables.items():
            columns = [column.split()[0] for column in ddl.split(",")]
            assert made.tables[system][name].column_names == columns, name


def test_changes_are_of_agreements_and_amend_only_what_began(made):
    agreements = read(made, "crm", "grp_agreement").set_index("agr_no")
    changes = read(made, "crm", "grp_agreement_chg")
    assert set(changes["chg_cls"]) == {"XG", "ZZ"}
    assert set(changes["agr_no"]) <= set(agreements.index)
    # What is given up before it begins ends early, too.
    amended = changes[changes["chg_cls"] == "XG"]
    began = agreements["eff_dt"].loc[amended["agr_no"]].to_numpy()
    assert (amended["eff_dt"].to_numpy() >= began).all()
    assert (changes["chg_dt"] <= changes["eff_dt"]).all()


def test_receipts_never_exceed_their_invoices(made):
    invoices = read(made, "erp", "ar_invoice").set_index("inv_no")
    receipts = read(made, "erp", "ar_receipt").dropna(subset=["inv_no"])
    paid = receipts.groupby("inv_no")["amt_fen"].sum()
    assert (paid <= invoices["amt_fen"].loc[paid.index]).all()
    # Some is open, some is late, some never comes.
    open_share = 1 - paid.sum() / invoices["amt_fen"].clip(lower=0).sum()
    assert 0.02 < open_share < 0.25


def test_the_last_balances_are_invoices_less_receipts(made):
    invoices = read(made, "erp", "ar_invoice")
    receipts = read(made, "erp", "ar_receipt")
    paid = receipts.groupby("inv_no")["amt_fen"].sum()
    credited = invoices.groupby("org_inv_no")["amt_fen"].sum()
    rest = invoices["amt_fen"] - invoices["inv_no"].map(paid).fillna(0)
    rest += invoices["inv_no"].map(credited).fillna(0)
    expected = rest.clip(lower=0).groupby(invoices["grp_cust_no"]).sum()
    balances = read(made, "erp", "ar_balance").query("mon == 202512")
    found = balances.set_index("grp_cust_no")["bal_fen"]
    assert (found == expected[expected > 0].loc[found.index]).all()
    assert len(found) == (expected > 0).sum()
    assert (balances["owe_fen"] <= balances["bal_fen"]).all()


def test_some_invoices_are_cancelled_and_none_of_them_was_paid(made):
    invoices = read(made, "erp", "ar_invoice").set_index("inv_no")
    receipts = read(made, "erp", "ar_receipt")
    notes = invoices[invoices["org_inv_no"].notna()]
    cancelled = invoices.loc[notes["org_inv_no"]]
    assert len(notes) > 10
    assert cancelled.index.is_unique
    assert (notes["amt_fen"].to_numpy() == -cancelled["amt_fen"].to_numpy()).all()
    assert (notes["mon"].to_numpy() > cancelled["mon"].to_numpy()).all()
    assert not set(cancelled.index) & set(receipts["inv_no"])
    # Others lessen what a customer owes without naming an invoice.
    assert ((invoices["amt_fen"] < 0) & invoices["org_inv_no"].isna()).any()


def test_each_level_of_the_plan_sums_up_to_the_one_above(made):
    plans = read(made, "erp", "plan_income")
    sums = plans.groupby(["lvl_cd", "mon", "cls_cd"])["amt_fen"].sum()
    assert set(plans["lvl_cd"]) == {"1", "2", "3", "4"}
    for level in ("2", "3", "4"):
        assert sums[level].equals(sums["1"]), level


def test_the_next_year_is_planned_in_the_last_month(made):
    """S4-09: what agreements bring in it has a target to be set against."""
    plans = read(made, "erp", "plan_income")
    ahead = plans[plans["mon"] > CODES[-1]]
    assert set(ahead["appr_dt"]) == {20251220}
    assert set(ahead["mon"]) == set(plans["mon"][plans["mon"] <= CODES[-1]] + 100)


def test_the_catalogue_names_every_product_that_is_invoiced(made):
    catalogue = read(made, "crm", "prod_catalog").set_index("prod_cd")
    invoiced = set(read(made, "erp", "ar_invoice")["prod_cd"])
    assert catalogue.index.is_unique
    assert invoiced <= set(catalogue.index)
    assert not catalogue.loc[sorted(invoiced)].isna().any(axis=None)


def test_people_have_hours_to_spare_and_every_hour_has_a_cost(made):
    resources = read(made, "erp", "cost_resource")
    drivers = read(made, "erp", "cost_driver")
    used = drivers.groupby(["mon", "res_no"])["qty"].sum()
    paid = resources.set_index(["mon", "res_no"])["cap_qty"].dropna()
    assert set(used.index) == set(resources.set_index(["mon", "res_no"]).index)
    assert (paid >= used.loc[paid.index] - 0.01).all()
    assert 0.02 < 1 - used.loc[paid.index].sum() / paid.sum() < 0.30


def test_faults_are_told(made):
    agreements = read(made, "crm", "grp_agreement")
    volumes = read(made, "erp", "act_volume")
    told = {(fault.table, fault.reason): fault.rows for fault in made.faults}
    assert told["crm.agreements", "missing end"] == (agreements["exp_dt"] == 0).sum()
    assert (
        told["crm.agreements", "missing amount"] == agreements["amt_fen"].isna().sum()
    )
    negative = (volumes["qty"] < 0).sum()
    assert told["finance.activity_volumes", "negative volume"] == negative
