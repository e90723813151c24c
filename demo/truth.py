"""Who is who and what is due: kept aside for tests, read by nothing in the product."""

from pathlib import Path

import numpy as np
import pandas as pd

from demo.dirt import Fault
from demo.geography import BRANCHES
from demo.organisations import NOBODY, PREFECTURE, find_place
from demo.province import Province
from demo.traits import ORGANISATION_DEPARTMENT, PLANT


def list_records(province: Province) -> pd.DataFrame:
    """One row per account record: whose it is and how it differs from the first."""
    records = province.records
    return pd.DataFrame(
        {
            "account_id": records["account_id"].astype(str),
            "organisation_id": _name_organisations(records["organisation"].to_numpy()),
            "variant": records["variant"],
            "account_name": records["name"],
        }
    )


def list_organisations(province: Province) -> pd.DataFrame:
    """One row per true organisation, with what the indicators must find."""
    frame, traits = province.organisations, province.traits
    pairs = list(zip(frame["branch"], frame["county"], strict=True))
    first = province.records[~province.records["organisation"].duplicated()]
    archetype = np.full(len(frame), "", dtype=object)
    archetype[[ORGANISATION_DEPARTMENT, PLANT]] = ["S0-29", "S0-31"]
    return pd.DataFrame(
        {
            "organisation_id": _name_organisations(np.arange(len(frame))),
            "account_id": first["account_id"].to_numpy().astype(str),
            "organisation_name": frame["name"],
            "kind": frame["kind"],
            "initial_class": frame["initial_class"],
            "brand_word": frame["brand_word"],
            "branch_id": [BRANCHES[branch].branch_id for branch, _ in pairs],
            "county_name": [
                None if county == PREFECTURE else find_place(branch, county).name
                for branch, county in pairs
            ],
            "credit_code": first["true_code"].to_numpy(),
            "employees": traits["employees"],
            "informatization_level": traits["level"],
            "influence_grade": traits["influence_grade"],
            "tax_rank": province.ranks,
            "archetype": archetype,
        }
    )


def list_pairs(province: Province) -> pd.DataFrame:
    """One row per pair of records that are one organisation, the smaller id left."""
    known = list_records(province)
    return make_pairs(known)


def make_pairs(records: pd.DataFrame) -> pd.DataFrame:
    """Pair up the records that share an organisation."""
    columns = ["account_id", "organisation_id"]
    repeated = records[records["organisation_id"].duplicated(keep=False)][columns]
    pairs = repeated.merge(repeated, on="organisation_id", suffixes=("_left", "_right"))
    pairs = pairs[pairs["account_id_left"] < pairs["account_id_right"]]
    return pairs[
        ["account_id_left", "account_id_right", "organisation_id"]
    ].reset_index(drop=True)


def list_hard_negatives(province: Province) -> pd.DataFrame:
    """One row per pair of records that look like one organisation and are two."""
    organisations = province.organisations
    first = province.records[~province.records["organisation"].duplicated()]
    account = first["account_id"].to_numpy().astype(str)
    trapped = organisations[organisations["trap"] != ""]
    found = [
        pd.DataFrame(
            {
                "left": trapped.index,
                "right": trapped["trap_of"],
                "trap": trapped["trap"],
            }
        ),
        _pair_neighbours(first["shared"].to_numpy()),
        _pair_by_name(organisations),
    ]
    pairs = pd.concat(found, ignore_index=True)
    left = account[pairs["left"].astype(int)]
    right = account[pairs["right"].astype(int)]
    frame = pd.DataFrame(
        {
            "account_id_left": np.where(left < right, left, right),
            "account_id_right": np.where(left < right, right, left),
            "trap": pairs["trap"].str.replace(r" \d+$", "", regex=True),
        }
    )
    return frame.drop_duplicates(["account_id_left", "account_id_right"])


def _pair_neighbours(groups: np.ndarray) -> pd.DataFrame:
    """Pair up the companies of one building or one bookkeeper."""
    members = pd.DataFrame({"at": np.arange(len(groups)), "trap": groups})
    members = members[members["trap"] != ""]
    pairs = members.merge(members, on="trap", suffixes=("_left", "_right"))
    pairs = pairs[pairs["at_left"] < pairs["at_right"]]
    return pairs.set_axis(["left", "trap", "right"], axis=1)


def _pair_by_name(organisations: pd.DataFrame) -> pd.DataFrame:
    """Pair up institutions that differ in a number, a county or who they belong to."""
    public = organisations[
        organisations["kind"].isin(["government", "school", "health", "college"])
    ]
    names = public["name"]
    frames = [
        _pair_by_key(names.str.replace("第[一二三四]", "第#", regex=True), "numbered"),
        _pair_by_key(
            names.str.replace(r"附属.*|人民医院体检中心", "", regex=True), "affiliated"
        ),
        _pair_by_key(
            pd.Series(
                [
                    _strip_place(name, int(branch), int(county))
                    for name, branch, county in zip(
                        names, public["branch"], public["county"], strict=True
                    )
                ],
                index=names.index,
            ),
            "same_organ_elsewhere",
        ),
    ]
    return pd.concat(frames, ignore_index=True)


def _strip_place(name: str, branch: int, county: int) -> str:
    place = find_place(branch, county)
    for form in (place.name, place.common, place.short):
        if form in name:
            return name.replace(form, "#", 1)
    return name


def _pair_by_key(keys: pd.Series, trap: str) -> pd.DataFrame:
    """Pair up each key's members, each with the next one only."""
    ordered = keys.sort_values(kind="stable")
    same = (ordered == ordered.shift(-1)).to_numpy()[:-1]
    index = ordered.index.to_numpy()
    return pd.DataFrame(
        {"left": index[:-1][same], "right": index[1:][same], "trap": trap}
    )


def list_branch_links(province: Province) -> pd.DataFrame:
    """One row per branch office and its head office: linked, never merged."""
    head = province.organisations["head"]
    linked = head[head != NOBODY]
    return pd.DataFrame(
        {
            "organisation_id": _name_organisations(linked.index.to_numpy()),
            "head_organisation_id": _name_organisations(linked.to_numpy()),
        }
    )


def _name_organisations(positions: np.ndarray) -> np.ndarray:
    if len(positions) == 0:
        return np.array([], dtype=str)
    return np.char.add("o", np.char.zfill(np.asarray(positions).astype(str), 7))


def _list_totals(province: Province) -> pd.DataFrame:
    """One row per fact table and month: rows that must land, and their sum."""
    totals = pd.DataFrame(
        province.billing.totals, columns=["month", "table_name", "rows", "fen"]
    )
    totals["month"] = pd.to_datetime(totals["month"].astype(str), format="%Y%m")
    return totals


def write_truth(
    province: Province, months: list[pd.DataFrame], faults: list[Fault], folder: Path
) -> None:
    """Write all truth as Parquet files.

    Args:
        province: The province.
        months: What `boss.iterate_months` told of each month.
        faults: All rows that break the contract.
        folder: Where to write to.
    """
    monthly = pd.concat(months, ignore_index=True)
    monthly["organisation_id"] = _name_organisations(monthly.pop("organisation"))
    monthly["month"] = pd.to_datetime(monthly["month"].astype(str), format="%Y%m")
    tables = {
        "records": list_records(province),
        "organisations": list_organisations(province),
        "pairs": list_pairs(province),
        "hard_negatives": list_hard_negatives(province),
        "branch_links": list_branch_links(province),
        "monthly_organisations": monthly,
        "monthly_totals": _list_totals(province),
        "quarantine": pd.DataFrame(faults),
    }
    for name, frame in tables.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
