"""Freeze the bands of a scorecard: bounds from the percentiles of a published month.

Bands are absolute. They are computed once, when a version is written, and then left
alone, because a customer's score must not change only because his neighbours changed
(A.6.1, A.6.4). Which percentiles is a rule: `freeze_percentiles` of the scorecard.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
from psycopg import sql

from jinta.errors import UsageError
from jinta.report.grade_checks import read_scale
from jinta.report.rules import Row, read_files
from jinta.settings import Settings
from jinta.warehouse import connect

_HUNDREDTH = Decimal("0.01")
_UNREACHED = "reached by nobody when frozen"

# Where higher is better, a bound is the least value of which at least p per cent of the
# accounts have less: what many have, such as no purchase, earns nothing. Where lower is
# better, a bound lies one unit above the value that the lowest p per cent reach up to:
# what many have, such as no complaint, earns all. Equals always come into one band.
_BOUNDS = """
with

known as (

    select indicators.{column}::numeric as value
    from marts.fct_account_indicators as indicators
    inner join marts.dim_group_accounts as accounts
        on
            indicators.month = accounts.month
            and indicators.group_account_id = accounts.group_account_id
    where
        indicators.month = {month}
        and accounts.is_active
        and accounts.is_identified
        and coalesce(accounts.account_kind, 'account') = {subject}
        and {indicator} <> all(indicators.missing_indicators)

),

counted as (

    select
        value,
        count(*) as accounts,
        sum(count(*)) over (order by value nulls last) as accounts_up_to,
        sum(count(*)) over () as accounts_in_all
    from known
    group by value

)

select
    percentiles.percentile,
    case {direction}
        when 'lower' then
            min(counted.value) filter (
                where
                    100 * counted.accounts_up_to
                    >= percentiles.percentile * counted.accounts_in_all
            ) + {unit}
        else
            min(counted.value) filter (
                where
                    100 * (counted.accounts_up_to - counted.accounts)
                    >= percentiles.percentile * counted.accounts_in_all
            )
    end,
    max(counted.value),
    sum(counted.accounts)
from unnest({percentiles}::numeric[]) as percentiles (percentile)
left join counted on true
group by percentiles.percentile
order by percentiles.percentile
"""


def freeze_bands(
    settings: Settings,
    scorecard_id: str,
    month: date,
    indicators: Collection[str] = (),
) -> dict[str, list[Row]]:
    """Compute the bands of indicators of a scorecard's latest version.

    Args:
        settings: Whose warehouse and rules.
        scorecard_id: The scorecard.
        month: A published month: its active, identified accounts (or prospects) count.
        indicators: Which; without any all but the graded ones, whose bands are grades.

    Returns:
        By indicator the rows of `scorecard_bands`, without the columns that name the
        version; an indicator that nobody has keeps its bands and is left out.

    Raises:
        UsageError: There is no such scorecard or indicator of it, its latest version
            names no percentiles, or the month isn't published.
    """
    rules = read_files(settings.dbt_project / "seeds" / "rules")
    head = _find_latest(rules["scorecards"], scorecard_id)
    percentiles = _read_percentiles(head)
    chosen = _choose_indicators(rules, head, indicators)
    dictionary = {row["indicator_id"]: row for row in rules["indicators"]}
    frozen = {}
    with connect(settings, "transformer", stage="freeze") as connection:
        _require_month(connection, month)
        for name, row in chosen.items():
            unit = Decimal(1).scaleb(-int(dictionary[name]["scale"]))
            found = _fetch_bounds(connection, row, head, month, percentiles, unit)
            if not found[0][3]:
                continue
            points = _choose_points(row, rules["scorecard_bands"], len(percentiles))
            scale = read_scale(dictionary[name])
            frozen[name] = _make_bands(row, found, points, unit, scale)
    return frozen


def _find_latest(heads: Sequence[Row], scorecard_id: str) -> Row:
    versions = [row for row in heads if row["scorecard_id"] == scorecard_id]
    if not versions:
        known = ", ".join(sorted({row["scorecard_id"] for row in heads}))
        raise UsageError(
            f"There is no scorecard {scorecard_id}.", f"There are: {known}."
        )
    return max(versions, key=lambda row: row["valid_from"])


def _choose_indicators(
    rules: Mapping[str, Sequence[Row]], head: Row, indicators: Collection[str]
) -> dict[str, Row]:
    """Rows of the version's indicators that are to be frozen, by indicator."""
    key = (head["scorecard_id"], head["version"])
    own = {
        row["indicator_id"]: row
        for row in rules["scorecard_indicators"]
        if (row["scorecard_id"], row["version"]) == key
    }
    unknown = sorted(set(indicators) - set(own))
    if unknown:
        raise UsageError(
            f"{' '.join(key)} has no indicator {', '.join(unknown)}.",
            f"There are: {', '.join(own)}.",
        )
    graded = {row["indicator_id"] for row in rules["indicators"] if _is_graded(row)}
    wanted = set(indicators) or set(own) - graded
    return {name: row for name, row in own.items() if name in wanted}


def _is_graded(indicator: Row) -> bool:
    """Whether values are grades or codes: few, and each means something by itself."""
    unit, kind = indicator["unit"], indicator["value_type"]
    return unit.startswith("grade") or kind == "smallint"


def list_lost_bands(
    settings: Settings, scorecard_id: str, bands: Mapping[str, Sequence[Row]]
) -> list[str]:
    """Say of which indicators bands fell together or are out of everybody's reach.

    Such a band lies one unit above the largest value, where many may be next month.
    """
    rules = read_files(settings.dbt_project / "seeds" / "rules")
    head = _find_latest(rules["scorecards"], scorecard_id)
    wanted = len(_read_percentiles(head)) + 1
    return [
        f"{name}: bands fall together, {len(rows)} of {wanted} are left."
        for name, rows in bands.items()
        if len(rows) < wanted
    ] + [
        f"{name}: band {row['band']} from {row['lower_bound']} is {_UNREACHED}."
        for name, rows in bands.items()
        for row in rows
        if row.get("meaning") == _UNREACHED
    ]


def _read_percentiles(head: Row) -> list[Decimal]:
    percentiles = sorted(Decimal(text) for text in head["freeze_percentiles"].split())
    if not percentiles:
        raise UsageError(
            f"{head['scorecard_id']} {head['version']} has no freeze_percentiles: its "
            "bands are given by hand.",
            "Write them into scorecards.csv, such as 20 40 60 80, or use "
            "`jinta rules new-version` and edit the bands.",
        )
    return percentiles


def _require_month(connection: psycopg.Connection[Any], month: date) -> None:
    row = connection.execute(
        "select count(*) from control.pointers "
        "where mart = 'fct_account_indicators' and month = %s",
        [month],
    ).fetchone()
    if row == (0,):
        raise UsageError(
            f"{month:%Y-%m} is not published.",
            "Name a month that is; `jinta months` lists them.",
        )


def _fetch_bounds(
    connection: psycopg.Connection[Any],
    indicator: Row,
    head: Row,
    month: date,
    percentiles: Sequence[Decimal],
    unit: Decimal,
) -> list[tuple[Any, ...]]:
    """Percentile, its bound, the largest value, and how many accounts have one."""
    return connection.execute(
        sql.SQL(_BOUNDS).format(
            column=sql.Identifier(indicator["indicator_id"]),
            indicator=sql.Literal(indicator["indicator_id"]),
            month=sql.Literal(month),
            subject=sql.Literal(head["subject"]),
            direction=sql.Literal(indicator["direction"]),
            unit=sql.Literal(unit),
            percentiles=sql.Literal(list(percentiles)),
        )
    ).fetchall()


def _choose_points(
    indicator: Row, bands: Sequence[Row], percentiles: int
) -> list[Decimal]:
    """Points from worst to best: those of the version before, if it has as many bands.

    Otherwise the weight is divided into equal steps.
    """
    key = tuple(indicator[c] for c in ("scorecard_id", "version", "indicator_id"))
    before = sorted(
        Decimal(row["points"])
        for row in bands
        if (row["scorecard_id"], row["version"], row["indicator_id"]) == key
    )
    if len(before) == percentiles + 1:
        return before
    weight = Decimal(indicator["weight"])
    return [
        (weight * step / percentiles).quantize(_HUNDREDTH, ROUND_HALF_UP)
        for step in range(percentiles + 1)
    ]


def _make_bands(
    indicator: Row,
    found: Sequence[tuple[Any, ...]],
    points: Sequence[Decimal],
    unit: Decimal,
    scale: tuple[Decimal, Decimal] | None = None,
) -> list[Row]:
    """Bands from the lowest to the highest; percentiles with one bound are one step.

    Higher is better: who reaches more bounds has more points, from none on. Lower is
    better: who lies below all bounds has all points. A bound that nobody reaches lies
    one unit beyond the largest value. Of grades there may be none beyond: the best one
    takes all points then.
    """
    most = scale[1] if scale else Decimal("Infinity")
    beyond = min((found[0][2] or Decimal(0)) + unit, most)
    bounds = [beyond if row[1] is None else row[1] for row in found]
    is_lower = indicator["direction"] == "lower"
    steps: dict[Decimal | None, int] = {None: len(bounds) if is_lower else 0}
    for bound in sorted(set(bounds)):
        if bound <= most:
            passed = [b > bound if is_lower else b <= bound for b in bounds]
            steps[bound] = sum(passed)
    describe = _describe_lower if is_lower else _describe_higher
    return [
        {
            "band": str(step),
            "lower_bound": "" if bound is None else _format(bound),
            "points": _format(points[step]),
            "meaning": describe(found, bound, step),
        }
        for bound, step in steps.items()
    ]


def _describe_higher(
    found: Sequence[tuple[Any, ...]], bound: Decimal | None, step: int
) -> str:
    """The percentile that a value passes; the best grade has the points of all."""
    is_best = bound == found[0][2] and any(row[1] is None for row in found[:step])
    passed = [row[0] for row in found[:step] if row[1] is not None]
    if step and not is_best and found[step - 1][1] is None:
        return _UNREACHED
    if not passed:
        text = f"fewer than {_format(found[0][0])} % have less"
    else:
        text = f"at least {_format(passed[-1])} % have less"
    return f"{text}; no grade is higher" if is_best else text


def _describe_lower(
    found: Sequence[tuple[Any, ...]], bound: Decimal | None, step: int
) -> str:
    percentiles = [row[0] for row in found]
    if not step:
        return f"beyond the lowest {_format(percentiles[-1])} %"
    return f"among the lowest {_format(percentiles[-step])} %"


def _format(number: Decimal) -> str:
    return format(number.normalize() if number else Decimal(0), "f")
