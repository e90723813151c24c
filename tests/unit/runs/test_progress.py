"""The estimate of a backfill is measured or missing, never made up."""

import pytest

from jinta.runs.progress import (
    CHUNK_STEPS,
    Work,
    describe_seconds,
    split_stage,
)

ALL_STEPS = dict.fromkeys(CHUNK_STEPS, 1.0)


def test_nothing_is_estimated_before_anything_was_measured():
    work = Work(months={1: 3, 2: 3}, done={1: {"build raw": 5.0}}, running=2.0)
    assert work.estimate() is None


def test_earlier_runs_tell_until_a_chunk_is_finished():
    work = Work(
        months={1: 3, 2: 3}, done={1: {"build raw": 5.0}}, running=2, earlier=10
    )
    assert work.estimate() == pytest.approx(60 - 7)


def test_finished_chunks_tell_what_is_left():
    work = Work(months={1: 2, 2: 4}, done={1: ALL_STEPS}, running=1.0, earlier=1000)
    assert work.estimate() == pytest.approx(len(CHUNK_STEPS) / 2 * 4 - 1)


def test_an_estimate_that_was_too_low_stays_at_nothing():
    work = Work(months={1: 1}, done={1: {"build raw": 99.0}}, earlier=10)
    assert work.estimate() == 0


def test_the_bar_counts_months_times_steps():
    work = Work(months={1: 2, 2: 4}, done={1: ALL_STEPS, 2: {"build raw": 1.0}})
    assert work.total == 6 * len(CHUNK_STEPS)
    assert work.completed == 2 * len(CHUNK_STEPS) + 4


def test_a_chunk_that_skipped_steps_because_its_months_are_held_is_done():
    work = Work(months={1: 2}, done={1: {"build raw": 1.0, "store": 1.0}})
    assert work.completed == work.total


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("build raw", (1, "build raw")),
        ("chunk 2/5: build raw", (2, "build raw")),
        ("chunk 6 (added): gate scores", (6, "gate scores")),
        ("extract boss", (1, "extract boss")),
    ],
)
def test_the_name_of_a_stage_tells_chunk_and_step(name, expected):
    assert split_stage(name) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(40, "40 s"), (89.4, "89 s"), (720, "12 min"), (12_000, "3 h 20 min")],
)
def test_times_are_told_as_people_say_them(seconds, text):
    assert describe_seconds(seconds) == text
