"""The whole province for a seed: a pure function, nothing is written here."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from demo import files
from demo.boss import Billing
from demo.crm import make_crm
from demo.dirt import Fault
from demo.lines import list_months, make_lines
from demo.organisations import make_organisations
from demo.products import choose_payments, choose_products
from demo.records import make_records
from demo.traits import MONTHS, make_traits, rank_taxpayers


@dataclass
class Province:
    """What is true, and what the source systems know of it.

    Attributes:
        organisations: The true organisations, by position.
        traits: What is true of them, in the same order.
        ranks: Their places on the lists of taxpayers; 0 stands for none.
        records: The CRM's records of them.
        billing: What the months of billing are made from.
        crm: Tables of the CRM.
        ledger: The leased-line ledger.
        rankings: The lists of taxpayers.
        influences: The gradings of influence.
        faults: Rows of the CRM that break the contract.
    """

    organisations: pd.DataFrame
    traits: pd.DataFrame
    ranks: np.ndarray
    records: pd.DataFrame
    billing: Billing
    crm: dict[str, pa.Table]
    ledger: pd.DataFrame
    rankings: pd.DataFrame
    influences: pd.DataFrame
    faults: list[Fault]


def make_province(accounts: int, months: int = MONTHS, seed: int = 7) -> Province:
    """Make a province; its months of billing are made when they are asked for.

    Each part draws from a generator of its own, so that a change to one of them leaves
    the others as they were, and fewer months are the last ones of many.

    Args:
        accounts: True organisations, at least 100.
        months: Months of billing up to December 2025, 24 at most.
        seed: Seed of every choice.
    """

    def draw(part: int) -> np.random.Generator:
        return np.random.default_rng([seed, part])

    kept = list_months(months)
    organisations = make_organisations(accounts, draw(1))
    traits = make_traits(organisations, draw(12))
    ranks = rank_taxpayers(organisations, traits, draw(3))
    records = make_records(organisations, traits, draw(4))
    account_ids = records["account_id"].to_numpy().astype(str)
    chosen = choose_products(traits, records, draw(6))
    crm, faults = make_crm(organisations, records, draw(8))
    return Province(
        organisations=organisations,
        traits=traits,
        ranks=ranks,
        records=records,
        billing=Billing(
            account_ids=pa.array(account_ids, pa.string()),
            lines=make_lines(organisations, traits, records, draw(5)),
            chosen=chosen,
            payments=choose_payments(traits, records, draw(7)),
            organisations=accounts,
            months=kept,
            seed=seed,
        ),
        crm=crm,
        ledger=files.make_ledger(chosen, account_ids, draw(9)),
        rankings=files.make_rankings(
            organisations, ranks, _list_codes(records), draw(10)
        ),
        influences=files.make_influences(organisations, traits, records, draw(11)),
        faults=faults,
    )


def _list_codes(records: pd.DataFrame) -> np.ndarray:
    first = records[~records["organisation"].duplicated()]
    return first["true_code"].to_numpy()
