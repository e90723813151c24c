"""What holds data of customers is for its owner alone, whatever the umask."""

import os

import pytest

from jinta.evidence.cli import write_page
from jinta.private_files import write_private
from jinta.settings import load_settings
from jinta.trials.rendering import write_tables


@pytest.fixture(autouse=True)
def generous_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return path.stat().st_mode & 0o777


def test_files_and_the_folders_made_for_them_are_private(tmp_path):
    path = tmp_path / "packs" / "march" / "accounts.csv"
    write_private(path, b"a")
    assert path.read_bytes() == b"a"
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [
        *(0o600, 0o700, 0o700),
    ]


def test_a_file_that_all_could_read_becomes_private(tmp_path):
    path = tmp_path / "accounts.csv"
    path.write_bytes(b"before")
    path.chmod(0o644)
    write_private(path, b"after")
    assert (path.read_bytes(), mode(path)) == (b"after", 0o600)
    assert [found.name for found in tmp_path.iterdir()] == ["accounts.csv"]


def test_a_folder_that_was_there_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    write_private(tmp_path / "accounts.csv", b"a")
    assert mode(tmp_path) == 0o755


def test_what_is_no_file_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_private(pipe, b"a")
    assert os.read(reader, 9) == b"a"
    os.close(reader)
    assert pipe.is_fifo()


def test_what_was_left_half_done_is_no_hindrance(tmp_path):
    (tmp_path / ".page.html.unfinished").write_bytes(b"half")
    write_private(tmp_path / "page.html", b"whole")
    assert (tmp_path / "page.html").read_bytes() == b"whole"


def test_pages_and_tables_of_trials_are_private(tmp_path):
    page = tmp_path / "pages" / "page.html"
    write_page(load_settings({}), page, "<!DOCTYPE html>")
    write_tables(tmp_path / "trial", {"accounts": [{"account_name": "A"}]})
    assert [mode(page), mode(page.parent)] == [0o600, 0o700]
    assert mode(tmp_path / "trial" / "accounts.csv") == 0o600
