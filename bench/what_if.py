"""What-if and robustness on a published month of any size, made up in a scratch place.

Only what trials read is made up: the published marts, as tables. The scores are those
of the models themselves, so that a candidate equal to the rules in force changes none.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString

import psutil
import psycopg
from psycopg import sql

from jinta.replay import open_replay
from jinta.report.rules import register_rules
from jinta.settings import Settings
from jinta.transform.runner import invoke_dbt
from jinta.trials.candidates import read_candidate
from jinta.trials.robustness import measure_robustness
from jinta.trials.scoring import SCORES, replace_published
from jinta.trials.what_if import Question, ask_what_if
from jinta.warehouse import connect, ensure_warehouse

CARD = "group_account_value"
MONTH = date(2025, 12, 1)
_EDITS = """table,key,column,value
scorecard_indicators,unified_payment_amount,weight,18
scorecard_indicators,member_bill_amount,weight,7
"""


def measure_what_if(
    settings: Settings, accounts: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Time a candidate with two new weights against a month of that many accounts.

    Returns:
        Seconds on the clock, CPU seconds and private memory of the database's
        sessions, and how many accounts would change their tier.
    """
    own = publish_made_up(settings, accounts, tell)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "edits.csv"
        path.write_text(_EDITS, encoding="utf-8")
        candidate = read_candidate(path, CARD)
        tell(f"what-if at {accounts:,} accounts")
        watch, started = _Watch(own), time.perf_counter()
        answer = ask_what_if(own, Question(CARD, candidate))
        seconds = time.perf_counter() - started
        watch.stop()
    month = answer.summary["months"][0]
    return {
        "accounts": accounts,
        "seconds": round(seconds, 1),
        "sql_cpu_seconds": round(watch.cpu, 1),
        "session_mb": round(watch.peak_mb),
        "accounts_moved": month["accounts_moved_effective"],
    }


def measure_draws(
    settings: Settings, accounts: int, draws: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Time a robustness certificate of a month of that many accounts.

    Returns:
        As `measure_what_if`, with the scores computed in a second.
    """
    own = publish_made_up(settings, accounts, tell)
    tell(f"robustness at {accounts:,} accounts, {draws:,} draws")
    watch, started = _Watch(own), time.perf_counter()
    certificate = measure_robustness(own, CARD, draws=draws, tell=tell)
    seconds = time.perf_counter() - started
    watch.stop()
    scored = accounts * (draws + 2 * len(certificate.tables["weights"]))
    return {
        "accounts": accounts,
        "draws": draws,
        "seconds": round(seconds, 1),
        "scores_per_second": round(scored / seconds),
        "sql_cpu_seconds": round(watch.cpu, 1),
        "session_mb": round(watch.peak_mb),
        "changed_by_a_single_weight_pct": float(
            certificate.summary["changed_by_a_single_weight_pct"]
        ),
    }


def publish_made_up(
    settings: Settings, accounts: int, tell: Callable[[str], None]
) -> Settings:
    """Return a warehouse that shows one month of that many made-up accounts."""
    own = replace(
        settings,
        home=settings.home / "bench" / "what-if",
        server=None,
        database=f"trials_{accounts}",
    )
    own.home.mkdir(parents=True, exist_ok=True)
    ensure_warehouse(own)
    with connect(own, "owner") as connection:
        if connection.execute("select 1 from control.pointers").fetchone():
            return own
    tell(f"making up {accounts:,} accounts")
    invoke_dbt(own, ["seed"], run_id="-", stage="bench")
    with connect(own, "owner") as connection:
        _make_up(connection, accounts, own.role_name("transformer"))
    with open_replay(own, [MONTH], as_of_date=MONTH) as replay:
        replace_published(replay, [MONTH])
        replay.build([SCORES])
        replay.connection.execute(
            f"create table candidate.made_up as select * from pg_temp.{SCORES}"  # noqa: S608
        )
    with connect(own, "owner") as connection:
        reader = sql.Identifier(own.role_name("transformer"))
        connection.execute(sql.SQL(_SHOW_SCORES).format(transformer=reader))
    return own


def _make_up(
    connection: psycopg.Connection[Any], accounts: int, transformer: str
) -> None:
    """Make up the published marts, with the ledger's word that they are."""
    connection.execute("select setseed(0.7)")
    for statement in _MARTS:
        connection.execute(sql.SQL(statement).format(accounts=sql.Literal(accounts)))
    connection.execute(
        sql.SQL("grant select on all tables in schema marts to {}").format(
            sql.Identifier(transformer)
        )
    )
    row = connection.execute(
        "insert into control.publications "
        "(run_id, kind, as_of_date, landed_through_load_id) "
        "values ('bench', 'publish', %s, 0) returning publication_id",
        [MONTH],
    ).fetchone()
    assert row is not None
    connection.execute(_LEDGER, {"publication": row[0], "month": MONTH})
    register_rules(connection, row[0], [MONTH])


class _Watch:
    """CPU and private memory of the server's sessions, by looking often."""

    def __init__(self, settings: Settings) -> None:
        self.peak_mb = 0.0
        self._cpu: dict[int, float] = {}
        self._before: dict[int, float] = {}
        with connect(settings, "owner") as connection:
            backend = psutil.Process(connection.info.backend_pid)
            self._server = backend.parent()
        self._look()
        self._before = dict(self._cpu)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)
        self._thread.start()

    @property
    def cpu(self) -> float:
        return sum(self._cpu.values()) - sum(self._before.values())

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _keep_looking(self) -> None:
        while not self._done.wait(0.1):
            self._look()

    def _look(self) -> None:
        for process in self._server.children() if self._server else []:
            with contextlib.suppress(psutil.Error):
                times, memory = process.cpu_times(), process.memory_info()
                self._cpu[process.pid] = times.user + times.system
                used = (memory.rss - memory.shared) / 2**20
                self.peak_mb = max(self.peak_mb, used)


_MARTS: tuple[LiteralString, ...] = (
    """
    create table marts.dim_group_accounts as
    select
        date '2025-12-01' as month,
        'g' || lpad(to_hex(number * 2654435761 % 4294967296), 16, '0')
            as group_account_id,
        'account ' || number as account_name,
        'b' || number % 16 as branch_id,
        'county ' || number % 113 as county_name,
        'C_OTHER' as initial_class,
        null::text as former_grade,
        'm' || number % 2003 as manager_id,
        number % 20 > 0 as is_active,
        true as is_identified
    from generate_series(1, {accounts}) as number
    """,
    """
    create table marts.fct_account_indicators as
    select
        month,
        group_account_id,
        round(case when random() < 0.4 then 0 else exp(random() * 11) end::numeric, 2)
            as unified_payment_amount,
        round(exp(random() * 12)::numeric, 2) as member_bill_amount,
        round(case when random() < 0.3 then 0 else exp(random() * 10) end::numeric, 2)
            as informatization_amount,
        exp(random() * 7)::integer as employees,
        case when random() < 0.3 then 0 else exp(random() * 6) end::integer
            as vnet_users,
        (random() * 5)::smallint as informatization_level,
        (random() ^ 2 * 6)::integer as informatization_products,
        round((random() * 12)::numeric, 2) as off_net_rate_pct,
        round((random() * 8)::numeric, 2) as signed_years,
        (random() ^ 3 * 5)::smallint as influence_grade,
        case when random() < 0.02 then (random() * 500)::integer + 1 end as tax_rank,
        array[]::text[] as missing_indicators,
        null::numeric as total_amount,
        null::numeric as total_amount_3m
    from marts.dim_group_accounts
    """,
    """
    update marts.fct_account_indicators
    set
        total_amount
        = unified_payment_amount + member_bill_amount + informatization_amount,
        total_amount_3m
        = 3 * (unified_payment_amount + member_bill_amount + informatization_amount)
    """,
    """
    create table marts.bridge_account_records as
    select month, 'r' || substr(group_account_id, 2) as source_record_id,
        group_account_id
    from marts.dim_group_accounts
    """,
    """
    create table marts.fct_account_scores as
    select
        ''::text as scorecard_id, month, group_account_id, 0::bigint as override_id,
        ''::text as effective_tier, ''::text as override_reason,
        ''::text as override_approver, month as override_valid_to
    from marts.dim_group_accounts
    limit 0
    """,
)

_LEDGER = """
with

made as (

    insert into control.slices (mart, month, content_hash, row_count, run_id)
    select mart, %(month)s, '', 0, 'bench'
    from unnest(
        array['fct_account_indicators', 'dim_group_accounts', 'fct_account_scores']
    ) as mart
    returning mart, month, slice_id

)

insert into control.pointers (mart, month, slice_id, publication_id)
select mart, month, slice_id, %(publication)s from made
"""

_SHOW_SCORES: LiteralString = """
drop table marts.fct_account_scores;
create table marts.fct_account_scores as select * from candidate.made_up;
drop table candidate.made_up;
grant select on marts.fct_account_scores to {transformer};
analyze
"""
