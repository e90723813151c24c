"""What happens after the first build: late, corrected, withdrawn bills, new records.

Every change is drawn from a seed: the same changes in the same order give the same
content. The truth files keep telling what was built; `build --anew` goes back to it.
"""

import math
from collections.abc import Sequence

import pandas as pd
import psycopg
import pyarrow as pa

from demo.crm import DDL
from demo.databases import copy_table, open_system
from demo.province import make_province
from jinta.errors import UsageError
from jinta.settings import Settings

# Numbers of accounts and bills that no build gives out.
FIRST_NEW_ACCOUNT = 8_000_000
FIRST_LATE_BILL = 5_000_000
CREATED = 20251220
_OTHER_PROVINCE = 1_000

# Bills are chosen by a hash of seed and number, so that no row order matters.
_CHOSEN = """
    select bill_seq from boss.grp_prod_bill
    where bill_cyc = %(month)s and fee_fen is not null and grp_cust_no is not null
        and prod_cd is not null and mod(bill_seq, 10000000) < 5000000
    order by md5(%(seed)s::text || bill_seq::text), bill_seq
    limit %(count)s
"""
_LATE = f"""
    insert into boss.grp_prod_bill
        (bill_seq, bill_cyc, grp_cust_no, prod_cd, pay_cls, fee_fen)
    select
        %(next)s + row_number() over (order by bill_seq),
        bill_cyc, grp_cust_no, prod_cd, pay_cls, fee_fen + 100
    from boss.grp_prod_bill
    where bill_seq in ({_CHOSEN})
"""  # noqa: S608
_CORRECT = f"""
    update boss.grp_prod_bill set fee_fen = fee_fen + greatest(fee_fen / 10, 100)
    where bill_seq in ({_CHOSEN})
"""  # noqa: S608
_WITHDRAW = f"""
    with gone as (
        delete from boss.grp_prod_bill where bill_seq in ({_CHOSEN}) returning *
    )
    insert into boss.withdrawn_bill select * from gone
"""  # noqa: S608
_REDELIVER = """
    with back as (delete from boss.withdrawn_bill returning *)
    insert into boss.grp_prod_bill select * from back
"""


def deliver_late_bills(settings: Settings, month: str, count: int, seed: int) -> int:
    """Bill accounts once more for an old month, as if these bills had been held back.

    Args:
        settings: In whose state folder the demo stands.
        month: Such as `2025-08`.
        count: How many bills come.
        seed: Which accounts and products it concerns.

    Returns:
        How many bills came.
    """
    with open_system(settings, "boss") as connection:
        asked = _ask(connection, month, count, seed)
        row = connection.execute(
            "select coalesce(max(bill_seq), %(first)s) from boss.grp_prod_bill "
            "where bill_cyc = %(month)s and bill_seq > %(first)s",
            asked | {"first": asked["month"] * 10_000_000 + FIRST_LATE_BILL},
        ).fetchone()
        assert row is not None
        return connection.execute(_LATE, asked | {"next": row[0]}).rowcount


def correct_bills(settings: Settings, month: str, count: int, seed: int) -> int:
    """Raise the amounts of some bills of a month; how many were corrected."""
    with open_system(settings, "boss") as connection:
        asked = _ask(connection, month, count, seed)
        return connection.execute(_CORRECT, asked).rowcount


def withdraw_bills(settings: Settings, month: str, count: int, seed: int) -> int:
    """Take some bills of a month out of billing; how many are gone."""
    with open_system(settings, "boss") as connection:
        asked = _ask(connection, month, count, seed)
        connection.execute(
            "create table if not exists boss.withdrawn_bill (like boss.grp_prod_bill)"
        )
        return connection.execute(_WITHDRAW, asked).rowcount


def redeliver_bills(settings: Settings) -> int:
    """Put back all bills that were withdrawn; how many came back."""
    with open_system(settings, "boss") as connection:
        row = connection.execute("select to_regclass('boss.withdrawn_bill')").fetchone()
        if row is None or row[0] is None:
            return 0
        return connection.execute(_REDELIVER).rowcount


def add_records(settings: Settings, percent: float, seed: int) -> tuple[int, int]:
    """Add records to the CRM: every other one of an organisation that it has already.

    A second record has the name, address and telephone of the first, and no codes. New
    organisations come from a province of another seed; they have no bills yet.

    Args:
        settings: In whose state folder the demo stands.
        percent: How many, of the records there are.
        seed: Which ones.

    Returns:
        Second records, and records of new organisations.
    """
    with open_system(settings, "crm") as connection:
        held = _read_accounts(connection)
        wanted = max(2, math.ceil(len(held) * percent / 100))
        again = _draw_second_records(held, wanted // 2, seed)
        fresh = _draw_organisations(held, wanted - wanted // 2, seed)
        records = pd.concat([again, fresh], ignore_index=True)
        used = held["grp_cust_no"].str[3:].astype(int)
        first = max(int(used[used < FIRST_NEW_ACCOUNT + 990_000].max()) + 1,
                    FIRST_NEW_ACCOUNT)  # fmt: skip
        numbers = pd.Series(range(first, first + len(records))).astype(str)
        records["grp_cust_no"] = records["region_cd"].astype(str) + numbers
        records["crt_dt"] = CREATED
        copy_table(connection, "crm", "grp_cust_info", _to_arrow(records))
    return len(again), len(fresh)


def _ask(
    connection: psycopg.Connection, month: str, count: int, seed: int
) -> dict[str, int]:
    """Check that the month was billed and write the request as the queries take it."""
    billed = [
        str(code)
        for (code,) in connection.execute(
            "select distinct bill_cyc from boss.grp_prod_bill order by 1"
        )
    ]
    if month.replace("-", "") not in billed:
        raise UsageError(
            f"The demo was not billed in {month!r}.",
            f"Name a month from {_show(billed[0])} to {_show(billed[-1])}."
            if billed
            else "Build it first: python -m demo build.",
        )
    return {"month": int(month.replace("-", "")), "count": count, "seed": seed}


def _show(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"


def _read_accounts(connection: psycopg.Connection) -> pd.DataFrame:
    """Read the good records: those that the build spoilt on purpose are left out."""
    names = _name_columns()
    rows = connection.execute(
        "select * from crm.grp_cust_info where grp_cust_no ~ '^8[0-9]{9}$' "
        "and substr(grp_cust_no, 4, 3) <> '999' and grp_cust_nm is not null "
        "order by grp_cust_no, off_tel"
    ).fetchall()
    held = pd.DataFrame(rows, columns=names, dtype=object)
    return held.drop_duplicates("grp_cust_no", ignore_index=True)


def _name_columns() -> Sequence[str]:
    return [column.split()[0] for column in DDL["grp_cust_info"].split(", ")]


def _draw_second_records(held: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    living = held[(held["cncl_dt"] == 20991231) & held["off_tel"].notna()]
    once = living[~living["grp_cust_nm"].duplicated(keep=False)]
    chosen = once.sample(min(count, len(once)), random_state=seed)
    codes = ["uscc", "tax_reg_no", "org_cd", "up_grp_no"]
    return chosen.assign(**dict.fromkeys(codes)).reset_index(drop=True)


def _draw_organisations(held: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    province = make_province(max(100, 3 * count), 1, seed + _OTHER_PROVINCE)
    crm = province.crm["grp_cust_info"].to_pandas().astype(object)
    first = (province.records["variant"] == "first").to_numpy()
    drawn = crm.iloc[: len(first)][first]
    drawn = drawn.where(drawn.notna(), None)
    is_known = drawn["grp_cust_nm"].isin(held["grp_cust_nm"]) | (
        drawn["uscc"].notna() & drawn["uscc"].isin(held["uscc"])
    )
    fresh = drawn[~is_known & (drawn["cncl_dt"] == 20991231)]
    fresh = fresh.drop_duplicates("grp_cust_nm").head(count)
    return fresh.assign(up_grp_no=None).reset_index(drop=True)


def _to_arrow(records: pd.DataFrame) -> pa.Table:
    kinds = {"text": pa.string(), "bigint": pa.int64(), "double": pa.float64()}
    fields = [
        (column.split()[0], kinds[column.split()[1]])
        for column in DDL["grp_cust_info"].split(", ")
    ]
    return pa.table(
        {
            name: pa.array(records[name].where(records[name].notna(), None), kind)
            for name, kind in fields
        }
    )
