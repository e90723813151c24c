"""What the demo sells and how it serves (S3-06, S3-07, S4-14): sound, repeatable."""

import numpy as np
import pandas as pd
import pytest

from demo import sales
from demo.province import make_province


@pytest.fixture(scope="module")
def province():
    return make_province(400, months=24)


@pytest.fixture(scope="module")
def made(province):
    return sales.make_tables(province, np.random.default_rng([7, sales.PART]))


def read(made, system, table) -> pd.DataFrame:
    return made.tables[system][table].to_pandas()


def test_the_same_seed_sells_the_same(province, made):
    again = sales.make_tables(province, np.random.default_rng([7, sales.PART]))
    for system, tables in made.tables.items():
        for name, rows in tables.items():
            assert rows.equals(again.tables[system][name]), name


def test_tables_have_the_columns_that_the_databases_have(made):
    for system, tables in sales.TABLES.items():
        for name, ddl in tables.items():
            columns = [column.split()[0] for column in ddl.split(",")]
            assert made.tables[system][name].column_names == columns, name


def test_opportunities_go_forward_and_end_once(made):
    stages = read(made, "crm", "oppty_stage_log")
    stages = stages[stages["log_id"] > 10]
    ends = stages[stages["stage_cd"].isin(["S07", "S08", "S09"])]
    assert not ends["opp_no"].duplicated().any()
    ordered = stages.sort_values("log_id")
    steps = ordered.groupby("opp_no")
    assert (steps["enter_dt"].diff().fillna(0) >= 0).all()
    assert (steps["stage_cd"].shift().fillna("") < ordered["stage_cd"]).all()
    assert set(ends["stage_cd"]) == {"S07", "S08", "S09"}


def test_the_first_queue_is_answered_soonest(made):
    calls = read(made, "callcentre", "call_log")
    calls = calls[calls["call_id"] >= 100]
    in_time = (calls["ans_flag"] == "Y") & (calls["wait_s"] <= 20)
    share = in_time.groupby(calls["queue_cd"]).mean()
    assert share["Q1"] > share["Q2"] > 0.7
    assert 0.01 < calls["grp_cust_no"].isna().mean() < 0.08


def test_use_ends_with_the_customer(province, made):
    usages = read(made, "erp", "svc_usage")
    assert not usages.duplicated(["mon", "grp_cust_no", "svc_cd"]).any()
    assert usages["mon"].nunique() == 24
    assert (usages["fee_fen"] >= 0).all()


def test_some_customers_who_stay_drop_a_service(province, made):
    """S2-18: the others of its services they go on using."""
    usages = read(made, "erp", "svc_usage")
    last = usages["mon"].max()
    ended = usages.groupby(["grp_cust_no", "svc_cd"])["mon"].max() < last
    stays = usages.groupby("grp_cust_no")["mon"].max() == last
    dropped = ended.groupby("grp_cust_no").sum()[stays]
    assert set(dropped) == {0, 1}
    assert 0.01 < dropped.mean() < 0.1


def test_services_cost_less_than_the_bill(province, made):
    """S2-20: what an organisation pays for itself and its members."""
    usages = read(made, "erp", "svc_usage")
    records = province.records.set_index("account_id")
    owner = usages["grp_cust_no"].map(records["organisation"])
    spent = usages["fee_fen"].groupby([usages["mon"], owner]).sum().groupby(level=1)
    traits = province.traits
    bill = 100 * (traits["unified"] + 30 * traits["lines"])
    assert (spent.median() <= bill.reindex(spent.median().index)).all()


def test_the_rows_that_break_the_contract_are_told(made):
    assert sum(fault.rows for fault in made.faults) == 4
    assert (read(made, "callcentre", "call_log")["wait_s"] < 0).sum() == 2
