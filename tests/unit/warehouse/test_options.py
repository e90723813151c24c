import pytest

from jinta.warehouse.embedded import choose_options

GB = 2**30


@pytest.mark.parametrize(
    ("memory", "shared_buffers", "work_mem"),
    [
        (GB // 2, "64MB", "8MB"),  # the least that makes sense
        (4 * GB, "512MB", "64MB"),
        (64 * GB, "1024MB", "128MB"),  # the machine is not ours alone
    ],
)
def test_memory_follows_the_machine(memory, shared_buffers, work_mem):
    options = choose_options(memory, GB)
    assert options["shared_buffers"] == shared_buffers
    assert options["work_mem"] == work_mem


def test_small_shared_memory_of_a_container_is_not_used():
    assert choose_options(GB, 64 * 2**20)["dynamic_shared_memory_type"] == "mmap"
    assert choose_options(GB, 8 * GB)["dynamic_shared_memory_type"] == "posix"


def test_listens_on_this_machine_only():
    options = choose_options(GB, GB)
    assert options["listen_addresses"] == "127.0.0.1"
    assert options["unix_socket_directories"] == ""


def test_nothing_that_loses_commits_is_turned_off():
    assert not {"fsync", "synchronous_commit", "full_page_writes"} & set(
        choose_options(GB, GB)
    )
