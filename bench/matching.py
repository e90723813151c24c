"""Matching night by night: all records, one per cent of them new, and nothing new."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, LiteralString

import psutil

from demo import ensure_demo
from jinta import pipeline
from jinta.runs import Request
from jinta.settings import Settings
from jinta.transform.runner import NodeTime, run_dbt
from jinta.warehouse import connect
from jinta.warehouse.embedded import find_postmaster, stop_server
from jinta.warehouse.lease import identify_process

# What reads names, finds pairs and scores them, apart from what derives accounts.
MATCHING = ("int_accounts__name", "int_accounts__pairs", "int_accounts__record_names")

_HIDE: LiteralString = """
create table raw.bench_hidden as
select * from raw.crm__accounts where abs(hashtext(account_id)) % 100 = 0;
delete from raw.crm__accounts where abs(hashtext(account_id)) % 100 = 0
"""
_SHOW: LiteralString = """
insert into raw.crm__accounts select * from raw.bench_hidden;
drop table raw.bench_hidden
"""
_FORGET: LiteralString = (
    "truncate cache.names_read, cache.names_compared, cache.pairs_scored"
)

# Pairs of names that share a block, in all and with a name that was not known.
_WORK = """
with blocks as (
    select
        count(*) as names,
        count(*) filter (where signed.is_known) as known
    from intermediate.int_accounts__name_keys_placed as keys
    inner join intermediate.int_accounts__blocks_counted as blocks
        using (branch_id, key_kind, block_key, place)
    inner join intermediate.int_accounts__names_signed as signed using (name_number)
    where not blocks.is_skipped
    group by branch_id, key_kind, block_key, place
)

select
    (
        select count(*) filter (where not is_known)
        from intermediate.int_accounts__names_recalled
    ) as names_read,
    (
        select count(*) filter (where not is_known)
        from intermediate.int_accounts__names_signed
    ) as names_compared,
    sum(names * (names - 1) / 2 - known * (known - 1) / 2)::bigint as pairs_compared,
    (
        select count(*) filter (where not is_known)
        from intermediate.int_accounts__pairs_signed
    ) as pairs_scored,
    (
        select md5(string_agg(
            source_record_id || group_account_id, '' order by source_record_id
        ))
        from intermediate.int_accounts__records_clustered
    ) as clusters
from blocks
"""


def measure_matching(
    settings: Settings, accounts: int, repeats: int, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Time the accounts stage on one province: full, one per cent new, nothing new.

    Args:
        settings: In whose state folder a server of its own is started and stopped.
        accounts: True organisations of the province.
        repeats: Nights of each kind, in turn; the fastest is told.
        tell: Says what is under way.

    Returns:
        One row per kind of night: seconds of the stage and of the models that match,
        CPU seconds of the server, and what was read, compared and scored.

    Raises:
        RuntimeError: A night of news ended in other accounts than a full match.
    """
    home = settings.home / "bench" / f"matching-{accounts}"
    home.mkdir(parents=True, exist_ok=True)
    sources = settings.checkout / "demo" / "sources.yml"
    own = replace(
        settings,
        home=home,
        parameters=dict(settings.parameters) | {"JINTA_HOME": str(home)},
        run_holder=identify_process(),
    ).with_sources(sources)
    tell(f"building a province of {accounts:,} accounts")
    ensure_demo(own, accounts=accounts, months=3)
    run_id = _land(own, str(sources))
    nights: dict[str, list[dict[str, Any]]] = {}
    for number in range(1, repeats + 1):
        for kind, row in _play_nights(own, run_id, f"{number}/{repeats}", tell):
            nights.setdefault(kind, []).append(row)
    pipeline.fail_run(own, run_id, "a measurement")
    stop_server(own.home)
    clusters = {row.pop("clusters") for rows in nights.values() for row in rows}
    if len(clusters) > 1:
        message = "a night of news ended in other accounts than a full match"
        raise RuntimeError(message)
    return [
        {"night": kind, **min(rows, key=lambda row: row["server_cpu_seconds"])}
        for kind, rows in nights.items()
    ]


def _land(settings: Settings, sources: str) -> str:
    from jinta.warehouse import ensure_warehouse

    ensure_warehouse(settings)
    run_id = pipeline.open_run(settings, Request(sources=sources)).run_id
    for system in pipeline.list_systems(settings, run_id):
        pipeline.extract(settings, run_id, system)
    pipeline.build(settings, run_id, "raw")
    return run_id


def _play_nights(
    settings: Settings, run_id: str, turn: str, tell: Callable[[str], None]
) -> list[tuple[str, dict[str, Any]]]:
    """A night without one per cent of the records, then the three that are timed."""
    tell(f"nights {turn}")
    _execute(settings, _FORGET, _HIDE)
    run_dbt(settings, run_id, "accounts")
    _execute(settings, _SHOW)
    nights = [("1 % new", _time_night(settings, run_id))]
    nights.append(("nothing new", _time_night(settings, run_id)))
    _execute(settings, _FORGET)
    return [("all records", _time_night(settings, run_id)), *nights]


def _time_night(settings: Settings, run_id: str) -> dict[str, Any]:
    started = time.perf_counter()
    used = _read_server_cpu(settings)
    nodes = run_dbt(settings, run_id, "accounts")
    seconds = time.perf_counter() - started
    used = _read_server_cpu(settings) - used
    with connect(settings, "transformer") as connection:
        work = connection.execute(_WORK).fetchone()
    assert work is not None
    names = ("names_read", "names_compared", "pairs_compared", "pairs_scored")
    return {
        "stage_seconds": round(seconds, 1),
        "server_cpu_seconds": round(used, 1),
        "matching_seconds": round(_sum_matching(nodes), 1),
        **dict(zip((*names, "clusters"), work, strict=True)),
    }


def _read_server_cpu(settings: Settings) -> float:
    """CPU seconds of the server's sessions that have ended, as dbt's have."""
    server = find_postmaster(settings.home)
    assert server is not None
    times = psutil.Process(server.pid).cpu_times()
    return times.children_user + times.children_system


def _sum_matching(nodes: list[NodeTime]) -> float:
    return sum(
        node.seconds
        for node in nodes
        if node.resource_type == "model" and node.name.startswith(MATCHING)
    )


def _execute(settings: Settings, *statements: LiteralString) -> None:
    with connect(settings, "owner") as connection:
        for statement in statements:
            connection.execute(statement)
