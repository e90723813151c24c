"""Readers: who sees which rows, on marts small enough to say every row of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from jinta.errors import UsageError
from jinta.publish import publish, rollback
from jinta.settings import Settings
from jinta.warehouse import connect, connect_info, ensure_warehouse, readers_cli
from jinta.warehouse.readers import (
    HEAD_OFFICE,
    Scope,
    add_reader,
    list_readers,
    remove_reader,
)
from tests.integration.hand_made import (
    FEBRUARY,
    JANUARY,
    as_transformer,
    make_manifest,
    make_node,
    start_run,
)

# month, account, branch, manager. Account a goes from m1 to m2; gone ends in January
# and goes on as b.
ACCOUNTS = [
    (JANUARY, "a", "028", "m1"),
    (JANUARY, "b", "028", "m1"),
    (JANUARY, "gone", "028", "m1"),
    (JANUARY, "c", "029", "m3"),
    (JANUARY, "unidentified-028", "028", None),
    (FEBRUARY, "a", "028", "m2"),
    (FEBRUARY, "b", "028", "m1"),
    (FEBRUARY, "c", "029", "m3"),
    (FEBRUARY, "unidentified-028", "028", None),
    (FEBRUARY, "unidentified-unknown", None, None),
]
MANAGERS = [("m1", "028"), ("m2", "028"), ("m3", "029")]
NODES = (
    make_node(
        "account_points",
        "view",
        parents=["fct_points", "fct_sums"],
        visible_by="account",
    ),
    make_node(
        "dim_group_accounts",
        slice="month",
        primary_key=["month", "group_account_id"],
        visible_by="account",
    ),
    make_node(
        "bridge_account_successors",
        slice="whole",
        primary_key=["group_account_id_former"],
        visible_by="account",
    ),
    make_node(
        "fct_points",
        slice="month",
        primary_key=["month", "group_account_id"],
        visible_by="account",
    ),
    make_node(
        "fct_loads", slice="whole", primary_key=["manager_id"], visible_by="manager"
    ),
    make_node(
        "fct_habits", slice="whole", primary_key=["manager_id"], visible_by="manager"
    ),
    make_node(
        "fct_sums",
        slice="whole",
        primary_key=["partition_id"],
        visible_by={"branch": "partition_id"},
    ),
    make_node("fct_secrets", slice="whole", primary_key=["n"], visible_by=HEAD_OFFICE),
    make_node("dim_rules", slice="whole", primary_key=["n"], visible_by="everyone"),
)
HISTORY = "select month, group_account_id from {} order by 1, 2"
ALL = sorted((month, account) for month, account, *_ in ACCOUNTS)


@pytest.fixture(scope="module")
def settings(make_warehouse) -> Iterator[Settings]:
    """The marts above, published, and readers of every kind."""
    settings = make_warehouse()
    start_run(settings, "run-1")
    build_marts(settings, ACCOUNTS)
    publish(settings, "run-1", make_manifest(*NODES))
    names = {
        "reader_none": [],
        "reader_m1": [Scope("manager", "m1")],
        "reader_m2": [Scope("manager", "m2")],
        "reader_028": [Scope("branch", "028")],
        "reader_both": [Scope("branch", "029"), Scope("manager", "m2")],
        "reader_all": [Scope(HEAD_OFFICE)],
    }
    drop_roles(settings)
    for name, scopes in names.items():
        add_reader(settings, name, scopes, "head of data")
    yield settings
    drop_roles(settings)


def build_marts(settings: Settings, accounts) -> None:
    with as_transformer(settings) as execute:
        for node in NODES[1:]:
            execute(f"drop table if exists candidate.{node['name']} cascade")
        for name, column in (("dim_group_accounts", "note"), ("fct_points", "points")):
            execute(
                f"create table candidate.{name} (month date, group_account_id text, "
                f"branch_id text, manager_id text, {column} text)"
            )
            for month, account, branch, manager in accounts:
                execute(
                    f"insert into candidate.{name} values (%s, %s, %s, %s, %s)",
                    [month, account, branch, manager, account],
                )
        execute(
            "create table candidate.bridge_account_successors as "
            "select former as group_account_id_former, heir as group_account_id "
            "from (values ('gone', 'b'), ('a', 'a'), ('c', 'c')) as t (former, heir)"
        )
        execute(
            "create table candidate.fct_loads "
            "(manager_id text, branch_id text, pattern text)"
        )
        for manager, branch in MANAGERS:
            execute(
                "insert into candidate.fct_loads values (%s, %s, %s)",
                [manager, branch, "m2" if manager == "m2" else "("],
            )
        execute(
            "create table candidate.fct_habits as "
            "select manager_id from candidate.fct_loads"
        )
        execute(
            "create table candidate.fct_sums as select partition_id, 1 as n "
            "from (values ('028'), ('029'), ('all')) as t (partition_id)"
        )
        execute("create table candidate.fct_secrets as select 1 as n")
        execute("create table candidate.dim_rules as select 1 as n")
        execute(
            "create view candidate.account_points as "
            "select month, group_account_id, points, (select sum(n) "
            "from candidate.fct_sums) as total from candidate.fct_points"
        )


def drop_roles(settings: Settings) -> None:
    with connect(settings, "owner") as connection:
        for (name,) in connection.execute(
            "select rolname from pg_roles where rolname ~ '^reader_'"
        ).fetchall():
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def ask(settings: Settings, role: str, query: str) -> list[tuple]:
    """Ask as a role; the owner may take any."""
    with connect(settings, "owner") as connection:
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        return connection.execute(query).fetchall()


def see(settings: Settings, role: str, view: str = "marts.fct_points") -> list[tuple]:
    return ask(settings, role, HISTORY.format(view))


SEEN = {
    "reader_none": set(),
    # b with the history of gone, which goes on as b; a went to m2.
    "reader_m1": {"b", "gone"},
    "reader_m2": {"a"},
    "reader_028": {"a", "b", "gone", "unidentified-028"},
    "reader_both": {"a", "c"},
    "reader_all": {account for _, account in ALL},
    "jinta_reporter": {account for _, account in ALL},
    "jinta_auditor": {account for _, account in ALL},
    "jinta_transformer": {account for _, account in ALL},
}


@pytest.mark.parametrize("view", ["fct_points", "dim_group_accounts", "account_points"])
@pytest.mark.parametrize("role", SEEN)
def test_whoever_owns_an_account_now_sees_its_whole_history(settings, role, view):
    expected = [row for row in ALL if row[1] in SEEN[role]]
    assert see(settings, role, f"marts.{view}") == expected


def test_what_is_computed_from_other_marts_is_computed_from_all_rows(settings):
    query = "select distinct total from marts.account_points"
    assert ask(settings, "reader_m2", query) == [(3,)]


@pytest.mark.parametrize("role", SEEN)
def test_the_views_of_the_last_month_and_of_what_was_shown_agree(settings, role):
    expected = [row for row in ALL if row[1] in SEEN[role]]
    current = see(settings, role, "marts.fct_points_current")
    assert current == [row for row in expected if row[0] == FEBRUARY]
    assert see(settings, role, "marts.fct_points_as_shown") == expected


@pytest.mark.parametrize(
    ("role", "managers", "branches", "secrets"),
    [
        ("reader_none", [], [], 0),
        ("reader_m1", ["m1"], [], 0),
        ("reader_028", ["m1", "m2"], ["028"], 0),
        ("reader_both", ["m2", "m3"], ["029"], 0),
        ("reader_all", ["m1", "m2", "m3"], ["028", "029", "all"], 1),
    ],
)
def test_rows_of_managers_branches_and_head_office(
    settings, role, managers, branches, secrets
):
    # fct_habits doesn't tell the branch of a manager; the accounts do.
    for mart in ("fct_loads", "fct_habits"):
        rows = ask(settings, role, f"select manager_id from marts.{mart} order by 1")
        assert [name for (name,) in rows] == managers
    rows = ask(settings, role, "select partition_id from marts.fct_sums order by 1")
    assert [name for (name,) in rows] == branches
    rows = ask(settings, role, "select n from marts.fct_secrets")
    assert len(rows) == secrets
    assert ask(settings, role, "select n from marts.dim_rules") == [(1,)]


def test_a_condition_that_tells_what_it_saw_is_not_tried_on_hidden_rows(settings):
    """Without the barrier it would be tried first, and its error name the account."""
    query = "select manager_id from marts.fct_loads where 'of' ~ pattern"
    assert ask(settings, "reader_m2", query) == []
    with pytest.raises(psycopg.errors.InvalidRegularExpression):
        ask(settings, "reader_028", query)


@pytest.mark.parametrize(
    "relation",
    [
        "archive.fct_points",
        "archive.visible_accounts",
        "archive.visible_managers",
        "published.fct_points",
        "candidate.fct_points",
        "control.reader_scopes",
        "control.held_scopes",
        "control.pointers",
    ],
)
def test_readers_see_marts_only(settings, relation):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(settings, "reader_028", f"select * from {relation}")


def test_head_office_pays_for_one_question(settings):
    plan = ask(settings, "reader_all", "explain analyze select * from marts.fct_points")
    text = "\n".join(line for (line,) in plan)
    assert "InitPlan" in text
    assert re.search(r"Seq Scan on dim_group_accounts.*never executed", text), text


def test_scopes_of_a_group_are_those_of_its_members(settings):
    with connect(settings, "owner") as connection:
        connection.execute("create role reader_li login")
        connection.execute("grant reader_m2 to reader_li")
    assert see(settings, "reader_li") == [r for r in ALL if r[1] == "a"]


def test_a_rollback_gives_accounts_back_to_who_owned_them(settings):
    first = publish(settings, "run-1", make_manifest(*NODES))
    start_run(settings, "run-2", [FEBRUARY])
    moved = [(m, a, b, "m3" if a == "a" else g) for m, a, b, g in ACCOUNTS[5:]]
    build_marts(settings, moved)
    publish(settings, "run-2", make_manifest(*NODES))
    assert see(settings, "reader_m2") == []
    rollback(settings, first.publication_id)
    assert see(settings, "reader_m2") == [r for r in ALL if r[1] == "a"]


def test_a_scope_that_is_revoked_shows_nothing_more_and_is_kept(settings):
    add_reader(settings, "reader_gone", [Scope("branch", "028")], "boss")
    assert see(settings, "reader_gone")
    assert remove_reader(settings, "reader_gone", [Scope("branch", "9")], "x") == []
    lost = remove_reader(settings, "reader_gone", [Scope("branch", "028")], "boss")
    assert lost == [Scope("branch", "028")]
    assert see(settings, "reader_gone") == []
    remove_reader(settings, "reader_gone", [], "boss")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        see(settings, "reader_gone")
    with connect(settings, "owner") as connection:
        rows = connection.execute(
            "select scope_value, granted_by, revoked_by from control.reader_scopes "
            "where reader = 'reader_gone'"
        ).fetchall()
    assert rows == [("028", "boss", "boss")]


def test_a_scope_is_given_once(settings):
    for _ in range(2):
        add_reader(settings, "reader_m1", [Scope("manager", "m1")], "boss")
    held = {reader.role: reader.scopes for reader in list_readers(settings)}
    assert held["reader_m1"] == (Scope("manager", "m1"),)
    assert held["reader_none"] == ()
    assert "jinta_reporter" not in held


def test_a_role_that_sees_everything_is_refused(settings):
    with connect(settings, "owner") as connection:
        connection.execute("create role reader_wide login")
        connection.execute("grant jinta_reporter to reader_wide")
    with pytest.raises(UsageError, match="belongs to jinta_reporter"):
        add_reader(settings, "reader_wide", [Scope("branch", "028")], "boss")
    for name in ("jinta_reporter", "jinta_readers", "jinta_owner", "jinta_airflow"):
        with pytest.raises(UsageError, match="own roles"):
            add_reader(settings, name, [], "boss")
    for name in ("", "pg_me", "x" * 64, "Li", "a[b]", "li chengdu", "2li", "public"):
        with pytest.raises(UsageError, match="can't be the name"):
            add_reader(settings, name, [], "boss")


def test_a_login_made_for_something_else_is_refused_until_it_is_a_reader(settings):
    with connect(settings, "owner") as connection:
        connection.execute("create role reader_etl login")
        connection.execute("create role reader_root login superuser")
    with pytest.raises(UsageError, match="no reader") as caught:
        add_reader(settings, "reader_etl", [Scope("branch", "028")], "boss")
    assert "grant jinta_readers to reader_etl" in caught.value.cure
    with connect(settings, "owner") as connection:
        connection.execute("grant jinta_readers to reader_etl")
    add_reader(settings, "reader_etl", [Scope("branch", "028")], "boss")
    remove_reader(settings, "reader_etl", [], "boss")
    assert add_reader(settings, "reader_etl", [Scope("branch", "028")], "b") is None
    with pytest.raises(UsageError, match="superuser"):
        add_reader(settings, "reader_root", [Scope("branch", "028")], "boss")


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope("branch", "x"), "It knows 028, 029."),
        (Scope("manager", "m9"), "It knows m1, m2, m3."),
        (Scope("manager", "028"), "It knows m1, m2, m3."),
        (Scope("branch", ""), "leave --branch away"),
        (Scope("manager", " "), "leave --manager away"),
    ],
)
def test_branches_and_managers_that_nobody_knows_are_refused(settings, scope, said):
    with pytest.raises(UsageError) as caught:
        add_reader(settings, "reader_slip", [Scope("branch", "028"), scope], "boss")
    assert said in caught.value.cure
    assert "reader_slip" not in {reader.role for reader in list_readers(settings)}


def test_a_reader_that_is_none_is_not_removed(settings):
    for scopes in ([], [Scope("branch", "028")]):
        with pytest.raises(UsageError, match="no reader reader_typo"):
            remove_reader(settings, "reader_typo", scopes, "boss")


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_lock(1)",
        "select pg_advisory_xact_lock_shared(1, 2)",
        "select pg_try_advisory_lock(hashtext('publish'))",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
    ],
)
@pytest.mark.parametrize("role", ["reader_028", "jinta_reporter"])
def test_who_reads_holds_no_lock_of_the_warehouse_and_stores_nothing(
    settings, role, statement
):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(settings, role, statement)


def test_a_pool_of_connections_may_let_go_of_locks(settings):
    assert ask(settings, "reader_028", "select pg_advisory_unlock_all()") == [("",)]


@pytest.mark.parametrize("role", ["loader", "transformer", "publisher"])
def test_the_working_roles_hold_locks(settings, role):
    query = "select pg_try_advisory_xact_lock(1)"
    assert ask(settings, f"jinta_{role}", query) == [(True,)]


def test_a_reader_has_few_connections(settings):
    query = "select rolconnlimit from pg_roles where rolname = 'reader_028'"
    assert ask(settings, "reader_028", query) == [(8,)]


@pytest.mark.parametrize(
    ("role", "is_told"),
    [("reader_028", False), ("reader_all", True), ("jinta_reporter", True)],
)
def test_sizes_and_hashes_are_told_to_who_sees_all_rows(settings, role, is_told):
    query = (
        "select count(*) > 0, count(row_count) = count(*), "
        "count(content_hash) = count(*), count(row_count) + count(content_hash) = 0 "
        "from marts.shown_months"
    )
    assert ask(settings, role, query) == [(True, is_told, is_told, not is_told)]


def test_the_commands_make_a_login_that_works(settings, monkeypatch):
    monkeypatch.setattr(readers_cli, "load_settings", lambda: settings)
    run = CliRunner().invoke
    words = ["add", "reader_cli", "--manager", "m2", "--branch", "029", "--by", "boss"]
    added = run(readers_cli.app, words)
    assert added.exit_code == 0, added.output
    url = next(line for line in added.output.splitlines() if "://" in line)
    parts = urlsplit(url)
    info = connect_info(settings, "reporter")
    login = {**info, "user": parts.username, "password": unquote(parts.password)}
    with psycopg.connect(**login) as connection:
        rows = connection.execute(HISTORY.format("fct_points")).fetchall()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create table t (n integer)")
    assert rows == [row for row in ALL if row[1] in ("a", "c")]
    again = run(readers_cli.app, ["add", "reader_cli", "--head-office"])
    assert "://" not in again.output
    listed = run(readers_cli.app, ["list"]).output
    assert re.search(r"reader_cli +branch 029, head office, manager m2 +yes", listed)
    taken = run(readers_cli.app, ["remove", "reader_cli", "--branch", "029"])
    assert "branch 029 no more" in taken.output
    assert isinstance(
        run(readers_cli.app, ["remove", "reader_cli", "--branch", "029"]).exception,
        UsageError,
    )
    assert "no more" in run(readers_cli.app, ["remove", "reader_cli"]).output


def test_setting_up_again_keeps_readers(settings):
    before = list_readers(settings)
    ensure_warehouse(settings, force=True)
    assert list_readers(settings) == before
