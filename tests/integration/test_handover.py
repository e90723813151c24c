"""`jinta handover`: all that a manager holds is in the pack (S2-06, S4-10)."""

import csv
import hashlib
import re

import pytest
from typer.testing import CliRunner

from jinta.airflow_env import export_settings
from jinta.cli import build_app
from jinta.errors import UsageError
from jinta.evidence import handover_pack
from jinta.evidence.handover_files import write_files
from jinta.evidence.handover_pack import (
    _check_counts,
    _collect,
    _make_key,
    collect_handover,
)
from jinta.evidence.handover_page import build_handover_parts
from jinta.evidence.handover_successor import list_warnings
from jinta.evidence.handover_urgent import list_urgent
from jinta.evidence.html import document
from jinta.evidence.statements import load_statement
from jinta.warehouse import connect

# Which rows of the test company's files are the manager mqj's at the end of March.
MINE = {
    "tasks": ("task_id", {"t2", "t3", "t4"}),
    "plans": ("plan_id", {"p1", "p2"}),
    "key_persons": ("person_id", {"k1", "k2", "k4"}),
    "visits": ("visit_id", {"v1", "v2", "v3", "v4", "v6", "v8", "v9"}),
    "competitors": ("competitor_product_id", {"r1", "r3"}),
    "branches": ("account_branch_id", {"s1", "s2"}),
    "surveys": ("survey_id", {"q1", "q4"}),
    "feedback": ("feedback_id", {"f2"}),
    "needs": ("need_id", {"n1", "n2", "n3", "n4", "n5", "n8", "n9"}),
    "solutions": ("solution_id", {"j1", "j2"}),
    "individuals": ("customer_id", {"c2"}),
}


@pytest.fixture(scope="module")
def pack(systems):
    return collect_handover(systems.settings, "mqj", "mq2", None)


@pytest.fixture(scope="module")
def page(pack):
    return document("Hand-over", *build_handover_parts(pack))


def test_everything_the_manager_holds_is_there(pack):
    for part, (column, wanted) in MINE.items():
        assert {row[column] for row in pack[part]} == wanted, part
    assert len(pack["accounts"]) == 10
    assert {row["account_id_crm"] for row in pack["records"]} >= {"a02", "a02d"}
    assert all(row["is_complete"] for row in pack["checks"])
    assert {row["part"]: row["rows_here"] for row in pack["checks"]}["tasks"] == 3


@pytest.mark.parametrize(
    "part",
    [
        *("records", "prospects", "tasks", "agreements", "key_persons", "visits"),
        *("needs", "plans", "solutions", "feedback"),
    ],
)
def test_a_row_that_is_lost_is_found(systems, pack, part):
    """The sources are counted on their own: a pack that is short says so."""
    key = _make_key("mqj", pack["publication"]) | pack["rule"]
    accounts = [row["group_account_id"] for row in pack["accounts"]]
    key |= {
        "accounts": accounts,
        "prospects": [row["group_account_id"] for row in pack["prospects"]],
        "records": [row["account_id_crm"] for row in pack["records"]],
        "systems": [row["system_name"] for row in pack["records"]],
    }
    held = {*accounts, *key["prospects"]}
    own = [row for row in pack[part] if row["group_account_id"] in held]
    short = pack | {part: own[1:]}
    with connect(systems.settings, "transformer") as connection:
        checks = _check_counts(connection, short, key)
    assert [row["part"] for row in checks if not row["is_complete"]] == [part]
    broken = document("Hand-over", *build_handover_parts(short | {"checks": checks}))
    assert "SHORT (缺失)" in broken
    assert "1 part short: see the end." in broken


def test_a_leased_line_that_the_pack_lacks_is_found(systems, pack):
    """S2-10: the ledger is counted as it stood at the month's end."""
    with connect(systems.settings, "owner") as connection:
        for circuit, installed, removed in (
            ("x1", "2024-03-31", None),
            ("x2", "2023-01-01", "2024-03-31"),
            ("x3", "2024-04-01", None),
        ):
            connection.execute(
                "insert into raw.ledger__leased_lines (circuit_id, account_id, "
                "product_code, installed_date, removed_date, _system, _first_load_id, "
                "_first_as_of) values (%s, 'a01', 'idc', %s, %s, 'office', 1, "
                "'2024-04-05')",
                [circuit, installed, removed],
            )
        found = _collect(connection, "mqj", pack["publication"], is_personal=False)
        connection.rollback()
    checks = {row["part"]: row for row in found["checks"]}
    assert checks["leased_lines"]["rows_in_sources"] == 1
    assert [part for part, row in checks.items() if not row["is_complete"]] == [
        "leased_lines"
    ]


# Rows of an account of mqj's, as systems other than the CRM's would deliver them.
FOREIGN = {
    "contacts": ("crm__contacts", {"contact_id": "y1", "contact_role": "staff"}),
    "feedback": (
        "crm__feedback",
        {
            "feedback_id": "y1",
            "feedback_month": "2024-03-01",
            "received_date": "2024-03-03",
            "feedback_kind": "complaint",
        },
    ),
    "visits": (
        "crm__visits",
        {
            "visit_id": "y1",
            "visit_month": "2024-03-01",
            "visited_date": "2024-03-03",
            "manager_id": "my2",
        },
    ),
    "solutions": (
        "crm__solution_uses",
        {"solution_id": "y1", "used_date": "2024-03-03"},
    ),
    "leased_lines": (
        "ledger__leased_lines",
        {"circuit_id": "y1", "product_code": "idc", "installed_date": "2024-03-03"},
    ),
}


def insert_raw(connection, table, row):
    landed = {"_first_load_id": 1, "_first_as_of": "2024-03-05"}
    row = {"account_id": "a01", "_system": "branch"} | row | landed
    names = ", ".join(row)
    marks = ", ".join(["%s"] * len(row))
    connection.execute(
        f"insert into raw.{table} ({names}) values ({marks})", list(row.values())
    )


@pytest.mark.parametrize(
    ("record", "finds"),
    [
        (None, True),
        # The system bore the key itself, or a third one bears or bore it.
        ({"_system": "branch", "_last_load_id": 1, "_last_as_of": "2024-03-05"}, False),
        ({"_system": "county"}, False),
        ({"_system": "county", "_last_load_id": 1, "_last_as_of": "2024-03-05"}, True),
    ],
)
def test_a_row_from_another_system_means_the_only_record(systems, pack, record, finds):
    """As the marts have it (`refers_to`): the ledger is seldom the CRM's own system."""
    with connect(systems.settings, "owner") as connection:
        for table, row in FOREIGN.values():
            insert_raw(connection, table, row)
        if record:
            insert_raw(connection, "crm__accounts", record)
        found = _collect(connection, "mqj", pack["publication"], is_personal=False)
        connection.rollback()
    checks = {row["part"]: row for row in found["checks"]}
    before = {row["part"]: row["rows_in_sources"] for row in pack["checks"]}
    for part in FOREIGN:
        held = checks[part]
        assert held["rows_in_sources"] == before[part] + finds, part
        # The mart of leased lines has no such row; all else is read from what landed.
        assert held["is_complete"] is (part != "leased_lines" or not finds), part


def test_what_others_hold_is_counted_across_systems(systems, pack):
    with connect(systems.settings, "owner") as connection:
        connection.execute(
            "update raw.crm__accounts set manager_id = 'mq2' where account_id = 'a02d'"
        )
        row = FOREIGN["contacts"][1] | {"account_id": "a02d"}
        insert_raw(connection, "crm__contacts", row)
        found = _collect(connection, "mq2", pack["publication"], is_personal=False)
        connection.rollback()
    assert [record["contacts"] for record in found["other_records"]] == [1]


def test_a_record_of_an_account_that_others_hold_is_in_both_packs(systems, pack):
    """S2-06: two records of two managers are one account, and each pack names both."""
    packs = {}
    with connect(systems.settings, "owner") as connection:
        connection.execute(
            "update raw.crm__accounts set manager_id = 'mq2' where account_id = 'a02d'"
        )
        for manager in ("mqj", "mq2"):
            packs[manager] = _collect(
                connection, manager, pack["publication"], is_personal=False
            )
            connection.execute("drop table sole_traders")
        mine = packs["mq2"]
        key = _make_key("mq2", pack["publication"]) | pack["rule"]
        key |= {"accounts": [], "prospects": [], "records": [], "systems": []}
        lost = _check_counts(connection, mine | {"other_records": []}, key)
        connection.rollback()
    [record] = mine["other_records"]
    counted = ("holder_id", "open_tasks", "agreements", "contacts", "key_persons")
    assert record["account_id_crm"] == "a02d"
    assert record["account_name"] == "中共罗平县委组织部"
    assert [record[name] for name in counted] == ["mqj", 0, 0, 0, 1]
    checks = {row["part"]: row for row in mine["checks"]}
    assert checks["records"]["rows_here"] == 1
    assert checks["records"]["is_complete"]
    assert [row["part"] for row in lost if not row["is_complete"]] == ["records"]
    checks = {row["part"]: row for row in packs["mqj"]["checks"]}
    assert checks["records"]["rows_of_others"] == 1
    foot = {"publication": pack["publication"], "is_personal": False}
    texts = {
        manager: document("Hand-over", *build_handover_parts(held | foot))
        for manager, held in packs.items()
    }
    assert "a02d (in the name of mq2" in texts["mqj"]
    assert "s name of accounts of others" in texts["mq2"]
    assert "a02d" in texts["mq2"]


def test_a_lost_record_ends_the_command_with_1(systems, monkeypatch):
    read = handover_pack.fetch_dicts

    def lose(connection, statement, key, **more):
        rows = read(connection, statement, key, **more)
        return rows[1:] if statement == "handover_records" else rows

    monkeypatch.setattr(handover_pack, "fetch_dicts", lose)
    for name, value in export_settings(systems.settings).items():
        monkeypatch.setenv(name, value)
    outcome = CliRunner().invoke(build_app("handover"), ["handover", "mqj"])
    assert outcome.exit_code == 1
    assert "SHORT" in outcome.output


def test_prospects_and_their_leads_are_handed_over(systems, pack, page):
    """The manager's that are no customers yet, and what others asked of the manager."""
    wanted = systems.rows(
        "select group_account_id from marts.dim_prospects where manager_id = 'mqj' "
        "and is_active and month = '2024-03-01'"
    )
    assert [(row["group_account_id"],) for row in pack["prospects"]] == wanted
    assert [row["prospect_ids"] for row in pack["prospects"]] == ["p1"]
    assert "Opportunities (商机), of prospects (潜在客户)" in page
    assert "昆明新星科技股份有限公司" in page
    assert "1 prospect," in page
    listed = {(r["group_account_id"], r["lead_rule_id"]) for r in pack["leads"]}
    known = {r["group_account_id"] for p in ("accounts", "prospects") for r in pack[p]}
    held = systems.rows(
        "select group_account_id, lead_rule_id from marts.fct_leads "
        "where month = '2024-03-01'"
    )
    assert {lead for lead in held if lead[0] in known} == listed
    assert set(held) > listed


def read_changed(systems, view, change, statement, key, **parts):
    """Read a statement where the rows of a mart are others.

    `change` is what its columns are instead: values, or expressions by column.
    """
    if isinstance(change, dict):
        pairs = (f"'{column}', {text}" for column, text in change.items())
        change = f"jsonb_build_object({', '.join(pairs)})"
    else:
        change = f"'{change}'"
    with connect(systems.settings, "owner") as connection:
        connection.execute(load_statement("sole_traders"), key)
        connection.execute(f"alter view marts.{view} rename to before")
        connection.execute(
            f"create view marts.{view} as "
            f"select (jsonb_populate_record(before, {change})).* from marts.before"
        )
        rows = handover_pack.fetch_dicts(connection, statement, key, **parts)
        connection.rollback()
    return rows


def test_leads_assigned_to_the_manager_are_handed_over(systems):
    """They may be of anybody's account."""
    key = {"accounts": [], "prospects": [], "manager": "mqj", "month": "2024-03-01"}
    for manager, wanted in (("mqj", True), ("mq2", False)):
        change = f'{{"assigned_to": "{manager}"}}'
        rows = read_changed(systems, "fct_leads", change, "handover_leads", key)
        assert bool(rows) is wanted


def test_a_prospect_that_is_a_persons_own_business_is_masked(systems, pack):
    """By its credit code; the names of others are no person's."""
    accounts = [row["group_account_id"] for row in pack["prospects"]]
    key = {"mentioned": [], "named_accounts": accounts, "month": "2024-03-01"}
    name = pack["prospects"][0]["account_name"]
    for code, wanted in (("92530300MA6K", True), ("91530300MA6K", False)):
        change = f'{{"credit_code": "{code}"}}'
        rows = read_changed(systems, "dim_prospects", change, "handover_people", key)
        assert (name in {row["person"] for row in rows}) is wanted


def test_who_may_not_take_key_accounts_is_not_offered(systems):
    key = {"month": "2024-03-01", "branch": "qj", "manager": "mqj"}
    for change, wanted in (
        ("{}", ["mq2"]),
        ('{"is_counted": false}', []),
        ('{"is_counted": null}', ["mq2"]),
    ):
        rows = read_changed(
            systems, "fct_manager_loads", change, "handover_successors", key
        )
        assert [row["manager_id"] for row in rows] == wanted


def test_who_has_most_room_is_offered_first(systems):
    """Not who holds the fewest groups: individuals take places, too."""
    key = {"month": "2024-03-01", "branch": "qj", "manager": "nobody"}
    rows = systems.rows(
        "select manager_id from marts.fct_manager_loads where month = '2024-03-01' "
        "and coverage_rule_id = 'group' and branch_id = 'qj' and is_counted"
    )
    managers = sorted(row[0] for row in rows)
    assert len(managers) > 1
    for first in managers:
        is_first = f"(before.manager_id = '{first}')::int"
        room = {"free_places": f"3 + {is_first}", "total_load_pct": "90"}
        load = {"free_places": "3", "total_load_pct": f"90 - {is_first}"}
        for change in (room, load):
            # The others hold fewer groups.
            change |= {"accounts": f"9 + {is_first}"}
            rows = read_changed(
                systems, "fct_manager_loads", change, "handover_successors", key
            )
            assert rows[0]["manager_id"] == first


def test_a_managers_load_is_that_of_all_rules(systems, pack):
    key = _make_key("mq2", pack["publication"])
    change = '{"total_load_pct": 100.25, "free_places": 0}'
    person = handover_pack.name_person(is_personal=False)
    [row] = read_changed(
        systems, "fct_manager_loads", change, "handover_manager", key, person=person
    )
    assert (float(row["total_load_pct"]), row["free_places"]) == (100.25, 0)
    held = pack["manager"]["total_load_pct"]
    mixed = pack | {"successor": row, "manager": pack["manager"] | {"key_accounts": 3}}
    [warning] = list_warnings(mixed)
    assert warning.startswith("mq2 has room for 0 key accounts, not 3")
    assert held is not None


def test_lists_of_several_branches_are_one_order(systems):
    """Of a manager who left, what presses is in lists that count their places apart."""
    key = {"manager": "mqj", "month": "2024-03-01"}
    change = {"place": "1000 - before.place"}
    rows = read_changed(
        systems, "fct_pressing_matters", change, "handover_pressing", key
    )
    weights = [row["weight"] for row in rows]
    assert len(set(weights)) > 1
    assert weights == sorted(weights, reverse=True)
    assert [row["place"] for row in rows] == [*range(1, len(rows) + 1)]


def test_what_presses_comes_first(pack):
    urgent = [(str(row["by"]), row["what"]) for row in list_urgent(pack)]
    assert ("2024-03-20", "Finish: 专线勘察") in urgent
    # Promised for April: not due yet.
    assert ("2024-04-08", "Do: 报价") not in urgent
    assert ("None", "Settle the complaint: billing") in urgent
    # B1 and never visited; the school, in C and without an agreement, can wait.
    visits = [r["account_name"] for r in list_urgent(pack) if r["what"] == "Visit"]
    assert visits == ["麒麟区教育体育局"]
    weights = [row["weight"] for row in list_urgent(pack)]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) > 1


def test_head_and_tables_count_the_same_accounts(pack, page):
    """Closed ones are listed and counted, and the successor's total adds up."""
    assert pack["manager"]["accounts"] == len(pack["accounts"])
    assert f"{len(pack['accounts'])} accounts by tier" in page
    held = pack["successor"]["accounts"]
    assert (
        f"holds {held} accounts and would hold {held + len(pack['accounts'])}." in page
    )


def test_the_page_is_one_file_that_fetches_nothing_and_names_nobody(pack, page):
    assert not re.search(r"<script|<link|<img|url\(|https?://", page)
    assert "First things first (先办事项)" in page
    assert "曲靖云岭水泥有限公司" in page
    assert "mq2" in page
    for name in ("关键人甲", "13900000001", "13900000009", "客户经理甲"):
        assert name not in page
    assert "person-" in page


def test_a_number_given_as_a_way_to_be_reached_is_personal(systems):
    """S2-17."""
    query = "select string_agg(contact_way, ' ') from marts.dim_key_persons"
    assert "13900000009" in systems.rows(query)[0][0]
    assert "13900000009" not in systems.rows(query, "reporter")[0][0]


def test_names_are_there_for_the_auditor(systems):
    shown = collect_handover(systems.settings, "mqj", None, None, is_personal=True)
    assert shown["manager"]["manager_name"] == "客户经理甲"
    names = {row["person_name"] for row in shown["key_persons"]}
    assert names == {"关键人甲", "关键人乙", "关键人丁"}
    assert shown["key_persons"][0]["person_phone"].startswith("139")


def test_accounts_of_a_manager_who_left_say_who_could_take_them(systems):
    left = collect_handover(systems.settings, "mym", None, None)
    assert {row["manager_id_proposed"] for row in left["accounts"]} <= {"my2", None}
    assert "my2" in {row["manager_id_proposed"] for row in left["accounts"]}
    assert [row["manager_id"] for row in left["successors"]] == ["my2"]
    what = {row["what"] for row in list_urgent(left)}
    assert "Improve: 账单逐项核对" in what
    assert "Finish: V网成员更新" in what


def test_an_earlier_month_holds_what_stood_then(systems):
    january = systems.rows("select min(month) from marts.fct_tasks")[0][0]
    then = collect_handover(systems.settings, "mqj", None, january)
    assert {row["task_id"] for row in then["tasks"]} == {"t1"}
    assert {row["visit_id"] for row in then["visits"]} == {"v1"}
    assert {row["account_branch_id"] for row in then["branches"]} == {"s1"}
    assert all(row["is_complete"] for row in then["checks"])


def test_files_hold_the_same_and_a_manifest_proves_it(pack, tmp_path):
    counts = write_files(pack, tmp_path)
    assert counts["tasks.csv"] == 3
    with (tmp_path / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == len(counts)
    for row in listed:
        data = (tmp_path / row["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        with (tmp_path / row["file"]).open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.DictReader(file))) == int(row["rows"])


def test_the_folder_tells_whose_pack_it_is_and_keeps_it(systems, pack, tmp_path):
    write_files(pack, tmp_path)
    write_files(pack, tmp_path)
    with (tmp_path / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["manager_id"], row["successor_id"]) == ("mqj", "mq2")
    assert (row["month"], int(row["publication_id"]) > 0) == ("2024-03", True)
    for part in ("first_things", "tasks", "visits"):
        with (tmp_path / f"{part}.csv").open(encoding="utf-8-sig", newline="") as file:
            assert all(line["account_name"] for line in csv.DictReader(file)), part
    before = (tmp_path / "tasks.csv").read_bytes()
    other = collect_handover(systems.settings, "mym", None, None)
    with pytest.raises(UsageError, match="holds other files"):
        write_files(other, tmp_path)
    assert (tmp_path / "tasks.csv").read_bytes() == before
    # The same manager's, for nobody yet and of another publication.
    later = pack["publication"] | {"publication_id": 0}
    for another in ({"successor": None}, {"publication": later}):
        with pytest.raises(UsageError, match="holds other files"):
            write_files(pack | another, tmp_path)


def test_people_of_accounts_of_others_are_masked_too(systems, monkeypatch):
    """A task elsewhere may name whoever sits there; so may any column of text."""
    read = handover_pack.fetch_dicts
    elsewhere = systems.rows(
        "select account_id, person_name, person_phone from raw.crm__key_persons "
        "where account_id not in (select account_id_crm "
        "from marts.bridge_account_records as b join marts.dim_group_accounts as a "
        "using (month, group_account_id) where a.manager_id = 'mqj') "
        "and person_phone is not null limit 1"
    )
    [(record, name, phone)] = elsewhere

    def plant(connection, statement, key, **more):
        rows = read(connection, statement, key, **more)
        if statement == "handover_tasks":
            told = {"task_name": f"{name} {phone}", "account_id_crm": record}
            rows.append(rows[0] | told | {"group_account_id": None})
        if statement == "handover_pressing":
            told = {"what_to_do": f"Finish: {name} {phone}", "account_id_crm": record}
            rows.append(rows[0] | told)
        if statement == "handover_key_persons":
            rows[0]["department"] = f"{name} {phone}"
        return rows

    monkeypatch.setattr(handover_pack, "fetch_dicts", plant)
    pack = collect_handover(systems.settings, "mqj", None, None)
    text = "".join(str(pack[p]) for p in ("tasks", "key_persons", "pressing"))
    assert name not in text
    assert phone not in text
    assert "person-" in pack["tasks"][-1]["task_name"]


def test_files_and_page_are_for_their_owner_alone(pack, tmp_path):
    folder = tmp_path / "handed" / "over"
    write_files(pack, folder)
    paths = [folder, folder.parent, *folder.iterdir()]
    modes = {path.name: path.stat().st_mode & 0o777 for path in paths}
    assert {name for name, mode in modes.items() if mode == 0o700} == {"handed", "over"}
    assert all(mode == 0o600 for name, mode in modes.items() if name.endswith(".csv"))


def test_text_is_no_formula_in_a_spreadsheet(pack, tmp_path):
    spoilt = [row | {"task_name": "=1+1"} for row in pack["tasks"]]
    write_files(pack | {"tasks": spoilt}, tmp_path)
    assert "'=1+1" in (tmp_path / "tasks.csv").read_text(encoding="utf-8-sig")


def test_the_command_writes_page_and_files(systems, tmp_path, monkeypatch):
    for name, value in export_settings(systems.settings).items():
        monkeypatch.setenv(name, value)
    page, folder = tmp_path / "pack.html", tmp_path / "pack"
    words = ["handover", "mqj", "--html", str(page), "--csv", str(folder)]
    outcome = CliRunner().invoke(build_app("handover"), words)
    assert outcome.exit_code == 0, outcome.output
    assert "complete" in outcome.output
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert page.stat().st_mode & 0o777 == 0o600
    assert (folder / "manifest.csv").exists()
    assert "Warning" not in outcome.stderr


def test_a_successor_who_has_left_is_warned_of(systems, tmp_path, monkeypatch):
    for name, value in export_settings(systems.settings).items():
        monkeypatch.setenv(name, value)
    page = tmp_path / "pack.html"
    words = ["handover", "mqj", "--to", "mym", "--html", str(page)]
    outcome = CliRunner().invoke(build_app("handover"), words)
    assert outcome.exit_code == 0, outcome.output
    text = page.read_text(encoding="utf-8")
    verdict = re.search(r'<p class="verdict bad">(.*?)</p>', text).group(1)
    for told in ("mym left on 2024-03-15.", "mym is of branch ym, not qj."):
        assert f"Warning: {told}" in outcome.stderr
        assert told in verdict


def test_a_month_without_work_lists_is_no_empty_list(systems, monkeypatch):
    """It was published before there were any; the rule makes it stale."""
    read = handover_pack.fetch_dicts

    def forget(connection, statement, key, **more):
        if statement == "handover_has_pressing":
            key = key | {"month": key["month"].replace(year=1999)}
        return read(connection, statement, key, **more)

    monkeypatch.setattr(handover_pack, "fetch_dicts", forget)
    with pytest.raises(UsageError, match="2024-03 was published before"):
        collect_handover(systems.settings, "mqj", None, None)


def test_an_unknown_number_is_refused(systems):
    with pytest.raises(UsageError, match="Nobody bears the staff number 'm404'"):
        collect_handover(systems.settings, "m404", None, None)
    with pytest.raises(UsageError, match="Nobody bears the staff number 'm404'"):
        collect_handover(systems.settings, "mqj", "m404", None)
