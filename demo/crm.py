"""The CRM database, named as a CRM names things and not as the contract does."""

import numpy as np
import pandas as pd
import pyarrow as pa

from demo import words
from demo.dates import STARTS, write_days
from demo.dirt import Fault, spoil_rows
from demo.geography import BRANCHES, PROVINCE
from demo.traits import AS_OF, ORGANISATION_DEPARTMENT, PLANT

OWNERSHIP_CODES = {
    "government": "10",
    "institution": "20",
    "state_owned": "30",
    "private": "40",
    "joint_venture": "50",
    "foreign": "60",
}
DDL = {
    "grp_cust_info": (
        "grp_cust_no text, grp_cust_nm text, region_cd bigint, county_nm text,"
        " addr text, off_tel text, uscc text, tax_reg_no text, org_cd text,"
        " indus_cls text, own_type_cd text, emp_num bigint, info_lvl text,"
        " sign_dt bigint, old_lvl text, mgr_no text, oa_flag text,"
        " rival_ratio double precision, rival_offer text, crt_dt bigint,"
        " cncl_dt bigint, up_grp_no text"
    ),
    "grp_cust_alias": "grp_cust_no text, alias_nm text",
    "grp_linkman": (
        "link_id text, grp_cust_no text, link_nm text, link_tel text, link_role text"
    ),
    "cust_mgr": "staff_no text, staff_nm text, region_cd bigint",
    "region_dict": "region_cd bigint, region_nm text, prov_nm text, city_nm text",
    "visit_rec": (
        "rec_id bigint, grp_cust_no text, rec_dt bigint, rec_type text, content text,"
        " info_flag text"
    ),
}


def make_crm(
    organisations: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> tuple[dict[str, pa.Table], list[Fault]]:
    """Make the tables of the CRM database and say which rows break the contract."""
    accounts, faults = _make_accounts(records, rng)
    visits, visit_faults = _make_visits(organisations, records, rng)
    tables = {
        "grp_cust_info": accounts,
        "grp_cust_alias": _make_aliases(organisations, records, rng),
        "grp_linkman": _make_contacts(records, rng),
        "cust_mgr": _make_managers(records),
        "region_dict": _make_regions(),
        "visit_rec": visits,
    }
    arrow = {
        name: pa.Table.from_pandas(frame, preserve_index=False)
        for name, frame in tables.items()
    }
    return arrow, [*faults, *visit_faults, Fault("crm.contacts", "missing key", 1)]


def write_manager_ids(records: pd.DataFrame) -> np.ndarray:
    """Write staff numbers, unique in the province."""
    region = records["region_code"].to_numpy().astype(str)
    number = np.char.zfill(records["manager"].to_numpy().astype(str), 4)
    return np.char.add(np.char.add("M", region), number)


def _make_accounts(
    records: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    count = len(records)
    code = records["credit_code"].astype(object)
    created, closed = records["created"].to_numpy(), records["closed"].to_numpy()
    accounts = pd.DataFrame(
        {
            "grp_cust_no": records["account_id"],
            "grp_cust_nm": records["name"],
            "region_cd": records["region_code"],
            "county_nm": records["county"],
            "addr": records["address"].mask(rng.random(count) < 0.04),
            "off_tel": records["phone"],
            "uscc": code,
            "tax_reg_no": code.where(rng.random(count) < 0.35),
            "org_cd": (code.str[8:16] + "-" + code.str[16]).where(
                rng.random(count) < 0.25
            ),
            "indus_cls": records["industry"].mask(rng.random(count) < 0.03),
            "own_type_cd": records["ownership"].map(OWNERSHIP_CODES),
            "emp_num": records["employees"],
            "info_lvl": "L" + records["level"].astype("string"),
            "sign_dt": write_days(records["signed"].to_numpy(), empty=0),
            "old_lvl": records["former_grade"],
            "mgr_no": write_manager_ids(records),
            "oa_flag": records["has_oa"].map({0: "N", 1: "Y"}),
            "rival_ratio": records["rival_share"].astype("float64"),
            "rival_offer": records["rival_offer"],
            "crt_dt": write_days(created),
            "cncl_dt": write_days(closed),
            "up_grp_no": records["head_account_id"],
        }
    )
    dirty, faults = _spoil_accounts(accounts)
    types = accounts.dtypes
    accounts = pd.concat([accounts.astype(object), dirty], ignore_index=True)
    return accounts.astype(types), faults


def _spoil_accounts(accounts: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Make rows beside the good ones, so that no good account is lost."""
    changes = [
        {"emp_num": -5},
        {"emp_num": -1},
        {"emp_num": -120},
        {"crt_dt": 20230230},
        {"crt_dt": 20191301},
        {"info_lvl": "L9"},
        {"grp_cust_nm": None},
        {"grp_cust_no": None},
        {"grp_cust_no": None},
    ]
    for number, change in enumerate(changes):
        change.setdefault("grp_cust_no", f"874999{number:04d}")
        change.setdefault("grp_cust_nm", f"待清理档案{number}")
        change.update({"uscc": None, "tax_reg_no": None, "org_cd": None})
    # Two records were exported twice, the second time with an older telephone.
    repeats = [{"off_tel": "0874-0000000"}, {"off_tel": None}]
    dirty = spoil_rows(accounts.iloc[len(accounts) // 4 :], changes)
    repeated = spoil_rows(accounts.iloc[len(accounts) // 2 :], repeats)
    table = "crm.accounts"
    faults = [
        Fault(table, "negative employees", 3),
        Fault(table, "bad date", 2),
        Fault(table, "unknown level", 1),
        Fault(table, "missing name", 1),
        Fault(table, "missing key", 2),
        Fault(table, "duplicate key", 2),
    ]
    return pd.concat([dirty, repeated], ignore_index=True), faults


def _make_aliases(
    organisations: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Note other names for four records of ten that have one."""
    named = records[["account_id", "organisation", "name"]].copy()
    named["alias"] = organisations["aliases"].to_numpy()[named["organisation"]]
    named = named[rng.random(len(named)) < 0.4].explode("alias").dropna()
    named = named[named["alias"] != named["name"]]
    named = named[rng.random(len(named)) < 0.7]
    frame = named[["account_id", "alias"]].drop_duplicates()
    return frame.set_axis(["grp_cust_no", "alias_nm"], axis=1)


def _make_contacts(records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Name persons who don't exist; their numbers begin with 100, which nobody has."""
    noted = records[rng.random(len(records)) < 0.93]
    person = noted["contact"].to_numpy()
    contacts = pd.DataFrame(
        {
            "link_id": np.char.add(
                "L", np.char.zfill(np.arange(len(noted)).astype(str), 7)
            ),
            "grp_cust_no": noted["account_id"].to_numpy(),
            "link_nm": np.char.add("联系人", np.char.zfill(person.astype(str), 6)),
            "link_tel": (10_000_000_000 + person * 7).astype(str),
            "link_role": rng.choice(
                ["决策人", "经办人", "财务", "信息化负责人"], len(noted)
            ),
        }
    )
    dirty = spoil_rows(contacts, [{"link_id": None}])
    return pd.concat([contacts, dirty], ignore_index=True)


def _make_managers(records: pd.DataFrame) -> pd.DataFrame:
    managers = pd.DataFrame(
        {"staff_no": write_manager_ids(records), "region_cd": records["region_code"]}
    )
    managers = managers.drop_duplicates("staff_no").sort_values("staff_no")
    managers["staff_nm"] = "客户经理" + managers["staff_no"].str[1:]
    return managers[["staff_no", "staff_nm", "region_cd"]]


def _make_regions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region_cd": [area.region_code for area in BRANCHES],
            "region_nm": [f"{area.prefecture.short}分公司" for area in BRANCHES],
            "prov_nm": PROVINCE,
            "city_nm": [area.prefecture.name for area in BRANCHES],
        }
    )


def _make_visits(
    organisations: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    """Make what managers wrote down in interviews (S0-05)."""
    kind = organisations["kind"].to_numpy()[records["organisation"].to_numpy()]
    chance = np.where(kind == "government", 0.55, 0.30)
    visited = np.flatnonzero(rng.random(len(records)) < chance)
    visited = np.repeat(visited, rng.choice([1, 2], len(visited), p=[0.75, 0.25]))
    created = records["created"].to_numpy()[visited]
    latest = AS_OF.astype(int)
    earliest = np.minimum(np.maximum(created, STARTS[0] - 300), latest - 10)
    said = rng.integers(0, len(words.NEEDS), len(visited))
    visits = pd.DataFrame(
        {
            "grp_cust_no": records["account_id"].to_numpy()[visited],
            "rec_dt": write_days(rng.integers(earliest, latest)),
            "rec_type": [words.NEEDS[i][0] for i in said],
            "content": [words.NEEDS[i][1] for i in said],
            "info_flag": [words.NEEDS[i][2] for i in said],
        }
    )
    by_organisation = records.set_index("organisation")["account_id"]
    archetypes = pd.DataFrame(
        {
            "grp_cust_no": by_organisation[[ORGANISATION_DEPARTMENT, PLANT]].to_numpy(),
            "rec_dt": [20231120, 20231204],
            "rec_type": "1",
            "content": [
                "希望办一份短信党报，发到全县每位党员",
                "厂内有OA，离开办公桌就无法处理公文",
            ],
            "info_flag": "Y",
        }
    )
    changes = [{"rec_type": "9"}, {"rec_type": "9"}, {"content": None}]
    dirty = spoil_rows(visits, changes)
    visits = pd.concat([archetypes, visits, dirty], ignore_index=True)
    visits.insert(0, "rec_id", 500_000 + np.arange(len(visits)))
    visits["rec_dt"] = visits["rec_dt"].astype("int64")
    return visits, [
        Fault("crm.account_needs", "unknown kind", 2),
        Fault("crm.account_needs", "missing text", 1),
    ]
