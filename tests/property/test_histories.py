"""Whatever happened in between, restating what is stale ends where one pass ends.

`JINTA_PROPERTY_EXAMPLES=100` plays that many random histories instead of a few.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from tests.property.histories import (
    Bill,
    Decision,
    Grade,
    Line,
    NextMonth,
    Player,
    Record,
    Rollback,
    Rules,
    Run,
    Word,
    copy_project,
)
from tests.property.worlds import World
from tests.running import read_rows

EXAMPLES = int(os.environ.get("JINTA_PROPERTY_EXAMPLES", "3"))

small = st.integers(0, 11)
nightly = Run("nightly", None, 0, is_cut=False, fate="ends", at=0)
stale = Run("stale", None, 0, is_cut=False, fate="ends", at=0)
run = st.builds(
    Run,
    which=st.sampled_from(["nightly", "all", "missing", "stale"]),
    first=st.none() | small,
    last=small,
    is_cut=st.booleans(),
    fate=st.sampled_from(["ends", "ends", "ends", "fails", "dies", "holds"]),
    at=st.integers(0, 25),
)
change = st.one_of(
    st.builds(
        Bill,
        what=st.sampled_from(["add", "add", "change", "remove"]),
        table=small,
        row=small,
        month=small,
        fen=st.integers(-500_000, 9_000_000),
    ),
    st.builds(
        Record,
        what=st.sampled_from(
            ["employees", "level", "code", "manager", "second", "remove"]
        ),
        row=small,
        other=small,
    ),
    st.builds(Line, row=small, month=small, account=small),
    st.builds(Grade, account=small, grade=small, month=small),
    st.just(NextMonth()),
    st.builds(
        Decision,
        kind=st.sampled_from(["merge", "merge", "split", "never_link", "undo"]),
        left=small,
        right=small,
    ),
    st.builds(Word, account=small, tier=small, first=small, months=st.integers(0, 3)),
    st.builds(Rules, month=small, weight=small),
    st.builds(Rollback, back=st.integers(0, 3)),
)
# Changes come in handfuls between runs.
histories = st.lists(
    st.tuples(st.lists(change, min_size=1, max_size=4), run), min_size=1, max_size=4
).map(lambda parts: [event for changes, last in parts for event in (*changes, last)])


@pytest.fixture
def make_player(copy_warehouse, project, tmp_path):
    """Make players, each with a warehouse and rule rows of its own."""

    def make():
        settings = copy_warehouse()
        folder = tmp_path / settings.database
        own = copy_project(settings, folder / "checkout")
        return Player(own, project, World(folder / "files"))

    return make


def check(player, events):
    """Play a history and compare where it ends with one pass over what landed."""
    player.play([nightly, *events])
    player.settle()
    told = "\n".join(player.told)
    assert player.list_stale() == {}, told
    shown, expected = player.list_shown(), player.pass_once()
    differing = sorted(
        key for key in shown.keys() | expected.keys()
        if shown.get(key) != expected.get(key)
    )  # fmt: skip
    assert differing == [], told
    assert player.rebuild() == 0, told


@given(events=histories)
@with_settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 10,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_a_random_history_ends_where_one_pass_ends(make_player, events):
    check(make_player(), events)


HISTORIES = {
    "a late bill changes the tiers that later months go on from": [
        *(NextMonth(), nightly, NextMonth(), nightly, NextMonth(), nightly),
        Bill("add", 0, 3, 0, 9_000_000),
    ],
    "a late bill too small to move a tier": [
        *(NextMonth(), nightly, NextMonth(), nightly),
        Bill("add", 0, 3, 0, 100),
    ],
    "a merge over all months, found undone": [
        *(NextMonth(), nightly, Decision("merge", 3, 5), nightly),
        *(stale, Decision("undo", 3, 5)),
    ],
    "a version from a past month on": [NextMonth(), nightly, Rules(1, 9)],
    "a rollback, and a bill that came before it": [
        *(NextMonth(), nightly, Bill("change", 0, 1, 0, 1), nightly, Rollback(1)),
    ],
}


@pytest.mark.parametrize("events", HISTORIES.values(), ids=HISTORIES.keys())
def test_a_history_to_remember(make_player, events):
    check(make_player(), events)


@pytest.mark.parametrize("at", [24, 25], ids=["at its start", "done, not noted"])
def test_a_run_killed_in_a_stage_is_gone_on_with(make_player, at):
    player = make_player()
    killed = Run("all", None, 0, is_cut=True, fate="dies", at=at)
    check(player, [NextMonth(), Bill("add", 0, 3, 0, 9_000_000), killed])
    assert "the process ended with -9" in player.told


def test_nothing_that_was_shown_is_lost(make_player):
    player = make_player()
    player.play([NextMonth(), nightly])
    first = player.list_shown()
    player.play([Bill("change", 0, 1, 0, 8_000_000), Bill("add", 1, 2, 1, 500)])
    player.settle()
    assert player.list_shown() != first
    seen = read_rows(
        player.settings,
        "select mart, month::text, content_hash from control.shown_slices "
        "where publication_id = 1 and month is not null",
        "publisher",
    )
    assert {(mart, month): digest for mart, month, digest in seen} == first
