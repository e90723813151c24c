"""A range of months in one pass, month by month, and by dbt's own microbatches."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from demo.databases import open_system
from jinta.airflow_env import export_settings
from jinta.settings import Settings, list_environ
from jinta.warehouse import connect, connect_info, ensure_warehouse

Tell = Callable[[str], None]

DEMO_MONTHS = 24
LAST_MONTH = date(2025, 12, 1)
SCHEMA = "bench_microbatch"
# Sums of facts: each month is computed from its own bills, so that batches suit them.
FACT_MODELS = {
    "int_indicators__member_bills_summed": ("bill_month", "group_account_id"),
    "int_indicators__informatization_bills_summed": (
        *("bill_month", "group_account_id", "product_code"),
    ),
    "int_indicators__revenues_summed": ("bill_month", "group_account_id"),
}
FACT_SOURCES = (
    "stg_billing__line_bills",
    "stg_billing__informatization_bills",
    "stg_billing__unified_payment_bills",
)
_CONFIG = (
    "{{{{ config(materialized='incremental', incremental_strategy='microbatch', "
    "event_time='bill_month', batch_size='month', begin='{begin}', "
    "unique_key={key}, schema='{schema}') }}}}\n"
)
# Months before the demo's first: those of a year later, moved.
_MOVED = {
    "usr_acct_item": {
        "bill_cyc": "bill_cyc - 100",
        **dict.fromkeys(("usr_id", "acct_item", "fee_fen")),
    },
    "grp_prod_bill": {
        "bill_cyc": "bill_cyc - 100",
        "bill_seq": "bill_seq - 1000000000",
        **dict.fromkeys(("grp_cust_no", "prod_cd", "pay_cls", "fee_fen")),
    },
    "usr_stat_chg": {
        "chg_mon": "chg_mon - 100",
        "chg_seq": "chg_seq - 1000000000",
        "chg_dt": "chg_dt - 10000",
        **dict.fromkeys(("usr_id", "stat_cd")),
    },
}


def measure_backfill(
    settings: Settings, accounts: int, months: int, repeats: int, tell: Tell
) -> dict[str, Any]:
    """Build the same months in one pass and in single runs, and compare.

    Args:
        settings: In whose state folder a province of its own is made.
        accounts: True organisations.
        months: Months up to December 2025; beyond 24, earlier ones are moved copies.
        repeats: How often the one pass and the microbatches are measured; the single
            runs are once.
        tell: Says what is under way.

    Returns:
        Seconds of each way (with processes and Airflow, and of the stages alone), how
        many slices are equal, and what the microbatches took.
    """
    own = replace(
        settings, home=settings.home / "bench" / f"backfill-{accounts}", server=None
    )
    own.home.mkdir(parents=True, exist_ok=True)
    wanted = list_months(months)
    tell(f"building a province of {accounts:,} accounts × {months} months")
    _build_province(own, accounts, months)
    passes = []
    for number in range(repeats):
        one = replace(own, database=f"one_pass_{number}", is_database_chosen=True)
        _drop(own, one.database)
        tell(f"{months} months in one pass")
        passes.append(_run_backfill(one, wanted[0], wanted[-1]))
    single = replace(own, database="single_runs", is_database_chosen=True)
    _drop(own, single.database)
    runs = []
    for month in wanted:
        tell(f"{month:%Y-%m} in a run of its own")
        runs.append(_run_backfill(single, month, month))
    batches = [measure_microbatches(one, wanted, tell) for _ in range(repeats)]
    shown, expected = _read_hashes(one), _read_hashes(single)
    result = {
        "accounts": accounts,
        "months": months,
        "one_pass": _take_median(passes),
        "single_runs": {key: sum(run[key] for run in runs) for key in runs[0]},
        "slices": len(shown),
        "slices_equal": sum(expected.get(key) == shown[key] for key in shown),
        "microbatch": {
            key: statistics.median(batch[key] for batch in batches)
            for key in batches[0]
        },
    }
    _call(own, "jinta", "warehouse", "stop")
    return result


def list_months(count: int) -> list[date]:
    """List the last months of the demo, in order."""
    last = LAST_MONTH.year * 12 + LAST_MONTH.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(last - count + 1, last + 1)]


def _build_province(own: Settings, accounts: int, months: int) -> None:
    _call(
        *(own, "demo", "build", "--accounts", str(accounts)),
        *("--months", str(min(months, DEMO_MONTHS))),
    )
    with open_system(own, "boss") as connection:
        for month in list_months(months)[: max(months - DEMO_MONTHS, 0)][::-1]:
            _move_month(connection, month)


def _move_month(connection: psycopg.Connection, month: date) -> None:
    """Bill a month as the same month a year later was billed; once."""
    to = month.year * 100 + month.month
    for table, columns in _MOVED.items():
        column = next(iter(columns))
        if table == "usr_acct_item":
            connection.execute(
                f"create table if not exists boss.{table}_{to} "
                f"partition of boss.{table} for values in ({to})"
            )
        values = ", ".join(value or name for name, value in columns.items())
        connection.execute(
            f"insert into boss.{table} ({', '.join(columns)}) "  # noqa: S608
            f"select {values} from boss.{table} "
            f"where {column} = %(from)s and not exists "
            f"(select 1 from boss.{table} where {column} = %(to)s)",
            {"to": to, "from": to + 100},
        )


def _run_backfill(own: Settings, first: date, last: date) -> dict[str, float]:
    """Run `jinta backfill`; seconds of the command and of the run's stages."""
    started = time.perf_counter()
    output = _call(
        *(own, "jinta", "backfill", "--json"),
        *("--sources", str(own.checkout / "demo" / "sources.yml")),
        *("--from", f"{first:%Y-%m}", "--to", f"{last:%Y-%m}"),
    )
    seconds = time.perf_counter() - started
    summary = json.loads(output.splitlines()[-1])
    stages = {stage["stage"]: float(stage["seconds"]) for stage in summary["stages"]}
    landing = sum(value for name, value in stages.items() if "extract" in name)
    return {
        "seconds": round(seconds, 1),
        "stages": round(sum(stages.values()), 1),
        "landing": round(landing, 1),
    }


def measure_microbatches(
    own: Settings, months: list[date], tell: Tell
) -> dict[str, Any]:
    """Build the sums of the facts as tables and as microbatches, by the same SQL.

    The models are those that the one pass has just built, in a copy of the project: as
    they are, and configured as `incremental` with the strategy `microbatch`, a month a
    batch. What they read stands already.

    Returns:
        Seconds that dbt reports for both, and whether the tables hold the same rows.
    """
    _create_schema(own)
    plain = _run_models(own, "plain", [])
    first, last = months[0], months[-1]
    after = date(last.year + last.month // 12, last.month % 12 + 1, 1)
    tell(f"{len(months)} months as microbatches of dbt")
    batched = _run_models(
        own,
        "microbatch",
        ["--event-time-start", str(first), "--event-time-end", str(after)],
        begin=first,
    )
    return {
        "one_pass": plain,
        "microbatch": batched,
        "is_equal": all(_is_equal(own, model, months) for model in FACT_MODELS),
    }


def _run_models(
    own: Settings, kind: str, arguments: list[str], begin: date | None = None
) -> float:
    """Run the three models in a copy of the project; what dbt says it took."""
    project = own.home / "microbatch" / kind
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(
        own.dbt_project, project, ignore=shutil.ignore_patterns("target", "logs")
    )
    if begin is not None:
        _configure(project, begin)
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--log-level", "warn", "run"),
            *("--select", " ".join(FACT_MODELS), *arguments),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        env=list_environ() | _export_profile(own),
    )
    results = json.loads((project / "target" / "run_results.json").read_text("utf-8"))
    return round(float(results["elapsed_time"]), 2)


def _configure(project: Path, begin: date) -> None:
    """Let the copy's models be built by month, and its facts be read by month."""
    for name, key in FACT_MODELS.items():
        path = project / "models" / "intermediate" / "indicators" / f"{name}.sql"
        config = _CONFIG.format(begin=begin, key=list(key), schema=SCHEMA)
        path.write_text(config + path.read_text("utf-8"), "utf-8")
    for name in FACT_SOURCES:
        path = project / "models" / "staging" / "billing" / f"{name}.sql"
        config = "{{ config(event_time='bill_month') }}\n"
        path.write_text(config + path.read_text("utf-8"), "utf-8")


def _export_profile(own: Settings) -> dict[str, str]:
    info = connect_info(own, "transformer")
    return {
        "JINTA_DBT_HOST": str(info["host"]),
        "JINTA_DBT_PORT": str(info["port"]),
        "JINTA_DBT_USER": str(info["user"]),
        "JINTA_DBT_PASSWORD": str(info["password"]),
        "JINTA_DBT_DATABASE": str(info["dbname"]),
    }


def _create_schema(own: Settings) -> None:
    with connect(own, "owner") as connection:
        schema = sql.Identifier(SCHEMA)
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
        connection.execute(
            sql.SQL("create schema {} authorization {}").format(
                schema, sql.Identifier(own.role_name("transformer"))
            )
        )


def _is_equal(own: Settings, model: str, months: list[date]) -> bool:
    """Whether both ways came to the same rows in the months."""
    query = sql.SQL(
        "select count(*), sum(hashtextextended(rows::text, 0)::numeric) "
        "from {} as rows where bill_month = any(%s)"
    )
    with connect(own, "transformer") as connection:
        plain, batched = (
            connection.execute(
                query.format(sql.Identifier(schema, model)), [months]
            ).fetchone()
            for schema in ("intermediate", SCHEMA)
        )
    return plain == batched and plain is not None and plain[0] > 0


def _read_hashes(own: Settings) -> dict[tuple[str, str | None], str]:
    with connect(own, "publisher") as connection:
        rows = connection.execute(
            "select pointers.mart, pointers.month::text, slices.content_hash "
            "from control.pointers inner join control.slices using (slice_id)"
        ).fetchall()
    return {(mart, month): digest for mart, month, digest in rows if month}


def _drop(own: Settings, database: str) -> None:
    ensure_warehouse(own)
    with psycopg.connect(**connect_info(own, "owner"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(
                sql.Identifier(database)
            )
        )


def _take_median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _call(own: Settings, module: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=list_environ() | export_settings(own),
    ).stdout
