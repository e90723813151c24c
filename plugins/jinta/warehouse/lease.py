"""The lease that keeps two runs apart, whoever started them, in however many processes.

It is a row in the warehouse. A run takes it at its start, every stage keeps it alive
while it works, the end of the run gives it back. A run that dies loses it when it
expires, or at once if it ran in a single process on this machine that is gone.
"""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.rows import class_row

from jinta.errors import JintaError, LeaseHeld, LeaseLost
from jinta.settings import Settings
from jinta.warehouse.connection import connect, terminate_leftovers

LEASE = "warehouse"
# Longer than the pause before Airflow tries a task again: nobody shows life in between.
TIME_TO_LIVE = timedelta(minutes=10)
HEARTBEAT_SECONDS = 15.0
LOCK = 7_316_942_052

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lease:
    """A row of `control.leases`."""

    run_id: str
    holder: str
    acquired_at: datetime
    heartbeat_at: datetime
    expires_at: datetime
    is_expired: bool


def identify_process() -> str:
    """Return what tells this process from all others: host, pid space, pid, start."""
    start = psutil.Process().create_time()
    return f"{_identify_machine()}/{os.getpid()}/{start:.2f}"


def acquire_lease(
    settings: Settings, run_id: str, holder: str | None = None
) -> str | None:
    """Take the lease for a run, or keep it if the run has it already.

    Sessions that a run which lost its lease left in the warehouse are ended.

    Args:
        settings: Whose warehouse.
        run_id: The run that wants to work.
        holder: Who starts the run: `identify_process()` if this process lives as long
            as the run does, for then its death frees the lease at once; a name such as
            the DAG run's if the run is made of many processes, as under Airflow's
            scheduler. None for a stage of a run that was started already.

    Returns:
        The run that the lease was taken over from because it died, if any.

    Raises:
        LeaseHeld: Another run, or another process with this run, is at work.
    """
    with connect(settings, "loader", run_id, "lease") as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        lease = _read_lease(connection)
        if lease and not _is_free_for(lease, run_id, holder):
            raise _describe_held(lease)
        connection.execute(
            """
            insert into control.leases (lease_name, run_id, holder, expires_at)
            values (%(lease)s, %(run_id)s, %(holder)s, clock_timestamp() + %(ttl)s)
            on conflict (lease_name) do update set
                run_id = excluded.run_id,
                holder = excluded.holder,
                acquired_at = case
                    when leases.run_id = excluded.run_id then leases.acquired_at
                    else excluded.acquired_at
                end,
                heartbeat_at = excluded.heartbeat_at,
                expires_at = excluded.expires_at
            """,
            {
                "lease": LEASE,
                "run_id": run_id,
                "holder": holder or _keep_holder(lease, run_id),
                "ttl": TIME_TO_LIVE,
            },
        )
    if lease is None or lease.run_id == run_id:
        return None
    terminate_leftovers(settings, lease.run_id)
    return lease.run_id


def renew_lease(connection: psycopg.Connection[Any], run_id: str) -> None:
    """Show that a run is alive.

    Raises:
        LeaseLost: Another run took the lease over.
    """
    renewed = connection.execute(
        "update control.leases"
        " set heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + %s"
        " where lease_name = %s and run_id = %s",
        [TIME_TO_LIVE, LEASE, run_id],
    )
    if renewed.rowcount == 0:
        raise _describe_lost(run_id)


def check_lease(connection: psycopg.Connection[Any], run_id: str) -> None:
    """Make sure, until this transaction ends, that a run has the lease.

    Publishing calls it in its transaction: a run that was taken over while it slept
    can't publish any more.

    Raises:
        LeaseLost: Another run took the lease over, or it was released.
    """
    held = connection.execute(
        "select 1 from control.leases where lease_name = %s and run_id = %s for update",
        [LEASE, run_id],
    ).fetchone()
    if held is None:
        raise _describe_lost(run_id)


def release_lease(settings: Settings, run_id: str) -> bool:
    """Give the lease back; return whether the run had it."""
    with connect(settings, "loader", run_id, "lease") as connection:
        gone = connection.execute(
            "delete from control.leases where lease_name = %s and run_id = %s",
            [LEASE, run_id],
        )
        return gone.rowcount > 0


def read_lease(settings: Settings) -> Lease | None:
    """Return the lease as it is now, held or expired."""
    with connect(settings, "loader") as connection:
        return _read_lease(connection)


@contextlib.contextmanager
def hold_lease(
    settings: Settings, run_id: str, holder: str | None = None
) -> Iterator[None]:
    """Keep a run's lease alive while a stage works; it stays with the run afterwards.

    If the lease is lost meanwhile, the run's sessions are ended by whoever took it.

    Args:
        settings: Whose warehouse.
        run_id: The run that works.
        holder: See `acquire_lease`.

    Raises:
        LeaseHeld: Another run is at work.
        LeaseLost: Another run took over before the stage ended.
    """
    acquire_lease(settings, run_id, holder)
    done = threading.Event()
    lost: list[LeaseLost] = []
    thread = threading.Thread(
        target=_beat, args=(settings, run_id, done, lost), daemon=True, name="lease"
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=HEARTBEAT_SECONDS)
    if lost:
        raise lost[0]


def _beat(
    settings: Settings, run_id: str, done: threading.Event, lost: list[LeaseLost]
) -> None:
    """Renew the lease until told to stop; a warehouse out of reach is tried again."""
    while not done.wait(HEARTBEAT_SECONDS):
        try:
            with connect(settings, "loader", run_id, "lease") as connection:
                renew_lease(connection, run_id)
        except LeaseLost as error:
            lost.append(error)
            return
        except (JintaError, psycopg.Error):
            logger.warning("could not renew the lease of %s", run_id, exc_info=True)


def _read_lease(connection: psycopg.Connection[Any]) -> Lease | None:
    with connection.cursor(row_factory=class_row(Lease)) as cursor:
        return cursor.execute(
            """
            select
                run_id,
                holder,
                acquired_at,
                heartbeat_at,
                expires_at,
                expires_at < clock_timestamp() as is_expired
            from control.leases
            where lease_name = %s
            """,
            [LEASE],
        ).fetchone()


def _is_free_for(lease: Lease, run_id: str, holder: str | None) -> bool:
    if lease.is_expired or _is_dead(lease.holder):
        return True
    if lease.run_id != run_id:
        return False
    return holder is None or lease.holder == holder


def _keep_holder(lease: Lease | None, run_id: str) -> str:
    """Return whom a stage's lease belongs to: whoever started the run."""
    if lease and lease.run_id == run_id and not _is_dead(lease.holder):
        return lease.holder
    return _identify_machine()


def _identify_machine() -> str:
    """Return the host's name, and the pid space that containers keep apart."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        space = "-"
    return f"{socket.gethostname()}/{space}"


def _is_dead(holder: str) -> bool:
    """Tell whether a holder is a process of this machine that is gone."""
    machine = _identify_machine()
    process = holder.removeprefix(f"{machine}/")
    if process == holder:
        return False
    pid, _, start = process.partition("/")
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" != start
    except psutil.NoSuchProcess:
        return True


def _describe_held(lease: Lease) -> LeaseHeld:
    since = f"{lease.acquired_at:%Y-%m-%d %H:%M} UTC"
    return LeaseHeld(
        f"The run {lease.run_id} has been at work in this warehouse since {since} "
        f"(holder {lease.holder}, last sign of life "
        f"{lease.heartbeat_at:%H:%M:%S} UTC).",
        f"Wait until it ends. If it died, it loses the lease at "
        f"{lease.expires_at:%H:%M:%S} UTC, or now with "
        f"`jinta warehouse release {lease.run_id}`.",
    )


def _describe_lost(run_id: str) -> LeaseLost:
    return LeaseLost(
        f"The run {run_id} no longer has the warehouse's lease: another run took over.",
        "Nothing more was published. Start it again when the other run has ended.",
    )
