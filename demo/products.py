"""What groups themselves are billed: unified payment and informatization products."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from demo.dates import SEASONS, STARTS
from demo.lines import find_usable_records
from demo.traits import ORGANISATION_DEPARTMENT


class Product(NamedTuple):
    """A product as billing names it.

    Attributes:
        code: Code in billing.
        kind: What `demo/sources.yml` makes of the code.
        price: Yuan a month for an organisation of 30 employees.
        exponent: How the price grows with the number of employees.
        weight: How often it is chosen.
        circuit: Kind of line in the leased-line ledger, or empty.
    """

    code: str
    kind: str
    price: float
    exponent: float
    weight: float
    circuit: str = ""


PRODUCTS = (
    Product("P1001", "mas", 420, 0.45, 1.2),
    Product("P1002", "adc", 160, 0.40, 0.9),
    Product("P1003", "mobile_oa", 260, 0.75, 0.8),
    Product("P1004", "idc", 3200, 0.45, 0.25),
    Product("P1005", "sms_gateway", 220, 0.50, 1.6),
    Product("P1006", "m2m", 240, 0.60, 0.8),
    Product("P1007", "vnet_function", 30, 0.80, 1.4),
    Product("P1008", "video_surveillance", 350, 0.45, 0.7),
    Product("P2001", "internet_leased_line", 1300, 0.40, 1.3, "互联网专线"),
    Product("P2002", "data_leased_line", 2100, 0.45, 0.6, "数据专线"),
    Product("P2003", "voice_leased_line", 600, 0.45, 0.5, "语音专线"),
)
# What the CRM's catalogue says of them: name, name in English, family, day of launch.
CATALOGUE = (
    ("移动代理服务器", "Message gateway on site (MAS)", "信息化应用", 20040601),
    ("应用数据中心", "Hosted applications (ADC)", "信息化应用", 20070901),
    ("移动办公", "Mobile office", "信息化应用", 20080301),
    ("互联网数据中心", "Internet data centre (IDC)", "数据中心", 20060101),
    ("企业短信网关", "Business SMS gateway", "信息化应用", 20030401),
    ("物联网", "Machine to machine (M2M)", "物联网", 20090701),
    ("集团V网功能", "V-net functions", "话音", 20020501),
    ("视频监控", "Video surveillance", "物联网", 20100601),
    ("互联网专线", "Internet leased line", "专线", 20050101),
    ("数据专线", "Data leased line", "专线", 20050101),
    ("语音专线", "Voice leased line", "专线", 20050101),
)
PAYMENTS = ("T01", "T02", "T03")  # calls, data, broadband paid for the members
CODES = np.array([product.code for product in PRODUCTS])
PAYMENT_CODES = np.array(PAYMENTS)


def choose_products(
    traits: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Choose each organisation's products.

    Returns:
        One row per organisation and product: position of the product, the record that
        is billed, first and last day (−1: still in use), yuan a month.
    """
    count = len(traits)
    wanted = np.minimum(rng.poisson(traits["product_wish"]), len(PRODUCTS) - 3)
    weights = np.array([product.weight for product in PRODUCTS])
    score = np.log(weights) + rng.gumbel(size=(count, len(PRODUCTS)))
    score[traits["vnet_share"].to_numpy() == 0, 6] = -np.inf
    score[ORGANISATION_DEPARTMENT, 0] = np.inf
    wanted[ORGANISATION_DEPARTMENT] = 2
    order = np.argsort(-score, axis=1)
    taken = np.arange(len(PRODUCTS)) < wanted[:, None]
    owner = np.repeat(np.arange(count), wanted)
    product = order[taken]
    chosen = pd.DataFrame({"organisation": owner, "product": product})
    size = traits["employees"].to_numpy()[owner] / 30
    exponent = np.array([p.exponent for p in PRODUCTS])[product]
    price = np.array([p.price for p in PRODUCTS])[product] * size**exponent
    price *= traits["price_level"].to_numpy()[owner]
    chosen["price"] = np.round(price * np.exp(0.3 * rng.standard_normal(len(owner))), 2)
    is_mas = (owner == ORGANISATION_DEPARTMENT) & (product == 0)
    chosen.loc[is_mas, "price"] = 1_800.0
    _add_periods(chosen, traits, is_mas, rng)
    chosen["record"] = choose_payers(owner, records, rng)
    return chosen


def _add_periods(
    chosen: pd.DataFrame,
    traits: pd.DataFrame,
    is_mas: np.ndarray,
    rng: np.random.Generator,
) -> None:
    owner, count = chosen["organisation"].to_numpy(), len(chosen)
    joined, left = (traits[c].to_numpy()[owner] for c in ("joined", "left"))
    early = np.maximum(joined, STARTS[0] - rng.integers(10, 2200, count))
    late = np.maximum(joined, rng.integers(STARTS[0], STARTS[-1], count))
    starts = np.where((rng.random(count) < 0.80) | is_mas, early, late)
    ends = starts + rng.integers(200, 900, count)
    given_up = (rng.random(count) < 0.10) & ~is_mas & (ends < STARTS[-1])
    ends = np.where(given_up & (ends >= STARTS[0]), ends, -1)
    ends = np.where((left >= 0) & ((ends < 0) | (ends > left)), left, ends)
    chosen["started"], chosen["ended"] = starts, ends


def choose_payers(
    owner: np.ndarray, records: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Choose the record that is billed, the organisation's first one mostly."""
    first, usable = find_usable_records(records)
    second = (rng.random(len(owner)) < 0.25) & (usable[owner] > 1)
    return first[owner] + second


def choose_payments(
    traits: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Split what organisations pay for their members over one to three items."""
    payers = np.flatnonzero(traits["unified"].to_numpy() > 0)
    items = rng.choice([1, 2, 3], len(payers), p=[0.6, 0.3, 0.1])
    owner = np.repeat(payers, items)
    firsts = np.append(0, np.cumsum(items)[:-1])
    item = np.arange(len(owner)) - np.repeat(firsts, items)
    share = np.array([[1.0, 0, 0], [0.7, 0.3, 0], [0.6, 0.25, 0.15]])[
        np.repeat(items, items) - 1, item
    ]
    payments = pd.DataFrame({"organisation": owner, "product": item})
    payments["price"] = traits["unified"].to_numpy()[owner] * share
    payments["started"] = traits["joined"].to_numpy()[owner]
    payments["ended"] = traits["left"].to_numpy()[owner]
    payments["record"] = choose_payers(owner, records, rng)
    return payments


def bill_groups(
    chosen: pd.DataFrame, month: int, noise: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Bill what was in use in a month.

    Returns:
        Positions in `chosen` and amounts in fen; now and then a credit follows.
    """
    start, end = STARTS[month], STARTS[month + 1]
    ended = chosen["ended"].to_numpy()
    at = np.flatnonzero(
        (chosen["started"].to_numpy() < end) & ((ended < 0) | (ended >= start))
    )
    price = chosen["price"].to_numpy()[at] * 100
    fen = price * SEASONS[month] ** 0.5 * np.exp(noise * rng.standard_normal(len(at)))
    fen = np.maximum(np.round(fen), 1).astype(np.int64)
    credited = rng.random(len(at)) < 0.004
    refunds = -(fen[credited] * 0.3).astype(np.int64)
    return np.append(at, at[credited]), np.append(fen, refunds)
