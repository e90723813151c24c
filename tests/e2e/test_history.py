"""A year in the life of the demo, told with the commands that a user would give."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import psycopg
import pytest

from jinta.airflow_env import export_settings
from jinta.runs.stale import list_stale_months
from jinta.settings import CHECKOUT, list_environ
from jinta.warehouse import connect, connect_info, ensure_warehouse
from jinta.warehouse.place import find_programs
from tests.running import backfill, read_hashes, read_rows

# Its first test waits for a whole year of runs.
pytestmark = pytest.mark.timeout(1_800)

# No other test asks for this province.
PROVINCE = ("--accounts", "120", "--months", "5", "--seed", "41")
FIRST, LATE, CHANGED, LAST = "2025-08", "2025-10", "2025-11", "2025-12"
# What a rebuild starts from: what landed, and what people decided.
LEDGER = (
    *("runs", "loads", "load_months", "file_decisions"),
    *("steward_decisions", "tier_overrides", "lead_updates"),
)


class User:
    """Somebody with a clone of the project, at its command line."""

    def __init__(self, settings, clone):
        parameters = {"JINTA_HOME": str(settings.home)}
        self.settings = replace(settings, checkout=clone, parameters=parameters)
        self.sources = clone / "demo" / "sources.yml"

    def call(self, module, *arguments):
        clone = self.settings.checkout
        result = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=clone,
            env=list_environ()
            | export_settings(self.settings)
            | {"PYTHONPATH": f"{clone / 'plugins'}:{clone}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{arguments}: {result.stderr[-3000:]}"
        return result.stdout

    def jinta(self, *arguments):
        return self.call("jinta", *arguments)

    def backfill(self, *arguments):
        return json.loads(self.jinta("backfill", "--json", *arguments))

    def list_stale(self):
        with connect(self.settings, "publisher") as connection:
            return list_stale_months(connection, self.settings.dbt_project)

    def read_hashes(self):
        hashes = read_hashes(self.settings)
        return {key: digest for key, digest in hashes.items() if key[1]}


@pytest.fixture(scope="module")
def user(warehouse, tmp_path_factory):
    clone = tmp_path_factory.mktemp("clone")
    for name in ("plugins", "dbt_project", "dags", "demo", "expectations"):
        shutil.copytree(
            CHECKOUT / name,
            clone / name,
            ignore=shutil.ignore_patterns("target", "logs", "__pycache__"),
        )
    user = User(warehouse, clone)
    user.call("demo", "build", "--anew", *PROVINCE)
    return user


@pytest.fixture(scope="module")
def told(user):
    """The whole story, once; the tests below look at what came out of it."""
    told = {"built": user.backfill("--from", FIRST, "--to", LAST)}
    told["first"] = user.read_hashes()

    user.jinta(
        *("rules", "new-version", "group_account_value", "--version", "2026.2"),
        *("--from", CHANGED, "--approver", "the owner", "--retroactive"),
        *("--weight", "employees=14", "--balance"),
    )
    told["stale by rules"] = user.list_stale()

    user.call("demo", "change", "late-bills", "--month", LATE, "--count", "60")
    told["restating"] = user.backfill("--stale")
    told["restated"] = user.read_hashes()
    told["stale then"] = user.list_stale()

    told["pair"] = find_pair(user)
    for kind in ("merge", "undo"):
        decide(user, kind, told["pair"])
        backfill(user.settings, user.sources, which="stale")
        told[kind] = user.read_hashes()
        told[f"accounts after {kind}"] = count_accounts(user, told["pair"])
    return told


def find_pair(user):
    """Two records of one branch in the last month, of different accounts."""
    return read_rows(
        user.settings,
        f"""
        select min(bridge.account_id_crm), max(bridge.account_id_crm)
        from bridge_account_records as bridge
        inner join fct_account_scores as scores using (month, group_account_id)
        where month = '{LAST}-01' and scores.value_rank between 5 and 8
        group by scores.partition_id
        having count(distinct group_account_id) > 1
        order by 1
        limit 1
        """,
    )[0]


def decide(user, kind, pair):
    user.jinta("decide", kind, *pair, "--by", "steward", "--reason", "one unit")


def count_accounts(user, pair):
    return read_rows(
        user.settings,
        "select count(distinct group_account_id) from bridge_account_records "
        f"where month = '{LAST}-01' and account_id_crm in {pair}",
    )[0][0]


def pick(hashes, *months):
    return {key: digest for key, digest in hashes.items() if key[1][:7] in months}


def test_months_are_built_in_one_pass(told):
    assert told["built"]["status"] == "published"
    assert [month[:7] for month in told["built"]["months"]] == [
        f"2025-{month:02d}" for month in range(8, 13)
    ]


def test_a_new_version_makes_its_own_months_stale_and_no_others(told):
    assert [f"{month:%Y-%m}" for month in told["stale by rules"]] == [CHANGED, LAST]


def test_late_bills_restate_their_month_and_those_that_look_back_on_it(told):
    assert [month[:7] for month in told["restating"]["months"]] == [
        *(LATE, CHANGED, LAST)
    ]


def test_restating_changes_what_was_touched_and_ends(told):
    assert told["stale then"] == {}
    untouched = (FIRST, "2025-09")
    assert pick(told["restated"], *untouched) == pick(told["first"], *untouched)
    for month in (LATE, CHANGED, LAST):
        scores = ("fct_account_scores", f"{month}-01")
        assert told["restated"][scores] != told["first"][scores], month


def test_a_merge_and_its_undoing_end_where_they_began(told):
    assert told["accounts after merge"] == 1
    assert told["accounts after undo"] == 2
    assert told["merge"] != told["restated"]
    assert told["undo"] == told["restated"]


def test_what_was_shown_is_still_there(user, told):
    shown = read_rows(
        user.settings,
        "select mart, month::text, content_hash from control.shown_slices "
        "where publication_id = 1 and month is not null",
        "publisher",
    )
    assert {(mart, month): digest for mart, month, digest in shown} == told["first"]
    then, now = read_rows(
        user.settings,
        f"""
        select shown_until is null, sum(total_points)
        from fct_account_scores_as_shown
        where
            month = '{LAST}-01'
            and (publication_id = 1 or shown_until is null)
        group by 1 order by 1
        """,
    )
    assert then[1] != now[1]


def test_the_change_of_every_account_adds_up(user, told):
    assert told
    off = read_rows(
        user.settings,
        "select * from fct_score_changes where changed_points <> facts_points "
        "+ rules_points + identity_points + missingness_points "
        "or new_total_points - old_total_points <> changed_points",
    )
    assert off == []
    parts = read_rows(
        user.settings,
        "select count(*) filter (where facts_points <> 0), "
        "count(*) filter (where rules_points <> 0) from fct_score_changes "
        f"where month = '{CHANGED}-01'",
    )
    assert min(parts[0]) > 0, "the month in which a version begins has both"


def test_an_account_that_moved_is_told_why(user, told):
    assert told
    ((account,),) = read_rows(
        user.settings,
        "select group_account_id from fct_score_changes "
        f"where month = '{CHANGED}-01' and facts_points <> 0 and rules_points <> 0 "
        "order by abs(changed_points) desc, group_account_id limit 1",
    )
    answer = json.loads(
        user.jinta(*("explain", account, "--month", CHANGED, "--since", LATE, "--json"))
    )
    whole = answer["account"]
    difference = whole["new_total_points"] - whole["old_total_points"]
    parts = ("facts_points", "rules_points", "identity_points", "missingness_points")
    assert sum(whole[part] for part in parts) == difference != 0
    for part in parts:
        shares = [indicator[part] for indicator in answer["indicators"]]
        assert sum(shares) == whole[part], part


def test_an_empty_warehouse_comes_to_the_same_hashes(user, told):
    own = replace(user.settings, database=f"{user.settings.database}_anew")
    ensure_warehouse(own)
    copy_log(user.settings, own)
    backfill(own, user.sources, FIRST, LAST)
    hashes = read_hashes(own)
    assert {key: digest for key, digest in hashes.items() if key[1]} == told["undo"]


def copy_log(settings, own):
    """Copy the landing log and the decisions into a warehouse that has nothing."""
    info = connect_info(settings, "owner")
    dump = [
        str(find_programs() / "pg_dump"),
        *("-h", str(info["host"]), "-p", str(info["port"]), "-U", str(info["user"])),
    ]
    environ = list_environ() | {"PGPASSWORD": str(info["password"])}
    raw = [*dump, "--schema", "raw", "--clean", "--if-exists", settings.database]
    tables = [f"--table=control.{name}" for name in LEDGER]
    ledger = [*dump, "--data-only", *tables, settings.database]
    for command in (raw, ledger):
        text = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environ
        ).stdout
        subprocess.run(
            [
                str(find_programs() / "psql"),
                *("-h", str(info["host"]), "-p", str(info["port"])),
                *("-U", str(info["user"]), "-d", own.database, "-q"),
                *("-v", "ON_ERROR_STOP=1"),
            ],
            input=text,
            check=True,
            capture_output=True,
            text=True,
            env=environ,
        )
    with psycopg.connect(**connect_info(own, "owner")) as connection:
        assert connection.execute("select 1 from control.pointers").fetchall() == []
