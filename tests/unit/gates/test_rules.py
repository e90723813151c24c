"""Rule rows of the gates: which holds, what it looks at, what it says."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from decimal import Decimal

import pytest
import yaml

from jinta.errors import RuleError
from jinta.gates import GATES
from jinta.gates.gate import GateReport, _explain_failure
from jinta.gates.rules import (
    Finding,
    Observation,
    Rule,
    check_rule,
    describe,
    format_number,
    make_frame,
    select_observations,
    split_by_rule_set,
)
from jinta.settings import load_settings
from jinta.sources.contract import load_contract

JUNE = date(2025, 6, 1)
SETTINGS = load_settings({})
SUITES = SETTINGS.checkout / "expectations" / "suites"
PROFILES = SETTINGS.dbt_project / "models" / "profiles"


def make_rule(check_id="volume", rule_set="*", **changes) -> Rule:
    values = {
        "metric": "row_change_pct",
        "subject": "billing.*",
        "severity": "critical",
        "min_value": Decimal(-30),
        "max_value": Decimal(30),
        "is_required": False,
        "message": "{subject} of {month}: {observed} %, was {rows_before}",
    }
    return Rule(check_id=check_id, rule_set=rule_set, **(values | changes))


def observe(metric, value, subject="billing.line_bills", system="boss", month=JUNE):
    return Observation(month, system, subject, metric, Decimal(value))


def read_rows() -> list[dict[str, str]]:
    path = SETTINGS.dbt_project / "seeds" / "gates" / "gate_rules.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_system_with_rules_of_its_own_is_judged_by_them():
    rules = [make_rule(), make_rule("other"), make_rule(rule_set="council")]
    profile = [observe("row_change_pct", 1, system=s) for s in ("boss", "council")]
    split = split_by_rule_set(rules, profile, ["boss", "council"])
    assert set(split) == {"*", "council"}
    assert {r.check_id: r.rule_set for r in split["council"][0]} == {
        "volume": "council",
        "other": "*",
    }
    assert [item.system_name for item in split["council"][1]] == ["council"]


@pytest.mark.parametrize(
    ("systems", "expected"), [(["council"], "council"), (["boss", "council"], "*")]
)
def test_what_is_of_no_system_is_judged_by_the_only_one(systems, expected):
    rules = [make_rule(), make_rule(rule_set="council")]
    split = split_by_rule_set(rules, [observe("row_change_pct", 1, system="")], systems)
    assert set(split) == {expected}


def test_a_failure_names_what_is_to_be_mended():
    """Judgements that contradict each other are no fault of a source or a bound."""
    finding = Finding("judgements_consistent", "critical", False, "They contradict.")
    alone = _explain_failure(GateReport("scores", [finding]))
    assert "found 1 critical defect, so" in alone.message
    assert "seeds/rules/ahp_judgements.csv" in alone.cure
    assert "gate_rules.csv" not in alone.cure
    other = Finding("volume", "critical", False, "Too few.")
    both = _explain_failure(GateReport("scores", [finding, other]))
    assert "found 2 critical defects, so" in both.message
    assert "ahp_judgements.csv" in both.cure
    assert "gate_rules.csv" in both.cure
    assert {"judgements_consistent"} <= {row["check_id"] for row in read_rows()}


def test_an_empty_profile_is_judged_too():
    assert split_by_rule_set([make_rule()], [], [])["*"][1] == []


def test_a_rule_looks_at_its_subjects_only():
    profile = [
        observe("row_change_pct", 5),
        observe("row_change_pct", 6, subject="crm.accounts"),
        observe("row_count", 7),
    ]
    assert select_observations(make_rule(), profile) == profile[:1]


@pytest.mark.parametrize(("base", "count"), [(99, 0), (100, 1), (101, 1)])
def test_a_percentage_of_too_little_is_left_out(base, count):
    rule = make_rule(base_metric="rows_before", min_base=Decimal(100))
    profile = [observe("row_change_pct", 50), observe("rows_before", base)]
    assert len(select_observations(rule, profile)) == count


def test_a_percentage_without_a_base_is_left_out():
    rule = make_rule(base_metric="rows_before", min_base=Decimal(1))
    assert select_observations(rule, [observe("row_change_pct", 50)]) == []


def test_the_frame_has_a_column_per_check():
    rules = [make_rule(), make_rule("count", metric="row_count")]
    frame = make_frame(rules, [observe("row_change_pct", 5), observe("row_count", 7)])
    assert frame.to_dict("records") == [
        {
            "month": "2025-06-01",
            "system_name": "boss",
            "subject": "billing.line_bills",
            "volume": 5.0,
            "count": 7.0,
        }
    ]


def test_the_frame_of_an_empty_profile_still_has_its_columns():
    assert list(make_frame([make_rule()], []).columns)[-1] == "volume"


def test_a_finding_speaks_plain_english():
    profile = [observe("row_change_pct", "-41.5"), observe("rows_before", 1234567)]
    finding = describe(make_rule(), profile[0], profile)
    assert finding.message == (
        "billing.line_bills of June 2025: -41.50 %, was 1,234,567"
    )
    assert (finding.observed, finding.expected) == ("-41.50", "-30 to 30")
    assert finding.month == JUNE


def test_a_metric_that_is_not_there_does_not_hide_a_finding():
    finding = describe(make_rule(), observe("row_change_pct", 99), [])
    assert "(rows_before unknown)" in finding.message


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((None, 5), "at most 5"), ((1, None), "at least 1"), ((0, 0), "0")],
)
def test_bounds_in_words(bounds, words):
    low, high = (None if b is None else Decimal(b) for b in bounds)
    assert make_rule(min_value=low, max_value=high).expected == words


@pytest.mark.parametrize(
    ("value", "text"),
    [("5787574.28", "5,787,574.28"), ("926", "926"), ("0.00", "0"), ("0.5", "0.50")],
)
def test_numbers_for_people(value, text):
    assert format_number(Decimal(value)) == text


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": "fatal"},
        {"min_value": None, "max_value": None},
        {"min_value": Decimal(2), "max_value": Decimal(1)},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes):
    with pytest.raises(RuleError, match="makes no sense"):
        check_rule(make_rule(**changes))


# The rows, suites and profiles of the project, against each other


@pytest.mark.parametrize("gate", GATES)
def test_a_suite_expects_what_its_rules_bound(gate):
    """Bounds are rule rows, the suite only names them."""
    suite = json.loads((SUITES / f"{gate}.json").read_text(encoding="utf-8"))
    columns = [e["kwargs"]["column"] for e in suite["expectations"]]
    common = [
        row["check_id"]
        for row in read_rows()
        if row["gate"] == gate and row["rule_set"] == "*"
    ]
    assert sorted(columns) == sorted(common)
    assert len(set(columns)) == len(columns)
    for expectation in suite["expectations"]:
        kwargs = expectation["kwargs"]
        assert kwargs["min_value"] == {"$PARAMETER": f"{kwargs['column']}_min"}
        assert kwargs["max_value"] == {"$PARAMETER": f"{kwargs['column']}_max"}


def test_rules_of_a_system_replace_common_ones():
    rows = read_rows()
    common = {(r["gate"], r["check_id"]) for r in rows if r["rule_set"] == "*"}
    assert {(r["gate"], r["check_id"]) for r in rows} == common


def read_profile(gate: str) -> str:
    """The SQL of a gate's profile and of the profiles that it takes in."""
    return "".join(
        (PROFILES / f"{name}.sql").read_text(encoding="utf-8")
        for name in list_profiles(f"prf_{gate}")
    )


def list_profiles(name):
    """A profile and those it takes in, directly or through another."""
    text = (PROFILES / f"{name}.sql").read_text(encoding="utf-8")
    taken_in = re.findall(r"ref\('(prf_\w+)'\)", text)
    return [name, *(each for part in taken_in for each in list_profiles(part))]


def test_messages_name_metrics_that_are_measured():
    words = {"month", "system", "subject", "observed", "min", "max"}
    for row in read_rows():
        text = read_profile(row["gate"])
        named = set(re.findall(r"{(\w+)}", row["message"])) - words
        for metric in named | {row["metric"], row["base_metric"]} - {""}:
            stem = re.sub(
                r"(_vs_published_pct|_change_pct|_published|_before)$", "", metric
            )
            assert f"'{metric}'" in text or f"'{stem}'" in text, (
                row["check_id"],
                metric,
            )


def test_profiles_hold_no_personal_data():
    contract = load_contract(SETTINGS.dbt_project)
    personal = {
        column.name
        for table in contract.tables.values()
        for column in table.columns.values()
        if column.is_personal
    }
    assert personal
    for path in PROFILES.glob("*.sql"):
        words = set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
        assert not words & (personal | {"account_name"}), path.name


def test_profiles_carry_the_tag_of_their_stage():
    document = yaml.safe_load(
        (PROFILES / "_profiles__models.yml").read_text(encoding="utf-8")
    )
    tags = {m["name"]: m["config"]["tags"] for m in document["models"]}
    # Gate raw's profile is measured in two steps.
    steps = {"prf_landed": ["raw"]}
    own = {f"prf_{gate}": [gate] for gate in GATES} | steps
    assert own.items() <= tags.items()
    # A domain's profile is made in the stage whose gate's profile unites it.
    for name in tags.keys() - own.keys():
        [stage] = tags[name]
        assert name in list_profiles(f"prf_{stage}"), name
