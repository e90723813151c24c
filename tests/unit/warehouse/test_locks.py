from jinta.landing import raw_tables
from jinta.warehouse import lease, migrate


def test_no_two_things_wait_for_the_same_lock():
    locks = [migrate.LOCK, lease.LOCK, raw_tables.LOCK]
    assert len(set(locks)) == len(locks)
