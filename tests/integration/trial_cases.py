"""A published province whose rules a test may edit, and the command line on it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from psycopg import sql

from jinta import cli
from jinta.settings import Settings
from jinta.trials import cli as trials_cli
from jinta.trials.candidates import read_candidate
from jinta.warehouse import connect
from tests.running import read_rows

CARD = "group_account_value"
HEADER = "table,key,column,value\n"
# Ten points more for what is paid together: the other amounts give them.
WEIGHTS = {"unified_payment_amount": 20, "informatization_amount": 10}
EDITS = HEADER + "".join(
    f"scorecard_indicators,{name},weight,{weight}\n" for name, weight in WEIGHTS.items()
)
TIERS = ("raw_tier", "suggested_tier", "effective_tier")


def copy_project(settings: Settings, folder) -> Settings:
    """Give the warehouse a dbt project of its own, whose seeds a test may edit."""
    shutil.copytree(
        settings.dbt_project,
        folder / "dbt_project",
        ignore=shutil.ignore_patterns("target", "logs"),
    )
    for name in ("demo", "expectations", "plugins"):
        (folder / name).symlink_to(settings.checkout / name)
    return replace(settings, checkout=folder)


def write_candidate(tmp_path, text=EDITS):
    path = tmp_path / "candidate.csv"
    path.write_text(text, encoding="utf-8")
    return read_candidate(path, CARD)


def call(settings, monkeypatch, capsys, *arguments):
    """Call a command of `jinta` and return what it prints; --json is parsed."""
    monkeypatch.setattr(trials_cli, "load_settings", lambda: settings)
    monkeypatch.setattr(trials_cli.console, "width", 200)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    assert not ended.value.code, arguments
    printed = capsys.readouterr().out
    return json.loads(printed) if "--json" in arguments else printed


def compare_scores(settings, replay, months):
    """Rows in which published scores and those of a replay differ, either way."""
    scores = replay.relation("fct_account_scores")
    columns = [
        sql.Identifier(name)
        for (name,) in read_rows(
            settings,
            "select column_name from information_schema.columns "
            "where table_schema = 'marts' and table_name = 'fct_account_scores' "
            "order by ordinal_position",
            role="publisher",
        )
    ]
    query = sql.SQL(
        "select {columns} from {left} where month = any({months}) "
        "except all select {columns} from {right} where month = any({months})"
    )
    published = sql.Identifier("marts", "fct_account_scores")
    return [
        row
        for left, right in ((published, scores), (scores, published))
        for row in replay.fetch(
            query.format(
                columns=sql.SQL(", ").join(columns),
                left=left,
                right=right,
                months=sql.Literal(months),
            )
        )
    ]


def score_by_hand(settings, month, weights):
    """Points of each account with new weights, from the published points."""
    rows = read_rows(
        settings,
        "select group_account_id, indicator_id, points, max_points "
        "from fct_account_points "
        f"where month = '{month}' and scorecard_id = '{CARD}'",
    )
    totals = {}
    for account, indicator, points, weight in rows:
        new = weights.get(indicator, Decimal(weight) / 100) * 100
        scaled = (points * Decimal(new) / weight).quantize(Decimal(1), ROUND_HALF_UP)
        totals[account] = totals.get(account, 0) + int(scaled)
    return totals


def photograph(settings):
    """All that a trial must leave alone: every relation and what the ledger holds."""
    with connect(settings, "owner") as connection:
        relations = connection.execute(
            "select oid::regclass::text, relfilenode from pg_class "
            "where relnamespace::regnamespace::text not like 'pg\\_%' order by 1"
        ).fetchall()
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname in ('control', 'rules', 'archive', 'candidate') "
            "and tablename <> 'trials' order by 1"
        ).fetchall()
        contents = [
            (
                name,
                connection.execute(
                    f"select count(*), md5(string_agg(t::text, '' order by t::text)) "
                    f"from {name} as t"
                ).fetchone(),
            )
            for (name,) in tables
        ]
    return relations, contents
