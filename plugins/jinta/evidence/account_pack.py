"""The evidence pack of an account: everything that made one month's tier."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from jinta.evidence.dividend import find_publication
from jinta.evidence.personal import choose_role, name_person, redact, require_auditor
from jinta.evidence.rebuild import rebuild_month
from jinta.evidence.statements import fetch_dicts
from jinta.replay import open_replay
from jinta.report.explain import check_scorecard, find_account
from jinta.settings import Settings
from jinta.sources.contract import ContractTable, load_contract
from jinta.warehouse import connect

# A month's three-month means read so many months.
_WINDOW_MONTHS = 3
_PLAIN = (
    *("score", "points", "cut_offs", "path", "changes", "point_changes"),
    *("leads", "shown"),
)
_OF_RECORDS = ("decisions", "overrides", "lead_updates", "contacts")
_FREE_TEXT = ("decisions", "overrides", "lead_updates", "leads", "version")


def collect_account_pack(
    settings: Settings,
    account: str,
    month: date | None,
    scorecard_id: str,
    *,
    is_personal: bool = False,
    is_rebuilt: bool = True,
) -> dict[str, Any]:
    """Collect the evidence for an account's score in a published month.

    Args:
        settings: Whose warehouse.
        account: A group account id, a record's number, or part of a name.
        month: The month; None takes the last published one.
        scorecard_id: The scorecard.
        is_personal: Read names of people, as the role `auditor`.
        is_rebuilt: Build the month again from raw and compare the content.

    Returns:
        The sections by name; see `account_page`.

    Raises:
        UsageError: The month is not published, or no account answers to the name.
        SettingsError: Names are asked for and the auditor's password is not set.
    """
    if is_personal:
        require_auditor(settings)
    found = find_publication(settings, month)
    role = choose_role(is_personal)
    with connect(settings, role, stage="evidence") as connection:
        pack = _collect(
            connection, settings, account, found, scorecard_id, is_personal=is_personal
        )
    pack |= _collect_built(settings, pack, found, is_rebuilt=is_rebuilt)
    pack["publication"] = found
    pack["is_personal"] = is_personal
    pack["scorecard_id"] = scorecard_id
    return pack


def _collect(
    connection: psycopg.Connection[Any],
    settings: Settings,
    account: str,
    found: dict[str, Any],
    scorecard_id: str,
    *,
    is_personal: bool,
) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        check_scorecard(cursor, scorecard_id)
        account_id = find_account(cursor, account, found["month"])
    person = name_person(is_personal)
    key = {
        "account": account_id,
        "month": found["month"],
        "scorecard": scorecard_id,
        "known_at": found["known_at"] or found["published_at"],
        "known_load": found["landed_through_load_id"],
    }
    head = fetch_dicts(connection, "pack_account", key, person=person)[0]
    customer = person if head["is_sole_trader"] else sql.SQL("")
    records = fetch_dicts(connection, "pack_records", key, customer=customer)
    key["records"] = [row["account_id_crm"] for row in records]
    key["is_sole_trader"] = head["is_sole_trader"]
    pack: dict[str, Any] = {"account": head, "records": records}
    for name in (*_PLAIN, *_OF_RECORDS):
        pack[name] = fetch_dicts(connection, f"pack_{name}", key, person=person)
    pack["version"] = []
    if pack["score"]:
        key["version"] = pack["score"][0]["scorecard_version"]
        pack["version"] = fetch_dicts(connection, "pack_version", key, person=person)
    pack["sources"] = _count_sources(connection, settings, key, found["month"])
    if not is_personal:
        _mask(connection, pack, key)
    return pack


def _mask(
    connection: psycopg.Connection[Any], pack: dict[str, Any], key: dict[str, Any]
) -> None:
    """Take names of people out of the account and of what people wrote."""
    people = {
        row["person"]: row["pseudonym"]
        for row in fetch_dicts(connection, "pack_people", key)
    }
    head = pack["account"]
    if head["is_sole_trader"]:
        for column in ("account_name", "credit_code"):
            if head[column]:
                head[column] = _mask_one(connection, head[column])
    for name in _FREE_TEXT:
        pack[name] = redact(pack[name], people)
    for row in pack["score"]:
        row["override_reason"] = redact(row["override_reason"], people)


def _mask_one(connection: psycopg.Connection[Any], value: str) -> str:
    row = connection.execute("select control.mask_person(%s)", [value]).fetchone()
    assert row is not None
    return row[0]


def _count_sources(
    connection: psycopg.Connection[Any],
    settings: Settings,
    key: dict[str, Any],
    month: date,
) -> list[dict[str, Any]]:
    """Count the source rows that name the account's records, by table and file."""
    contract = load_contract(settings.dbt_project)
    counted: list[dict[str, Any]] = []
    for table in contract.tables.values():
        if "account_id" in table.columns:
            counted += fetch_dicts(
                connection,
                "pack_sources",
                {**key, "table": table.name},
                rows=sql.Identifier("raw", table.identifier),
                window=_limit_months(table, month),
            )
    return counted


def _limit_months(table: ContractTable, month: date) -> sql.Composable:
    """Facts count in the months that the reported one looks back on."""
    if table.month_column is None:
        return sql.SQL("true")
    return sql.SQL(
        "rows.{column} <= {month} and rows.{column} > {month} - make_interval(months "
        "=> {count})"
    ).format(
        column=sql.Identifier(table.month_column),
        month=sql.Literal(month),
        count=sql.Literal(_WINDOW_MONTHS),
    )


def _collect_built(
    settings: Settings,
    pack: dict[str, Any],
    found: dict[str, Any],
    *,
    is_rebuilt: bool,
) -> dict[str, Any]:
    """Read how records were compared: from the rebuild, or from the last run."""
    key = {"month": found["month"], "account": pack["account"]["group_account_id"]}
    if not is_rebuilt:
        with connect(settings, "transformer", stage="evidence") as connection:
            pairs = sql.Identifier("intermediate", "int_accounts__pairs_scored")
            rows = fetch_dicts(connection, "pack_pairs", key, pairs=pairs)
        return {"rebuild": None, "pairs": rows}
    with open_replay(
        settings, [found["month"]], publication_id=found["publication_id"]
    ) as replay:
        compared = rebuild_month(replay, found["month"])
        replay.build(["int_accounts__pairs_scored"])
        pairs = replay.relation("int_accounts__pairs_scored")
        rows = fetch_dicts(replay.connection, "pack_pairs", key, pairs=pairs)
    return {"rebuild": compared, "pairs": rows}
