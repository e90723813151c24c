"""Publishing by pointer, on hand-made candidates."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from jinta.errors import LeaseLost, PublishError, UsageError
from jinta.publish import list_publications, prune, publish, rollback
from jinta.warehouse import acquire_lease, connect, release_lease
from tests.integration.hand_made import (
    FEBRUARY,
    JANUARY,
    ROWS,
    as_transformer,
    build_candidate,
    fetch,
    make_manifest,
    make_node,
    start_run,
)

SCORES = "select month, account_id, points from marts.fct_scores order by 1, 2"


@pytest.fixture
def settings(make_warehouse):
    """A warehouse with nothing published, and a candidate of two months."""
    settings = make_warehouse()
    start_run(settings, "run-1")
    build_candidate(settings, ROWS)
    return settings


@pytest.fixture
def published(settings):
    publish(settings, "run-1", make_manifest())
    return settings


def test_readers_see_the_candidate(settings):
    publication = publish(settings, "run-1", make_manifest())
    assert [row[1:] for row in fetch(settings, SCORES)] == [
        ("a", 10),
        ("b", 20),
        ("a", 11),
        ("b", 21),
    ]
    assert fetch(settings, "select * from marts.dim_rules") == [("r1", "one")]
    assert publication.months == [JANUARY, FEBRUARY]
    assert {(s.mart, s.month) for s in publication.slices} == {
        ("fct_scores", JANUARY),
        ("fct_scores", FEBRUARY),
        ("dim_rules", None),
    }
    assert all(s.is_stored and s.is_changed for s in publication.slices)


def test_current_view_shows_the_latest_month(published):
    rows = fetch(published, "select distinct month from marts.fct_scores_current")
    assert rows == [(FEBRUARY,)]


def test_view_marts_read_the_published_marts(published):
    build_candidate(published, [(JANUARY, "z", 1)])
    rows = fetch(published, "select account_id, literal from marts.a_points")
    assert set(rows) == {("a", "candidate.x"), ("b", "candidate.x")}


def test_view_marts_may_read_nothing_private(published):
    with as_transformer(published) as execute:
        execute("create table intermediate.secrets (account_id text)")
        execute(
            "create or replace view candidate.a_points as select month, "
            "s.account_id, title, 'x'::text as literal from candidate.fct_scores s "
            "cross join candidate.dim_rules "
            "join intermediate.secrets using (account_id)"
        )
    start_run(published, "run-2")
    with pytest.raises(PublishError, match=r"intermediate\.secrets"):
        publish(published, "run-2", make_manifest())


def test_the_same_run_is_published_once(published):
    again = publish(published, "run-1", make_manifest())
    assert again.publication_id == list_publications(published)[-1].publication_id
    assert len(list_publications(published)) == 1


def test_equal_content_is_not_stored_again(published):
    first = list_publications(published)[0]
    start_run(published, "run-2")
    build_candidate(published, list(reversed(ROWS)))
    second = publish(published, "run-2", make_manifest())
    assert second.publication_id > first.publication_id
    assert second.content_hashes == first.content_hashes
    assert second.stored_count == 0
    assert not any(s.is_changed for s in second.slices)
    rows = fetch(published, "select count(*) from archive.fct_scores", "publisher")
    assert rows == [(4,)]


def test_one_changed_cell_changes_one_slice(published):
    start_run(published, "run-2")
    build_candidate(published, [*ROWS[:-1], (FEBRUARY, "b", "21.01")])
    second = publish(published, "run-2", make_manifest())
    assert [(s.mart, s.month) for s in second.slices if s.is_changed] == [
        ("fct_scores", FEBRUARY)
    ]
    assert second.stored_count == 1


def test_only_the_months_of_the_run_change(published):
    start_run(published, "run-2", [FEBRUARY])
    build_candidate(published, [(JANUARY, "q", 99), (FEBRUARY, "c", 5)])
    publish(published, "run-2", make_manifest())
    assert [row[1:] for row in fetch(published, SCORES)] == [
        ("a", 10),
        ("b", 20),
        ("c", 5),
    ]


def test_a_month_without_rows_empties_the_month(published):
    start_run(published, "run-2", [FEBRUARY])
    build_candidate(published, [])
    publish(published, "run-2", make_manifest())
    assert fetch(published, "select distinct month from marts.fct_scores") == [
        (JANUARY,)
    ]


def test_a_candidate_of_another_run_is_refused(published):
    start_run(published, "run-3")
    with pytest.raises(PublishError, match="belongs to run-3"):
        publish(published, "run-2", make_manifest())


def test_a_run_that_lost_its_lease_shows_nothing(published):
    start_run(published, "run-2", [FEBRUARY])
    build_candidate(published, [(FEBRUARY, "c", 1)])
    shown = fetch(published, SCORES)
    release_lease(published, "run-2")
    with pytest.raises(LeaseLost, match="run-2"):
        publish(published, "run-2", make_manifest())
    acquire_lease(published, "run-3", "somebody else")
    with pytest.raises(LeaseLost, match="run-2"):
        publish(published, "run-2", make_manifest())
    assert fetch(published, SCORES) == shown
    assert len(list_publications(published)) == 1


def test_a_missing_candidate_is_refused(published):
    start_run(published, "run-2")
    with as_transformer(published) as execute:
        execute("drop table candidate.dim_rules cascade")
    with pytest.raises(PublishError, match=r"candidate\.\w+ is not there"):
        publish(published, "run-2", make_manifest())


def test_a_key_that_occurs_twice_is_refused(published):
    start_run(published, "run-2")
    build_candidate(published, [*ROWS, (FEBRUARY, "b", 22)])
    with pytest.raises(PublishError, match="twice"):
        publish(published, "run-2", make_manifest())
    assert len(fetch(published, SCORES)) == 4


def test_a_new_column_is_null_in_old_slices(published):
    start_run(published, "run-2", [FEBRUARY])
    build_candidate(published, ROWS)
    with as_transformer(published) as execute:
        execute("alter table candidate.fct_scores add column grade text default 'A'")
        execute("comment on column candidate.fct_scores.grade is 'Grade.'")
    publish(published, "run-2", make_manifest())
    rows = fetch(published, "select month, grade from marts.fct_scores order by 1")
    assert [grade for _, grade in rows] == [None, None, "A", "A"]
    assert describe(published, "fct_scores", "grade") == "Grade."


def test_a_dropped_column_is_refused(published):
    start_run(published, "run-2")
    with as_transformer(published) as execute:
        execute("alter table candidate.fct_scores drop column tags")
    with pytest.raises(PublishError, match=r"fct_scores\.tags is gone") as error:
        publish(published, "run-2", make_manifest())
    assert "retired_columns" in error.value.cure
    assert len(fetch(published, "select tags from marts.fct_scores")) == 4


def test_a_retyped_column_is_refused(published):
    start_run(published, "run-2")
    with as_transformer(published) as execute:
        execute("drop view candidate.a_points")
        execute("alter table candidate.dim_rules alter title type varchar(9)")
        execute(
            "create view candidate.a_points as select month, account_id, title, "
            "''::text as literal from candidate.fct_scores cross join "
            "candidate.dim_rules"
        )
    with pytest.raises(PublishError, match="was text, is character varying"):
        publish(published, "run-2", make_manifest())


def test_a_retired_column_disappears_and_its_history_stays(published):
    start_run(published, "run-2", [FEBRUARY])
    with as_transformer(published) as execute:
        execute("alter table candidate.fct_scores drop column tags")
    manifest = make_manifest()
    manifest["nodes"]["model.jinta.fct_scores"]["config"]["meta"]["retired_columns"] = [
        "tags"
    ]
    publish(published, "run-2", manifest)
    with pytest.raises(psycopg.errors.UndefinedColumn):
        fetch(published, "select tags from marts.fct_scores")
    assert len(fetch(published, "select * from marts.a_points")) == 4
    kept = "select count(*) from archive.fct_scores where tags is not null"
    assert fetch(published, kept, "publisher") == [(4,)]


def test_comments_are_copied(published):
    assert describe(published, "fct_scores") == "One row per score (得分)."
    assert describe(published, "fct_scores", "points") == "Points (分数)."
    assert describe(published, "fct_scores_current", "points") == "Points (分数)."
    assert describe(published, "a_points") == "One row per point."
    with as_transformer(published) as execute:
        execute("comment on column candidate.fct_scores.points is 'New.'")
    start_run(published, "run-2")
    publish(published, "run-2", make_manifest())
    assert describe(published, "fct_scores", "points") == "New."


def test_a_mart_must_say_how_it_is_sliced(settings):
    manifest = make_manifest(make_node("fct_scores", slice="month", primary_key=["a"]))
    with pytest.raises(PublishError, match="how it is sliced"):
        publish(settings, "run-1", manifest)


def test_the_reporter_sees_marts_only(published):
    for relation in (
        "archive.fct_scores",
        "candidate.fct_scores",
        "control.publications",
        "profiles.anything",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            fetch(published, f"select * from {relation}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        fetch(published, "set transaction read write; create table marts.mine ()")
    assert len(fetch(published, "select * from marts.publications")) == 1


def test_rollback_restores_exactly(published):
    before = fetch(published, SCORES), fetch(published, "select * from marts.dim_rules")
    first = list_publications(published)[0]
    build_candidate(published, [(FEBRUARY, "c", 1)], [("r2", "two")])
    start_run(published, "run-2", [FEBRUARY])
    second = publish(published, "run-2", make_manifest())
    shown = fetch(published, SCORES)

    back = rollback(published, first.publication_id, "wrong bills")
    assert back.kind == "rollback"
    assert back.note == "wrong bills"
    after = fetch(published, SCORES), fetch(published, "select * from marts.dim_rules")
    assert after == before
    assert {(s.mart, s.month) for s in back.slices} == {
        ("fct_scores", FEBRUARY),
        ("dim_rules", None),
    }

    rollback(published, second.publication_id)
    assert fetch(published, SCORES) == shown
    assert len(list_publications(published)) == 4


def test_rollback_takes_later_months_away(settings):
    start_run(settings, "run-1", [JANUARY])
    first = publish(settings, "run-1", make_manifest())
    start_run(settings, "run-2", [FEBRUARY])
    publish(settings, "run-2", make_manifest())
    rollback(settings, first.publication_id)
    assert fetch(settings, "select distinct month from marts.fct_scores") == [
        (JANUARY,)
    ]


def test_rollback_to_what_is_shown_changes_nothing(published):
    first = list_publications(published)[0]
    assert rollback(published, first.publication_id) == first
    assert len(list_publications(published)) == 1


def test_rollback_to_an_unknown_publication_is_refused(published):
    with pytest.raises(UsageError, match="no publication 99"):
        rollback(published, 99)


def test_what_was_shown_on_a_day_can_be_told(published):
    first = list_publications(published)[0]
    build_candidate(published, [(FEBRUARY, "c", 1)])
    start_run(published, "run-2", [FEBRUARY])
    second = publish(published, "run-2", make_manifest())
    between = first.published_at + (second.published_at - first.published_at) / 2
    assert [p.publication_id for p in list_publications(published, on=between)] == [
        first.publication_id
    ]
    rows = fetch(
        published,
        "select slices.account_id from archive.fct_scores as slices "
        "inner join control.publication_slices as shown "
        "on slices._slice_id = shown.slice_id and shown.mart = 'fct_scores' "
        "where shown.publication_id = %s and shown.month = '2026-02-01' order by 1",
        "publisher",
        [first.publication_id],
    )
    assert rows == [("a",), ("b",)]
    assert list_publications(published, on=datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_prune_keeps_what_readers_see(published):
    for number in range(2, 5):
        build_candidate(published, [(FEBRUARY, "c", number)])
        start_run(published, f"run-{number}", [FEBRUARY])
        publish(published, f"run-{number}", make_manifest())
    shown = fetch(published, SCORES)
    pruned = prune(published, keep_publications=1, keep_days=0)
    assert (pruned.publications, pruned.slices, pruned.rows) == (2, 2, 2)
    assert fetch(published, SCORES) == shown
    second, first = list_publications(published)[-2:]
    with pytest.raises(PublishError, match="were pruned"):
        rollback(published, second.publication_id)
    assert prune(published, keep_publications=1, keep_days=0).slices == 0
    # Readers see January from it: evidence of January is rebuilt from all it showed.
    rollback(published, first.publication_id)
    assert len(fetch(published, SCORES)) == len(ROWS)


def test_prune_keeps_young_publications(published):
    build_candidate(published, [(FEBRUARY, "c", 1)])
    start_run(published, "run-2", [FEBRUARY])
    publish(published, "run-2", make_manifest())
    assert prune(published, keep_publications=1, keep_days=30).slices == 0


def test_a_long_reader_delays_a_new_shape_only(published, monkeypatch):
    """A reader in a transaction is not disturbed, plain publishing not delayed."""
    with connect(published, "reporter") as reader:
        reader.execute("set transaction isolation level repeatable read")
        assert reader.execute("select count(*) from marts.fct_scores").fetchone() == (
            4,
        )
        build_candidate(published, [(FEBRUARY, "c", 1)])
        start_run(published, "run-2", [FEBRUARY])
        # It has no second try in which the reader could be gone.
        monkeypatch.setattr("jinta.publish.views.LOCK_ATTEMPTS", 1)
        publish(published, "run-2", make_manifest())
        assert reader.execute("select count(*) from marts.fct_scores").fetchone() == (
            4,
        )
        with as_transformer(published) as execute:
            execute("alter table candidate.fct_scores add column grade text")
        start_run(published, "run-3", [FEBRUARY])
        monkeypatch.setattr("jinta.publish.views.LOCK_ATTEMPTS", 2)
        with pytest.raises(PublishError, match="kept a mart locked"):
            publish(published, "run-3", make_manifest())
    publish(published, "run-3", make_manifest())
    assert len(fetch(published, "select grade from marts.fct_scores")) == 3


def describe(settings, view, column=None):
    query = (
        "select col_description(attrelid, attnum) from pg_attribute "
        "where attrelid = to_regclass(%s) and attname = %s"
        if column
        else "select obj_description(to_regclass(%s), 'pg_class')"
    )
    parameters = [f"marts.{view}", *([column] if column else [])]
    return fetch(settings, query, "publisher", parameters)[0][0]
