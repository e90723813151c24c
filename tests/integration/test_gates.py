"""Every critical rule of the gates, its defect planted; readers notice nothing.

The tiny company is built and published once. A test then spoils the tables under one
profile, measures again, and lets the gate judge; what it spoilt is put back.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from jinta import pipeline
from jinta.errors import GateFailure
from jinta.gates import GATES, run_gate
from jinta.runs.ledger import Request, parse_month
from jinta.settings import load_settings
from jinta.warehouse import connect
from tests.running import TINY, read_hashes, run_pipeline

MONTHS = ("2024-01", "2024-03")
LAST = "'2024-03-01'"


@dataclass(frozen=True)
class Defect:
    """One planted defect: the check that must see it, and how it is planted."""

    gate: str
    check_id: str
    table: str
    sql: str
    says: str = ""


def plant_range(column, check, value):
    return Defect(
        "indicators",
        f"{column}_{check}",
        "intermediate.int_indicators__accounts_measured",
        "update intermediate.int_indicators__accounts_measured "
        f"set {column} = {value} where (month, group_account_id) = ("
        "select month, min(group_account_id) "
        "from intermediate.int_accounts__months_mastered "
        f"where is_identified and is_active and month = {LAST} group by month)",
        "March 2024",
    )


def plant_break(check, table, columns, values, where="true"):
    """Give a fact that the tiny company lacks three months; the last breaks."""
    last = f"month = {LAST}"
    return Defect(
        "raw",
        check,
        f"raw.{table}",
        f"insert into raw.{table} (_system, _first_load_id, _first_as_of, {columns}) "
        f"select 'office', 1, '2024-04-05', {values.format(last=last)} "
        "from generate_series(0, 2) as numbers (n) cross join generate_series(1, 4) "
        "as copies (copy) cross join lateral (select (date '2024-01-01' + n * interval "
        f"'1 month')::date as month) as months where {where.format(last=last)} "
        + ("" if "copy" in values else "and copy = 1"),
        f"{table.replace('__', '.')} of March 2024",
    )


def plant_tiers(tier, what, sql, table):
    return Defect("candidate", f"tier_{tier}_{what}", table, sql, "March 2024")


# Bills of one branch's lines are lost, those of the other stay.
OF_ONE_BRANCH = (
    "delete from raw.billing__line_bills where line_id in (select lines.line_id "
    "from raw.billing__subscriptions as lines inner join raw.crm__accounts as accounts "
    "on lines.account_id = accounts.account_id where accounts.branch_id = "
    "(select min(branch_id) from raw.crm__accounts))"
)
SCORES = "candidate.fct_account_scores"
REVENUES = "intermediate.int_indicators__revenues_summed"
DEFECTS = [
    Defect(
        "raw",
        "accounts_known",
        "raw.crm__accounts",
        "delete from raw.crm__accounts",
        "nobody to value",
    ),
    Defect(
        "raw",
        "amount_unexplained",
        "raw.billing__line_bills",
        "update raw.billing__line_bills set amount = amount + 0.01 "
        f"where bill_month = {LAST} and line_id = (select min(line_id) from "
        f"raw.billing__line_bills where bill_month = {LAST})",
        "billing.line_bills of March 2024",
    ),
    Defect(
        "raw",
        "rows_unexplained",
        "raw.billing__unified_payment_bills",
        "delete from raw.billing__unified_payment_bills where bill_id = "
        "(select min(bill_id) from raw.billing__unified_payment_bills "
        f"where bill_month = {LAST})",
        "billing.unified_payment_bills of March 2024",
    ),
    Defect(
        "raw",
        "bills_missing",
        "raw.billing__unified_payment_bills",
        f"delete from raw.billing__unified_payment_bills where bill_month = {LAST}",
        "no row for March 2024",
    ),
    Defect(
        "raw",
        "columns_missing",
        "control.loads",
        "update control.loads set mapped_columns = mapped_columns || 'colour'::text "
        "where table_name = 'crm.accounts'",
        "crm.accounts",
    ),
    Defect(
        "raw",
        "quarantine_share",
        "control.loads",
        "update control.loads set rows_quarantined = rows_quarantined + rows_new, "
        "rows_new = 0 where table_name = 'crm.accounts'",
        "100 % of the rows",
    ),
    Defect(
        "raw",
        "references_broken",
        "raw.billing__line_bills",
        "update raw.billing__line_bills set line_id = 'nobody' || line_id "
        f"where bill_month = {LAST}",
        "nobody knows",
    ),
    Defect(
        "raw",
        "volume_collapsed",
        "raw.billing__line_bills",
        f"delete from raw.billing__line_bills where bill_month = {LAST} "
        "and line_id > (select min(line_id) from raw.billing__line_bills)",
        "Is the delivery complete?",
    ),
    Defect(
        "raw",
        "source_break_rows",
        "raw.billing__line_bills",
        f"delete from raw.billing__line_bills where bill_month = {LAST} "
        "and line_id > (select min(line_id) from raw.billing__line_bills)",
        "source break: billing.line_bills of March 2024 from office holds",
    ),
    Defect(
        "raw",
        "source_break_keys",
        "raw.billing__unified_payment_bills",
        "update raw.billing__unified_payment_bills set account_id = 'X' || account_id "
        f"where bill_month = {LAST}",
        "0 (0 %) are billed in it",
    ),
    Defect(
        "raw",
        "source_break_amount",
        "raw.billing__informatization_bills",
        "update raw.billing__informatization_bills set amount = 100 * amount "
        f"where bill_month = {LAST}",
        "was the unit changed?",
    ),
    Defect(
        "raw",
        "source_break_branch_rows",
        "raw.billing__line_bills",
        f"{OF_ONE_BRANCH} and bill_month = {LAST}",
        "source break: billing.line_bills/",
    ),
    Defect(
        "raw",
        "source_break_branch_keys",
        "raw.billing__line_bills",
        f"{OF_ONE_BRANCH} and bill_month = {LAST}",
        "lines or accounts that billing.line_bills/",
    ),
    plant_break(
        "transactions_break_amount",
        "billing__transactions",
        "transaction_id, transaction_month, transaction_date, account_id, amount",
        "month::text, month, month, 'A', case when {last} then 5000 else 50 end",
    ),
    plant_break(
        "receivables_break_amount",
        "billing__receivables",
        "statement_month, account_id, receivable_amount",
        "month, 'A', case when {last} then 5000 else 50 end",
    ),
    plant_break(
        "usages_break_amount",
        "billing__service_usages",
        "usage_month, account_id, service_code, amount",
        "month, 'A', 'S', case when {last} then 0.5 else 50 end",
    ),
    plant_break(
        "costs_break_amount",
        "finance__resource_costs",
        "cost_month, resource_id, amount",
        "month, 'R', case when {last} then 5000 else 50 end",
    ),
    plant_break(
        "activities_break_rows",
        "finance__activity_volumes",
        "volume_month, activity_code, account_id, driver_volume",
        "month, 'visit', copy::text, 1",
        "not ({last} and copy > 1)",
    ),
    plant_break(
        "calls_break_rows",
        "callcentre__calls",
        "call_month, call_id, called_date",
        "month, copy::text, month",
        "not ({last} and copy > 1)",
    ),
    Defect(
        "raw",
        "table_shrunk",
        "raw.billing__subscriptions",
        "update raw.billing__subscriptions set _first_load_id = 0, _last_load_id = "
        "case when line_id > (select percentile_disc(0.5) within group (order by "
        "line_id) from raw.billing__subscriptions) then _first_load_id end",
        "billing.subscriptions from office lost",
    ),
    Defect(
        "raw",
        "month_withdrawn",
        "control.load_months",
        "update control.load_months set rows_ended = 2 * rows_new, rows_new = 0 "
        f"where table_name = 'billing.line_bills' and month = {LAST}",
        "rows that had landed are gone from the source",
    ),
    Defect(
        "raw",
        "bills_stale",
        "control.run_months",
        "update control.run_months set as_of_date = '2024-12-05'",
        "ends 8 months before",
    ),
    Defect(
        "accounts",
        "accounts_active",
        "intermediate.int_accounts__months_mastered",
        "update intermediate.int_accounts__months_mastered set is_active = false",
        "No account is active",
    ),
    Defect(
        "accounts",
        "account_runaway",
        "intermediate.int_accounts__records_clustered",
        "update intermediate.int_accounts__records_clustered set cluster_size = 501",
        "501 records",
    ),
    Defect(
        "accounts",
        "records_merged",
        "intermediate.int_accounts__records_clustered",
        "update intermediate.int_accounts__records_clustered set cluster_size = 2",
        "100 %",
    ),
    Defect(
        "accounts",
        "accounts_collapsed",
        "intermediate.int_accounts__months_mastered",
        "update intermediate.int_accounts__months_mastered set is_active = false "
        f"where month = {LAST} and record_count > 0 and group_account_id <> "
        "(select max(group_account_id) from intermediate.int_accounts__months_mastered "
        "where is_identified)",
        "1 accounts are active in March 2024",
    ),
    Defect(
        "indicators",
        "revenue_unexplained",
        "intermediate.int_indicators__accounts_measured",
        "update intermediate.int_indicators__accounts_measured "
        "set total_amount = total_amount + 0.01 where (month, group_account_id) = ("
        "select month, min(group_account_id) "
        "from intermediate.int_indicators__accounts_measured "
        f"where month = {LAST} group by month)",
        "-0.01 is lost or counted twice",
    ),
    Defect(
        "indicators",
        "revenue_unpaired",
        "intermediate.int_indicators__lines_resolved",
        "update intermediate.int_indicators__lines_resolved "
        "set closed_month = '2023-01-01'",
        "no living member",
    ),
    Defect(
        "indicators",
        "revenue_unidentified",
        "intermediate.int_indicators__accounts_measured",
        "update intermediate.int_indicators__accounts_measured set total_amount = 1e9 "
        "where group_account_id = 'unidentified-unknown'",
        "nobody identified",
    ),
    plant_range("employees", "lowest", -1),
    plant_range("employees", "highest", 5000001),
    plant_range("vnet_users", "lowest", -1),
    plant_range("vnet_users", "highest", 5000001),
    plant_range("informatization_level", "lowest", -1),
    plant_range("informatization_level", "highest", 6),
    plant_range("informatization_products", "lowest", -1),
    plant_range("informatization_products", "highest", 1001),
    plant_range("off_net_rate_pct", "lowest", -1),
    plant_range("off_net_rate_pct", "highest", 101),
    plant_range("signed_years", "lowest", -1),
    plant_range("signed_years", "highest", 101),
    plant_range("influence_grade", "lowest", -1),
    plant_range("influence_grade", "highest", 6),
    plant_range("tax_rank", "lowest", 0),
    plant_range("tax_rank", "highest", 1000001),
    Defect(
        "scores",
        "scorecards_in_force",
        "intermediate.int_scoring__tiers_overridden",
        f"delete from intermediate.int_scoring__tiers_overridden where month = {LAST}",
        "No scorecard is in force in March 2024",
    ),
    Defect(
        "scores",
        "accounts_ranked",
        "intermediate.int_scoring__tiers_overridden",
        "update intermediate.int_scoring__tiers_overridden set population = null",
        "nothing to look at",
    ),
    Defect(
        "scores",
        "scores_shifted",
        "intermediate.int_scoring__accounts_scored",
        "update intermediate.int_scoring__accounts_scored "
        f"set total_points = total_points * 4 where month = {LAST}",
        "an indicator or a rule broke",
    ),
    Defect(
        "scores",
        "judgements_consistent",
        "intermediate.int_scoring__judgements_weighed",
        "update intermediate.int_scoring__judgements_weighed "
        "set consistency_ratio = 0.1 where ahp_id = 'group_value_dimensions'",
        "judgements group_value_dimensions 2026.1 contradict each other",
    ),
    # Of a random index that measures nothing.
    Defect(
        "scores",
        "judgements_consistent",
        "intermediate.int_scoring__judgements_weighed",
        "update intermediate.int_scoring__judgements_weighed "
        "set consistency_ratio = null where ahp_id = 'value_pyramid_classes'",
        "judgements value_pyramid_classes 2026.1 contradict each other",
    ),
    Defect(
        "candidate",
        "transactions_attributed",
        "candidate.fct_account_indicators",
        "update candidate.fct_account_indicators set transaction_amount = "
        f"coalesce(transaction_amount, 0) + 1 where month = {LAST}",
        "stands at no account",
    ),
    Defect(
        "candidate",
        "values_add_up",
        "candidate.fct_account_values",
        "update candidate.fct_account_values set established_value_amount = "
        f"coalesce(established_value_amount, 0) + 1 where month = {LAST}",
        "not the sum of its parts",
    ),
    Defect(
        "candidate",
        "values_typed",
        "candidate.fct_account_values",
        "update candidate.fct_account_values set value_type = null "
        f"where month = {LAST} and value_type is not null",
        "have no value type",
    ),
    Defect(
        "candidate",
        "rankings_unmixed",
        "candidate.dim_group_accounts",
        "update candidate.dim_group_accounts set account_kind = 'prospect' "
        f"where month = {LAST}",
        "a prospect among customers",
    ),
    Defect(
        "candidate",
        "bands_complete",
        "candidate.fct_band_distributions",
        "update candidate.fct_band_distributions set account_count = "
        f"account_count + 1 where month = {LAST} and item = 'total'",
        "do not hold every ranked account once",
    ),
    Defect(
        "candidate",
        "source_to_mart",
        "candidate.fct_value_pyramid",
        "update candidate.fct_value_pyramid set revenue = revenue - 0.01 where "
        "(month, branch_id, tier) = (select month, min(branch_id), 'C' "
        f"from candidate.fct_value_pyramid where month = {LAST} group by month)",
        "0.01 less than the revenue that landed",
    ),
    Defect(
        "candidate",
        "rows_present",
        SCORES,
        f"delete from {SCORES} where month = {LAST}",
        "fct_account_scores would have no row for March 2024",
    ),
    Defect(
        "candidate",
        "rows_vs_published",
        "candidate.dim_group_accounts",
        f"delete from candidate.dim_group_accounts where month = {LAST} "
        "and employees is not null",
        "dim_group_accounts would have",
    ),
    Defect(
        "candidate",
        "revenue_vs_published",
        "profiles.prf_indicators",
        "update profiles.prf_indicators set value = value * 2 "
        f"where metric = 'accounts_amount' and month = {LAST}",
        "100 % against",
    ),
    *(
        defect
        for tier, other in (("a", "B1"), ("b", "A1"))
        for defect in (
            plant_tiers(
                tier,
                "accounts",
                f"update {SCORES} set effective_tier = '{other}' where month = {LAST} "
                f"and effective_tier <> 'other'",
                SCORES,
            ),
            plant_tiers(
                tier,
                "revenue",
                f"update {REVENUES} set member_bill_amount = 1e6 + member_bill_amount "
                f"where bill_month = {LAST}",
                REVENUES,
            ),
            plant_tiers(
                tier,
                "informatization",
                f"update {REVENUES} set informatization_amount = 1e6 + "
                f"informatization_amount where bill_month = {LAST}; insert into "
                f"{REVENUES} select month, group_account_id, 0, 0, 1e6 "
                f"from {SCORES} where month = {LAST} and not exists (select 1 from "
                f"{REVENUES} where bill_month = month "
                "and group_account_id = fct_account_scores.group_account_id)",
                REVENUES,
            ),
        )
    ),
]


# Of facts that the tiny company doesn't deliver: their tables have no partitions.
BREAKS = {d.check_id for d in DEFECTS if "_break_" in d.check_id} - {
    d.check_id for d in DEFECTS if d.check_id.startswith("source_break")
}


@pytest.fixture(scope="module")
def tiny(make_warehouse):
    """The tiny company, published, and entered again by a second run."""
    settings = make_warehouse()
    run_pipeline(settings, TINY, *MONTHS)
    with connect(settings, "owner") as connection:
        for table in (d.table for d in DEFECTS if d.check_id in BREAKS):
            connection.execute(
                f"create table {table}_others partition of {table} default"
            )
    return settings


@pytest.fixture(scope="module")
def run_id(tiny):
    with connect(tiny, "owner") as connection:
        row = connection.execute("select run_id from control.run_months").fetchone()
    return row[0]


@contextmanager
def spoil(settings, table, statement):
    """Spoil a table, and put it back."""
    saved = f"saved_{table.replace('.', '_')}"
    with connect(settings, "owner", autocommit=True) as connection:
        connection.execute(f"create table {saved} as table {table}")
        connection.execute("set session_replication_role = replica")
        try:
            for part in statement.split("; "):
                assert connection.execute(part).rowcount > 0, part
            yield
        finally:
            connection.execute(f"delete from {table}")
            connection.execute(
                f"insert into {table} overriding system value table {saved}"
            )
            connection.execute(f"drop table {saved}")


def measure(settings, gate):
    """Build the gate's profile again, from the SQL that dbt compiled."""
    folder = settings.home / "dbt/target/compiled/jinta/models/profiles"
    steps = {"raw": ["prf_landed"], "candidate": ["prf_cards"]}
    names = [*steps.get(gate, []), f"prf_{gate}"]
    with connect(settings, "transformer") as connection:
        for name in names:
            query = (folder / f"{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"delete from profiles.{name}")
            connection.execute(f"insert into profiles.{name} {query}")


def read_results(settings, run_id, gate):
    with connect(settings, "publisher") as connection:
        return connection.execute(
            "select check_id, severity, passed, message, observed, expected "
            "from control.gate_results where run_id = %s and gate = %s",
            [run_id, gate],
        ).fetchall()


def test_every_critical_rule_has_a_defect():
    path = load_settings({}).dbt_project / "seeds" / "gates" / "gate_rules.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rules = list(csv.DictReader(file))
    critical = {
        (row["gate"], row["check_id"])
        for row in rules
        if row["severity"] == "critical" and row["rule_set"] == "*"
    }
    planted = {(d.gate, d.check_id) for d in DEFECTS}
    assert planted <= critical
    # The other systems' defects are planted where their numbers are tested.
    elsewhere = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(__file__).parent.rglob("test_*.py")
        if path != Path(__file__)
    )
    unplanted = {c for _, c in critical - planted if f'"{c}"' not in elsewhere}
    assert unplanted == set()


@pytest.mark.parametrize("gate", GATES)
def test_a_sound_stage_passes(tiny, run_id, gate):
    report = run_gate(tiny, run_id, gate)
    assert report.failures == []
    assert report.data_docs.exists()
    results = read_results(tiny, run_id, gate)
    assert len(results) == len(report.findings)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: f"{d.gate}-{d.check_id}")
def test_a_defect_is_found_and_readers_notice_nothing(tiny, run_id, defect):
    shown = read_hashes(tiny)
    lowered = (
        "update rules.gate_rules set min_base = 1 "
        f"where check_id = '{defect.check_id}' and rule_set = '*'"
    )
    with (
        spoil(tiny, "rules.gate_rules", lowered),
        spoil(tiny, defect.table, defect.sql),
    ):
        measure(tiny, defect.gate)
        with pytest.raises(GateFailure) as error:
            run_gate(tiny, run_id, defect.gate)
    measure(tiny, defect.gate)
    broken = {
        check_id: message
        for check_id, severity, passed, message, _, _ in read_results(
            tiny, run_id, defect.gate
        )
        if not passed and severity == "critical"
    }
    assert defect.check_id in broken
    assert defect.says in broken[defect.check_id] or any(
        defect.says in message for message in error.value.message.splitlines()
    )
    assert read_hashes(tiny) == shown


def test_rows_delivered_twice_are_a_warning_that_names_month_and_amount(tiny, run_id):
    """Equal in all but their key and of another file: the second delivery's rows."""
    again = (
        "insert into raw.billing__unified_payment_bills (bill_id, bill_month, "
        "account_id, product_code, amount, _system, _file_id, _first_load_id, "
        "_first_as_of) select 'again' || bill_id, bill_month, account_id, "
        "product_code, amount, _system, 'other file', _first_load_id, _first_as_of "
        f"from raw.billing__unified_payment_bills where bill_month = {LAST}"
    )
    with connect(tiny, "owner") as connection:
        count, amount = connection.execute(
            "select count(*), sum(amount) from raw.billing__unified_payment_bills "
            f"where bill_month = {LAST}"
        ).fetchone()
    with spoil(tiny, "raw.billing__unified_payment_bills", again):
        measure(tiny, "raw")
        with pytest.raises(GateFailure):
            run_gate(tiny, run_id, "raw")
    measure(tiny, "raw")
    messages = {
        check_id: message
        for check_id, severity, passed, message, _, _ in read_results(
            tiny, run_id, "raw"
        )
        if not passed and severity == "warning"
    }
    assert "March 2024" in messages["delivered_twice"]
    assert f"{count} rows, amount {amount:,.2f}" in messages["delivered_twice"]


def judge_spoilt(settings, run_id, gate, *changes):
    """What the gate finds in spoilt tables, by check; all is put back."""
    with ExitStack() as stack:
        for table, statement in changes:
            stack.enter_context(spoil(settings, table, statement))
        measure(settings, gate)
        with suppress(GateFailure):
            run_gate(settings, run_id, gate)
    measure(settings, gate)
    results = read_results(settings, run_id, gate)
    return {row[0]: row[3] for row in results if not row[2]}


def test_bounds_of_branches_are_those_of_the_rules(tiny, run_id):
    """A branch with 55 % of its rows breaks a rule of 60 and keeps one of 50."""
    lost = (
        f"{OF_ONE_BRANCH} and bill_month = {LAST} and line_id in ("
        "select line_id from raw.billing__line_bills "
        f"where bill_month = {LAST} order by line_id limit 48)"
    )
    for bound, is_found in ((60, True), (50, False)):
        raised = (
            f"update rules.gate_rules set min_value = {bound}, min_base = 1 "
            "where check_id = 'source_break_branch_rows' and rule_set = '*'"
        )
        found = judge_spoilt(
            tiny,
            run_id,
            "raw",
            ("rules.gate_rules", raised),
            ("raw.billing__line_bills", lost),
        )
        assert ("source_break_branch_rows" in found) is is_found
        if is_found:
            said = found["source_break_branch_rows"]
            assert "billing.line_bills/" in said
            assert "holds 60 rows, 55" in said


@pytest.mark.parametrize("code", ["credit_code", "tax_number", "organisation_code"])
def test_codes_that_fail_their_check_are_a_warning(tiny, run_id, code):
    lowered = (
        "update rules.gate_rules set min_base = 1 "
        f"where check_id = '{code}s_invalid' and rule_set = '*'"
    )
    table = "intermediate.int_accounts__records_current"
    wrong = f"update {table} set is_{code}_invalid = true where account_id < 'a04'"
    found = judge_spoilt(
        tiny, run_id, "accounts", ("rules.gate_rules", lowered), (table, wrong)
    )
    assert set(found) == {f"{code}s_invalid"}
    assert found[f"{code}s_invalid"].startswith("4 of 16 account records (25 %)")


def test_rules_of_a_system_make_it_a_warning(tiny, run_id):
    """What stops others is shown for a system whose own row says so."""
    own = (
        "insert into rules.gate_rules select check_id, 'office', gate, metric, "
        "subject, 'warning', min_value, max_value, base_metric, 1, is_required, "
        "message, spec_id "
        "from rules.gate_rules where (check_id = 'volume_collapsed' "
        "or starts_with(check_id, 'source_break')) and rule_set = '*'"
    )
    defect = next(d for d in DEFECTS if d.check_id == "volume_collapsed")
    lost = "delete from control.load_months where true"
    with (
        spoil(tiny, "rules.gate_rules", own),
        spoil(tiny, "control.load_months", lost),
        spoil(tiny, defect.table, defect.sql),
    ):
        measure(tiny, "raw")
        report = run_gate(tiny, run_id, "raw")
    measure(tiny, "raw")
    assert report.failures == []
    found = {finding.check_id for finding in report.warnings}
    assert {"volume_collapsed", "source_break_rows"} <= found


def test_data_docs_name_no_person_and_no_secret(tiny, run_id):
    run_gate(tiny, run_id, "raw")
    with connect(tiny, "owner") as connection:
        names = [
            row[0]
            for row in connection.execute("select account_name from raw.crm__accounts")
        ]
    text = "".join(
        path.read_text(encoding="utf-8", errors="ignore")
        for path in (tiny.home / "gates" / "data_docs").rglob("*.html")
    )
    assert "billing.line_bills" in text or "raw" in text
    assert not [name for name in names if name in text]
    assert "password" not in text.lower()


def test_a_failing_gate_stops_the_run_before_publishing(tiny):
    """Through the pipeline: the run ends, and its candidate is never shown."""
    shown = read_hashes(tiny)
    first, last = (parse_month(month) for month in MONTHS)
    run = pipeline.open_run(tiny, Request(str(TINY), first, last))
    try:
        for system_name in pipeline.list_systems(tiny, run.run_id):
            pipeline.extract(tiny, run.run_id, system_name)
        defect = next(d for d in DEFECTS if d.check_id == "amount_unexplained")
        with spoil(tiny, defect.table, defect.sql):
            pipeline.build(tiny, run.run_id, "raw")
            with pytest.raises(GateFailure, match="nothing is published"):
                pipeline.check_gate(tiny, run.run_id, "raw")
    finally:
        pipeline.fail_run(tiny, run.run_id, "planted")
    assert read_hashes(tiny) == shown
