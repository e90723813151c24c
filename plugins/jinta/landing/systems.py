"""Lands all tables of a source system, some of them side by side."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import psycopg

from jinta.errors import JintaError, SourceError, SourceUnavailable, WarehouseError
from jinta.landing.ledger import LoadResult
from jinta.landing.raw_tables import ensure_raw_tables, strip_quarantine
from jinta.settings import Settings
from jinta.sources import SourcesConfig, System, load_contract, load_sources
from jinta.warehouse import connect

if TYPE_CHECKING:
    from jinta.landing.table_landing import TableLanding

# Tables of a system that are landed at the same time.
PARALLEL_TABLES = 3

# Reports rows read so far of a table: (table name, rows).
Progress = Callable[[str, int], None]

logger = logging.getLogger("jinta.landing")


def ensure_raw(settings: Settings, system: System | None = None) -> None:
    """Create what is missing of the raw tables, mapped or not.

    What is withheld leaves them, and the system's rows in the quarantine.
    """
    contract = load_contract(settings.dbt_project)
    with connect(settings, "loader") as connection:
        ensure_raw_tables(connection, contract)
        for name, mapping in system.tables.items() if system else ():
            strip_quarantine(connection, system.name, contract.tables[name], mapping)


def land_system(
    settings: Settings,
    run_id: str,
    system_name: str,
    months: list[date] | None = None,
    progress: Progress | None = None,
    sources: SourcesConfig | None = None,
) -> list[LoadResult]:
    """Land every table of a source system; what this run landed before is skipped.

    Tables are landed side by side, each in a transaction of its own, and one that
    fails doesn't keep the others from landing.

    Args:
        settings: Whose warehouse and connections.
        run_id: The run; its sources file and as-of date are read from the ledger.
        system_name: The system, as the sources file names it.
        months: The run's months. Tables loaded by month take these and the two before
            each; without months they take what is new up to the as-of date.
        progress: Called with a table's name and the rows read so far, from threads.
        sources: The sources, if they are not those of a run in the ledger.

    Returns:
        One result per table, in the order of the sources file.

    Raises:
        SourceError: One or more tables could not be landed; the message lists all.
    """
    # pandas and pyarrow take their time to import; those who only ask for months wait.
    from jinta.landing.table_landing import TableLanding

    config, as_of = _find_sources(settings, run_id, sources)
    system = config.systems.get(system_name)
    if system is None:
        raise SourceError(
            f"{config.path} has no system {system_name!r}.",
            f"It has {', '.join(config.systems)}.",
        )
    ensure_raw(settings, system)
    contract = load_contract(settings.dbt_project)
    cancelled = threading.Event()
    landings = [
        TableLanding(
            settings,
            run_id,
            system,
            mapping,
            contract.tables[name],
            as_of,
            months,
            progress,
            cancelled.is_set,
        )
        for name, mapping in system.tables.items()
    ]
    results, errors = _land_side_by_side(landings, cancelled)
    if errors:
        raise _join_errors(system, errors)
    return results


def land_table(
    settings: Settings,
    run_id: str,
    config: SourcesConfig,
    system_name: str,
    table_name: str,
) -> LoadResult:
    """Land one table by itself, apart from any run of the build.

    Raises:
        SourceError: The table could not be landed; nothing of it has changed.
    """
    from jinta.landing.table_landing import TableLanding

    system = config.systems[system_name]
    ensure_raw(settings, system)
    landing = TableLanding(
        settings,
        run_id,
        system,
        system.tables[table_name],
        load_contract(settings.dbt_project).tables[table_name],
        config.as_of or datetime.now(UTC).date(),
    )
    outcome = _land_table(landing)
    if isinstance(outcome, JintaError):
        raise outcome
    return outcome


def _land_side_by_side(
    landings: list[TableLanding], cancelled: threading.Event
) -> tuple[list[LoadResult], dict[str, JintaError]]:
    results: list[LoadResult] = []
    errors: dict[str, JintaError] = {}
    with ThreadPoolExecutor(PARALLEL_TABLES, "jinta-landing") as pool:
        try:
            tasks = [
                (landing, pool.submit(_land_table, landing)) for landing in landings
            ]
            for landing, task in tasks:
                outcome = task.result()
                if isinstance(outcome, JintaError):
                    errors[landing.table.name] = outcome
                else:
                    results.append(outcome)
        except BaseException:
            # A signal or a bug: don't start, or go on with, what is not landed yet.
            cancelled.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return results, errors


def _land_table(landing: TableLanding) -> LoadResult | JintaError:
    name = landing.table.name
    try:
        result = landing.land()
    except JintaError as error:
        logger.error("%s was not landed: %s", name, error)
        return error
    except psycopg.Error as error:
        logger.error("%s was not landed: %s", name, error)
        return _explain_warehouse(name, error)
    _log_result(result)
    return result


def _log_result(result: LoadResult) -> None:
    if result.is_skipped:
        logger.info("%s had landed before in this run", result.table_name)
        return
    logger.info(
        "%s: %s rows read, %s new, %s changed, %s ended, %s quarantined, %.1f s",
        result.table_name,
        f"{result.rows_extracted:,}",
        f"{result.rows_new:,}",
        f"{result.rows_changed:,}",
        f"{result.rows_ended:,}",
        f"{result.rows_quarantined:,}",
        result.seconds,
    )
    for note in result.notes:
        logger.info("%s: %s", result.table_name, note)


def _explain_warehouse(name: str, error: psycopg.Error) -> JintaError:
    if isinstance(error, (psycopg.OperationalError, psycopg.errors.QueryCanceled)):
        return WarehouseError(
            f"The warehouse failed while {name} was landed: {error}".strip(),
            "Nothing of the table was landed. Run again.",
        )
    return SourceError(
        f"The warehouse refused rows of {name}: {error}".strip(),
        "Nothing of the table was landed.",
    )


def _join_errors(system: System, errors: dict[str, JintaError]) -> JintaError:
    if len(errors) == 1:
        return next(iter(errors.values()))
    lines = [f"{len(errors)} tables of {system.name} were not landed:"]
    lines += [
        f"  {name}: {error.message} {error.cure}" for name, error in errors.items()
    ]
    kind = (
        SourceUnavailable
        if all(error.is_retryable for error in errors.values())
        else SourceError
    )
    return kind("\n".join(lines), "The other tables have landed.")


def _find_sources(
    settings: Settings, run_id: str, sources: SourcesConfig | None
) -> tuple[SourcesConfig, date]:
    if sources is not None:
        return sources, sources.as_of or datetime.now(UTC).date()
    from jinta.runs import load_run

    run = load_run(settings, run_id)
    return load_sources(run.sources_path, settings), run.as_of_date
