"""Orders, profiles, assessments and prospects of the demo: what is planted is there."""

from collections import Counter

import numpy as np
import pytest

from demo import dealings
from demo.province import make_province

MOST = {"E1": 15, "E2": 15, "E3": 20, "E4": 20, "E5": 25}


def make(months: int = 24):
    return dealings.make_tables(
        make_province(300, months), np.random.default_rng([7, dealings.PART])
    )


@pytest.fixture(scope="module")
def made():
    return make()


def read(made, system: str, table: str):
    return made.tables[system][table].to_pandas()


def test_the_same_seed_gives_the_same_rows(made):
    again = make()
    for system, tables in made.tables.items():
        for name, rows in tables.items():
            assert rows.equals(again.tables[system][name]), name


def test_tables_have_the_columns_of_their_ddl(made):
    for system, tables in dealings.TABLES.items():
        assert tables.keys() == made.tables[system].keys()
        for name, ddl in tables.items():
            columns = [part.split()[0] for part in ddl.split(", ")]
            assert columns == made.tables[system][name].column_names


def test_fewer_months_are_the_last_of_many(made):
    orders = read(made, "erp", "sale_order")
    few = read(make(3), "erp", "sale_order")
    assert set(few["mon"]) == {202510, 202511, 202512}
    assert few["amt_fen"].sum() == orders.loc[orders["mon"] > 202509, "amt_fen"].sum()


def test_returns_are_negative_and_never_more_than_was_sold(made):
    orders = read(made, "erp", "sale_order")
    sent_back = orders[orders["order_cls"] == "TH"]
    assert len(sent_back) > 50
    assert (sent_back["amt_fen"] < 0).all()
    assert (orders.loc[orders["order_cls"] == "XS", "amt_fen"] > 0).all()
    by_account = orders.groupby("grp_cust_no")["amt_fen"].sum()
    assert (by_account > 0).mean() > 0.95


def test_faults_are_the_rows_that_break_the_contract(made):
    found = Counter()
    orders = read(made, "erp", "sale_order")
    found["billing.transactions"] += (~orders["order_cls"].isin(["XS", "TH"])).sum()
    found["billing.transactions"] += (orders["order_dt"] == 20251232).sum()
    prospects = read(made, "crm", "latent_cust")
    found["crm.prospects"] += prospects["cust_nm"].isna().sum()
    found["crm.prospects"] += (prospects["nature_cd"] == "99").sum()
    assessments = read(made, "crm", "cust_eval")
    beyond = ~assessments["score"].between(0, 25)
    wrong = ~assessments["item_cd"].isin(MOST) | beyond | assessments["remark"].isna()
    found["crm.assessments"] += wrong.sum()
    owners = read(made, "crm", "latent_oppty")[["grp_cust_no", "latent_no"]]
    found["crm.opportunities"] += (owners.notna().sum(axis=1) != 1).sum()
    noted = Counter()
    for fault in made.faults:
        noted[fault.table] += fault.rows
    assert found == noted
    good = assessments[~wrong]
    assert (good["score"] <= good["item_cd"].map(MOST)).all()


def test_some_prospects_are_customers_and_some_stand_twice(made):
    prospects = read(made, "crm", "latent_cust")
    customers = make_province(300).crm["grp_cust_info"].to_pandas()
    joined = prospects["cust_nm"].isin(customers["grp_cust_nm"])
    assert joined.sum() >= 2
    assert prospects["cust_nm"].duplicated().any()


def test_prospects_have_opportunities_of_their_own(made):
    """S4-14: each is of a prospect that was noted by then, and goes forward."""
    prospects = read(made, "crm", "latent_cust").set_index("latent_no")
    opportunities = read(made, "crm", "latent_oppty")
    good = opportunities[~opportunities["opp_no"].str.startswith("QSX")]
    assert 0.25 < len(good) / len(prospects) < 0.55
    assert good["grp_cust_no"].isna().all()
    noted = prospects.loc[good["latent_no"], "crt_dt"].to_numpy()
    assert (good["get_dt"].to_numpy() >= noted).all()
    stages = read(made, "crm", "latent_stage_log")
    assert set(stages["opp_no"]) == set(good["opp_no"])
    assert not stages["log_id"].duplicated().any()


def test_figures_of_three_years_are_told_each_in_the_spring_after(made):
    """S2-19, S3-05: what a mean and growth of three years need."""
    finances = read(made, "crm", "grp_cust_fin")
    assert not finances.duplicated(["grp_cust_no", "fin_year"]).any()
    told = finances[finances["sales_wan"].notna()]
    assert set(told["fin_year"]) == {2022, 2023, 2024}
    assert (told["pub_dt"] // 10_000 == told["fin_year"] + 1).all()
    assert (told.groupby("grp_cust_no").size() == 3).sum() > 100
    assert 0.02 < (told["profit_wan"] < 0).mean() < 0.3
    planned = finances[finances["tele_budget_wan"].notna()]
    assert set(planned["fin_year"]) == {2024, 2025}


def test_large_customers_have_a_web_site(made):
    profiles = read(made, "crm", "grp_cust_file")
    assert 0.3 < profiles["web_url"].notna().mean() < 0.9
