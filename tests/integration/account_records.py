"""Account records made by hand, put where landing would have put them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from jinta.landing.raw_tables import ensure_raw_tables
from jinta.settings import Settings
from jinta.sources.contract import load_contract
from jinta.transform.runner import invoke_dbt
from jinta.warehouse import connect

AS_OF = date(2026, 1, 5)
MONTH = date(2025, 12, 1)
SELECTED = (
    "path:seeds/matching",
    "path:seeds/names",
    "tag:accounts",
    "path:models/marts/accounts",
)


def put_rows(settings: Settings, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows to a raw table, as of the first load where they say nothing else."""
    with connect(settings, "loader") as connection:
        ensure_raw_tables(connection, load_contract(settings.dbt_project))
    landed = {"_system": "crm", "_first_load_id": 1, "_first_as_of": AS_OF}
    with connect(settings, "loader") as connection:
        for row in rows:
            values = {**landed, **row}
            connection.execute(
                sql.SQL("insert into raw.{} ({}) values ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, values)),
                    sql.SQL(", ").join(sql.Placeholder() * len(values)),
                ),
                list(values.values()),
            )


def build_accounts(settings: Settings, months: Iterable[date] = (MONTH,)) -> None:
    """Run the stage that turns account records into group accounts, and its tests."""
    with connect(settings, "owner") as connection:
        connection.execute("delete from control.run_months")
        for month in months:
            connection.execute(
                "insert into control.run_months values (%s, %s, 'test')", [month, AS_OF]
            )
    invoke_dbt(
        settings,
        [
            "build",
            "--select",
            " ".join(SELECTED),
            "--exclude-resource-type",
            "unit_test",
            "--indirect-selection",
            "buildable",
        ],
        run_id="test",
        stage="accounts",
    )


def read_rows(settings: Settings, query: str, *values: Any) -> list[dict[str, Any]]:
    """Read what was built."""
    with (
        connect(settings, "transformer") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(query, values).fetchall()


def read_accounts(settings: Settings) -> dict[str, str]:
    """The group account of each record, by the record's own key."""
    rows = read_rows(
        settings,
        "select account_id, group_account_id"
        " from intermediate.int_accounts__records_clustered",
    )
    return {row["account_id"]: row["group_account_id"] for row in rows}


def read_verdicts(settings: Settings) -> dict[tuple[str, str], str]:
    """The verdict on each compared pair, by the keys of its records in order."""
    rows = read_rows(
        settings,
        """
        select
            least(lefts.account_id, rights.account_id) as first_id,
            greatest(lefts.account_id, rights.account_id) as second_id,
            pairs.verdict
        from intermediate.int_accounts__pairs_judged as pairs
        inner join intermediate.int_accounts__records_clustered as lefts
            on pairs.source_record_id_left = lefts.source_record_id
        inner join intermediate.int_accounts__records_clustered as rights
            on pairs.source_record_id_right = rights.source_record_id
        """,
    )
    return {(row["first_id"], row["second_id"]): row["verdict"] for row in rows}
