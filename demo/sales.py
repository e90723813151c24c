"""Selling and serving: opportunities, blacklist, use of services, calls.

Three databases know of it: the CRM follows opportunities, finance keeps what each
service brings, the call centre notes each call that asked for a person.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from demo.dates import CODES, STARTS, write_days
from demo.dirt import Fault, spoil_rows
from demo.products import CODES as PRODUCT_CODES
from demo.products import choose_payers
from demo.province import Province
from demo.systems import Made
from demo.traits import AS_OF

PART = 41
TABLES = {
    "crm": {
        "biz_oppty": (
            "opp_no text, grp_cust_no text, prod_cd text, mgr_no text, get_dt bigint,"
            " exp_fen bigint"
        ),
        "oppty_stage_log": (
            "log_id bigint, opp_no text, stage_cd text, enter_dt bigint"
        ),
        "black_list": (
            "seq_no bigint, grp_cust_no text, in_dt bigint, out_dt bigint, cause text,"
            " appr_nm text"
        ),
        "need_fcst": "rec_id bigint, prod_cd text, fcst_fen bigint, fcst_mon bigint",
        "need_done": "rec_id bigint, done_dt bigint, result_cd text",
    },
    "erp": {
        "svc_usage": (
            "mon bigint, grp_cust_no text, svc_cd text, qty double precision,"
            " fee_fen bigint"
        ),
    },
    "callcentre": {
        "call_log": (
            "call_id bigint, mon bigint, call_dt bigint, grp_cust_no text, caller text,"
            " queue_cd text, wait_s bigint, ans_flag text, talk_s bigint,"
            " cb_hours double precision"
        ),
    },
}
# Mean days in each of the six stages, and the chance to go on from it.
_DAYS = np.array([4, 3, 9, 22, 30, 25])
_GOES_ON = np.array([0.93, 0.90, 0.72, 0.62, 0.66, 0.55])
_STAGES = np.array(["S01", "S02", "S03", "S04", "S05", "S06", "S07"])
_LOST, _WITHDRAWN = "S08", "S09"


class Service(NamedTuple):
    """A service as finance names it: unit price in yuan and how often it is used."""

    code: str
    price: float
    quantity: float
    weight: float


_SERVICES = (
    Service("SV01", 0.12, 900, 1.5),  # local calls, minutes
    Service("SV02", 0.25, 300, 1.1),  # long distance
    Service("SV03", 0.40, 120, 0.8),  # roaming
    Service("SV04", 0.10, 200, 0.3),  # IP calls
    Service("SV05", 0.08, 700, 1.3),  # messages
    Service("SV06", 0.30, 90, 0.4),  # MMS
    Service("SV07", 0.05, 4000, 1.4),  # GPRS, megabytes
    Service("SV08", 1.00, 300, 0.9),  # internet, hours
    Service("SV09", 0.20, 60, 0.3),  # mobile bank
    Service("SV10", 0.20, 80, 0.5),  # call forwarding
    Service("SV11", 2.00, 10, 0.1),  # global call
    Service("SV12", 0.50, 40, 0.3),  # mobile secretary
    Service("SV13", 0.60, 150, 0.4),  # wireless access
)
_CALLS_PER_MONTH = 0.22
_QUEUES = np.array(["Q1", "Q2", "Q3"])
_MEAN_WAITS = np.array([7.5, 10.5, 11.5])


def make_tables(province: Province, rng: np.random.Generator) -> Made:
    """Make the tables of all systems and say which rows break the contract."""
    opportunities, stages, faults = _make_opportunities(province, rng)
    calls, call_faults = _make_calls(province, rng)
    frames = {
        "crm": {
            "biz_oppty": opportunities,
            "oppty_stage_log": stages,
            "black_list": _make_blacklist(province, rng),
            "need_fcst": _make_forecasts(province, rng),
        },
        "erp": {"svc_usage": _make_usages(province, rng)},
        "callcentre": {"call_log": calls},
    }
    frames["crm"]["need_done"] = _make_closings(province, rng)
    tables = {
        system: {
            name: pa.Table.from_pandas(frame, preserve_index=False)
            for name, frame in by_name.items()
        }
        for system, by_name in frames.items()
    }
    return Made(tables, [*faults, *call_faults])


def _make_opportunities(
    province: Province, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, list[Fault]]:
    """Make opportunities of two organisations of five, and the stages they reached."""
    joined = province.traits["joined"].to_numpy()
    owner = np.flatnonzero(rng.random(len(joined)) < 0.4)
    owner = np.repeat(owner, rng.choice([1, 2, 3], len(owner), p=[0.6, 0.3, 0.1]))
    opened = rng.integers(STARTS[0] - 150, AS_OF.astype(int) - 5, len(owner))
    keep = opened >= joined[owner]
    owner, opened = owner[keep], opened[keep]
    records = province.records
    paying = choose_payers(owner, records, rng)
    size = province.traits["employees"].to_numpy()[owner]
    amount = 900 * size**0.6 * np.exp(0.8 * rng.standard_normal(len(owner)))
    manager = province.crm["grp_cust_info"].column("mgr_no").to_pandas().to_numpy()
    number = 700_000 + np.arange(len(owner))
    opportunities = pd.DataFrame(
        {
            "opp_no": np.char.add("SJ", number.astype(str)),
            "grp_cust_no": records["account_id"].to_numpy()[paying],
            "prod_cd": rng.choice(PRODUCT_CODES, len(owner)),
            "mgr_no": manager[paying],
            "get_dt": write_days(opened),
            "exp_fen": np.round(amount, -1).astype(np.int64) * 100,
        }
    )
    stages = walk_stages(opportunities["opp_no"].to_numpy(), opened, rng, 3_000_000)
    dirty = spoil_rows(stages, [{"stage_cd": "S99"}, {"enter_dt": 20240231}])
    dirty["log_id"] = [1, 2]
    stages = pd.concat([stages, dirty], ignore_index=True).astype(stages.dtypes)
    faults = [
        Fault("crm.opportunity_stages", "unknown stage", 1),
        Fault("crm.opportunity_stages", "bad date", 1),
    ]
    return opportunities, stages, faults


def walk_stages(
    numbers: np.ndarray, opened: np.ndarray, rng: np.random.Generator, first: int
) -> pd.DataFrame:
    """Let each opportunity go from stage to stage until it is won, lost or today.

    Args:
        numbers: The opportunities.
        opened: The day each was obtained, since 1970.
        rng: Draws how long each stays and where it ends.
        first: Number of the first change.
    """
    count, steps = len(numbers), len(_DAYS)
    stays = np.ceil(_DAYS * rng.exponential(1.0, (count, steps))).astype(int)
    entered = opened[:, None] + np.cumsum(np.c_[np.zeros(count, int), stays], axis=1)
    goes_on = rng.random((count, steps)) < _GOES_ON
    reached = np.cumprod(np.c_[np.ones(count, int), goes_on], axis=1).astype(bool)
    ends = ~reached & np.c_[np.zeros(count, bool), reached[:, :-1]]
    # Some that don't go on are never closed either: they grow old in their stage.
    ends &= (rng.random(count) < 0.97)[:, None]
    codes = np.broadcast_to(_STAGES, entered.shape).copy()
    given_up = np.where(rng.random(count) < 0.8, _LOST, _WITHDRAWN)
    codes[ends] = np.broadcast_to(given_up[:, None], ends.shape)[ends]
    known = (reached | ends) & (entered < AS_OF.astype(int))
    row, _ = np.nonzero(known)
    return pd.DataFrame(
        {
            "log_id": first + np.arange(len(row)),
            "opp_no": numbers[row],
            "stage_cd": codes[known],
            "enter_dt": write_days(entered[known]),
        }
    )


def _make_blacklist(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """List one organisation of 400, some of them for half a year only."""
    count = len(province.organisations)
    owner = np.sort(rng.choice(count, max(count // 400, 1), replace=False))
    listed = rng.integers(STARTS[0], STARTS[-1] - 200, len(owner))
    ended = np.where(rng.random(len(owner)) < 0.3, listed + 180, -1)
    return pd.DataFrame(
        {
            "seq_no": np.arange(len(owner)) + 1,
            "grp_cust_no": province.records["account_id"].to_numpy()[
                choose_payers(owner, province.records, rng)
            ],
            "in_dt": write_days(listed),
            "out_dt": write_days(ended),
            "cause": "恶意骚扰客服热线",
            "appr_nm": "客服主管",
        }
    )


def _make_forecasts(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Say for three needs of four what would meet them, for how much and when."""
    visits = province.crm["visit_rec"].to_pandas()
    visits = visits[(visits["rec_type"] == "1") & (rng.random(len(visits)) < 0.75)]
    month = pd.to_datetime(visits["rec_dt"].astype(str)).dt.to_period("M")
    later = month + rng.integers(1, 9, len(visits))
    written = later.dt.year * 100 + later.dt.month
    return pd.DataFrame(
        {
            "rec_id": visits["rec_id"].to_numpy(),
            "prod_cd": rng.choice(PRODUCT_CODES, len(visits)),
            "fcst_fen": rng.integers(5, 400, len(visits)) * 10_000,
            "fcst_mon": np.where(rng.random(len(visits)) < 0.9, written, 0),
        }
    )


def _make_closings(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Settle nine of ten needs, resources and difficulties, after months mostly."""
    visits = province.crm["visit_rec"].to_pandas()
    recorded = pd.to_datetime(visits["rec_dt"].astype(str)).to_numpy("datetime64[D]")
    done = recorded.astype(int) + 10 + rng.exponential(120, len(visits)).astype(int)
    settled = (done < AS_OF.astype(int)) & (rng.random(len(visits)) < 0.9)
    met = rng.random(len(visits)) < 0.7
    return pd.DataFrame(
        {
            "rec_id": visits["rec_id"].to_numpy()[settled],
            "done_dt": write_days(done)[settled],
            "result_cd": np.where(met, "1", "2")[settled],
        }
    )


def _make_usages(province: Province, rng: np.random.Generator) -> pd.DataFrame:
    """Make the use of two to four services by everybody who pays for members."""
    traits = province.traits
    payers = np.flatnonzero(traits["unified"].to_numpy() > 0)
    wanted = rng.integers(2, 5, len(payers))
    weights = np.array([service.weight for service in _SERVICES])
    score = np.log(weights) + rng.gumbel(size=(len(payers), len(_SERVICES)))
    taken = np.arange(len(_SERVICES)) < wanted[:, None]
    owner = np.repeat(payers, wanted)
    service = np.argsort(-score, axis=1)[taken]
    level = np.sqrt(traits["employees"].to_numpy()[owner] / 30)
    base = np.array([s.quantity for s in _SERVICES])[service] * level
    base *= _fit_bill(base, service, owner, traits)
    account = province.records["account_id"].to_numpy()[
        choose_payers(payers, province.records, rng)
    ]
    users = pd.DataFrame(
        {
            "joined": traits["joined"].to_numpy()[owner],
            "left": _drop_services(owner, traits["left"].to_numpy()[owner]),
            "account": np.repeat(account, wanted),
            "service": service,
            "base": base,
            "trend": 0.01 * rng.standard_normal(len(owner)),
        }
    )
    months = [_use_services(users, month, rng) for month in province.billing.months]
    return pd.concat(months, ignore_index=True)


def _fit_bill(
    base: np.ndarray, service: np.ndarray, owner: np.ndarray, traits: pd.DataFrame
) -> np.ndarray:
    """By what an organisation's use is lessened to stay well below its whole bill."""
    price = np.array([s.price for s in _SERVICES])[service]
    spent = np.bincount(owner, base * price, len(traits))
    bill = traits["unified"].to_numpy() + 30 * traits["lines"].to_numpy()
    return np.minimum(0.5 * bill / np.maximum(spent, 1), 1)[owner]


def _drop_services(owner: np.ndarray, left: np.ndarray) -> np.ndarray:
    """One of 25 customers drops the first of its services in the last six months."""
    is_first = np.append(True, owner[1:] != owner[:-1])
    drops = is_first & (owner % 25 == 4) & (left < 0)
    day = np.array(STARTS)[len(STARTS) - 2 - owner % 6]
    return np.where(drops, day, left)


def _use_services(
    users: pd.DataFrame, month: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Use services for a month, by everybody who is a customer in it."""
    left = users["left"]
    living = users[
        (users["joined"] < STARTS[month]) & ((left < 0) | (left >= STARTS[month]))
    ]
    service = living["service"].to_numpy()
    noise = 0.15 * rng.standard_normal(len(living))
    grown = living["base"] * np.exp(living["trend"] * month + noise)
    quantity = np.round(grown.to_numpy(), 1)
    price = np.array([s.price for s in _SERVICES])[service]
    return pd.DataFrame(
        {
            "mon": CODES[month],
            "grp_cust_no": living["account"].to_numpy(),
            "svc_cd": np.array([s.code for s in _SERVICES])[service],
            "qty": quantity,
            "fee_fen": np.round(100 * quantity * price).astype(np.int64),
        }
    )


def _make_calls(
    province: Province, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[Fault]]:
    """Make calls; who is valued most waits in the first queue, and shortest."""
    spending = province.traits["unified"].to_numpy()
    cuts = np.quantile(spending, [0.70, 0.92])
    rank = 2 - np.digitize(spending, cuts)
    months = [_call(province, rank, month, rng) for month in province.billing.months]
    calls = pd.concat(months, ignore_index=True)
    last = int(calls["mon"].max())
    dirty = spoil_rows(calls[calls["mon"] == last], [{"wait_s": -4}, {"wait_s": -1}])
    dirty["call_id"] = [1, 2]
    calls = pd.concat([calls, dirty], ignore_index=True).astype(calls.dtypes)
    return calls, [Fault("callcentre.calls", "negative wait", 2, last)]


def _call(
    province: Province, rank: np.ndarray, month: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Make the calls of a month; one of 25 comes from a number that nobody knows."""
    count = rng.poisson(_CALLS_PER_MONTH * len(rank))
    owner = rng.integers(0, len(rank), count)
    paying = choose_payers(owner, province.records, rng)
    account = province.records["account_id"].to_numpy()[paying].astype(object)
    is_known = rng.random(count) >= 0.04
    queue = np.where(is_known, rank[owner], 2)
    wait = np.round(rng.exponential(_MEAN_WAITS[queue])).astype(np.int64)
    is_answered = rng.random(count) < np.exp(-wait / 250)
    called_back = ~is_answered & (rng.random(count) < 0.93)
    hours = np.round(rng.exponential(7.0, count), 1)
    day = rng.integers(STARTS[month], STARTS[month + 1], count)
    return pd.DataFrame(
        {
            "call_id": month * 10_000_000 + 100 + np.arange(count),
            "mon": CODES[month],
            "call_dt": write_days(day),
            "grp_cust_no": np.where(is_known, account, None),
            "caller": (10_000_000_000 + owner * 7).astype(str),
            "queue_cd": _QUEUES[queue],
            "wait_s": wait,
            "ans_flag": np.where(is_answered, "Y", "N"),
            "talk_s": np.where(is_answered, rng.integers(20, 600, count), 0),
            "cb_hours": np.where(called_back, hours, np.nan),
        }
    )
