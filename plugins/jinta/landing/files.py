"""Takes landed files back, and lets them land again.

A decision is only ever added. Its effect is a landing of the file's table: the rows of
a withdrawn file end, and where another file holds rows under the same keys those stand
again. Should that landing fail, the next run does what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg.rows import class_row

from jinta.errors import JintaError, UsageError
from jinta.landing.ledger import LoadResult
from jinta.landing.systems import land_table
from jinta.settings import Settings
from jinta.sources import SourcesConfig
from jinta.warehouse import connect

_FILES = """
with

listed as (

    select
        loads.system_name,
        loads.table_name,
        loads.load_id,
        loads.finished_at,
        loads.mode,
        file ->> 'name' as file_name,
        file ->> 'id' as file_id,
        (file ->> 'rows')::bigint as row_count,
        file ->> 'status' as status,
        max(loads.load_id) over (
            partition by loads.system_name, loads.table_name
        ) as last_load_id
    from control.loads
    cross join lateral jsonb_array_elements(loads.files) as file
    where loads.mode <> 'replay'

),

latest as (

    select distinct on (system_name, table_name, file_name) *
    from listed
    where status in ('landed', 'withdrawn')
    order by
        system_name asc, table_name asc, file_name asc, load_id desc, status asc

),

decided as (

    select distinct on (system_name, table_name, file_id)
        system_name,
        table_name,
        file_id,
        file_name,
        decision_kind,
        decided_by,
        reason,
        decided_at
    from control.file_decisions
    order by system_name, table_name, file_id, decision_id desc

)

select
    latest.system_name,
    latest.table_name,
    latest.file_name,
    latest.file_id,
    latest.row_count,
    latest.load_id,
    latest.finished_at at time zone 'utc' as landed_at,
    coalesce(decided.decision_kind = 'withdraw', false) as is_withdrawn,
    case when decided.decision_kind = 'withdraw' then decided.decided_by end
        as withdrawn_by,
    case when decided.decision_kind = 'withdraw' then decided.reason end as reason
from latest
left join decided
    on
        latest.system_name = decided.system_name
        and latest.table_name = decided.table_name
        and latest.file_id = decided.file_id
-- A snapshot is the whole table: what an earlier one consisted of is no longer there.
where
    latest.mode = 'files'
    or latest.load_id = latest.last_load_id
    or decided.decision_kind = 'withdraw'
order by latest.system_name, latest.table_name, latest.file_name
"""


@dataclass(frozen=True)
class LandedFile:
    """A file that landed, whether its rows still stand or it was taken back."""

    system_name: str
    table_name: str
    file_name: str
    file_id: str
    row_count: int
    load_id: int
    landed_at: datetime
    is_withdrawn: bool
    withdrawn_by: str | None
    reason: str | None


def list_files(settings: Settings) -> list[LandedFile]:
    """List the files that landed, by system, table and name."""
    with (
        connect(settings, "loader", stage="files") as connection,
        connection.cursor(row_factory=class_row(LandedFile)) as cursor,
    ):
        return cursor.execute(_FILES).fetchall()


def withdraw_file(
    settings: Settings,
    config: SourcesConfig,
    name: str,
    *,
    decided_by: str,
    reason: str,
    table: str | None = None,
) -> LoadResult:
    """Take a landed file back: its rows end, and its content doesn't land again.

    Args:
        settings: Whose warehouse.
        config: The sources file that delivers it.
        name: The file, as `jinta files list` names it.
        decided_by: Who decides.
        reason: Why.
        table: Its table, where several tables have a file of that name.

    Raises:
        UsageError: No such file stands, or several do, or name or reason is blank.
        SourceError: The table could not be landed; the decision is taken back.
    """
    return _decide(
        settings, config, name, "withdraw", decided_by, reason, table, wanted=False
    )


def restore_file(
    settings: Settings,
    config: SourcesConfig,
    name: str,
    *,
    decided_by: str,
    reason: str,
    table: str | None = None,
) -> LoadResult:
    """Let a withdrawn file land again, if it is still there; arguments as above."""
    return _decide(
        settings, config, name, "restore", decided_by, reason, table, wanted=True
    )


def _decide(
    settings: Settings,
    config: SourcesConfig,
    name: str,
    kind: str,
    decided_by: str,
    reason: str,
    table: str | None,
    *,
    wanted: bool,
) -> LoadResult:
    if not decided_by.strip() or not reason.strip():
        raise UsageError(
            "A decision needs who made it and why.", "Fill --by and --reason."
        )
    file = _find_file(settings, name, table, is_withdrawn=wanted)
    system = config.systems.get(file.system_name)
    if system is None or file.table_name not in system.tables:
        raise UsageError(
            f"{config.path} doesn't deliver {file.table_name} from {file.system_name}.",
            "Name the sources file with --sources.",
        )
    _record_decision(settings, file, kind, decided_by.strip(), reason.strip())
    run_id = f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    try:
        return land_table(settings, run_id, config, file.system_name, file.table_name)
    except JintaError as error:
        # What can't be carried out must not stop the next run, too.
        opposite = "withdraw" if kind == "restore" else "restore"
        _record_decision(
            settings, file, opposite, decided_by.strip(), f"refused: {error.message}"
        )
        raise


def _record_decision(
    settings: Settings, file: LandedFile, kind: str, decided_by: str, reason: str
) -> None:
    with connect(settings, "owner", stage="files") as connection:
        connection.execute(
            "insert into control.file_decisions (decision_kind, system_name, "
            "table_name, file_name, file_id, decided_by, reason) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            [
                kind,
                file.system_name,
                file.table_name,
                file.file_name,
                file.file_id,
                decided_by,
                reason,
            ],
        )


def _find_file(
    settings: Settings, name: str, table: str | None, *, is_withdrawn: bool
) -> LandedFile:
    found = [
        file
        for file in list_files(settings)
        if file.file_name == name
        and table in (None, file.table_name)
        and file.is_withdrawn == is_withdrawn
    ]
    if not found:
        what = "has been withdrawn" if is_withdrawn else "stands"
        raise UsageError(
            f"No file {name} {what}.", "`jinta files list` names the files."
        )
    if len(found) > 1:
        tables = ", ".join(f"{f.table_name} ({f.system_name})" for f in found)
        raise UsageError(f"{name} landed in {tables}.", "Choose one with --table.")
    return found[0]
