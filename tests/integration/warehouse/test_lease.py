"""The lease: one run at a time, and a dead one does not block the next."""

import subprocess
import sys
import threading
import time

import psycopg
import pytest

from jinta.errors import LeaseHeld, LeaseLost
from jinta.warehouse import (
    acquire_lease,
    check_lease,
    connect,
    hold_lease,
    identify_process,
    lease,
    release_lease,
)

# A process of this machine that is gone: the number is taken, by a later process.
DEAD = identify_process().rpartition("/")[0] + "/1.00"


@pytest.fixture(autouse=True)
def no_lease(warehouse):
    yield
    with connect(warehouse, "owner") as connection:
        connection.execute("delete from control.leases")


def expire(settings):
    with connect(settings, "owner") as connection:
        connection.execute(
            "update control.leases set expires_at = clock_timestamp() - interval '1 s'"
        )


def wait_until(is_so, seconds=30):
    """Wait for the heartbeat, which a machine at full load may keep from beating."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.01)


def has_given_up():
    """Whether the heartbeat saw that the lease is lost."""
    return all(thread.name != "lease" for thread in threading.enumerate())


def test_second_run_is_told_who_works_since_when_and_what_to_do(warehouse):
    acquire_lease(warehouse, "first", identify_process())
    with pytest.raises(LeaseHeld) as caught:
        acquire_lease(warehouse, "second", "someone else")
    assert "first" in caught.value.message
    assert identify_process() in caught.value.message
    assert "jinta warehouse release first" in caught.value.cure


def test_released_lease_is_free(warehouse):
    acquire_lease(warehouse, "first")
    assert release_lease(warehouse, "first")
    assert acquire_lease(warehouse, "second") is None


def test_release_leaves_anothers_lease_alone(warehouse):
    acquire_lease(warehouse, "first")
    assert not release_lease(warehouse, "second")
    assert lease.read_lease(warehouse).run_id == "first"


def test_stages_of_the_run_keep_its_lease_and_its_holder(warehouse):
    acquire_lease(warehouse, "first", "airflow/nightly")
    before = lease.read_lease(warehouse)
    acquire_lease(warehouse, "first")
    after = lease.read_lease(warehouse)
    assert after.holder == "airflow/nightly"
    assert after.acquired_at == before.acquired_at
    assert after.expires_at > before.expires_at


def test_the_same_run_is_not_worked_on_twice(warehouse):
    acquire_lease(warehouse, "first", identify_process())
    with pytest.raises(LeaseHeld):
        acquire_lease(warehouse, "first", "another process")


def test_expired_lease_is_taken_over_and_the_old_runs_sessions_end(warehouse):
    acquire_lease(warehouse, "first", "elsewhere")
    left = connect(warehouse, "transformer", "first", "accounts")
    expire(warehouse)
    assert acquire_lease(warehouse, "second") == "first"
    with pytest.raises(psycopg.OperationalError):
        left.execute("select 1")


def test_lease_of_a_process_that_is_gone_is_taken_over_at_once(warehouse):
    acquire_lease(warehouse, "first", DEAD)
    assert acquire_lease(warehouse, "second") == "first"


def test_run_of_a_process_that_is_gone_is_entered_again_at_once(warehouse):
    acquire_lease(warehouse, "first", DEAD)
    assert acquire_lease(warehouse, "first", identify_process()) is None
    assert lease.read_lease(warehouse).holder == identify_process()


def test_holder_on_another_machine_counts_as_alive_until_it_expires(warehouse):
    acquire_lease(warehouse, "first", "elsewhere/1/4194304/1.00")
    with pytest.raises(LeaseHeld):
        acquire_lease(warehouse, "second")


def test_killed_process_frees_the_lease(warehouse):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    start = lease.psutil.Process(child.pid).create_time()
    machine = identify_process().rsplit("/", 2)[0]
    acquire_lease(warehouse, "first", f"{machine}/{child.pid}/{start:.2f}")
    with pytest.raises(LeaseHeld):
        acquire_lease(warehouse, "second")
    child.kill()
    child.wait()
    assert acquire_lease(warehouse, "second") == "first"


def test_heartbeat_keeps_the_lease_while_a_stage_works(warehouse, monkeypatch):
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.05)
    with hold_lease(warehouse, "first"):
        before = lease.read_lease(warehouse).heartbeat_at
        wait_until(lambda: lease.read_lease(warehouse).heartbeat_at > before)
    assert lease.read_lease(warehouse).run_id == "first"


def test_stage_that_lost_the_lease_does_not_end_well(warehouse, monkeypatch):
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.05)
    with pytest.raises(LeaseLost), hold_lease(warehouse, "first"):
        expire(warehouse)
        # The heartbeat must not get in between.
        with connect(warehouse, "owner") as connection:
            connection.execute("update control.leases set run_id = 'second'")
        wait_until(has_given_up)


def test_own_error_of_a_stage_is_not_hidden_by_a_lost_lease(warehouse, monkeypatch):
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.05)
    with pytest.raises(ZeroDivisionError), hold_lease(warehouse, "first"):
        release_lease(warehouse, "first")
        wait_until(has_given_up)
        _ = 1 / 0


def test_publishing_is_fenced(warehouse):
    acquire_lease(warehouse, "first")
    with connect(warehouse, "publisher", "first", "publish") as connection:
        check_lease(connection, "first")
        with pytest.raises(LeaseLost):
            check_lease(connection, "second")


def test_nobody_takes_the_lease_during_a_fenced_transaction(warehouse):
    acquire_lease(warehouse, "first")
    expire(warehouse)
    with connect(warehouse, "publisher", "first", "publish") as publishing:
        check_lease(publishing, "first")
        with connect(warehouse, "loader", "second", "lease") as other:
            other.execute("set lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("update control.leases set run_id = 'second'")
