"""As known then, as known now: what readers saw of a month at any time (F40)."""

from __future__ import annotations

import pytest

from jinta.errors import PublishError
from jinta.publish import list_publications, prune, publish, rollback
from tests.integration.hand_made import (
    FEBRUARY,
    JANUARY,
    ROWS,
    as_transformer,
    build_candidate,
    fetch,
    make_manifest,
    start_run,
)

# What the documentation tells readers to write.
AT = (
    "select account_id, points from marts.fct_scores_as_shown "
    "where month = %(month)s and shown_from <= %(at)s "
    "and (shown_until is null or shown_until > %(at)s) order by 1"
)
INTERVALS = (
    "select distinct publication_id, ended_by_publication_id from marts.shown_months "
    "where mart = 'fct_scores' and month = %s order by 1"
)
JANUARY_ROWS = [("a", 10), ("b", 20)]
FEBRUARY_ROWS = [("a", 11), ("b", 21)]


@pytest.fixture
def settings(make_warehouse):
    """A warehouse whose first publication shows two months."""
    settings = make_warehouse()
    publish_rows(settings, "run-1", ROWS, (JANUARY, FEBRUARY))
    return settings


def publish_rows(settings, run_id, rows, months=(FEBRUARY,)):
    build_candidate(settings, rows)
    start_run(settings, run_id, months)
    return publish(settings, run_id, make_manifest())


def read_at(settings, publication, month=FEBRUARY):
    """What readers saw when a publication began to be shown."""
    at = {"month": month, "at": publication.published_at}
    return fetch(settings, AT, parameters=at)


def read_intervals(settings, month=FEBRUARY):
    return fetch(settings, INTERVALS, parameters=[month])


def test_late_facts_never_change_the_first_answer(settings):
    [first] = list_publications(settings)
    assert read_at(settings, first) == FEBRUARY_ROWS
    late = publish_rows(settings, "run-2", [*ROWS[:3], (FEBRUARY, "b", 99)])
    later = publish_rows(settings, "run-3", [*ROWS[:3], (FEBRUARY, "b", 100)])
    assert read_at(settings, first) == FEBRUARY_ROWS
    assert read_at(settings, late) == [("a", 11), ("b", 99)]
    assert read_at(settings, later) == [("a", 11), ("b", 100)]
    now = "select account_id, points from marts.fct_scores where month = %s order by 1"
    assert fetch(settings, now, parameters=[FEBRUARY]) == [("a", 11), ("b", 100)]


def test_a_month_that_was_not_restated_is_one_interval(settings):
    [first] = list_publications(settings)
    late = publish_rows(settings, "run-2", [(FEBRUARY, "a", 1)])
    assert read_intervals(settings, JANUARY) == [(first.publication_id, None)]
    assert read_at(settings, late, JANUARY) == JANUARY_ROWS


def test_equal_content_goes_on_and_other_content_begins_anew(settings):
    [first] = list_publications(settings)
    publish_rows(settings, "run-2", ROWS)
    third = publish_rows(settings, "run-3", [(FEBRUARY, "a", 1)])
    fourth = publish_rows(settings, "run-4", ROWS)
    ids = [item.publication_id for item in (first, third, fourth)]
    assert read_intervals(settings) == [
        (ids[0], ids[1]),
        (ids[1], ids[2]),
        (ids[2], None),
    ]
    assert read_at(settings, fourth) == read_at(settings, first) == FEBRUARY_ROWS
    hashes = fetch(
        settings,
        "select content_hash from marts.shown_months "
        "where mart = 'fct_scores' and month = %s order by publication_id",
        parameters=[FEBRUARY],
    )
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_rollback_is_a_time_of_its_own(settings):
    [first] = list_publications(settings)
    second = publish_rows(settings, "run-2", [(FEBRUARY, "z", 5)])
    back = rollback(settings, first.publication_id)
    assert read_at(settings, second) == [("z", 5)]
    assert read_at(settings, back) == FEBRUARY_ROWS
    assert [row[0] for row in read_intervals(settings)] == [
        first.publication_id,
        second.publication_id,
        back.publication_id,
    ]
    assert len(read_intervals(settings, JANUARY)) == 1


def test_a_month_that_a_rollback_takes_away_ends(make_warehouse):
    settings = make_warehouse()
    first = publish_rows(settings, "run-1", ROWS, (JANUARY,))
    second = publish_rows(settings, "run-2", ROWS, (FEBRUARY,))
    back = rollback(settings, first.publication_id)
    assert read_intervals(settings) == [(second.publication_id, back.publication_id)]
    assert read_at(settings, first) == read_at(settings, back) == []
    assert read_at(settings, second) == FEBRUARY_ROWS


def test_intervals_outlive_the_pruning_of_publications(settings):
    """A month shown unchanged since an old publication still says since when."""
    [first] = list_publications(settings)
    second = publish_rows(settings, "run-2", [(FEBRUARY, "z", 5)])
    rows = [*ROWS[:2], (FEBRUARY, "z", 6)]
    publish_rows(settings, "run-3", rows, (JANUARY, FEBRUARY))
    prune(settings, keep_publications=1, keep_days=0)
    with pytest.raises(PublishError, match="were pruned"):
        rollback(settings, first.publication_id)
    assert read_at(settings, first, JANUARY) == JANUARY_ROWS
    assert read_intervals(settings, JANUARY) == [(first.publication_id, None)]
    # What retention gave up is told, not passed off as an empty month.
    assert read_at(settings, second) == []
    kept = fetch(
        settings,
        "select is_kept from marts.shown_months "
        "where mart = 'fct_scores' and month = %s order by publication_id",
        parameters=[FEBRUARY],
    )
    assert kept == [(False,), (False,), (True,)]


def test_the_retention_rule_keeps_five_years():
    from jinta.settings import load_settings

    path = load_settings({}).dbt_project / "seeds/gates/publication_retention.csv"
    keep_days = int(path.read_text(encoding="utf-8").splitlines()[1].split(",")[1])
    assert keep_days >= 5 * 365


def test_every_month_mart_has_the_view_with_its_columns_described(settings):
    rows = fetch(
        settings,
        "select attname, col_description(attrelid, attnum) from pg_attribute "
        "where attrelid = 'marts.fct_scores_as_shown'::regclass order by attnum",
        "publisher",
    )
    columns = dict(rows)
    assert list(columns)[:3] == ["publication_id", "shown_from", "shown_until"]
    assert set(columns) - set(list(columns)[:3]) == {
        *("month", "account_id", "points", "tags", "built_at")
    }
    assert "起始发布编号" in columns["publication_id"]
    assert columns["points"] == "Points (分数)."
    views = fetch(
        settings,
        "select relname from pg_class where relname like '%%\\_as\\_shown'",
        "publisher",
    )
    assert views == [("fct_scores_as_shown",)]


def test_a_mart_that_grows_shows_its_past_with_the_new_column_empty(settings):
    [first] = list_publications(settings)
    with as_transformer(settings) as execute:
        execute("alter table candidate.fct_scores add column grade text default 'A'")
    start_run(settings, "run-2", [FEBRUARY])
    publish(settings, "run-2", make_manifest())
    grades = (
        "select publication_id, grade from marts.fct_scores_as_shown "
        "where month = %s group by 1, 2 order by 1"
    )
    second = list_publications(settings)[0]
    assert fetch(settings, grades, parameters=[FEBRUARY]) == [
        (first.publication_id, None),
        (second.publication_id, "A"),
    ]


def test_the_columns_of_the_view_are_taken(settings):
    with as_transformer(settings) as execute:
        execute("alter table candidate.fct_scores add column shown_from date")
    start_run(settings, "run-2")
    with pytest.raises(PublishError, match="shown_from") as error:
        publish(settings, "run-2", make_manifest())
    assert "shown_until are taken" in error.value.cure
