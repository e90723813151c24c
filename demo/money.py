"""What is agreed, invoiced, received, planned and spent: CRM and the finance system.

Agreements cover the products that organisations use, invoices follow the products by
month, quarter or year, and most are paid in time. What people and lines cost comes from
hours, with some of them idle.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from demo.crm import write_manager_ids
from demo.dates import CODES, SEASONS, STARTS, write_days
from demo.dirt import Fault, spoil_rows
from demo.products import CATALOGUE
from demo.products import CODES as PRODUCT_CODES
from demo.province import Province
from demo.systems import Made

PART = 50
TABLES = {
    "crm": {
        "grp_agreement": (
            "agr_no text, grp_cust_no text, agr_nm text, prod_cd text, sign_dt bigint,"
            " eff_dt bigint, exp_dt bigint, amt_fen bigint"
        ),
        "grp_agreement_chg": (
            "chg_no text, agr_no text, chg_cls text, chg_dt bigint, eff_dt bigint,"
            " new_amt_fen bigint, new_exp_dt bigint, cause text"
        ),
        "prod_catalog": (
            "prod_cd text, prod_nm text, prod_en text, prod_fam text, pub_dt bigint"
        ),
    },
    "erp": {
        "ar_invoice": (
            "inv_no text, mon bigint, grp_cust_no text, agr_no text, prod_cd text,"
            " inv_dt bigint, due_dt bigint, amt_fen bigint, org_inv_no text"
        ),
        "ar_receipt": (
            "rcp_no text, mon bigint, grp_cust_no text, inv_no text, rcp_dt bigint,"
            " amt_fen bigint"
        ),
        "ar_balance": ("mon bigint, grp_cust_no text, bal_fen bigint, owe_fen bigint"),
        "plan_income": (
            "plan_no text, mon bigint, lvl_cd text, dept_no text, staff_no text,"
            " prod_cd text, cls_cd text, amt_fen bigint, appr_dt bigint"
        ),
        "cost_resource": (
            "mon bigint, res_no text, res_nm text, res_cls text,"
            " cap_qty double precision, amt_fen bigint"
        ),
        "cost_driver": "mon bigint, res_no text, act_cd text, qty double precision",
        "act_volume": (
            "mon bigint, act_cd text, grp_cust_no text, qty double precision"
        ),
    },
}
_TERMS = np.array([365, 365, 730])
# How often a product is invoiced: months between two invoices.
_EVERY = np.array([1, 3, 12])
# The billing system has printed its list of balances since July 2025.
_FIRST_BALANCE = 18
_CLASSES = {"A": 75, "B": 15, "C": 10}
_PLANNED = {"P1005": 50, "P1007": 20, "P2001": 30}
_PLAN_YEAR = range(12, 24)
# Activity: share of records it is done for in a month, mean volume, hours each.
_ACTIVITIES = {
    "VST": (0.14, 0.6, 2.5),
    "CPL": (0.03, 0.2, 3.0),
    "SOL": (0.02, 9.0, 1.0),
    "CAL": (0.10, 11.0, 0.02),
    "CMP": (0.05, 0.2, 0.3),
}
_LINE_HOURS = 1.6
# Resource: kind, activities that take its hours, hours in store, yuan an hour.
_RESOURCES = {
    "M": ("客户经理组", "RG", ("VST", "SOL", "CMP"), 1.12, 96.0),
    "S": ("客服座席", "RG", ("CPL", "CAL"), 1.08, 58.0),
    "L": ("专线维护", "XL", ("LIN",), 1.20, 110.0),
    "B": ("营销补贴", "BT", ("CMP",), 0.0, 40.0),
}


def make_tables(province: Province, rng: np.random.Generator) -> Made:
    """Make the tables of agreements, receivables, plans and costs."""
    agreements, changes = _make_agreements(province, rng)
    dirty = spoil_rows(agreements, [{"exp_dt": 0}, {"amt_fen": None}])
    dirty["agr_no"] = ["XYDIRTY1", "XYDIRTY2"]
    invoices = _make_invoices(province, rng)
    receipts = _make_receipts(invoices, rng)
    invoices = _cancel_invoices(invoices, receipts, CODES[province.billing.months[0]])
    volumes = _make_volumes(province, rng)
    negative = spoil_rows(volumes.iloc[::-1], [{"qty": -1.0, "act_cd": "BAD"}])
    resources, drivers = _make_costs(province, volumes, rng)
    first = CODES[province.billing.months[0]]
    erp = {
        "ar_invoice": invoices[list(_names("ar_invoice"))],
        "ar_receipt": receipts[list(_names("ar_receipt"))],
        "ar_balance": _make_balances(invoices, receipts),
        "plan_income": _make_plans(province, rng),
        "cost_resource": resources,
        "cost_driver": drivers,
        "act_volume": _append(volumes, negative),
    }
    crm = {
        "grp_agreement": _append(agreements, dirty),
        "grp_agreement_chg": changes,
        "prod_catalog": _list_products(),
    }
    erp = {name: rows[rows["mon"] >= first] for name, rows in erp.items()}
    made = {"crm": crm, "erp": erp}
    return Made(
        {system: {n: _to_arrow(f) for n, f in t.items()} for system, t in made.items()},
        [
            Fault("crm.agreements", "missing end", 1),
            Fault("crm.agreements", "missing amount", 1),
            Fault("finance.activity_volumes", "negative volume", 1, int(CODES[-1])),
        ],
    )


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _names(table: str) -> list[str]:
    return [part.split()[0] for part in TABLES["erp"][table].split(",")]


def _append(good: pd.DataFrame, bad: pd.DataFrame) -> pd.DataFrame:
    types = good.dtypes.replace(np.dtype("int64"), "Int64")
    return pd.concat([good.astype(object), bad], ignore_index=True).astype(types)


def _list_products() -> pd.DataFrame:
    columns = ["prod_nm", "prod_en", "prod_fam", "pub_dt"]
    catalogue = pd.DataFrame(CATALOGUE, columns=columns)
    catalogue.insert(0, "prod_cd", PRODUCT_CODES)
    return catalogue


def _number(prefix: str, count: int) -> np.ndarray:
    return np.char.add(prefix, np.char.zfill(np.arange(count).astype(str), 8))


def _make_agreements(
    province: Province, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make agreements of one or two years for one product of four.

    Agreements follow each other while the product is in use; those that ended before
    the demo begins are left out. A product given up early ends its agreement early.
    """
    chosen = province.billing.chosen
    agreed = chosen[rng.random(len(chosen)) < 0.25].reset_index(drop=True)
    term = rng.choice(_TERMS, len(agreed))
    ended = np.where(agreed["ended"] < 0, STARTS[-1], agreed["ended"])
    started = agreed["started"].to_numpy()
    count = np.maximum((ended - started) // term + 1, 1)
    at = np.repeat(np.arange(len(agreed)), count)
    turn = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    begins = started[at] + turn * term[at]
    ends = begins + term[at] - 1
    kept = (ends >= STARTS[0]) & (begins < np.maximum(ended[at], started[at] + 1))
    at, begins, ends = at[kept], begins[kept], ends[kept]
    price = agreed["price"].to_numpy()[at] * (ends - begins + 1) / 30.4
    frame = pd.DataFrame(
        {
            "agr_no": _number("XY", len(at)),
            "grp_cust_no": _list_accounts(province)[agreed["record"].to_numpy()[at]],
            "agr_nm": "信息化业务服务协议",
            "prod_cd": PRODUCT_CODES[agreed["product"].to_numpy()[at]],
            "sign_dt": write_days(begins - rng.integers(0, 25, len(at))),
            "eff_dt": write_days(begins),
            "exp_dt": write_days(ends),
            "amt_fen": np.round(price * 100).astype(np.int64),
        }
    )
    is_early = (agreed["ended"].to_numpy()[at] >= 0) & (ended[at] <= ends)
    changes = _make_changes(frame, begins, ends, np.where(is_early, ended[at], -1), rng)
    return frame, changes


def _make_changes(
    agreements: pd.DataFrame,
    begins: np.ndarray,
    ends: np.ndarray,
    ended: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Amend one agreement in twelve, and end those early whose product was given up."""
    amended = np.flatnonzero(rng.random(len(agreements)) < 0.08)
    day = rng.integers(begins[amended] + 20, ends[amended] - 20)
    # What is agreed after the demo is not known in it; an old change is told at once.
    kept = (day < STARTS[-1]) & ((ended[amended] < 0) | (day < ended[amended]))
    amended, day = amended[kept], day[kept]
    longer = rng.random(len(amended)) < 0.4
    amount = agreements["amt_fen"].to_numpy()[amended]
    factor = rng.choice([0.8, 1.1, 1.25, 1.5], len(amended))
    early = np.flatnonzero(ended >= 0)
    amendments = {
        "agr": amended,
        "chg_cls": "XG",
        "chg_dt": day - rng.integers(0, 15, len(amended)),
        "eff_dt": day,
        "new_amt_fen": pd.array(np.round(amount * factor).astype(int), "Int64"),
        "new_exp_dt": np.where(longer, ends[amended] + 180, -1),
        "cause": "业务变更",
    }
    endings = {
        "agr": early,
        "chg_cls": "ZZ",
        "chg_dt": ended[early] - rng.integers(0, 10, len(early)),
        "eff_dt": ended[early],
        "new_amt_fen": pd.array([None] * len(early), "Int64"),
        "new_exp_dt": -1,
        "cause": "客户退订",
    }
    frame = pd.concat([pd.DataFrame(amendments), pd.DataFrame(endings)])
    frame = frame.reset_index(drop=True)
    for column in ("chg_dt", "eff_dt", "new_exp_dt"):
        frame[column] = write_days(frame[column].to_numpy(dtype=np.int64), empty=0)
    frame.insert(0, "chg_no", _number("BG", len(frame)))
    frame.insert(1, "agr_no", agreements["agr_no"].to_numpy()[frame.pop("agr")])
    return frame


def _list_accounts(province: Province) -> np.ndarray:
    return province.records["account_id"].to_numpy()


def _make_invoices(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Invoice each product in use, in the months that its rhythm names."""
    chosen = province.billing.chosen
    every = rng.choice(_EVERY, len(chosen), p=[0.3, 0.5, 0.2])
    begins, ended = chosen["started"].to_numpy(), chosen["ended"].to_numpy()
    rhythm = rng.integers(0, 12, len(chosen))
    parts = []
    for month in range(len(CODES)):
        in_use = (begins < STARTS[month]) & ((ended < 0) | (ended >= STARTS[month]))
        at = np.flatnonzero(in_use & ((month + rhythm) % every == 0))
        fen = chosen["price"].to_numpy()[at] * 100 * every[at] * SEASONS[month] ** 0.5
        fen = np.maximum(np.round(fen * (0.95 + 0.1 * rng.random(len(at)))), 100)
        is_credit = rng.random(len(at)) < 0.004
        day = STARTS[month] + rng.integers(2, 9, len(at))
        parts.append(
            pd.DataFrame(
                {
                    "mon": CODES[month],
                    "record": chosen["record"].to_numpy()[at],
                    "organisation": chosen["organisation"].to_numpy()[at],
                    "prod_cd": PRODUCT_CODES[chosen["product"].to_numpy()[at]],
                    "day": day,
                    "amt_fen": np.where(is_credit, -fen // 4, fen).astype(np.int64),
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame["inv_no"] = _number("FP", len(frame))
    frame["grp_cust_no"] = _list_accounts(province)[frame["record"]]
    frame["agr_no"] = pd.Series([None] * len(frame), dtype="string")
    frame["inv_dt"] = write_days(frame["day"].to_numpy())
    frame["due_dt"] = write_days(frame["day"].to_numpy() + 30)
    return frame


def _make_receipts(invoices: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Let each organisation pay as it is used to: some late, some in two parts."""
    count = len(invoices)
    habits = rng.gamma(2.2, 9.0, int(invoices["organisation"].max()) + 1)
    delay = habits[invoices["organisation"]] * (0.5 + rng.random(count))
    day = invoices["day"].to_numpy() + np.maximum(delay, 1).astype(np.int64)
    fen = invoices["amt_fen"].to_numpy()
    is_paid = (rng.random(count) > 0.025) & (fen > 0)
    in_parts = is_paid & (rng.random(count) < 0.05)
    first = np.where(in_parts, fen // 2, fen)
    later = day + rng.integers(15, 70, count)
    at = np.append(np.flatnonzero(is_paid), np.flatnonzero(in_parts))
    amounts = np.append(first[is_paid], (fen - first)[in_parts])
    days = np.append(day[is_paid], later[in_parts])
    come = days < STARTS[-1]
    at, amounts, days = at[come], amounts[come], days[come]
    number = invoices["inv_no"].to_numpy()[at].astype(object)
    # Some pay without saying what for.
    number[rng.random(len(at)) < 0.003] = None
    return pd.DataFrame(
        {
            "rcp_no": _number("SK", len(at)),
            "mon": CODES[np.searchsorted(STARTS, days, side="right") - 1],
            "grp_cust_no": invoices["grp_cust_no"].to_numpy()[at],
            "inv_no": pd.array(number, "string"),
            "rcp_dt": write_days(days),
            "amt_fen": amounts.astype(np.int64),
            "day": days,
            "invoice": at,
        }
    )


def _cancel_invoices(
    invoices: pd.DataFrame, receipts: pd.DataFrame, first: int
) -> pd.DataFrame:
    """Take back one in four of the invoices that nobody paid, two months later.

    A credit note for the whole amount names the invoice; those that lessen a customer's
    bills without naming one stay as they are. What was invoiced before the first month
    that the tables show stays open.
    """
    month = np.searchsorted(CODES, invoices["mon"].to_numpy())
    is_paid = np.isin(np.arange(len(invoices)), receipts["invoice"].to_numpy())
    is_listed = (invoices["mon"] >= first) & (invoices["amt_fen"] > 0)
    at = np.flatnonzero(is_listed & ~is_paid & (month + 2 < len(CODES)))[::4]
    notes = invoices.iloc[at].copy()
    notes["mon"] = CODES[month[at] + 2]
    notes["day"] = STARTS[month[at] + 2] + 10
    notes["amt_fen"] = -notes["amt_fen"]
    notes["org_inv_no"] = notes["inv_no"]
    frame = pd.concat([invoices, notes], ignore_index=True)
    frame["inv_no"] = _number("FP", len(frame))
    frame["org_inv_no"] = frame["org_inv_no"].astype("string")
    frame["inv_dt"] = write_days(frame["day"].to_numpy())
    frame["due_dt"] = write_days(frame["day"].to_numpy() + 30)
    return frame


def _make_balances(invoices: pd.DataFrame, receipts: pd.DataFrame) -> pd.DataFrame:
    """State what is open of each account, as billing's own list has it."""
    named = receipts[receipts["inv_no"].notna()]
    notes = invoices[invoices["org_inv_no"].notna()]
    place = pd.Series(invoices.index, index=invoices["inv_no"])
    credited = place.loc[notes["org_inv_no"]].to_numpy()
    parts = []
    for month in range(_FIRST_BALANCE, len(CODES)):
        end = STARTS[month + 1]
        paid = np.bincount(
            named["invoice"],
            weights=named["amt_fen"] * (named["day"] < end),
            minlength=len(invoices),
        )
        paid += np.bincount(
            credited,
            weights=-notes["amt_fen"] * (notes["day"] < end),
            minlength=len(invoices),
        )
        is_out = invoices["day"].to_numpy() < end
        rest = np.where(is_out, invoices["amt_fen"].to_numpy() - paid, 0).astype(int)
        open_fen = np.maximum(rest, 0)
        is_late = invoices["day"].to_numpy() + 30 < end - 1
        listed = pd.DataFrame(
            {
                "grp_cust_no": invoices["grp_cust_no"],
                "bal_fen": open_fen,
                "owe_fen": np.where(is_late, open_fen, 0),
            }
        )[open_fen > 0]
        listed = listed.groupby("grp_cust_no", sort=True).sum().reset_index()
        listed.insert(0, "mon", CODES[month])
        parts.append(listed)
    return pd.concat(parts, ignore_index=True)


def _make_plans(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Plan two years from product up to company, so that each level sums up.

    The second one lies ahead: it was approved in the last month, a twentieth higher.
    """
    records, chosen = province.records, province.billing.chosen
    base = pd.DataFrame(
        {
            "staff_no": write_manager_ids(records)[chosen["record"]],
            "dept": records["region_code"].to_numpy()[chosen["record"]],
            "fen": np.round(chosen["price"].to_numpy() * 100),
        }
    )
    base = base.groupby(["dept", "staff_no"], sort=True)["fen"].sum().reset_index()
    base["fen"] *= 0.9 + 0.3 * rng.random(len(base))
    shares = [
        (
            CODES[month] + 100 * ahead,
            20241220 + 10_000 * ahead,
            cls,
            product,
            of_class * of_product / 10_000 * SEASONS[month] * (1 + ahead / 20),
        )
        for ahead in range(2)
        for month in _PLAN_YEAR
        for cls, of_class in _CLASSES.items()
        for product, of_product in _PLANNED.items()
    ]
    columns = ["mon", "appr_dt", "cls_cd", "prod_cd", "share"]
    split = pd.DataFrame(shares, columns=columns)
    products = base.merge(split, how="cross")
    products["amt_fen"] = np.round(products["fen"] * products["share"]).astype(np.int64)
    products["dept_no"] = "D" + products["dept"].astype(str)
    keys = ["mon", "appr_dt", "cls_cd"]
    person = [*keys, "dept_no", "staff_no"]
    levels = [
        ("1", products.groupby(keys, sort=True)),
        ("2", products.groupby([*keys, "dept_no"], sort=True)),
        ("3", products.groupby(person, sort=True)),
        ("4", products.groupby([*person, "prod_cd"], sort=True)),
    ]
    frames = [
        groups["amt_fen"].sum().reset_index().assign(lvl_cd=level)
        for level, groups in levels
    ]
    plans = pd.concat(frames, ignore_index=True)
    plans["plan_no"] = _number("JH", len(plans))
    for column in ("dept_no", "staff_no", "prod_cd"):
        plans[column] = plans[column].astype("string")
    return plans[_names("plan_income")]


def _make_volumes(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Log what was done for whom: visits, complaints, calls, and lines each month."""
    accounts, chosen = _list_accounts(province), province.billing.chosen
    is_line = np.char.startswith(PRODUCT_CODES[chosen["product"]].astype(str), "P2")
    lines = chosen[is_line]
    parts = []
    for month in range(len(CODES)):
        for code, (share, mean, _) in _ACTIVITIES.items():
            at = np.flatnonzero(rng.random(len(accounts)) < share)
            qty = 1.0 + rng.poisson(mean, len(at))
            parts.append(_write_volumes(month, code, accounts[at], qty))
        live = (lines["started"] < STARTS[month + 1]) & (
            (lines["ended"] < 0) | (lines["ended"] >= STARTS[month])
        )
        served = lines.loc[live, "record"].value_counts(sort=False).sort_index()
        parts.append(
            _write_volumes(
                month, "LIN", accounts[served.index], served.to_numpy(dtype=float)
            )
        )
    return pd.concat(parts, ignore_index=True)


def _write_volumes(
    month: int, code: str, accounts: np.ndarray, quantity: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "mon": CODES[month],
            "act_cd": code,
            "grp_cust_no": accounts,
            "qty": quantity,
        }
    )


def _make_costs(
    province: Province, volumes: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make resources of each region from the hours that its activities took."""
    region = province.records.set_index("account_id")["region_code"]
    hours = {code: each for code, (_, _, each) in _ACTIVITIES.items()}
    hours["LIN"] = _LINE_HOURS
    taken = pd.DataFrame(
        {
            "mon": volumes["mon"],
            "region": region.reindex(volumes["grp_cust_no"]).to_numpy(),
            "act_cd": volumes["act_cd"],
            "qty": volumes["qty"] * volumes["act_cd"].map(hours),
        }
    )
    taken = taken.groupby(["mon", "region", "act_cd"], sort=True)["qty"].sum()
    taken = taken.round(2).reset_index()
    drivers = []
    resources = []
    for code, (name, kind, activities, store, rate) in _RESOURCES.items():
        uses = taken[taken["act_cd"].isin(activities)].copy()
        uses["res_no"] = code + uses["region"].astype(str)
        drivers.append(uses[["mon", "res_no", "act_cd", "qty"]])
        used = uses.groupby(["mon", "res_no"], sort=True)["qty"].sum().reset_index()
        paid = used["qty"] * max(store, 1.0)
        cost = paid * rate * (0.97 + 0.06 * rng.random(len(used)))
        resources.append(
            pd.DataFrame(
                {
                    "mon": used["mon"],
                    "res_no": used["res_no"],
                    "res_nm": name,
                    "res_cls": kind,
                    "cap_qty": paid.round(2) if store else np.nan,
                    "amt_fen": np.round(cost * 100).astype(np.int64),
                }
            )
        )
    return (
        pd.concat(resources, ignore_index=True),
        pd.concat(drivers, ignore_index=True),
    )
