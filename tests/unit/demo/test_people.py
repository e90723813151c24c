"""Account 360 of the demo: known to the CRM, invented, and the same each time."""

import numpy as np
import pyarrow as pa
import pytest

from demo import people
from demo.dates import STARTS
from demo.lines import NOT_A_MEMBER
from demo.province import make_province


@pytest.fixture(scope="module")
def small():
    return make_province(300, months=6)


def make(province):
    return people.make_tables(province, np.random.default_rng([7, people.PART]))


@pytest.fixture(scope="module")
def tables(small):
    return {name: t.to_pandas() for name, t in make(small).tables["crm"].items()}


def test_tables_have_the_columns_that_are_created(tables):
    for name, ddl in people.TABLES["crm"].items():
        columns = [part.split()[0] for part in ddl.split(",")]
        assert list(tables[name].columns) == columns, name


def test_a_column_that_nobody_fills_has_a_type(small):
    made = make(small).tables["crm"]
    assert made["cust_mgr_post"]["county_nms"].null_count == len(made["cust_mgr_post"])
    for name, table in made.items():
        assert not any(map(pa.types.is_null, table.schema.types)), name


def test_the_same_request_gives_the_same_tables(small, tables):
    again = make(small).tables["crm"]
    assert all(again[name].to_pandas().equals(tables[name]) for name in tables)


def test_every_row_names_an_account_of_the_crm(small, tables):
    known = set(small.records["account_id"])
    for name in ("grp_key_man", "visit_log", "work_order", "cust_voice"):
        assert set(tables[name]["grp_cust_no"]) <= known, name
        assert len(tables[name]) > 20, name


def test_nothing_happens_outside_the_months_that_are_kept(small, tables):
    first = str(STARTS[small.billing.months[0]].astype("datetime64[D]")).replace(
        "-", ""
    )
    for name, column in (("visit_log", "visit_dt"), ("cust_voice", "accept_dt")):
        days = tables[name][column]
        assert days.min() >= int(first)
        assert days.max() < 20260101
        assert (days // 100 == tables[name].iloc[:, 1]).all()


def test_rows_that_break_the_contract_are_told(small):
    faults = {(f.table, f.rows, f.month) for f in make(small).faults}
    assert faults == {
        ("crm.key_persons", 1, 0),
        ("crm.visits", 2, 202512),
        ("crm.tasks", 1, 0),
        ("crm.feedback", 1, 202512),
    }


def test_one_manager_left_and_was_not_replaced(small, tables):
    posts = tables["cust_mgr_post"]
    assert (posts["off_dt"] != 20991231).sum() == 1
    left = set(posts.loc[posts["off_dt"] != 20991231, "staff_no"])
    assert left <= set(small.crm["cust_mgr"].to_pandas()["staff_no"])
    assert left & set(small.crm["grp_cust_info"].to_pandas()["mgr_no"])


def test_managers_share_the_counties_and_industries_of_their_branch():
    """S2-05, S2-12: territory managers have counties, industry managers industries."""
    province = make_province(1500, months=1)
    posts = make(province).tables["crm"]["cust_mgr_post"].to_pandas()
    for kind, column, known in (
        ("P", "county_nms", province.records["county"]),
        ("H", "indus_nms", province.records["industry"]),
    ):
        assert (posts[column].notna() == (posts["mgr_cls"] == kind)).all()
        named = posts[["dept_no", column]].dropna()
        named = named.assign(name=named[column].str.split()).explode("name")
        assert len(named) > 3
        assert not named.duplicated(["dept_no", "name"]).any()
        assert set(named["name"]) <= set(known.dropna())


def test_who_has_a_card_spends_most(small, tables):
    """S2-03, S2-18: at the start and now the grades differ."""
    cards = tables["vip_cust"]
    lines = small.billing.lines
    alone = lines[lines["organisation"] == NOT_A_MEMBER]
    has_card = alone["line_id"].isin(cards["usr_id"])
    assert 0.1 < has_card.mean() < 0.3
    least = alone.loc[has_card, "usage_fen"].min()
    assert least > 5 * alone.loc[~has_card, "usage_fen"].mean()
    for column in ("init_lvl", "cur_lvl"):
        assert set(cards[column]) == {"C1", "C2", "C3"}


def test_persons_are_nobody(tables):
    assert tables["grp_key_man"]["man_nm"].str.startswith("关键人").all()
    assert tables["grp_key_man"]["tel"].str.startswith("100").all()
    assert tables["vip_cust"]["id_no"].str.startswith("000000").all()
    assert tables["vip_cust"]["msisdn"].str.startswith("100").all()


def test_most_planned_visits_take_place_in_time(tables):
    """S4-07: some are late, some never; the plan is made before the visit."""
    plans, visits = tables["cust_plan"], tables["visit_log"]
    assert (plans["make_dt"] < plans["visit_dt"]).all()
    both = plans.merge(visits, on=["grp_cust_no", "staff_no"], suffixes=("", "_then"))
    both = both[both["visit_dt_then"] >= both["make_dt"]]
    first = both.groupby("plan_no")["visit_dt_then"].min()
    due = plans.set_index("plan_no")["visit_dt"]
    assert 0.3 < (first <= due.loc[first.index]).sum() / len(due) < 0.9
    assert len(first) < len(due)
