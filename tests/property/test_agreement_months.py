"""Any agreement, any amendments, any early end: months sum to the cent (S4-09, F62)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from jinta.replay.engine import Replay
from jinta.warehouse import connect

FIRST = date(2023, 12, 1)
DAYS = st.integers(0, 900).map(lambda day: FIRST + timedelta(days=day))
AMOUNTS = st.decimals(-(10**6), 10**8, places=2, allow_nan=False)
CENT = Decimal("0.01")
NAMES = (
    "stg_jinta__months",
    "stg_crm__agreements",
    "stg_crm__agreement_changes",
    "int_indicators__records_addressed",
)


@dataclass(frozen=True)
class Change:
    """An amendment or an early end."""

    change_kind: str
    changed_date: date
    effective_date: date
    amount: Decimal | None
    ends_date: date | None


@dataclass(frozen=True)
class Agreement:
    """An agreement as it was signed, with what was changed."""

    signed_date: date
    starts_date: date
    ends_date: date
    amount: Decimal
    changes: tuple[Change, ...]


CHANGES = st.builds(
    Change,
    change_kind=st.sampled_from(["amendment", "amendment", "early_end"]),
    changed_date=DAYS,
    effective_date=DAYS,
    amount=st.none() | AMOUNTS,
    ends_date=st.none() | DAYS,
)
AGREEMENTS = st.builds(
    Agreement,
    signed_date=DAYS,
    starts_date=DAYS,
    ends_date=DAYS,
    amount=AMOUNTS,
    changes=st.lists(CHANGES, max_size=5).map(tuple),
)


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """Nothing is run here: only the compiled models are wanted."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def replay(warehouse, project) -> Iterator[Replay]:
    with connect(warehouse, "transformer", autocommit=True) as connection:
        yield Replay(connection, project.manifest(warehouse.database), [FIRST])


def give(replay: Replay, agreements: list[Agreement]) -> None:
    """Let the models read these agreements, and a month for each of four years."""
    for name in NAMES:
        replay.forget(name)
    months = "generate_series('2023-12-01'::date, '2027-12-01', '1 month') as month"
    replay.replace(
        "stg_jinta__months",
        sql.SQL(
            "select month::date, (month + interval '1 month - 1 day')::date "
            f"as month_end_date from {months}"
        ),
    )
    replay.replace(
        "int_indicators__records_addressed",
        sql.SQL(
            "select 's' as system_name, 'k' as account_id, 'g' as group_account_id, "
            "'b' as branch_id, true as is_only_system, '{{}}'::jsonb as other_systems"
        ).format(),
    )
    replace_rows(
        replay,
        "stg_crm__agreements",
        "system_name text, agreement_id text, account_id text, product_code text, "
        "signed_date date, starts_date date, ends_date date, amount numeric(16,2)",
        [
            {
                "system_name": "s",
                "agreement_id": str(number),
                "account_id": "k",
                **{
                    name: str(getattr(agreement, name))
                    for name in ("signed_date", "starts_date", "ends_date", "amount")
                },
            }
            for number, agreement in enumerate(agreements)
        ],
    )
    replace_rows(
        replay,
        "stg_crm__agreement_changes",
        "change_id text, agreement_id text, change_kind text, changed_date date, "
        "effective_date date, amount numeric(16,2), ends_date date",
        [
            {
                "change_id": f"{number}-{place}",
                "agreement_id": str(number),
                **{k: str(v) for k, v in vars(change).items() if v is not None},
            }
            for number, agreement in enumerate(agreements)
            for place, change in enumerate(agreement.changes)
        ],
    )


def replace_rows(replay: Replay, name: str, columns: str, rows: list[dict]) -> None:
    replay.replace(
        name,
        sql.SQL(
            "select * from jsonb_to_recordset({}) as rows (" + columns + ")"
        ).format(sql.Literal(Jsonb(rows))),
    )


def split(replay: Replay, agreements: list[Agreement]) -> dict:
    """Months by agreement and version: (month, days, amount) in order."""
    give(replay, agreements)
    replay.build(["int_revenue__agreement_months_split"])
    rows = replay.fetch(
        sql.SQL("select * from {} order by month").format(
            replay.relation("int_revenue__agreement_months_split")
        )
    )
    found: dict = {}
    for agreement_id, version, month, days, amount in rows:
        found.setdefault((int(agreement_id), version), []).append((month, days, amount))
    return found


def list_versions(agreement: Agreement) -> list[tuple[date, list[Change]]]:
    """The days on which something became known, and what held by then.

    People go through what was agreed in the order in which it was agreed; at an early
    end they strike out what would have taken effect on its day or later.
    """
    days = {agreement.signed_date} | {
        max(change.changed_date, agreement.signed_date) for change in agreement.changes
    }
    agreed = sorted(
        enumerate(agreement.changes), key=lambda c: (c[1].changed_date, f"{c[0]}")
    )
    versions = []
    for day in sorted(days):
        holding: list[Change] = []
        for _, change in agreed:
            if change.changed_date > day:
                break
            if change.change_kind == "early_end":
                holding = [
                    earlier
                    for earlier in holding
                    if earlier.effective_date < change.effective_date
                ]
            holding.append(change)
        # Of one day, what was agreed last comes last.
        versions.append((day, sorted(holding, key=lambda c: c.effective_date)))
    return versions


def settle(
    agreement: Agreement, changes: list[Change]
) -> tuple[Decimal, date, list[date]]:
    """What the agreement is worth in the end, its last day, and days of its cuts."""
    start = agreement.starts_date
    last = max(agreement.ends_date, start - timedelta(days=1))
    total = left = agreement.amount
    cuts = []
    for change in changes:
        cut = min(max(change.effective_date, start), last + timedelta(days=1))
        days = (last - start).days + 1
        share = left * (cut - start).days / days if days else Decimal(0)
        served = total - left + share.quantize(CENT, ROUND_HALF_UP)
        if change.change_kind == "early_end":
            last = cut - timedelta(days=1)
            total = served if change.amount is None else change.amount
        else:
            last = max(change.ends_date or last, cut - timedelta(days=1))
            total = total if change.amount is None else change.amount
        start, left = cut, total - served
        cuts.append(cut)
    return total, last, cuts


def number(month: date) -> int:
    return month.year * 12 + month.month


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(agreements=st.lists(AGREEMENTS, min_size=1, max_size=8))
def test_months_sum_to_the_cent_and_follow_each_other(replay, agreements):
    found = split(replay, agreements)
    for place, agreement in enumerate(agreements):
        versions = list_versions(agreement)
        assert (place, len(versions)) in found, "what stands today is always split"
        for version, (_, changes) in enumerate(versions, start=1):
            months = found.get((place, version))
            if months is None:
                continue  # no month's end saw it
            total, last, _ = settle(agreement, changes)
            assert sum(amount for _, _, amount in months) == total
            assert sum(days for _, days, _ in months) == max(
                (last - agreement.starts_date).days + 1, 0
            )
            numbers = [number(month) for month, _, _ in months]
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert numbers[0] == number(agreement.starts_date)
            assert numbers[-1] == number(max(last, agreement.starts_date))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(agreements=st.lists(AGREEMENTS, min_size=1, max_size=8))
def test_a_change_leaves_the_months_before_it_as_they_were(replay, agreements):
    """To the cent, also where days before are worth fractions of one."""
    found = split(replay, agreements)
    for place, agreement in enumerate(agreements):
        versions = list_versions(agreement)
        for version in range(1, len(versions)):
            before, after = found.get((place, version)), found.get((place, version + 1))
            if before is None or after is None:
                continue
            (_, known), (_, told) = versions[version - 1], versions[version]
            # The list of changes goes apart at the first that is new.
            pairs = zip(known, told, strict=False)
            same = next(
                (i for i, pair in enumerate(pairs) if pair[0] != pair[1]),
                len(known),
            )
            _, _, cuts = settle(agreement, told[: same + 1])
            _, until, _ = settle(agreement, told[:same])
            edge = min(cuts[-1], until + timedelta(days=1)) - timedelta(days=1)
            kept = {m: a for m, _, a in after}
            for month, _, amount in before:
                if number(month) < number(edge):
                    assert kept[month] == amount


@pytest.mark.parametrize("days", [7, 30, 365])
def test_no_month_is_off_its_share_by_a_cent(replay, days):
    """Without changes each month is the share of its days, rounded."""
    agreement = Agreement(
        FIRST, FIRST, FIRST + timedelta(days=days - 1), Decimal("99.99"), ()
    )
    for _, served, amount in split(replay, [agreement])[0, 1]:
        assert abs(amount - agreement.amount * served / days) < CENT


ENDED = Change("early_end", date(2025, 1, 15), date(2025, 2, 1), None, None)


def agree(*changes: Change) -> Agreement:
    """4,000 over the 120 days of January to April."""
    signed, begins, ends = date(2024, 12, 20), date(2025, 1, 1), date(2025, 4, 30)
    return Agreement(signed, begins, ends, Decimal(4000), changes)


def test_an_early_end_is_not_undone_by_what_was_agreed_before_it(replay):
    """What was to come in March is off; it is worth the month that was served."""
    amended = Change(
        "amendment", date(2025, 1, 5), date(2025, 3, 1), Decimal(6000), None
    )
    found = split(replay, [agree(amended, ENDED), agree(ENDED)])
    served = [(date(2025, 1, 1), 31, Decimal("1033.33"))]
    assert found[0, 3] == found[1, 2] == served


def test_what_is_agreed_after_an_early_end_opens_the_agreement_again(replay):
    """The rest of 5,000 goes over February and March."""
    opened = Change(
        *("amendment", date(2025, 1, 20), date(2025, 3, 1)),
        *(Decimal(5000), date(2025, 3, 31)),
    )
    months = split(replay, [agree(ENDED, opened)])[0, 3]
    assert [days for _, days, _ in months] == [31, 28, 31]
    assert sum(amount for _, _, amount in months) == Decimal(5000)
