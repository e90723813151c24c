"""What the value systems beside the first one cost a nightly run, and which models."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from psycopg import sql

from bench.nightly import run_module, time_nightly
from jinta.publish.marts import CANDIDATE_SCHEMA, describe_relations
from jinta.publish.views import MARTS_SCHEMA
from jinta.settings import Settings
from jinta.warehouse import connect

# What the group-account value (S0) is computed from; all else serves the other systems.
FIRST_TABLES = frozenset(
    {
        "billing.subscriptions",
        "billing.line_bills",
        "billing.unified_payment_bills",
        "billing.informatization_bills",
        "billing.vnet_memberships",
        "billing.line_status_changes",
        "crm.accounts",
        "crm.account_aliases",
        "crm.contacts",
        "crm.managers",
        "crm.branches",
        "crm.account_needs",
        "ledger.leased_lines",
        "registry.tax_rankings",
        "registry.policy_influences",
    }
)


def measure_systems(
    settings: Settings,
    accounts: int,
    months: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Time a nightly run of a province with all systems, and with the first alone.

    Both read the same databases; the first system's sources file leaves out the tables
    that only the others need, so that their models find nothing.

    Returns:
        Accounts, months and per run the seconds and rows landed; how many times as long
        all systems take; every model of that run with its seconds, its growth and its
        share of the wall time; and the marts that are computed as they are read, with
        the seconds that their last month takes. Both largest first.
    """
    own = replace(settings, home=settings.home / "bench" / f"systems-{accounts}")
    own.home.mkdir(parents=True, exist_ok=True)
    tell(f"building a province of {accounts:,} accounts × {months} months")
    run_module(
        own, "demo", "build", "--accounts", str(accounts), "--months", str(months)
    )
    whole = settings.checkout / "demo" / "sources.yml"
    first = own.home / "first.yml"
    first.write_text(narrow_sources(whole, FIRST_TABLES), encoding="utf-8")
    runs = {}
    for name, sources in (("first", first), ("all", whole)):
        tell(f"nightly run at {accounts:,} accounts: {name}")
        runs[name] = time_nightly(own, sources)
    tell("reading the marts that are views")
    views = time_views(own)
    run_module(own, "jinta", "warehouse", "stop")
    return {
        "accounts": accounts,
        "months": months,
        "runs": [describe_run(name, run) for name, run in runs.items()],
        "growth": round(runs["all"]["seconds"] / runs["first"]["seconds"], 2),
        "models": rank_models(runs["first"], runs["all"]),
        "views": views,
    }


def narrow_sources(path: Path, tables: frozenset[str]) -> str:
    """Write a sources file anew with some of its tables only, and no empty system."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, system in list(document["systems"].items()):
        kept = {t: m for t, m in system["tables"].items() if t in tables}
        if kept:
            system["tables"] = kept
        else:
            del document["systems"][name]
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def describe_run(name: str, run: Mapping[str, Any]) -> dict[str, Any]:
    """Say how long a run took and how much it landed."""
    landed = sum(load["rows_extracted"] for load in run["summary"]["landed"])
    return {
        "systems": name,
        "rows_landed": landed,
        **{key: run[key] for key in ("seconds", "sql_seconds", "cpu_seconds")},
    }


def rank_models(
    first: Mapping[str, Any], whole: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """List the models of a run with all systems, the largest first."""
    before = {n["name"]: n["seconds"] for n in first["summary"]["nodes"]}
    nodes = sorted(whole["summary"]["nodes"], key=lambda n: (-n["seconds"], n["name"]))
    return [
        {
            "model": node["name"],
            "seconds": round(node["seconds"], 2),
            "first system": round(before.get(node["name"], 0.0), 2),
            "share of wall": f"{100 * node['seconds'] / whole['seconds']:.1f} %",
        }
        for node in nodes
    ]


def time_views(settings: Settings) -> list[dict[str, Any]]:
    """Read the last published month of each mart that is a view, all cards of it.

    Returns:
        Mart, rows and seconds to the last row for one who sees everything.
    """
    with connect(settings, "transformer") as connection:
        relations = describe_relations(connection, CANDIDATE_SCHEMA).values()
    timed = []
    with connect(settings, "reporter", autocommit=True) as connection:
        for relation in relations:
            if not relation.is_view:
                continue
            # Counting whole rows has every column of them computed.
            query = sql.SQL("select count(read) from {view} as read").format(
                view=sql.Identifier(MARTS_SCHEMA, relation.name)
            )
            if "month" in relation.columns:
                query += sql.SQL(
                    " where month = (select max(month) from marts.fct_account_scores)"
                )
            started = time.perf_counter()
            [(rows,)] = connection.execute(query).fetchall()
            seconds = round(time.perf_counter() - started, 2)
            timed.append({"mart": relation.name, "rows": rows, "seconds": seconds})
    return sorted(timed, key=lambda view: -view["seconds"])
