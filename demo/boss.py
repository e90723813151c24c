"""The billing database (BOSS): months as yyyymm, money in fen, its own names."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from demo import lines as member_lines
from demo import products
from demo.dates import write_days
from demo.dirt import DIRTY_MONTHS, Fault
from demo.lines import NOT_A_MEMBER, UNKNOWN_ACCOUNT
from demo.traits import MONTHS

UNIFIED, INFORMATIZATION = 1, 2
BILL_TABLES = {
    UNIFIED: "billing.unified_payment_bills",
    INFORMATIZATION: "billing.informatization_bills",
}
STATUS_CODES = np.array(["US10", "US30", "US20"])
# Group numbers that the CRM doesn't know yet, and lines without a subscription.
LATE_ACCOUNTS = tuple(f"87477000{number:02d}" for number in range(5))
GHOST_LINES = tuple(87_477_000_000 + number for number in range(4))
DDL = {
    "subs_user": (
        "usr_id bigint, grp_cust_no text, msisdn bigint, open_dt bigint, dest_dt bigint"
    ),
    "usr_acct_item": (
        "bill_cyc bigint, usr_id bigint, acct_item bigint, fee_fen bigint"
    ),
    "grp_prod_bill": (
        "bill_seq bigint, bill_cyc bigint, grp_cust_no text, prod_cd text,"
        " pay_cls bigint, fee_fen bigint"
    ),
    "vpmn_grp": "vpmn_no bigint, grp_cust_no text",
    "vpmn_member": "vpmn_no bigint, usr_id bigint, join_dt bigint, quit_dt bigint",
    "usr_stat_chg": (
        "chg_seq bigint, chg_mon bigint, usr_id bigint, chg_dt bigint, stat_cd text"
    ),
}
PARTITIONED = {"usr_acct_item": "bill_cyc"}


@dataclass
class Billing:
    """All that a month of billing is made from.

    Attributes:
        account_ids: The CRM's number of each record.
        lines: What `lines.make_lines` made.
        chosen: Informatization products in use.
        payments: Unified payments.
        organisations: How many there are.
        months: Positions of the months that are kept.
        seed: Seed of the province; each month has choices of its own.
        faults: Rows that break the contract, noted while they are made.
        totals: Month, contract table, rows that must land and their sum in fen.
    """

    account_ids: pa.Array
    lines: pd.DataFrame
    chosen: pd.DataFrame
    payments: pd.DataFrame
    organisations: int
    months: range
    seed: int
    faults: list[Fault] = field(default_factory=list)
    totals: list[tuple[int, str, int, int]] = field(default_factory=list)

    def add_total(self, month: int, table: str, fen: np.ndarray) -> None:
        """Note how many rows of a month must land, and their sum in fen."""
        code = member_lines.format_month(month)
        self.totals.append((code, table, len(fen), int(fen.sum())))

    def is_dirty(self, month: int) -> bool:
        """Whether a month has rows that break the contract."""
        return month >= MONTHS - DIRTY_MONTHS


def make_standing_tables(billing: Billing) -> dict[str, pa.Table]:
    """Make the tables that have no months: subscriptions and V-nets."""
    lines = billing.lines
    subscriptions = pa.table(
        {
            "usr_id": lines["line_id"].to_numpy(),
            "grp_cust_no": _name_accounts(billing, lines["record"].to_numpy()),
            "msisdn": lines["number"].to_numpy(),
            "open_dt": write_days(lines["opened"].to_numpy()),
            "dest_dt": write_days(lines["closed"].to_numpy()),
        }
    )
    in_vnet = lines[lines["vnet_joined"] > 0]
    record = in_vnet["record"].to_numpy().astype(np.int64)
    owners = np.unique(record)
    members = pa.table(
        {
            "vpmn_no": 60_000_000 + record,
            "usr_id": in_vnet["line_id"].to_numpy(),
            "join_dt": write_days(in_vnet["vnet_joined"].to_numpy()),
            "quit_dt": write_days(in_vnet["vnet_left"].to_numpy()),
        }
    )
    return {
        "subs_user": pa.concat_tables(
            [subscriptions, _spoil_subscriptions(billing, subscriptions)]
        ),
        "vpmn_grp": pa.table(
            {
                "vpmn_no": 60_000_000 + owners,
                "grp_cust_no": _name_accounts(billing, owners),
            }
        ),
        "vpmn_member": members,
    }


def _name_accounts(billing: Billing, records: np.ndarray) -> pa.Array:
    """Turn positions of records into the CRM's numbers; individuals have none."""
    late = np.flatnonzero(records == UNKNOWN_ACCOUNT)
    known = pa.concat_arrays(
        [billing.account_ids, pa.array(LATE_ACCOUNTS, pa.string())]
    )
    at = records.astype(np.int64)
    at[late] = len(billing.account_ids) + np.arange(len(late)) % len(LATE_ACCOUNTS)
    return known.take(pa.array(at, mask=records == NOT_A_MEMBER))


def _spoil_subscriptions(billing: Billing, good: pa.Table) -> pa.Table:
    """Two impossible days, one row without a line, one line twice."""
    spoilt = good.slice(0, 4).to_pandas().astype(object)
    spoilt["usr_id"] = [87_499_000_001, 87_499_000_002, None, good["usr_id"][3].as_py()]
    spoilt.loc[:1, "open_dt"] = [20240230, 20231301]
    spoilt.loc[3, "open_dt"] = 19990101
    table = "billing.subscriptions"
    billing.faults += [
        Fault(table, "bad date", 2),
        Fault(table, "missing key", 1),
        Fault(table, "duplicate key", 1),
    ]
    return pa.Table.from_pandas(spoilt, schema=good.schema, preserve_index=False)


def iterate_months(
    billing: Billing,
) -> Iterator[tuple[int, dict[str, pa.Table], pd.DataFrame]]:
    """Make one month after another, so that memory holds one at a time.

    Yields:
        The month's position, its tables, and what each organisation was truly billed.
    """
    for month in billing.months:
        rng = np.random.default_rng([billing.seed, 100, month])
        rows = member_lines.bill_month(billing.lines, month, rng)
        groups, amounts = _bill_groups(billing, month, rng)
        tables = {
            "usr_acct_item": _write_line_bills(billing, rows, month),
            "grp_prod_bill": groups,
            "usr_stat_chg": _write_changes(billing, rows, month),
        }
        truth = member_lines.count_members(billing.lines, billing.organisations, month)
        truth["member_fen"] = _sum_members(billing, rows)
        truth = pd.concat([truth, amounts], axis=1)
        truth.insert(0, "organisation", np.arange(billing.organisations))
        truth.insert(0, "month", member_lines.format_month(month))
        yield month, tables, truth


def _sum_members(billing: Billing, rows: member_lines.Months) -> np.ndarray:
    lines = billing.lines
    # The last digits of a line's number are its place in a permutation.
    place = np.empty(len(lines), dtype=np.int64)
    place[lines["line_id"].to_numpy() % 100_000_000] = np.arange(len(lines))
    owner = lines["organisation"].to_numpy()[place[rows.bill_line % 100_000_000]]
    members = owner >= 0
    fen = np.bincount(
        owner[members],
        weights=rows.bill_fen[members],
        minlength=billing.organisations,
    )
    return fen.astype(np.int64)


def _write_line_bills(
    billing: Billing, rows: member_lines.Months, month: int
) -> pa.Table:
    code = member_lines.format_month(month)
    line, item, fen = rows.bill_line, rows.bill_item, rows.bill_fen
    ghosts = np.array(GHOST_LINES)
    line = np.append(line, ghosts)
    item = np.append(item, np.full(len(ghosts), member_lines.RENT))
    fen = np.append(fen, np.full(len(ghosts), 3_800))
    missing = np.zeros(len(line), dtype=bool)
    billing.add_total(month, "billing.line_bills", fen)
    if billing.is_dirty(month):
        # Two rows without an amount, and one that came twice with another amount.
        line = np.append(line, [ghosts[0], ghosts[1], line[0]])
        item = np.append(item, [member_lines.DATA, member_lines.DATA, item[0]])
        fen = np.append(fen, [0, 0, 1])
        missing = np.append(missing, [True, True, False])
        billing.faults += [
            Fault("billing.line_bills", "missing amount", 2, code),
            Fault("billing.line_bills", "duplicate key", 1, code),
        ]
    return pa.table(
        {
            "bill_cyc": np.full(len(line), code),
            "usr_id": line,
            "acct_item": item,
            "fee_fen": pa.array(fen, mask=missing),
        }
    )


def _bill_groups(
    billing: Billing, month: int, rng: np.random.Generator
) -> tuple[pa.Table, pd.DataFrame]:
    """Write one table of both kinds of group bills, as billing keeps them."""
    parts, amounts = [], {}
    kinds = (
        (UNIFIED, "unified_fen", billing.payments, products.PAYMENT_CODES, 0.08),
        (INFORMATIZATION, "informatization_fen", billing.chosen, products.CODES, 0.05),
    )
    for kind, name, chosen, codes, noise in kinds:
        at, fen = products.bill_groups(chosen, month, noise, rng)
        owner = chosen["organisation"].to_numpy()[at]
        summed = np.bincount(owner, weights=fen, minlength=billing.organisations)
        amounts[name] = summed.astype(np.int64)
        parts.append(
            pd.DataFrame(
                {
                    "grp_cust_no": billing.account_ids.take(
                        pa.array(chosen["record"].to_numpy()[at])
                    ).to_numpy(zero_copy_only=False),
                    "prod_cd": codes[chosen["product"].to_numpy()[at]],
                    "pay_cls": kind,
                    "fee_fen": fen,
                }
            )
        )
    parts.append(_bill_strangers(rng))
    bills = pd.concat(parts, ignore_index=True)
    for kind, table in BILL_TABLES.items():
        of_kind = bills["pay_cls"] == kind
        billing.add_total(month, table, bills.loc[of_kind, "fee_fen"].to_numpy())
    if billing.is_dirty(month):
        bills = pd.concat([bills, _spoil_group_bills(billing, bills, month)])
    code = member_lines.format_month(month)
    bills.insert(0, "bill_cyc", code)
    bills.insert(0, "bill_seq", code * 10_000_000 + np.arange(len(bills)))
    bills["fee_fen"] = bills["fee_fen"].astype("Int64")
    return (
        pa.Table.from_pandas(bills, preserve_index=False),
        pd.DataFrame(amounts),
    )


def _bill_strangers(rng: np.random.Generator) -> pd.DataFrame:
    """Bill accounts that the CRM doesn't know yet, and one whose number is missing."""
    names = [*LATE_ACCOUNTS, None, LATE_ACCOUNTS[0]]
    kinds = [UNIFIED] * 6 + [INFORMATIZATION]
    return pd.DataFrame(
        {
            "grp_cust_no": names,
            "prod_cd": ["T01"] * 6 + ["P1005"],
            "pay_cls": kinds,
            "fee_fen": rng.integers(10_000, 90_000, len(names)),
        }
    )


def _spoil_group_bills(
    billing: Billing, bills: pd.DataFrame, month: int
) -> pd.DataFrame:
    spoilt = bills.groupby("pay_cls").head(1).astype({"fee_fen": object})
    unified = spoilt["pay_cls"] == UNIFIED
    spoilt["fee_fen"] = spoilt["fee_fen"].mask(unified, None)
    spoilt["prod_cd"] = spoilt["prod_cd"].where(unified, None)
    code = member_lines.format_month(month)
    billing.faults += [
        Fault(BILL_TABLES[UNIFIED], "missing amount", 1, code),
        Fault(BILL_TABLES[INFORMATIZATION], "missing product", 1, code),
    ]
    return spoilt


def _write_changes(billing: Billing, rows: member_lines.Months, month: int) -> pa.Table:
    billing.add_total(
        month, "billing.line_status_changes", np.zeros(len(rows.change_line), int)
    )
    order = np.argsort(rows.change_day, kind="stable")
    line = rows.change_line[order]
    day = write_days(rows.change_day[order])
    status = STATUS_CODES[rows.change_status[order]]
    code = member_lines.format_month(month)
    if billing.is_dirty(month):
        # Two statuses that nobody explained, and a day that no month has.
        line = np.append(line, line[:3])
        day = np.append(day, [*day[:2], code * 100 + 32])
        status = np.append(status, ["US99", "US99", "US10"])
        billing.faults += [
            Fault("billing.line_status_changes", "unknown status", 2, code),
            Fault("billing.line_status_changes", "bad date", 1, code),
        ]
    return pa.table(
        {
            "chg_seq": code * 10_000_000 + np.arange(len(line)),
            "chg_mon": np.full(len(line), code),
            "usr_id": line,
            "chg_dt": day,
            "stat_cd": status,
        }
    )
