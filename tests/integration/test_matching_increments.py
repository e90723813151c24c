"""Incremental matching (F16): what a night takes over never shows in its result."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from demo.build import ensure_demo
from jinta import pipeline
from jinta.runs import Request
from jinta.transform.runner import invoke_dbt
from jinta.warehouse import connect
from tests.integration.account_records import MONTH, build_accounts

TABLES = {
    "names_normalised": "name_text",
    "record_names_read": "source_record_id, name_text",
    "pairs_found": "source_record_id_left, source_record_id_right",
    "pairs_judged": "source_record_id_left, source_record_id_right",
    "records_clustered": "source_record_id",
}
CACHE = ("names_read", "names_compared", "pairs_scored")


@pytest.fixture(scope="module")
def province(warehouse):
    """The province's CRM landed and its accounts built once, from nothing."""
    settings = replace(warehouse, sources_path=warehouse.checkout / "demo/sources.yml")
    ensure_demo(settings)
    request = Request(
        sources=str(settings.sources_path), from_month=MONTH, to_month=MONTH
    )
    run_id = pipeline.open_run(settings, request).run_id
    pipeline.extract(settings, run_id, "crm")
    build_accounts(settings)
    return settings


def execute(settings, *statements):
    with connect(settings, "owner") as connection:
        for statement in statements:
            connection.execute(statement)


def rebuild(settings):
    """Run the stage's models once more, on seeds and records as they are."""
    arguments = ["run", "--select", "tag:accounts"]
    invoke_dbt(settings, arguments, run_id="test", stage="accounts")


def empty_cache(settings):
    execute(settings, *(f"truncate cache.{table}" for table in CACHE))


def read_result(settings):
    """A hash of each table that incremental work could spoil."""
    with connect(settings, "transformer") as connection:
        return {
            table: connection.execute(
                "select count(*), md5(string_agg("
                "(to_jsonb(t) - 'name_number_left' - 'name_number_right')::text, '' "
                f"order by {order})) from intermediate.int_accounts__{table} as t"
            ).fetchone()
            for table, order in TABLES.items()
        }


def count_new_work(settings):
    """Names read, names compared with all others and pairs scored, anew and in all."""
    with connect(settings, "transformer") as connection:
        return {
            table: connection.execute(
                "select count(*) filter (where not is_known), count(*) "
                f"from intermediate.int_accounts__{table}"
            ).fetchone()
            for table in ("names_recalled", "names_signed", "pairs_signed")
        }


def change_records(settings, percent):
    """Remove, change and add a third of so many per cent of the records each."""
    chosen = "abs(hashtext(account_id)) % 300"
    execute(
        settings,
        f"delete from raw.crm__accounts where {chosen} < {percent}",
        "update raw.crm__accounts as records "
        "set account_name = others.account_name, office_phone = others.office_phone "
        "from (select account_name, office_phone, lead(account_id) over "
        "(order by account_id) as account_id from raw.crm__accounts) as others "
        "where records.account_id = others.account_id and "
        f"abs(hashtext(records.account_id)) % 300 between {percent} and {2 * percent}",
        "create temporary table born as select * from raw.crm__accounts "
        f"where {chosen} between {2 * percent} and {3 * percent}",
        "update born set account_id = account_id || '-b', "
        "account_name = replace(account_name, '有限', '实业有限')",
        "insert into raw.crm__accounts select * from born",
        "drop table born",
    )


def assert_as_if_from_nothing(settings):
    """Compare what was built with a build without anything remembered."""
    taken_over = read_result(settings)
    empty_cache(settings)
    rebuild(settings)
    assert all(anew == total > 0 for anew, total in count_new_work(settings).values())
    assert read_result(settings) == taken_over
    return taken_over


def test_a_night_without_news_compares_nothing(province):
    before = read_result(province)
    rebuild(province)
    assert {anew for anew, _ in count_new_work(province).values()} == {0}
    assert read_result(province) == before


@pytest.mark.parametrize("percent", [1, 5])
def test_news_are_compared_and_end_as_if_all_were(province, percent):
    before = read_result(province)
    change_records(province, percent)
    rebuild(province)
    for table, (anew, total) in count_new_work(province).items():
        # What is born here is like another record, so that it makes a pair.
        assert 0 < anew < 0.15 * percent * total, table
    after = assert_as_if_from_nothing(province)
    assert after["records_clustered"] != before["records_clustered"]


def test_any_part_of_the_cache_may_be_lost(province):
    before = read_result(province)
    execute(
        province,
        "delete from cache.names_read where content_key::text < '3'",
        "delete from cache.names_compared where signature::text > 'a'",
        "delete from cache.pairs_scored where content_key::text like '%1'",
    )
    rebuild(province)
    assert all(0 < anew < total for anew, total in count_new_work(province).values())
    assert read_result(province) == before


@pytest.mark.parametrize(
    ("statement", "again"),
    [
        (
            "delete from rules.name_words where word in ('科技', '商贸', '物流')",
            {"names_recalled"},
        ),
        (
            "update rules.match_limits set limit_value = 0.5 where limit_name ~ '^n'",
            {"names_signed", "pairs_signed"},
        ),
    ],
)
def test_a_changed_rule_forgets_what_rests_on_it(province, statement, again):
    before = read_result(province)
    execute(province, statement)
    rebuild(province)
    for table, (anew, total) in count_new_work(province).items():
        assert (anew == total) is (table in again), table
    assert assert_as_if_from_nothing(province) != before


def test_readings_are_kept_for_a_month_after_their_last_use(province):
    # The day of the rebuild counts, which may begin at midnight.
    day = datetime.now(UTC).date()
    last_used = [day - timedelta(days=days) for days in (29, 30, 31, 32)]
    execute(province, "update cache.names_read set used_on = used_on - 10")
    with connect(province, "owner") as connection:
        connection.execute(
            "insert into cache.names_read (content_key, used_on) "
            "select gen_random_uuid(), used_on from unnest(%s::date[]) as used_on",
            [last_used],
        )
    rebuild(province)
    with connect(province, "transformer") as connection:
        [(rebuilt, is_all), *kept] = connection.execute(
            "select used_on, count(*) > 1 from cache.names_read "
            "group by 1 order by 1 desc"
        ).fetchall()
    assert is_all
    assert rebuilt >= day
    expected = [used for used in last_used if (rebuilt - used).days <= 30]
    assert kept == [(used, False) for used in expected]
