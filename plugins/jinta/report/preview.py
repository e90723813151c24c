"""What a steward's decision would change, before it is recorded.

The next run is built in private (`jinta.replay`) for the months that it would restate,
with the proposed decision beside the recorded ones, and compared with what is published
for the last month. What is shown is what that run publishes if no facts arrive.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from jinta.errors import UsageError
from jinta.replay import Replay, open_replay
from jinta.runs.stale import list_stale_months
from jinta.settings import Settings
from jinta.warehouse import connect

DECISIONS = "control.steward_decisions"
RECORDS = "int_accounts__records_clustered"

# What the preview shows, and what the next run's slices can be compared with.
MARTS = (
    "bridge_account_records",
    "dim_group_accounts",
    "fct_account_indicators",
    "fct_account_scores",
    "fct_value_pyramid",
)

# Records that would be in another account, and the accounts they leave and enter.
_CHANGED = """
create temporary table preview_records as
select
    source_record_id,
    shown.group_account_id as group_account_id_now,
    planned.group_account_id as group_account_id_then
from (
    select source_record_id, group_account_id
    from marts.bridge_account_records
    where month = {month}
) as shown
full join (
    select source_record_id, group_account_id from {bridge_account_records}
    where month = {month}
) as planned using (source_record_id)
where shown.group_account_id is distinct from planned.group_account_id
"""

_ACCOUNTS = """
select
    '{side}' as side,
    accounts.group_account_id,
    accounts.account_name,
    accounts.manager_id,
    accounts.record_count,
    scores.scorecard_id,
    scores.partition_id,
    scores.total_score,
    scores.raw_tier,
    scores.suggested_tier,
    scores.effective_tier,
    scores.value_rank,
    indicators.total_amount as revenue
from {dim_group_accounts} as accounts
left join {fct_account_scores} as scores
    on
        accounts.month = scores.month
        and accounts.group_account_id = scores.group_account_id
left join {fct_account_indicators} as indicators
    on
        accounts.month = indicators.month
        and accounts.group_account_id = indicators.group_account_id
where
    accounts.month = {month}
    and accounts.group_account_id in (
        select group_account_id_now from preview_records
        union
        select group_account_id_then from preview_records
    )
"""

# Bands of both sides in one table, to be counted and compared.
_PLACED = """
create temporary table preview_{side} as
select
    scores.scorecard_id,
    scores.partition_id,
    scores.group_account_id,
    scores.population,
    scores.effective_tier,
    tiers.tier_band,
    tiers.tier_order
from {fct_account_scores} as scores
left join marts.dim_scorecard_tiers as tiers
    on
        scores.scorecard_id = tiers.scorecard_id
        and scores.scorecard_version = tiers.scorecard_version
        and scores.effective_tier = tiers.tier
where scores.month = {month}
"""

_PLACES = """
with counted as (
    select
        scorecard_id,
        partition_id,
        tier_band,
        min(tier_order) as tier_order,
        sum(is_now) as accounts_now,
        sum(is_then) as accounts_then
    from (
        select *, 1 as is_now, 0 as is_then from preview_now
        union all
        select *, 0 as is_now, 1 as is_then from preview_then
    ) as placed
    where population is not null
    group by scorecard_id, partition_id, tier_band
)

select
    scorecard_id,
    partition_id,
    sum(accounts_now) over same_partition as population_now,
    sum(accounts_then) over same_partition as population_then,
    tier_band,
    accounts_now,
    accounts_then
from counted
where
    (scorecard_id, partition_id) in (
        select scorecard_id, partition_id
        from counted
        where accounts_now <> accounts_then
    )
window same_partition as (partition by scorecard_id, partition_id)
order by scorecard_id, partition_id, tier_order
"""

_MOVERS = """
with moved as (
    select
        coalesce(before.scorecard_id, after.scorecard_id) as scorecard_id,
        coalesce(before.group_account_id, after.group_account_id) as group_account_id,
        before.effective_tier as tier_now,
        after.effective_tier as tier_then
    from preview_now as before
    full join preview_then as after
        on
            before.scorecard_id = after.scorecard_id
            and before.group_account_id = after.group_account_id
    where before.tier_band is distinct from after.tier_band
)

select
    moved.scorecard_id,
    moved.group_account_id,
    coalesce(planned.account_name, shown.account_name) as account_name,
    coalesce(planned.manager_id, shown.manager_id) as manager_id,
    moved.tier_now,
    moved.tier_then
from moved
left join marts.dim_group_accounts as shown
    on moved.group_account_id = shown.group_account_id and shown.month = {month}
left join {dim_group_accounts} as planned
    on moved.group_account_id = planned.group_account_id and planned.month = {month}
order by moved.scorecard_id, moved.group_account_id
"""

# As publishing marks them (jinta.publish.marks), before there is a publication.
_STALE = """
select distinct shown.month
from marts.bridge_account_records as shown
inner join {records} as known
    on shown.source_record_id = known.source_record_id
where
    (shown.group_account_id, shown.is_senior, shown.match_basis)
    is distinct from
    (known.group_account_id, known.is_senior, known.match_basis)
order by shown.month
"""


@dataclass(frozen=True)
class Preview:
    """What a decision would change in the last published month.

    Attributes:
        month: The month.
        decision: What is proposed: `merge`, `split`, `never_link` or `undo`.
        records: The two records, as the CRM names them.
        accounts: The accounts whose records change, as they are and would be, one row
            per `side` (now or then), account and scorecard.
        places: Ranked accounts by band, now and then, of each partition whose numbers
            change.
        movers: Accounts that leave or enter a band.
        stale_months: Published months whose accounts would be others.
        restated_months: Those that the next nightly run builds anew.
        stale_already: Published months that are stale without the decision.
        pending: Why the month is stale already; its effect is in the preview as well.
        hashes: Content hash of each mart's month, as the next run would store it.
    """

    month: date
    decision: str
    records: tuple[str, str]
    accounts: list[dict[str, Any]]
    places: list[dict[str, Any]]
    movers: list[dict[str, Any]]
    stale_months: list[date]
    restated_months: list[date]
    stale_already: list[date]
    pending: str | None
    hashes: dict[str, str] = field(repr=False)

    @property
    def is_idle(self) -> bool:
        """Whether nothing would change."""
        newly_stale = set(self.stale_months) - set(self.stale_already)
        return not (self.accounts or self.places or self.movers or newly_stale)

    def as_json(self) -> dict[str, Any]:
        """The preview as a JSON document."""
        return asdict(self)


def preview_decision(settings: Settings, kind: str, left: str, right: str) -> Preview:
    """Tell what a decision on two records would change; nothing is recorded.

    Args:
        settings: Whose warehouse.
        kind: `merge`, `split`, `never_link` or `undo`.
        left: A record's key as its CRM names it.
        right: The other record's key.

    Raises:
        UsageError: Nothing has been published yet.
    """
    with connect(settings, "transformer", stage="preview") as connection:
        months = _list_window(connection, settings.restate_months)
        known_load_id = _read_known_load(connection, months[-1])
        pending = list_stale_months(connection, settings.dbt_project)
    with open_replay(settings, months, known_load_id=known_load_id) as replay:
        _propose(replay, kind, left, right)
        replay.build([RECORDS, *MARTS])
        found = _compare(replay, months[-1])
        hashes = {mart: replay.hash(mart)[months[-1]] for mart in MARTS}
    stale = found.pop("stale_months")
    return Preview(
        month=months[-1],
        decision=kind,
        records=(left, right),
        stale_months=stale,
        restated_months=[month for month in stale if month in months],
        stale_already=sorted(pending),
        pending=pending.get(months[-1]),
        hashes=hashes,
        **found,
    )


def render_preview(preview: Preview, console: Console) -> None:
    """Lay a preview out for people."""
    left, right = preview.records
    verb = preview.decision.replace("_", " ")
    console.print(
        f"{verb} {left} {right}: what it would change in {preview.month:%Y-%m}"
    )
    if preview.pending:
        console.print(
            f"The month is stale already ({preview.pending}); that is in it as well."
        )
    if preview.is_idle:
        console.print("Nothing would change.")
        return
    for title, rows in (
        ("Accounts whose records change", preview.accounts),
        ("Ranked accounts by band", preview.places),
        ("Accounts that leave or enter a band", preview.movers),
    ):
        if rows:
            console.print(_make_table(title, rows))
    console.print(_describe_months(preview))


def _list_window(
    connection: psycopg.Connection[Any], restate_months: int
) -> list[date]:
    """The published months without gap that the next nightly run would build again."""
    row = connection.execute(
        "select to_regclass('marts.fct_account_scores')"
    ).fetchone()
    months = [
        month
        for (month,) in connection.execute(
            "select month from control.pointers where mart = 'fct_account_scores' "
            "order by month desc limit %s",
            [restate_months + 1],
        )
    ]
    if row == (None,) or not months:
        raise UsageError("Nothing has been published yet.", "Run `make nightly` first.")
    window = [months[0]]
    for month in months[1:]:
        if _count_months(month) != _count_months(window[-1]) - 1:
            break
        window.append(month)
    return window[::-1]


def _count_months(month: date) -> int:
    return month.year * 12 + month.month


def _read_known_load(connection: psycopg.Connection[Any], month: date) -> int:
    """The last load that the publication of a month knew."""
    row = connection.execute(
        "select max(publications.landed_through_load_id) "
        "from control.pointers inner join control.publications "
        "on pointers.publication_id = publications.publication_id "
        "where pointers.month = %s",
        [month],
    ).fetchone()
    assert row is not None
    return row[0]


def _propose(replay: Replay, kind: str, left: str, right: str) -> None:
    """Let the models read the recorded decisions and, after them, the proposed one."""
    replay.replace(
        DECISIONS,
        sql.SQL(
            "select decision_id, decision_kind, account_id_left, account_id_right, "
            "decided_by, reason, decided_at from {original} "
            "union all "
            "select coalesce(max(decision_id), 0) + 1, {kind}, {left}, {right}, "
            "'preview', 'preview', clock_timestamp() from {original}"
        ).format(
            original=replay.original(DECISIONS),
            kind=sql.Literal(kind),
            left=sql.Literal(left),
            right=sql.Literal(right),
        ),
    )


def _compare(replay: Replay, month: date) -> dict[str, Any]:
    """Compare the replay's last month with the published one."""
    planned = {mart: replay.relation(mart) for mart in MARTS}
    shown = {mart: sql.Identifier("marts", mart) for mart in MARTS}
    at = {"month": sql.Literal(month)}
    _run(replay, _CHANGED, planned | at)
    for side, marts in (("now", shown), ("then", planned)):
        _run(replay, _PLACED, marts | at | {"side": sql.SQL(side)})
    accounts = [
        row
        for side, marts in (("now", shown), ("then", planned))
        for row in _run(replay, _ACCOUNTS, marts | at | {"side": sql.SQL(side)})
    ]
    order = ("scorecard_id", "side", "group_account_id")
    accounts.sort(key=lambda row: [str(row[name]) for name in order])
    stale = _run(replay, _STALE, {"records": replay.relation(RECORDS)})
    return {
        "accounts": accounts,
        "places": _run(replay, _PLACES, {}),
        "movers": _run(replay, _MOVERS, planned | at),
        "stale_months": [row["month"] for row in stale],
    }


def _run(
    replay: Replay, query: str, names: dict[str, sql.Composable]
) -> list[dict[str, Any]]:
    with replay.connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(sql.SQL(query).format(**names))
        return cursor.fetchall() if cursor.description else []


def _make_table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("–" if value is None else str(value) for value in row.values()))
    return table


def _describe_months(preview: Preview) -> str:
    stale = ", ".join(f"{month:%Y-%m}" for month in preview.stale_months) or "none"
    left = [m for m in preview.stale_months if m not in preview.restated_months]
    text = f"Published months whose accounts would be others: {stale}."
    if left:
        text += (
            " The next nightly run restates "
            + (", ".join(f"{m:%Y-%m}" for m in preview.restated_months) or "none")
            + "; `jinta backfill --stale` the rest."
        )
    return text
