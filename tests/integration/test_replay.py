"""Replays on a small published province: equal where nothing differs, only there."""

import csv
import shutil
import time
from datetime import date

import psycopg
import pytest
from psycopg import sql

from jinta.errors import UsageError
from jinta.replay import open_replay
from tests.running import TINY, read_hashes, read_rows, run_pipeline

MONTHS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
MARTS = (
    "dim_group_accounts",
    "bridge_account_records",
    "fct_account_indicators",
    "fct_account_scores",
    "fct_value_pyramid",
    "fct_leads",
)


@pytest.fixture(scope="module")
def make_warehouse(make_quick_warehouse):
    """These tests are about runs, not about dbt."""
    return make_quick_warehouse


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay") / "tiny"
    shutil.copytree(TINY.parent, folder)
    return folder


@pytest.fixture(scope="module")
def published(warehouse, folder):
    """The three months published, and a bill more that landed and shows in them."""
    run_pipeline(warehouse, folder / "sources.yml", "2024-01", "2024-03")
    earlier = read_hashes(warehouse)
    path = next(folder.glob("informatization_bills*.csv"))
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    late = rows[0] | {"bill_id": "late-1", "amount": "4000"}
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, rows[0].keys()).writerow(late)
    run_pipeline(warehouse, folder / "sources.yml", "2024-01", "2024-03")
    return warehouse, earlier


def hash_marts(replay):
    replay.build(MARTS)
    return {
        (mart, str(month)): digest
        for mart in MARTS
        for month, digest in replay.hash(mart).items()
    }


def pick(hashes):
    return {key: digest for key, digest in hashes.items() if key[0] in MARTS}


def test_a_replay_of_what_is_known_equals_what_is_published(published):
    settings, earlier = published
    now = pick(read_hashes(settings))
    assert now != pick(earlier), "the late bill changed nothing"
    with open_replay(settings, MONTHS) as replay:
        assert hash_marts(replay) == now


def test_a_replay_of_a_publication_knows_what_was_known_then(published):
    settings, earlier = published
    with open_replay(settings, MONTHS, publication_id=1) as replay:
        assert hash_marts(replay) == pick(earlier)


def test_a_replaced_input_changes_what_is_built_from_it_and_nothing_else(published):
    settings, _ = published
    before = read_hashes(settings)
    with open_replay(settings, MONTHS[2:]) as replay:
        tiers = replay.original("tier_rules")
        replay.replace(
            "tier_rules",
            sql.SQL(
                "select * from {} where tier = 'other' union all "
                "select * from {} where tier = 'C'"
            ).format(tiers, tiers),
        )
        replay.build(["fct_account_scores"])
        found = replay.fetch(
            sql.SQL("select distinct raw_tier from {}").format(
                replay.relation("fct_account_scores")
            )
        )
        assert {tier for (tier,) in found} <= {"C", "other"}
    assert read_hashes(settings) == before
    assert count_temporary_tables(settings) == 0


def count_temporary_tables(settings) -> int:
    """Count replays' tables that are left, once closed sessions have cleaned up."""
    query = "select count(*) from pg_class where relpersistence = 't' and relkind = 'r'"
    for _ in range(300):
        ((count,),) = read_rows(settings, query)
        if count == 0:
            break
        time.sleep(0.1)
    return count


def test_rows_stand_in_for_a_seed_with_its_types(published):
    settings, _ = published
    with open_replay(settings, MONTHS[2:]) as replay:
        replay.replace_rows(
            "scorecards",
            [{"scorecard_id": "x", "valid_from": "2024-01-01", "ties": ""}],
        )
        rows = replay.fetch(
            sql.SQL("select scorecard_id, valid_from, ties from {}").format(
                replay.relation("scorecards")
            )
        )
    assert rows == [("x", date(2024, 1, 1), None)]


def test_a_replay_cannot_write_where_others_read(published):
    settings, _ = published
    with open_replay(settings, MONTHS[2:]) as replay:
        for schema in ("marts", "archive", "control"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                replay.connection.execute(
                    sql.SQL("create table {} (n integer)").format(
                        sql.Identifier(schema, "trespass")
                    )
                )


def test_mistakes_are_named(published):
    settings, _ = published
    with open_replay(settings, MONTHS[2:]) as replay:
        with pytest.raises(UsageError, match="no relation nonsense"):
            replay.build(["nonsense"])
        replay.build(["stg_jinta__months"])
        with pytest.raises(UsageError, match="stands already"):
            replay.replace("stg_jinta__months", sql.SQL("select 1"))
    with (
        pytest.raises(UsageError, match="no publication 99"),
        open_replay(settings, MONTHS, publication_id=99),
    ):
        pass


def test_nothing_can_be_replayed_where_nothing_was_published(make_warehouse):
    with (
        pytest.raises(UsageError, match="Nothing has been published"),
        open_replay(make_warehouse(), MONTHS),
    ):
        pass
