"""Which months have been billed completely, by what landed."""

from __future__ import annotations

from datetime import UTC, date, datetime

from psycopg import sql

from jinta.landing.raw_tables import next_month
from jinta.settings import Settings
from jinta.sources import SourcesConfig, load_contract
from jinta.sources.contract import ContractTable
from jinta.warehouse import connect


def complete_months(settings: Settings, sources: SourcesConfig) -> list[date]:
    """Months that every bill of the company has landed for.

    A month is complete when all mapped tables that the contract marks with
    `completes_month` have current rows for it, and the as-of date lies behind its end.

    Returns:
        First days of the months, in order.
    """
    contract = load_contract(settings.dbt_project)
    billed = [
        contract.tables[name]
        for name in sorted(sources.mapped_tables)
        if contract.tables[name].completes_month
    ]
    as_of = sources.as_of or datetime.now(UTC).date()
    if not billed:
        return []
    months = set.intersection(*(_find_months(settings, table) for table in billed))
    return sorted(month for month in months if next_month(month) <= as_of)


def _find_months(settings: Settings, table: ContractTable) -> set[date]:
    """Months that have at least one current row: the ledger says where to look."""
    query = sql.SQL(
        """
        select months.month
        from (
            select distinct month from control.load_months where table_name = {}
        ) as months
        cross join lateral (
            select 1 as found from {} as landed
            where landed.{} = months.month and landed._last_load_id is null
            limit 1
        ) as landed
        """
    ).format(
        table.name,
        sql.Identifier("raw", table.identifier),
        sql.Identifier(table.month_column or ""),
    )
    with connect(settings, "loader") as connection:
        return {row[0] for row in connection.execute(query)}
