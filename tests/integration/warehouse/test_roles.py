"""Who may do what: each role has the least it needs."""

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from jinta.errors import SettingsError, UsageError, WarehouseError
from jinta.settings import READERS, ROLES
from jinta.warehouse import (
    connect,
    connect_info,
    ensure_database,
    ensure_warehouse,
    migrate,
    terminate_leftovers,
)
from jinta.warehouse.connection import format_url, name_application

# Schema → the roles that may create tables in it, and those that may read them.
SCHEMAS = {
    "raw": ({"loader"}, {"loader", "transformer", "auditor"}),
    "rules": ({"transformer"}, {"transformer", "publisher", "auditor"}),
    "staging": ({"transformer"}, {"transformer"}),
    "intermediate": ({"transformer"}, {"transformer"}),
    "cache": ({"transformer"}, {"transformer"}),
    "profiles": ({"transformer"}, {"transformer", "publisher"}),
    "candidate": ({"transformer"}, {"transformer", "publisher"}),
    "archive": ({"publisher"}, {"publisher", "transformer", "loader"}),
    "marts": ({"publisher"}, {"publisher", "transformer", "reporter", "auditor"}),
    "published": ({"publisher"}, {"publisher"}),
    "control": (set(), set()),
    "quarantine": (set(), set()),
    "public": (set(), set()),
}
WORKERS = {"loader", "transformer", "publisher"}
# Control table → the roles that may insert, update and delete.
CONTROL = {
    "runs": (WORKERS, WORKERS, set()),
    "stages": (WORKERS, WORKERS, set()),
    "leases": (WORKERS, WORKERS, WORKERS),
    "run_months": (WORKERS, WORKERS, WORKERS),
    "run_plan": (WORKERS, WORKERS, WORKERS),
    "staged_slices": ({"publisher"}, set(), {"loader", "publisher"}),
    "staged_metrics": ({"publisher"}, set(), {"loader", "publisher"}),
    "staged_seeds": ({"publisher"}, set(), {"loader", "publisher"}),
    "publication_seeds": ({"publisher"}, set(), set()),
    "stale_marks": ({"publisher"}, set(), set()),
    "gate_results": (WORKERS, set(), {"publisher"}),
    "loads": ({"loader"}, set(), set()),
    "load_months": ({"loader"}, set(), set()),
    "publications": ({"publisher"}, set(), set()),
    "pointers": ({"publisher"}, {"publisher"}, {"publisher"}),
    "steward_decisions": (set(), set(), set()),
    "tier_overrides": (set(), set(), set()),
    "lead_updates": (set(), set(), set()),
    "reader_scopes": (set(), set(), set()),
}
HUMAN_INPUT = {
    "steward_decisions": "(decision_kind, account_id_left, account_id_right,"
    " decided_by, reason) values ('merge', 'a', 'b', 'steward', 'same registration')",
    "tier_overrides": "(account_id, scorecard_id, tier, valid_from, valid_to, approver,"
    " reason) values ('a', 's', 'A1', '2024-01-01', '2024-12-31', 'owner', 'why')",
    "lead_updates": "(lead_rule_id, account_id, lead_status, updated_by)"
    " values ('L1', 'a', 'won', 'manager')",
}


def may(settings, role, statement):
    """Whether a role is allowed a statement; its effects are rolled back."""
    with connect(settings, role) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.errors.ReadOnlySqlTransaction:
            return False
        finally:
            connection.rollback()
    return True


def who_has(settings, privilege, table):
    with connect(settings, "owner") as connection:
        return {
            role
            for role in ROLES
            if connection.execute(
                "select has_table_privilege(%s, %s, %s)",
                [settings.role_name(role), table, privilege],
            ).fetchone()[0]
        }


@pytest.fixture(scope="module")
def tables(warehouse):
    """A table in each schema that a role fills, made after the grants were."""
    for schema, (creators, _) in SCHEMAS.items():
        for creator in creators:
            with connect(warehouse, creator) as connection:
                connection.execute(f"create table {schema}.example (n integer)")
    return warehouse


@pytest.mark.parametrize("schema", SCHEMAS)
def test_only_its_role_creates_tables_in_a_schema(warehouse, schema):
    statement = f"create table {schema}.attempt (n integer)"
    creators = {role for role in ROLES if may(warehouse, role, statement)}
    assert creators == SCHEMAS[schema][0]


@pytest.mark.parametrize(
    "schema", [name for name, (made, _) in SCHEMAS.items() if made]
)
def test_who_reads_what_is_created_later(tables, schema):
    statement = f"select * from {schema}.example"
    readers = {role for role in ROLES if may(tables, role, statement)}
    assert readers == SCHEMAS[schema][1]


@pytest.mark.parametrize("table", CONTROL)
def test_who_changes_the_control_tables(warehouse, table):
    privileges = ("insert", "update", "delete")
    found = tuple(who_has(warehouse, each, f"control.{table}") for each in privileges)
    assert found == CONTROL[table]
    assert who_has(warehouse, "select", f"control.{table}") == WORKERS | {"auditor"}


def test_only_the_loader_quarantines(warehouse):
    assert who_has(warehouse, "insert", "quarantine.rows") == {"loader"}
    assert who_has(warehouse, "update,delete,truncate", "quarantine.rows") == set()


def test_reporter_cannot_write_even_where_it_reads(tables):
    assert not may(tables, "reporter", "insert into marts.example values (1)")
    assert not may(tables, "reporter", "create temporary table t (n integer)")


def test_the_auditor_reads_human_input_and_changes_nothing(tables):
    for table in (*HUMAN_INPUT, "publications", "loads"):
        assert may(tables, "auditor", f"select * from control.{table}")
    assert may(tables, "auditor", "select * from quarantine.rows")
    assert not may(tables, "auditor", "insert into marts.example values (1)")
    assert not may(tables, "auditor", "create temporary table t (n integer)")
    assert not may(tables, "reporter", "select * from control.steward_decisions")


@pytest.mark.parametrize("role", ROLES)
def test_nobody_reads_what_pseudonyms_are_made_with(warehouse, role):
    assert not may(warehouse, role, "select * from control.pseudonym_salts")


def test_names_in_marts_are_pseudonyms_but_for_the_auditor_and_the_workers(warehouse):
    with connect(warehouse, "publisher") as connection:
        connection.execute(
            "create view marts.example_people as select control.show_person(person) as "
            "person from (values ('Wang Fang'), (null), ('Li Na')) as people (person)"
        )
    shown = {}
    for role in ("transformer", "publisher", "auditor", "reporter"):
        with connect(warehouse, role) as connection:
            shown[role] = connection.execute(
                "select person from marts.example_people"
            ).fetchall()
    named = [("Wang Fang",), (None,), ("Li Na",)]
    assert shown["transformer"] == shown["publisher"] == shown["auditor"] == named
    first, empty, last = (person for (person,) in shown["reporter"])
    assert empty is None
    assert re.fullmatch("person-[0-9a-f]{10}", first)
    assert re.fullmatch("person-[0-9a-f]{10}", last)
    assert first != last
    with connect(warehouse, "reporter") as connection:
        again = connection.execute("select person from marts.example_people").fetchone()
    assert again == (first,)


def test_reporter_finds_marts_without_naming_the_schema(tables):
    with connect(tables, "reporter") as connection:
        assert connection.execute("select count(*) from example").fetchone() == (0,)


@pytest.mark.parametrize("role", ROLES)
def test_no_session_waits_or_idles_for_ever(warehouse, role):
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with connect(warehouse, role) as connection:
        for name in names:
            value = connection.execute(f"show {name}").fetchone()[0]
            assert value != "0", name


@pytest.mark.parametrize("table", HUMAN_INPUT)
@pytest.mark.parametrize("change", ["delete from {}", "truncate {}"])
def test_human_input_is_append_only_even_for_its_owner(warehouse, table, change):
    name = f"control.{table}"
    with connect(warehouse, "owner") as connection:
        connection.execute(f"insert into {name} {HUMAN_INPUT[table]}")
        connection.commit()
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute(change.format(name))


def test_sessions_are_named_for_run_and_stage(warehouse):
    with connect(warehouse, "loader", "r1", "land") as connection:
        row = connection.execute(
            "select current_setting('application_name')"
        ).fetchone()
    assert row == ("jinta/r1/land",)


def test_no_two_stages_have_the_same_name_however_long(warehouse):
    run_id = "backfill-20260101T000000-abcd"
    stages = [f"chunk 12 (added): build {name}" for name in ("indicators", "intakes")]
    stages += ["extract 客户", "extract 客房"]
    names = set()
    for stage in stages:
        with connect(warehouse, "loader", run_id, stage) as connection:
            row = connection.execute(
                "select current_setting('application_name')"
            ).fetchone()
        assert row == (name_application(run_id, stage),)
        names |= set(row)
    assert len(names) == len(stages)
    left = [connect(warehouse, "loader", run_id, stage) for stage in stages]
    assert terminate_leftovers(warehouse, run_id, stages[0]) == 1
    assert terminate_leftovers(warehouse, run_id) == len(left) - 1
    for connection in left:
        connection.close()


def test_leftovers_of_a_stage_are_ended_and_no_others(warehouse):
    mine = connect(warehouse, "transformer", "r1", "accounts")
    other = connect(warehouse, "transformer", "r1", "scores")
    longer = connect(warehouse, "transformer", "r10", "accounts")
    begun = connect(warehouse, "loader", "r1", "accounts_south")
    with ThreadPoolExecutor() as pool:
        stuck = pool.submit(mine.execute, "select pg_sleep(60)")
        time.sleep(0.1)
        assert terminate_leftovers(warehouse, "r1", "accounts") == 1
        assert isinstance(stuck.exception(timeout=10), psycopg.OperationalError)
    assert other.execute("select 1").fetchone() == (1,)
    other.rollback()
    assert begun.execute("select 1").fetchone() == (1,), "of a stage that begins alike"
    begun.rollback()
    assert terminate_leftovers(warehouse, "r1") == 2
    assert longer.execute("select 1").fetchone() == (1,)
    for connection in (mine, other, longer, begun):
        connection.close()


def test_second_call_changes_nothing_and_waits_for_nobody(warehouse, monkeypatch):
    def refuse(*_):
        pytest.fail("it set out to change something")

    monkeypatch.setattr(migrate, "_connect_maintenance", refuse)
    ensure_warehouse(warehouse)


def test_changed_ddl_is_applied_to_a_warehouse_with_data(
    make_warehouse, monkeypatch, tmp_path
):
    settings = make_warehouse()
    with connect(settings, "loader", "r1") as connection:
        connection.execute("create table raw.kept as select 42 as answer")
    shutil.copytree(migrate.DDL, tmp_path / "ddl")
    with (tmp_path / "ddl" / "control.sql").open("a") as file:
        file.write("create table if not exists control.added (n integer);")
    monkeypatch.setattr(migrate, "DDL", tmp_path / "ddl")
    ensure_warehouse(settings)
    assert may(settings, "loader", "select * from control.added")
    assert may(settings, "transformer", "select answer from raw.kept")


def test_setting_up_does_not_wait_for_ever_for_who_holds_its_lock(server, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "200ms")
    info = connect_info(server, "owner") | {"dbname": "postgres"}
    with psycopg.connect(**info) as other:
        other.execute("select pg_advisory_lock(%s)", [migrate.LOCK])
        message = f"the session {other.info.backend_pid} of {info['user']}"
        with pytest.raises(WarehouseError, match=message):
            ensure_warehouse(server, force=True)
    ensure_warehouse(server, force=True)


@pytest.mark.parametrize("is_alone", [False, True])
def test_the_database_postgres_is_closed_where_nothing_else_is(server, is_alone):
    owner = connect_info(server, "owner")
    reporter = connect_info(server, "reporter")
    passwords = {role: connect_info(server, role)["password"] for role in ROLES}
    configured = make_server(owner, passwords)
    configured = replace(configured, user=owner["user"], password=owner["password"])
    with psycopg.connect(**owner | {"dbname": "postgres"}, autocommit=True) as admin:
        admin.execute("grant connect on database postgres to public")
        try:
            settings = replace(server, server=configured)
            ensure_warehouse(settings, force=True, is_alone=is_alone)
            [is_open] = admin.execute(
                "select has_database_privilege(%s, 'postgres', 'connect')",
                [reporter["user"]],
            ).fetchone()
        finally:
            admin.execute("revoke connect on database postgres from public")
    assert is_open is not is_alone


def test_configured_server_with_an_owner_that_is_no_superuser(server):
    """As on a managed server: the owner may create databases and roles, no more."""
    embedded = connect_info(server, "owner")
    with psycopg.connect(**embedded, autocommit=True) as connection:
        connection.execute("drop database if exists test_0_managed with (force)")
        connection.execute(
            "drop role if exists admin, dw_loader, dw_transformer,"
            " dw_publisher, dw_reporter, dw_auditor, dw_readers"
        )
        connection.execute("create role admin login createdb createrole password 'a'")
        # As any login may on a server that isn't ours.
        connection.execute("grant connect on database postgres to admin")
    settings = replace(
        server,
        server=make_server(embedded, {role: f"pw-{role}" for role in ROLES}),
        database="test_0_managed",
        role_prefix="dw_",
    )
    try:
        ensure_warehouse(settings)
        ensure_warehouse(settings)
        with connect(settings, "publisher", "r1", "publish") as connection:
            connection.execute("create table marts.example (n integer)")
        assert may(settings, "reporter", "select * from marts.example")
        assert not may(settings, "loader", "select * from marts.example")
        left = connect(settings, "loader", "r1", "land")
        assert terminate_leftovers(settings, "r1") == 1
        left.close()
    finally:
        with psycopg.connect(**embedded, autocommit=True) as connection:
            connection.execute("drop database if exists test_0_managed with (force)")
            for role in (*ROLES, READERS):
                connection.execute(f"drop role if exists dw_{role}")
            connection.execute("revoke connect on database postgres from admin")
            connection.execute("drop role admin")


def make_server(embedded, passwords):
    from jinta.settings import Server

    return Server(
        host=embedded["host"],
        port=embedded["port"],
        user="admin",
        password="a",
        role_passwords=passwords,
        options={},
    )


def test_missing_password_names_the_variable(server):
    settings = replace(
        server, server=make_server({"host": "h", "port": 1}, dict.fromkeys(ROLES, ""))
    )
    with pytest.raises(SettingsError) as caught:
        connect_info(settings, "loader")
    assert "JINTA_WAREHOUSE_LOADER_PASSWORD" in caught.value.cure


def test_missing_auditor_password_names_the_variable(server):
    passwords = dict.fromkeys(ROLES, "known") | {"auditor": ""}
    settings = replace(
        server, server=make_server({"host": "127.0.0.1", "port": 1}, passwords)
    )
    with pytest.raises(SettingsError, match="role auditor is not set") as caught:
        connect(settings, "auditor")
    assert "JINTA_WAREHOUSE_AUDITOR_PASSWORD" in caught.value.cure


def test_server_out_of_reach_is_one_clear_error(server):
    settings = replace(server, server=make_server({"host": "127.0.0.1", "port": 1}, {}))
    with pytest.raises(WarehouseError, match=r"127\.0\.0\.1:1"):
        ensure_warehouse(settings)


def test_unknown_role_is_bad_usage(warehouse):
    with pytest.raises(UsageError, match="no role 'boss'"):
        connect_info(warehouse, "boss")


def test_source_databases_are_closed_to_the_warehouses_roles(server):
    ensure_database(server, "test_0_boss", "source")
    ensure_database(server, "test_0_boss", "source")
    source = replace(server, database="test_0_boss")
    try:
        with connect(source, "source") as connection:
            connection.execute("create table bills (n integer)")
        for role in ROLES:
            with pytest.raises(WarehouseError, match="CONNECT"):
                connect(source, role)
    finally:
        with psycopg.connect(**connect_info(server, "owner"), autocommit=True) as each:
            each.execute("drop database test_0_boss with (force)")


@pytest.mark.parametrize("role", ROLES)
def test_only_the_owner_is_where_the_lock_of_the_setup_is_held(warehouse, role):
    info = {**connect_info(warehouse, role), "dbname": "postgres"}
    with pytest.raises(psycopg.OperationalError, match="CONNECT"):
        psycopg.connect(**info)


def test_url_escapes_what_is_special():
    info = {"user": "a", "password": "p@/:", "host": "h", "port": 1, "dbname": "d"}
    assert format_url(info) == "postgresql://a:p%40%2F%3A@h:1/d"
    assert format_url(info | {"sslmode": "require"}).endswith("/d?sslmode=require")
