"""Why an account's score changed since another month or publication (F69)."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from jinta.errors import UsageError
from jinta.report.changes import ChangeBridge, open_bridge
from jinta.report.explain import find_account
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.report.states import find_last_month, find_state
from jinta.settings import Settings
from jinta.warehouse import connect

# Bill tables whose rows can be told to be an account's, by how.
_BILL_TABLES = {
    "unified_payment_bills": "account_id",
    "informatization_bills": "account_id",
    "line_bills": "line_id",
}


def explain_since(
    settings: Settings,
    account: str,
    since: date | None = None,
    since_publication: int | None = None,
    month: date | None = None,
    scorecard_id: str = DEFAULT_SCORECARD,
) -> dict[str, Any]:
    """Collect all that changed an account's score between two states.

    Args:
        settings: Where the warehouse is.
        account: A group account id, also one that ended, an account record's number,
            or part of a name.
        since: The month to explain from; None takes the month itself.
        since_publication: The publication whose content is explained from.
        month: The month to explain to, as readers see it now; None takes the last.
        scorecard_id: The scorecard whose score is explained.

    Returns:
        The two states, the account with its bridge and tiers, one entry per indicator,
        the records that came, went and stayed, the bars of the tiers, and the bills
        that arrived or were withdrawn after the old state was computed.

    Raises:
        UsageError: No account, or more than one, answers to that name, a state was
            never shown, or a month is compared with itself.
    """
    with connect(settings, "transformer", stage="explain") as connection:
        month = month or find_last_month(connection)
        if since == month and since_publication is None:
            raise UsageError(
                f"--since {since:%Y-%m} is the month that is explained, so nothing can "
                "have changed.",
                "Name an earlier month, or with --since-publication what was shown of "
                "this month before.",
            )
        old = find_state(connection, since or month, scorecard_id, since_publication)
        new = find_state(connection, month, scorecard_id)
    with open_bridge(settings, old, new) as bridge:
        account_id = _resolve(bridge, account)
        return {
            "from": old,
            "to": new,
            "is_replayed": bridge.is_regrouped,
            "asked_for": account,
            "is_successor": _has_ended(bridge, account, account_id),
            "account": _fetch_account(bridge, account_id),
            "indicators": _fetch_indicators(bridge, account_id),
            "records": bridge.fetch(_RECORDS, id=account_id),
            "bars": bridge.fetch(_BARS, id=account_id),
            "late_bills": _fetch_late_bills(bridge, account_id),
        }


def _resolve(bridge: ChangeBridge, account: str) -> str:
    """Find the account as the new state knows it, else as the old one did."""
    with bridge.replay.connection.cursor(row_factory=dict_row) as cursor:
        try:
            return find_account(cursor, account, bridge.new.month)
        except UsageError:
            known = bridge.fetch(
                "select group_account_id from score_bridge "
                "where group_account_id = %(id)s",
                id=account,
            )
            if not known:
                raise
            return account


def _has_ended(bridge: ChangeBridge, account: str, account_id: str) -> bool:
    """Whether another account was asked for, whose first record this one holds now."""
    return account != account_id and bool(
        bridge.fetch(
            "select 1 from new_records where group_account_id = %(now)s "
            "and starts_with(%(id)s, 'g') "
            "and source_record_id = 'r' || substr(%(id)s, 2)",
            id=account,
            now=account_id,
        )
    )


def _fetch_account(bridge: ChangeBridge, account_id: str) -> dict[str, Any]:
    query = sql.SQL(_ACCOUNT).format(tiers=bridge.replay.relation("fct_tier_changes"))
    rows = bridge.fetch(query, id=account_id, month=bridge.new.month)
    if not rows:
        raise UsageError(
            f"{account_id} has no score in {bridge.old} or {bridge.new}.",
            "`jinta explain` without --since shows what is known of it.",
        )
    return rows[0]


def _fetch_indicators(bridge: ChangeBridge, account_id: str) -> list[dict[str, Any]]:
    query = sql.SQL(_INDICATORS).format(
        bands=bridge.replay.relation("dim_scorecard_bands"),
        indicators=bridge.replay.relation("dim_indicators"),
    )
    return bridge.fetch(
        query,
        id=account_id,
        card=bridge.new.scorecard_id,
        old_version=bridge.old.scorecard_version,
        new_version=bridge.new.scorecard_version,
    )


def _fetch_late_bills(bridge: ChangeBridge, account_id: str) -> list[dict[str, Any]]:
    """List what was landed later about the old month and the months it looks back on.

    A bill is told by the record it names, or by a line that ever was the record's.
    """
    tables = {
        row["relname"]
        for row in bridge.fetch(
            "select relname from pg_class where relnamespace = 'raw'::regnamespace"
        )
    }
    found = []
    for name, key in _BILL_TABLES.items():
        needed = {f"billing__{name}"}
        if key == "line_id":
            needed.add("billing__subscriptions")
        if not needed <= tables:
            continue
        query = sql.SQL(_LATE_BILLS).format(
            table=sql.Identifier("raw", f"billing__{name}"),
            name=sql.Literal(name),
            key=sql.Identifier(key),
            keys=sql.SQL(_LINES if key == "line_id" else "select account_id from keys"),
        )
        found += bridge.fetch(
            query,
            id=account_id,
            month=bridge.old.month,
            old_load=bridge.old.known_load_id,
            new_load=bridge.new.known_load_id,
        )
    return found


_ACCOUNT = """
select
    bridge.*,
    coalesce(
        accounts.account_name,
        (
            select max(account_name_crm) from old_records
            where group_account_id = %(id)s and is_senior
        )
    ) as account_name,
    coalesce(new_scores.partition_id, old_scores.partition_id) as partition_id,
    old_scores.value_rank as old_value_rank,
    new_scores.value_rank as new_value_rank,
    old_scores.population as old_population,
    new_scores.population as new_population,
    old_scores.raw_tier as old_raw_tier,
    new_scores.raw_tier as new_raw_tier,
    old_scores.suggested_tier as old_suggested_tier,
    new_scores.suggested_tier as new_suggested_tier,
    old_scores.held_band as old_held_band,
    new_scores.held_band as new_held_band,
    old_scores.months_outside as old_months_outside,
    new_scores.months_outside as new_months_outside,
    old_scores.effective_tier as old_effective_tier,
    new_scores.effective_tier as new_effective_tier,
    old_scores.override_reason as old_override_reason,
    new_scores.override_reason as new_override_reason,
    tiers.tier_change_cause
from score_bridge as bridge
left join old_scores
    on bridge.group_account_id = old_scores.group_account_id
left join new_scores
    on bridge.group_account_id = new_scores.group_account_id
left join {tiers} as tiers
    on bridge.group_account_id = tiers.group_account_id
left join marts.dim_group_accounts as accounts
    on
        accounts.month = %(month)s
        and bridge.group_account_id = accounts.group_account_id
where bridge.group_account_id = %(id)s
"""

_INDICATORS = """
with

old_values as (

    select to_jsonb(old_indicators) as known
    from old_indicators
    where group_account_id = %(id)s

)

select
    bridge.*,
    dictionary.indicator_name,
    dictionary.indicator_name_zh,
    dictionary.unit,
    (old_values.known ->> bridge.indicator_id)::numeric as old_value,
    old_values.known -> 'missing_indicators' ? bridge.indicator_id as is_old_missing,
    old_bands.band_from as old_band_from,
    old_bands.band_to as old_band_to,
    new_bands.band_from as new_band_from,
    new_bands.band_to as new_band_to
from point_bridge as bridge
inner join {indicators} as dictionary
    on bridge.indicator_id = dictionary.indicator_id
left join old_values
    on true
left join {bands} as old_bands
    on
        old_bands.scorecard_id = %(card)s
        and old_bands.scorecard_version = %(old_version)s
        and bridge.indicator_id = old_bands.indicator_id
        and bridge.old_band = old_bands.band
left join {bands} as new_bands
    on
        new_bands.scorecard_id = %(card)s
        and new_bands.scorecard_version = %(new_version)s
        and bridge.indicator_id = new_bands.indicator_id
        and bridge.new_band = new_bands.band
where bridge.group_account_id = %(id)s
order by bridge.position
"""

_RECORDS = """
select
    coalesce(new_records.account_id_crm, old_records.account_id_crm) as account_id_crm,
    coalesce(new_records.account_name_crm, old_records.account_name_crm)
        as account_name_crm,
    case
        when old_records.group_account_id is null then 'new'
        when new_records.group_account_id is null then 'gone'
        when old_records.group_account_id = new_records.group_account_id then 'stayed'
        when new_records.group_account_id = %(id)s then 'joined'
        else 'left'
    end as record_change,
    old_records.group_account_id as old_group_account_id,
    new_records.group_account_id as new_group_account_id,
    old_scores.total_points as old_account_points,
    new_records.match_basis
from old_records
full join new_records
    on old_records.source_record_id = new_records.source_record_id
left join old_scores
    on old_records.group_account_id = old_scores.group_account_id
where %(id)s in (old_records.group_account_id, new_records.group_account_id)
order by record_change, account_id_crm
"""

_BARS = """
with

partition as (

    select partition_id from new_scores where group_account_id = %(id)s
    union all
    select partition_id from old_scores where group_account_id = %(id)s
    limit 1

)

select distinct
    coalesce(old_cut_offs.tier_band, new_cut_offs.tier_band) as tier_band,
    old_cut_offs.points_needed as old_bar_points,
    new_cut_offs.points_needed as new_bar_points,
    old_cut_offs.rank_to as old_rank_to,
    new_cut_offs.rank_to as new_rank_to
from old_cut_offs
full join new_cut_offs
    on
        old_cut_offs.partition_id = new_cut_offs.partition_id
        and old_cut_offs.tier = new_cut_offs.tier
inner join partition
    on partition.partition_id in (old_cut_offs.partition_id, new_cut_offs.partition_id)
order by old_rank_to, new_rank_to, old_bar_points desc, new_bar_points desc
"""

_LINES = """
    select subscriptions.line_id
    from raw.billing__subscriptions as subscriptions
    inner join keys
        on subscriptions.account_id = keys.account_id
"""

# A row arrived with its first load, and was withdrawn or corrected by the last one.
_LATE_BILLS = """
with

keys as (

    select account_id_crm as account_id from old_records where group_account_id = %(id)s
    union
    select account_id_crm from new_records where group_account_id = %(id)s

),

-- As far as the indicators that are made of the table look back.
windows as (

    select coalesce(max(window_months), 1) as months
    from rules.indicators
    where 'billing.' || {name} = any(string_to_array(source_tables, ' '))

),

bills as (

    select
        bills.bill_month,
        bills.amount,
        bills._first_load_id,
        bills._last_load_id
    from {table} as bills
    cross join windows
    where
        bills.{key} in ({keys})
        and bills.bill_month <= %(month)s
        and bills.bill_month
        > %(month)s::date - make_interval(months => windows.months)

)

select
    {name} as table_name,
    bills.bill_month,
    changes.load_id,
    loads.system_name,
    loads.as_of_date,
    changes.what,
    count(*) as bills,
    sum(bills.amount) as amount
from bills
cross join
    lateral (
        values (bills._first_load_id, 'arrived'), (bills._last_load_id, 'withdrawn')
    ) as changes (load_id, what)
inner join control.loads as loads
    on changes.load_id = loads.load_id
where changes.load_id > %(old_load)s and changes.load_id <= %(new_load)s
group by
    bills.bill_month,
    changes.load_id,
    loads.system_name,
    loads.as_of_date,
    changes.what
order by changes.load_id, bills.bill_month, changes.what
"""
