"""Killing a publication, and reading while one is made."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jinta.airflow_env import export_settings
from jinta.publish import list_publications, publish
from jinta.settings import list_environ
from jinta.warehouse import connect
from tests.integration.hand_made import (
    FEBRUARY,
    JANUARY,
    build_candidate,
    fetch,
    make_manifest,
    start_run,
)

CHECKOUT = Path(__file__).parents[2]

# Publishes in a process of its own, which kills itself when it comes to a point.
CHILD = """
import os, signal, sys
from tests.integration.hand_made import make_manifest
from jinta.publish import publication, publish
from jinta.settings import load_settings

calls = 0
def die(*arguments, **options):
    global calls
    calls += 1
    if calls > {skip}:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)

module, _, name = {point!r}.rpartition(".")
module = sys.modules["jinta.publish." + module]
original = getattr(module, name)
setattr(module, name, die)
publish(load_settings(), "run-2", make_manifest())
"""

POINTS = [
    ("staging.ensure_archive", 0),
    ("slices._insert_rows", 0),
    ("slices._insert_rows", 1),
    ("staging.store_slices", 1),
    ("slices._analyze_archive", 1),
    ("publication.ensure_views", 0),
    ("publication._flip", 0),
    ("publication._record_shown_slices", 0),
    ("publication._record_metrics", 0),
]

FIRST = [(JANUARY, "a", 1), (FEBRUARY, "a", 1)]
SECOND = [(JANUARY, "a", 2), (JANUARY, "b", 2), (FEBRUARY, "a", 2)]
EVERYTHING = "select month, account_id, points from marts.fct_scores order by 1, 2"


@pytest.fixture
def settings(make_warehouse):
    settings = make_warehouse()
    start_run(settings, "run-1")
    build_candidate(settings, FIRST, [("r1", "one")])
    publish(settings, "run-1", make_manifest())
    start_run(settings, "run-2")
    build_candidate(settings, SECOND, [("r2", "two")])
    return settings


@pytest.mark.parametrize(("point", "skip"), POINTS)
def test_a_killed_publication_is_seen_by_nobody_and_made_good(settings, point, skip):
    before = fetch(settings, EVERYTHING)
    code = CHILD.format(point=point, skip=skip)
    child = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        env=list_environ() | export_settings(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert fetch(settings, EVERYTHING) == before
    assert len(list_publications(settings)) == 1

    publication = publish(settings, "run-2", make_manifest())
    assert [row[1:] for row in fetch(settings, EVERYTHING)] == [
        ("a", 2),
        ("b", 2),
        ("a", 2),
    ]
    assert publication.stored_count == 3
    half = (
        "select count(*) from archive.fct_scores where _slice_id not in "
        "(select slice_id from control.publication_slices)"
    )
    assert fetch(settings, half, "publisher") == [(0,)]
    assert fetch(settings, "select count(*) from archive.fct_scores", "publisher") == [
        (5,)
    ]


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_readers_see_whole_publications_only(settings, isolation):
    """Every statement sees one publication; a transaction can hold on to one."""
    stop = threading.Event()
    seen, errors = [], []

    def read() -> None:
        query = (
            "select (select sum(points) from marts.fct_scores), "
            "(select max(rule_id) from marts.dim_rules)"
        )
        try:
            with connect(settings, "reporter") as connection:
                while not stop.is_set():
                    with connection.transaction():
                        connection.execute(
                            f"set transaction isolation level {isolation}"
                        )
                        rows = [connection.execute(query).fetchone() for _ in range(3)]
                    seen.append(rows)
        except Exception as error:  # noqa: BLE001 - whatever a reader meets
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2, 14):
        start_run(settings, f"run-{number}")
        rows = [(JANUARY, "a", number), (FEBRUARY, "a", number)]
        build_candidate(settings, rows, [(f"r{number:02}", "rule")])
        publish(settings, f"run-{number}", make_manifest())
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    whole = {(2, "r1")} | {(2 * number, f"r{number:02}") for number in range(2, 14)}
    assert {pair for rows in seen for pair in rows} <= whole
    assert len({pair for rows in seen for pair in rows}) > 1
    if isolation == "repeatable read":
        assert all(len(set(rows)) == 1 for rows in seen)


def test_two_publishers_do_not_meet(settings, monkeypatch):
    """The second waits for the first, and gives up with a word instead of mixing in."""
    from jinta.errors import PublishError
    from jinta.publish import publication

    monkeypatch.setattr(publication, "_LOCK_TIMEOUT", "300ms")
    with connect(settings, "publisher") as other:
        other.execute("select pg_advisory_lock(hashtext('jinta publication'))")
        with pytest.raises(PublishError, match="Another process"):
            publish(settings, "run-2", make_manifest())
    publish(settings, "run-2", make_manifest())
