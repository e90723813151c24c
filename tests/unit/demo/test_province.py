"""The province is what its docstrings say, and what the models need to be tried."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from demo import truth
from demo.boss import LATE_ACCOUNTS, iterate_months, make_standing_tables
from demo.build import Digest, write_files
from demo.geography import BRANCHES
from demo.lines import NOT_A_MEMBER
from demo.organisations import NOBODY
from demo.province import make_province
from demo.traits import ORGANISATION_DEPARTMENT, PLANT
from tests.unit.demo import oracle


@pytest.fixture(scope="module")
def province():
    return make_province(2_000, months=24)


@pytest.fixture(scope="module")
def indicators(province):
    return oracle.measure_indicators(province)


@pytest.fixture(scope="module")
def scores(indicators):
    return oracle.score(indicators)


def digest_all(province, folder):
    digest = Digest()
    for name, rows in (province.crm | make_standing_tables(province.billing)).items():
        digest.add_table(name, rows)
    for _, tables, _ in iterate_months(province.billing):
        for name, rows in tables.items():
            digest.add_table(name, rows)
    folder.mkdir()
    write_files(province, folder)
    digest.add_files(folder)
    return digest.text


def test_same_seed_gives_same_content(tmp_path):
    digests = [
        digest_all(make_province(300, months=2, seed=seed), tmp_path / str(number))
        for number, seed in enumerate([7, 7, 8])
    ]
    assert digests[0] == digests[1] != digests[2]


def test_fewer_months_are_the_last_of_many():
    few = list(iterate_months(make_province(150, months=2).billing))
    many = list(iterate_months(make_province(150, months=5).billing))
    assert [month for month, _, _ in few] == [month for month, _, _ in many[-2:]]
    for (_, left, _), (_, right, _) in zip(few, many[-2:], strict=True):
        assert all(left[name].equals(right[name]) for name in left)


def test_a_line_is_billed_only_while_it_is_open(province):
    lines = province.billing.lines.set_index("line_id")
    month, tables, _ = next(iterate_months(province.billing))
    billed = tables["usr_acct_item"].to_pandas()["usr_id"]
    known = lines.loc[billed[billed.isin(lines.index)].unique()]
    start = np.datetime64("2024-01-01").astype(int)
    assert month == 0
    assert (known["opened"] < start + 31).all()
    assert ((known["closed"] < 0) | (known["closed"] >= start)).all()
    lived = (lines["opened"] < start + 31) & (
        (lines["closed"] < 0) | (lines["closed"] >= start)
    )
    assert lived.sum() == len(known)


def test_each_line_month_has_two_to_three_items(province):
    for month, tables, _ in iterate_months(province.billing):
        bills = tables["usr_acct_item"].to_pandas()
        per_line = bills.groupby("usr_id").size()
        assert 2.0 < per_line.mean() < 3.0
        if not province.billing.is_dirty(month):
            assert not bills.duplicated(["usr_id", "acct_item"]).any()


def test_truth_of_a_month_is_what_its_bills_say(province):
    lines = province.billing.lines.set_index("line_id")["organisation"]
    for _, tables, told in iterate_months(province.billing):
        bills = tables["usr_acct_item"].to_pandas()
        owner = bills["usr_id"].map(lines)
        summed = bills.groupby(owner)["fee_fen"].sum()
        summed = summed.reindex(range(2_000), fill_value=0)
        assert (summed.to_numpy() == told["member_fen"].to_numpy()).all()
        break


def test_names_are_unique_and_organisations_as_many_as_asked(province):
    assert len(province.organisations) == 2_000
    assert province.organisations["name"].is_unique
    assert province.records["account_id"].is_unique


def test_every_organisation_has_a_first_record_and_some_have_more(province):
    records = truth.list_records(province)
    first = records[records["variant"].isin(
        ["first", "code_of_head_office", "code_of_a_stranger"])]  # fmt: skip
    assert first["organisation_id"].is_unique
    assert len(first) == 2_000
    assert 1.12 < len(records) / 2_000 < 1.25
    assert records["variant"].nunique() >= 13


def test_a_duplicate_is_called_as_no_other_organisation_of_its_branch(province):
    records = province.records
    named = records.groupby(["region_code", "name"])["organisation"].nunique()
    bare = records[records["variant"] == "bare_organ"]["name"]
    shared = named[named > 1].reset_index()
    assert set(shared["name"]) <= set(bare)


def test_branches_are_linked_and_never_one_with_their_head(province):
    links = truth.list_branch_links(province)
    assert len(links) > 60
    assert (links["organisation_id"] != links["head_organisation_id"]).all()
    heads = province.organisations["head"]
    assert (heads[heads != NOBODY] < 2_000).all()


def test_hard_negatives_are_of_all_kinds_and_two_organisations(province):
    negatives = truth.list_hard_negatives(province)
    owner = truth.list_records(province).set_index("account_id")["organisation_id"]
    left = owner[negatives["account_id_left"]].to_numpy()
    right = owner[negatives["account_id_right"]].to_numpy()
    assert (left != right).all()
    assert negatives["trap"].value_counts().min() >= 5
    assert set(negatives["trap"]) == {
        "same_brand_other_city", "other_legal_form", "parent_and_subsidiary",
        "branch_of_company", "building", "contact", "numbered", "affiliated",
        "same_organ_elsewhere",
    }  # fmt: skip


def test_weak_names_mostly_have_other_evidence(province):
    records = province.records
    first = records[~records["organisation"].duplicated()].set_index("organisation")
    weak = records[records["variant"].isin(["typo", "alias", "region_missing"])]
    same = first.loc[weak["organisation"]].reset_index()
    weak = weak.reset_index()

    def digits(phones):
        return phones.str.replace(r"\D", "", regex=True)

    common = (
        (digits(weak["phone"]) == digits(same["phone"]))
        | (weak["credit_code"] == same["credit_code"])
        | (weak["contact"] == same["contact"])
    )
    assert 0.9 < common.mean() <= 1.0


def test_nobody_is_real(province):
    contacts = province.crm["grp_linkman"].to_pandas()
    assert contacts["link_nm"].str.fullmatch(r"联系人\d{6,}").all()
    assert contacts["link_tel"].str.startswith("100").all()
    phones = province.records["phone"].dropna()
    assert phones.str.fullmatch(r"\(?0\d{3}[-) ][01]\d{6,}").all()
    lines = province.billing.lines
    assert lines["number"].astype(str).str.startswith("10").all()
    codes = province.records["credit_code"].dropna()
    assert (codes.str.len() == 18).all()


def test_individuals_and_late_accounts_are_no_ones_members(province):
    subscriptions = make_standing_tables(province.billing)["subs_user"].to_pandas()
    accounts = subscriptions["grp_cust_no"]
    lines = province.billing.lines
    assert accounts.isna().sum() >= (lines["record"] == NOT_A_MEMBER).sum() > 100
    known = set(province.records["account_id"])
    assert set(accounts.dropna()) - known == set(LATE_ACCOUNTS)


def test_calibration_holds_in_every_branch(scores):
    """A.6.1: the share of A1 in A, and of B1 in B, is 15 % to 85 %."""
    for _, members in scores.groupby("branch"):
        for tier in "AB":
            of_tier = members["tier"][members["tier"].str.startswith(tier)]
            assert 0.15 <= (of_tier == f"{tier}1").mean() <= 0.85


def test_values_spread_over_the_bands(indicators):
    bands = oracle.find_bands(indicators)
    for name in bands:
        shares = bands[name].value_counts(normalize=True)
        lowest = 1 if name == "employees" else 0
        assert set(range(lowest, 6)) <= set(shares.index), name
        assert shares.max() < 0.85, name
    by_branch = bands.groupby(indicators["branch"])
    for name in ("level", "products", "signed_years", "influence", "rank"):
        assert (by_branch[name].nunique() == 6).all(), name
    assert (by_branch["vnet_users"].max() == 5).all()
    assert len(by_branch) == len(BRANCHES)


def test_party_department_is_the_lead_of_s0_29(indicators, province):
    row = indicators.loc[ORGANISATION_DEPARTMENT]
    revenue = row["unified"] + row["member"] + row["informatization"]
    assert province.organisations["name"][ORGANISATION_DEPARTMENT] == (
        "中共罗平县委组织部"
    )
    assert row["initial_class"] == "B_GOV"
    assert row["unified"] / revenue >= 0.5
    assert row["influence"] >= 4
    visits = province.crm["visit_rec"].to_pandas()
    account = province.records["account_id"][0]
    wishes = visits[visits["grp_cust_no"] == account]
    assert (wishes["info_flag"] == "Y").any()


def test_power_plant_is_the_lead_of_s0_31(indicators, scores):
    row, points = indicators.loc[PLANT], scores.loc[PLANT]
    peers = scores[scores["branch"] == points["branch"]]
    assert row["employees"] >= 500
    assert row["rival_share"] == 0.95
    assert row["vnet_users"] / row["employees"] < 0.1
    assert points["x"] <= peers["x"].quantile(0.3)
    assert (peers["x"] < points["x"]).mean() < 0.3
    assert (peers["y"] < points["y"]).mean() < 0.5
    assert points["z"] >= peers["z"].quantile(0.8)


def test_chance_gives_more_leads(indicators, scores):
    revenue = indicators[["unified", "member", "informatization"]].sum(axis=1)
    first = (
        (indicators["initial_class"] == "B_GOV")
        & (indicators["unified"] >= 0.5 * revenue)
        & (indicators["influence"] >= 4)
    )
    rank = scores.groupby("branch")[["x", "y", "z"]].rank(pct=True)
    second = (
        (rank["x"] <= 0.3)
        & (rank["z"] > 0.8)
        & (
            (indicators["rival_share"] >= 0.5)
            | (indicators["vnet_users"] < 0.1 * indicators["employees"])
        )
    )
    assert first.sum() > 50
    assert second.sum() >= 5


def test_months_move_less_than_e_02b_allows(province):
    revenue = pd.DataFrame(
        {
            month: told[["member_fen", "unified_fen", "informatization_fen"]].sum()
            for month, _, told in iterate_months(province.billing)
        }
    )
    change = revenue.pct_change(axis=1).iloc[:, 1:].abs()
    assert change.to_numpy().max() < 0.12
    # It grows, and dips at Spring Festival.
    assert (revenue[23] > 1.05 * revenue[0]).all()
    assert revenue.loc["member_fen", 1] < revenue.loc["member_fen", 0]


def test_revenue_is_skewed(indicators):
    total = indicators[["unified", "member", "informatization"]].sum(axis=1)
    largest = total.sort_values(ascending=False)
    assert 0.45 < largest[: len(largest) // 10].sum() / largest.sum() < 0.9


def test_too_small_or_too_long_is_refused():
    with pytest.raises(ValueError, match="too few"):
        make_province(20)
    with pytest.raises(ValueError, match="24 months"):
        make_province(150, months=25)


def test_digest_does_not_depend_on_batches():
    table = next(iterate_months(make_province(150, months=1).billing))[1][
        "usr_acct_item"
    ]
    whole, pieces = Digest(), Digest()
    whole.add_table("bills", table)
    half = table.num_rows // 2
    import pyarrow as pa

    pieces.add_table("bills", pa.concat_tables([table[:half], table[half:]]))
    assert whole.text == pieces.text
    assert len(whole.text) == hashlib.blake2b(digest_size=16).digest_size * 2
