"""Dealing with customers and prospects: orders, profiles, finances, assessments.

The CRM keeps what managers know and judge, the order system (ERP) what was sold and
sent back. Capital and figures of a year are noted in 10,000 yuan, orders in fen.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from demo import words
from demo.credit_codes import make_credit_codes
from demo.dates import CODES, STARTS, write_days
from demo.dirt import Fault, spoil_rows
from demo.geography import BRANCHES
from demo.organisations import PREFECTURE, find_place
from demo.products import CODES as PRODUCT_CODES
from demo.products import choose_payers
from demo.province import Province
from demo.sales import walk_stages
from demo.systems import Made
from demo.traits import AS_OF

PART = 42
TABLES = {
    "crm": {
        "grp_cust_file": (
            "grp_cust_no text, file_dt bigint, nature_cd text,"
            " reg_cap_wan double precision, list_flag text, area_cd text,"
            " biz_area text, main_biz text, join_way text, pay_way text,"
            " cred_lvl text, web_url text, post_cd text"
        ),
        "grp_cust_fin": (
            "grp_cust_no text, fin_year bigint, pub_dt bigint,"
            " sales_wan double precision, profit_wan double precision,"
            " asset_wan double precision, budget_wan double precision,"
            " tele_budget_wan double precision"
        ),
        "cust_eval": (
            "eval_no text, grp_cust_no text, latent_no text, item_cd text,"
            " score bigint, staff_no text, eval_dt bigint, remark text, exp_dt bigint"
        ),
        "latent_cust": (
            "latent_no text, cust_nm text, region_cd bigint, county_nm text, uscc text,"
            " indus_cls text, nature_cd text, emp_num bigint,"
            " asset_wan double precision, sales_wan double precision,"
            " sales_last_wan double precision, mgr_no text, crt_dt bigint,"
            " stop_dt bigint, to_grp_no text, to_dt bigint"
        ),
        "latent_oppty": (
            "opp_no text, grp_cust_no text, latent_no text, prod_cd text, mgr_no text,"
            " get_dt bigint, exp_fen bigint"
        ),
        "latent_stage_log": (
            "log_id bigint, opp_no text, stage_cd text, enter_dt bigint"
        ),
    },
    "erp": {
        "sale_order": (
            "order_no text, mon bigint, order_dt bigint, grp_cust_no text,"
            " prod_cd text, order_cls text, amt_fen bigint, gain_fen bigint"
        ),
    },
}
_NATURES = {"government": "20", "institution": "20", "state_owned": "30"}
_CHANNELS = np.array(["客户经理拜访", "营业厅", "代理商", "电话营销"])
_PAYMENTS = np.array(["银行托收", "转账", "现金", "支票"])
_GRADES = np.array(["AAA", "AA", "A", "B", "C"])
# Item of the CRM, most points, and how well size and wish foretell it.
_ITEMS = (
    ("E1", 15, 0.9),
    ("E2", 15, 0.5),
    ("E3", 20, 0.4),
    ("E4", 20, 0.7),
)
_NEED = "E5"
_REMARKS = np.array(
    [
        "与办公室主任熟悉",
        "年内有扩建计划",
        "信息化预算已立项",
        "行业排名靠前",
        "续约意愿强",
    ]
)
_BRANDS = (
    "昆滇彩云锦瑞祥泰盛恒裕嘉惠德润和顺丰源茂兴隆康安宁远志诚信达通汇聚众创新博文华"
)


def make_tables(province: Province, rng: np.random.Generator) -> Made:
    """Make the tables of all systems and say which rows break the contract."""
    orders, order_faults = _make_orders(province, rng)
    prospects, prospect_faults = _make_prospects(province, rng)
    assessments, assessment_faults = _make_assessments(province, prospects, rng)
    frames = {
        "crm": {
            "grp_cust_file": _make_profiles(province, rng),
            "grp_cust_fin": _make_finances(province, rng),
            "cust_eval": assessments,
            "latent_cust": prospects,
        },
        "erp": {"sale_order": orders},
    }
    opportunities, stages, opportunity_faults = _make_opportunities(prospects, rng)
    frames["crm"] |= {"latent_oppty": opportunities, "latent_stage_log": stages}
    tables = {
        system: {
            name: pa.Table.from_pandas(frame, preserve_index=False)
            for name, frame in by_name.items()
        }
        for system, by_name in frames.items()
    }
    return Made(
        tables,
        [*order_faults, *prospect_faults, *assessment_faults, *opportunity_faults],
    )


def _make_orders(
    province: Province, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    """Make orders and returns; one sale of 25 comes back, in part."""
    sales = _draw_sales(province, rng)
    sent_back = sales[rng.random(len(sales)) < 0.04].copy()
    share = rng.choice([0.25, 0.5, 1.0], len(sent_back))
    sent_back["day"] += rng.integers(5, 40, len(sent_back))
    for column in ("amount", "gain"):
        value = sent_back[column].to_numpy() * share
        sent_back[column] = -np.round(value).astype(np.int64)
    sales["kind"], sent_back["kind"] = "XS", "TH"
    orders = pd.concat([sales, sent_back], ignore_index=True)
    orders = orders[orders["day"] < STARTS[-1]].sort_values(
        ["day", "payer", "amount"], kind="stable", ignore_index=True
    )
    days = orders["day"].to_numpy()
    month = np.searchsorted(STARTS, days, side="right") - 1
    numbers = np.char.zfill((np.arange(len(orders)) + 1).astype(str), 9)
    accounts = province.records["account_id"].to_numpy().astype(str)
    frame = pd.DataFrame(
        {
            "order_no": np.char.add("DD", numbers),
            "mon": CODES[month],
            "order_dt": write_days(days),
            "grp_cust_no": accounts[orders["payer"].to_numpy()],
            "prod_cd": PRODUCT_CODES[orders["product"].to_numpy()],
            "order_cls": orders["kind"],
            "amt_fen": orders["amount"],
            "gain_fen": orders["gain"],
        }
    )
    frame = frame[np.isin(month, list(province.billing.months))]
    last = frame[frame["mon"] == CODES[-1]]
    dirty = spoil_rows(last, [{"order_cls": "??"}, {"order_dt": 20251232}])
    dirty["order_no"] = ["DX1", "DX2"][: len(dirty)]
    faults = [
        Fault("billing.transactions", "unknown kind", 1, int(CODES[-1])),
        Fault("billing.transactions", "bad date", 1, int(CODES[-1])),
    ]
    return pd.concat([frame, dirty], ignore_index=True).astype(frame.dtypes), faults


def _draw_sales(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Draw each organisation's sales in each month that it lives: fen, by day."""
    traits = province.traits
    size = traits["employees"].to_numpy()
    style = traits["style"].to_numpy()
    count = len(size)
    rate = 0.16 * size**0.35 * np.exp(0.45 * style + 0.5 * rng.standard_normal(count))
    rate *= rng.random(count) < 0.9
    owner, month = np.nonzero(
        counts := rng.poisson(
            np.minimum(rate, 6)[:, None],
            (
                count,
                len(STARTS) - 1,
            ),
        )
    )
    times = counts[owner, month]
    owner, month = np.repeat(owner, times), np.repeat(month, times)
    length = np.diff(STARTS)[month]
    day = STARTS[month] + (rng.random(len(owner)) * length).astype(int)
    left = traits["left"].to_numpy()[owner]
    lives = (day >= traits["joined"].to_numpy()[owner]) & ((left < 0) | (day < left))
    owner, day = owner[lives], day[lives]
    noise = rng.standard_normal(len(owner))
    amount = 260 * size[owner] ** 0.55 * np.exp(0.35 * style[owner] + 0.8 * noise)
    amount = np.maximum(np.round(amount * 100), 100).astype(np.int64)
    share = np.clip(0.28 + 0.09 * rng.standard_normal(len(owner)), -0.05, 0.7)
    return pd.DataFrame(
        {
            "day": day,
            "payer": choose_payers(owner, province.records, rng),
            "product": rng.integers(0, len(PRODUCT_CODES), len(owner)),
            "amount": amount,
            "gain": np.round(amount * share).astype(np.int64),
        }
    )


def _make_profiles(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Make a profile of nine organisations of ten, and a later one of some of them."""
    first = _list_first_records(province)
    noted = np.flatnonzero(rng.random(len(first)) < 0.9)
    traits, frame = province.traits, province.organisations
    latest = AS_OF.astype(int) - 10
    start = np.maximum(traits["joined"].to_numpy()[noted], STARTS[0] - 400)
    day = np.minimum(start + rng.integers(0, 60, len(noted)), latest)
    again = rng.random(len(noted)) < 0.15
    at = np.append(noted, noted[again])
    day = np.append(day, np.minimum(day[again] + 330, latest))
    size = traits["employees"].to_numpy()[at]
    nature = _name_natures(first, at)
    capital = 3.0 * size**1.1 * np.exp(0.9 * rng.standard_normal(len(at)))
    listed = (size > 200) & (nature != "20") & (rng.random(len(at)) < 0.2)
    county = frame["county"].to_numpy()[at]
    town = np.isin(frame["kind"].to_numpy()[at], ["farm", "shop", "school"])
    town &= rng.random(len(at)) < 0.4
    profiles = pd.DataFrame(
        {
            "grp_cust_no": first["account_id"].to_numpy()[at],
            "file_dt": write_days(day),
            "nature_cd": nature,
            "reg_cap_wan": np.where(nature == "20", np.nan, np.round(capital, 1)),
            "list_flag": np.where(listed, "Y", "N"),
            "area_cd": np.where(county == PREFECTURE, "Q2", np.where(town, "Q4", "Q3")),
            "biz_area": first["county"].to_numpy()[at],
            "main_biz": frame["industry"].to_numpy()[at],
            "join_way": rng.choice(_CHANNELS, len(at)),
            "pay_way": rng.choice(_PAYMENTS, len(at)),
            "cred_lvl": rng.choice(_GRADES, len(at), p=[0.1, 0.25, 0.4, 0.2, 0.05]),
            # Large ones have a site, and every third of the others.
            "web_url": np.where(
                (size > 60) | (at % 3 == 0),
                "www.g" + first["account_id"].iloc[at] + ".example",
                None,
            ),
            "post_cd": np.array([str(655000 + 100 * b) for b in range(len(BRANCHES))])[
                frame["branch"].to_numpy()[at]
            ],
        }
    )
    profiles["web_url"] = profiles["web_url"].astype("string")
    return profiles.drop_duplicates(["grp_cust_no", "file_dt"], ignore_index=True)


def _list_first_records(province: Province) -> pd.DataFrame:
    records = province.records
    return records[~records["organisation"].duplicated()].reset_index(drop=True)


def _name_natures(first: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    """Name the nature; a joint-stock company says so in its name."""
    natures = first["ownership"].map(_NATURES).fillna("40").to_numpy()[at]
    names = first["name"].iloc[at].str.contains("股份").to_numpy()
    return np.where(names & (natures != "20"), "10", natures)


def _make_finances(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Make figures of 2022 to 2024, and budgets of 2024 and 2025.

    A source keeps one row a year: what 2024 brought stands with its budget, and is told
    in spring like that of other years.
    """
    first = _list_first_records(province)
    size = province.traits["employees"].to_numpy()
    count = len(first)
    is_public = first["ownership"].isin(["government", "institution"]).to_numpy()
    sales = 16 * size**1.05 * np.exp(0.7 * rng.standard_normal(count))
    telecom = 0.4 * size**0.8 * np.exp(0.6 * rng.standard_normal(count))
    told = {
        year: (
            ~is_public & (rng.random(count) < share),
            rng.random(count) < 0.6 * (year > 2023),
        )
        for year, share in {2022: 0.8, 2023: 0.85, 2024: 0.85, 2025: 0.0}.items()
    }
    frames = []
    for year, (is_closed, is_budget) in told.items():
        growth = np.exp(0.08 * (year - 2023) + 0.12 * rng.standard_normal(count))
        value = np.round(sales * growth, 1)
        planned, closed = (
            np.datetime64(month).astype("datetime64[D]").astype(int)
            for month in (f"{year}-01", f"{year + 1}-03")
        )
        day = np.where(is_closed, closed, planned)
        frames.append(
            pd.DataFrame(
                {
                    "grp_cust_no": first["account_id"],
                    "fin_year": year,
                    "pub_dt": write_days(day + rng.integers(0, 60, count)),
                    "sales_wan": np.where(is_closed, value, np.nan),
                    "profit_wan": np.where(
                        is_closed,
                        np.round(value * rng.normal(0.07, 0.06, count), 1),
                        np.nan,
                    ),
                    "asset_wan": np.where(is_closed, np.round(value * 1.6, 1), np.nan),
                    "budget_wan": np.where(is_budget, np.round(value * 0.9, 1), np.nan),
                    "tele_budget_wan": np.where(
                        is_budget, np.round(telecom * growth, 2), np.nan
                    ),
                }
            )[is_closed | is_budget]
        )
    return pd.concat(frames, ignore_index=True)


def _make_prospects(
    province: Province, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    """Make one prospect for each twelve customers; some became customers since."""
    count = max(len(province.organisations) // 12, 12)
    frame = _invent_prospects(province, count, rng)
    frame = pd.concat(
        [frame, _copy_joiners(province, frame, rng), _copy_some(frame, rng)],
        ignore_index=True,
    )
    frame.insert(
        0,
        "latent_no",
        np.char.add("QZ", np.char.zfill(np.arange(len(frame)).astype(str), 6)),
    )
    dirty = spoil_rows(frame, [{"cust_nm": None}, {"nature_cd": "99"}])
    dirty["latent_no"] = ["QZX1", "QZX2"]
    types = frame.dtypes
    frame = pd.concat([frame.astype(object), dirty], ignore_index=True).astype(types)
    return frame, [
        Fault("crm.prospects", "missing name", 1),
        Fault("crm.prospects", "unknown nature", 1),
    ]


def _invent_prospects(
    province: Province, count: int, rng: np.random.Generator
) -> pd.DataFrame:
    at = rng.integers(0, len(province.organisations), count)
    near = province.organisations.iloc[at]
    places = [
        find_place(branch, max(county, 0))
        for branch, county in zip(near["branch"], near["county"], strict=True)
    ]
    brands = rng.choice(np.array(list(_BRANDS)), (count, 3))
    trades = [
        words.TRADES[i].split("|") for i in rng.integers(0, len(words.TRADES), count)
    ]
    size = np.round(np.exp(3.2 + 1.1 * rng.standard_normal(count))).astype(np.int64)
    turnover = 16 * size**1.05 * np.exp(0.8 * rng.standard_normal(count))
    manager = province.crm["grp_cust_info"].column("mgr_no").to_pandas().to_numpy()
    first = np.flatnonzero(~province.records["organisation"].duplicated())
    numbers = 9_000_000 + rng.choice(999_999, count, replace=False)
    codes = make_credit_codes(
        np.full(count, "91"), np.array([place.code for place in places]), numbers
    )
    created = rng.integers(STARTS[0] - 200, AS_OF.astype(int) - 30, count)
    closed = np.where(rng.random(count) < 0.1, created + 240, -1)
    return pd.DataFrame(
        {
            "cust_nm": [
                f"{place.common}{''.join(brand)}{trade[0]}有限公司"
                for place, brand, trade in zip(places, brands, trades, strict=True)
            ],
            "region_cd": np.array([area.region_code for area in BRANCHES])[
                near["branch"].to_numpy()
            ],
            "county_nm": [place.name for place in places],
            "uscc": pd.Series(codes, dtype=object).where(rng.random(count) < 0.7),
            "indus_cls": [trade[1] for trade in trades],
            "nature_cd": rng.choice(["10", "30", "40"], count, p=[0.15, 0.1, 0.75]),
            "emp_num": size,
            "asset_wan": np.round(1.5 * turnover, 1),
            "sales_wan": np.round(turnover, 1),
            "sales_last_wan": np.round(
                turnover / np.exp(0.08 + 0.18 * rng.standard_normal(count)), 1
            ),
            "mgr_no": manager[first[at]],
            "crt_dt": write_days(created),
            "stop_dt": write_days(np.where(closed < AS_OF.astype(int), closed, -1)),
            "to_grp_no": pd.Series([None] * count, dtype="string"),
            "to_dt": np.full(count, 20991231, dtype=np.int64),
        }
    )


def _copy_joiners(
    province: Province, invented: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Note some who became customers as prospects of a hundred days before."""
    joined = province.traits["joined"].to_numpy()
    at = np.flatnonzero(joined >= STARTS[1])
    at = at[: max(len(invented) // 10, 2)]
    records = _list_first_records(province).iloc[at].reset_index(drop=True)
    copies = invented.iloc[np.arange(len(at)) % len(invented)].reset_index(drop=True)
    copies["cust_nm"] = records["name"]
    copies["region_cd"] = records["region_code"]
    copies["county_nm"] = records["county"].astype(object)
    copies["uscc"] = records["true_code"].where(rng.random(len(at)) < 0.5)
    copies["crt_dt"] = write_days(records["created"].to_numpy() - 100)
    copies["stop_dt"] = 20991231
    noted = rng.random(len(at)) < 0.4
    copies["to_grp_no"] = records["account_id"].astype("string").where(noted)
    day = write_days(records["created"].to_numpy())
    copies["to_dt"] = np.where(noted, day, 20991231)
    return copies


def _copy_some(invented: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Note some prospects a second time, with another size."""
    at = rng.choice(len(invented), max(len(invented) // 30, 1), replace=False)
    copies = invented.iloc[np.sort(at)].reset_index(drop=True)
    copies["emp_num"] += 3
    return copies


def _make_opportunities(
    prospects: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, list[Fault]]:
    """Make opportunities of two prospects of five, kept apart from the customers'."""
    known = prospects[prospects["latent_no"].str.len() == len("QZ000000")]
    known = known[rng.random(len(known)) < 0.4]
    created = pd.to_datetime(known["crt_dt"].astype(str), format="%Y%m%d")
    opened = created.to_numpy().astype("datetime64[D]").astype(int)
    opened = opened + rng.integers(0, 25, len(known))
    amount = 700 * known["emp_num"].to_numpy() ** 0.6
    amount = amount * np.exp(0.8 * rng.standard_normal(len(known)))
    number = (800_000 + np.arange(len(known))).astype(str)
    frame = pd.DataFrame(
        {
            "opp_no": np.char.add("QS", number),
            "grp_cust_no": pd.Series([None] * len(known), dtype="string"),
            "latent_no": known["latent_no"].astype("string").to_numpy(),
            "prod_cd": rng.choice(PRODUCT_CODES, len(known)),
            "mgr_no": known["mgr_no"].to_numpy(),
            "get_dt": write_days(opened),
            "exp_fen": np.round(amount, -1).astype(np.int64) * 100,
        }
    )
    stages = walk_stages(frame["opp_no"].to_numpy(), opened, rng, 5_000_000)
    dirty = spoil_rows(frame, [{"grp_cust_no": "GX"}, {"latent_no": None}])
    dirty["opp_no"] = ["QSX1", "QSX2"]
    types = frame.dtypes
    frame = pd.concat([frame.astype(object), dirty], ignore_index=True).astype(types)
    return (
        frame,
        stages,
        [
            Fault("crm.opportunities", "both a customer and a prospect", 1),
            Fault("crm.opportunities", "neither a customer nor a prospect", 1),
        ],
    )


def _make_assessments(
    province: Province, prospects: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    """Let managers assess six customers of ten each year, and most prospects once."""
    first = _list_first_records(province)
    rows = np.flatnonzero(~province.records["organisation"].duplicated())
    manager = province.crm["grp_cust_info"].column("mgr_no").to_pandas().to_numpy()
    size = np.log(province.traits["employees"].to_numpy())
    level = (size - size.mean()) / size.std()
    frames = []
    for item, most, weight in _ITEMS:
        for year in range(-1, 2):
            chosen = np.flatnonzero(rng.random(len(first)) < 0.6)
            day = STARTS[0] + 365 * year + rng.integers(0, 365, len(chosen))
            known = day >= province.traits["joined"].to_numpy()[chosen]
            chosen, day = chosen[known], day[known]
            value = 0.5 + 0.18 * weight * level[chosen]
            value += 0.14 * rng.standard_normal(len(chosen))
            frames.append(
                pd.DataFrame(
                    {
                        "grp_cust_no": first["account_id"].to_numpy()[chosen],
                        "latent_no": None,
                        "item_cd": item,
                        "score": np.clip(np.round(most * value), 0, most),
                        "staff_no": manager[rows[chosen]],
                        "eval_dt": day,
                        "exp_dt": day + 365,
                    }
                )
            )
    frames.append(_assess_prospects(prospects, rng))
    return _number_assessments(pd.concat(frames, ignore_index=True), rng)


def _assess_prospects(
    prospects: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    known = prospects[prospects["latent_no"].str.len() == len("QZ000000")]
    known = known[rng.random(len(known)) < 0.85]
    created = pd.to_datetime(known["crt_dt"].astype(str), format="%Y%m%d")
    day = created.to_numpy().astype("datetime64[D]").astype(int)
    day = day + rng.integers(0, 20, len(known))
    return pd.DataFrame(
        {
            "grp_cust_no": None,
            "latent_no": known["latent_no"].to_numpy(),
            "item_cd": _NEED,
            "score": np.clip(np.round(rng.normal(13, 6, len(known))), 0, 25),
            "staff_no": known["mgr_no"].to_numpy(),
            "eval_dt": day,
            "exp_dt": day + 540,
        }
    )


def _number_assessments(
    drawn: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    """Write assessments as the CRM does, some rows broken."""
    drawn = drawn.sort_values("eval_dt", kind="stable", ignore_index=True)
    number = np.char.zfill((np.arange(len(drawn)) + 1).astype(str), 7)
    frame = pd.DataFrame(
        {
            "eval_no": np.char.add("PF", number),
            "grp_cust_no": drawn["grp_cust_no"].astype("string"),
            "latent_no": drawn["latent_no"].astype("string"),
            "item_cd": drawn["item_cd"],
            "score": drawn["score"].astype(np.int64),
            "staff_no": drawn["staff_no"],
            "eval_dt": write_days(drawn["eval_dt"].to_numpy()),
            "remark": rng.choice(_REMARKS, len(drawn)),
            "exp_dt": write_days(drawn["exp_dt"].to_numpy()),
        }
    )
    dirty = spoil_rows(
        frame, [{"item_cd": "E9"}, {"score": -3}, {"remark": None}, {"score": 60}]
    )
    dirty["eval_no"] = [f"PX{number}" for number in range(len(dirty))]
    types = frame.dtypes
    frame = pd.concat([frame.astype(object), dirty], ignore_index=True).astype(types)
    return frame, [
        Fault("crm.assessments", "unknown item", 1),
        Fault("crm.assessments", "negative points", 1),
        Fault("crm.assessments", "missing reason", 1),
        Fault("crm.assessments", "points beyond the most", 1),
    ]
