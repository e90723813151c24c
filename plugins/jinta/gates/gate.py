"""Running a gate: profile in, findings into the ledger, a failure if it must."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psycopg

from jinta.errors import GateFailure
from jinta.gates.holding import hold_months, select_free_months
from jinta.gates.rules import (
    COMMON,
    KEY_COLUMNS,
    Finding,
    Observation,
    Rule,
    describe,
    load_profile,
    load_rules,
    make_frame,
    select_observations,
    split_by_rule_set,
)
from jinta.settings import Settings
from jinta.warehouse import connect

GATES = ("raw", "accounts", "indicators", "scores", "candidate")

# A failure names so many findings; the ledger has them all.
_NAMED_FAILURES = 5
# What to mend where neither a source nor a bound is wrong, by check.
_CURES = {
    "judgements_consistent": "Mend the judgements in "
    "dbt_project/seeds/rules/ahp_judgements.csv, which `jinta rules judgements` weighs",
}
_CURE = "Mend the source or the rule row in dbt_project/seeds/gates/gate_rules.csv"


@dataclass(frozen=True)
class GateReport:
    """What a gate found.

    Attributes:
        gate: The gate.
        findings: One per check that passed, one per month and subject that didn't.
        data_docs: Index page of the data docs.
        held: Months that won't be published, each with the reason.
    """

    gate: str
    findings: list[Finding] = field(default_factory=list)
    data_docs: Path | None = None
    held: dict[date, str] = field(default_factory=dict)

    @property
    def failures(self) -> list[Finding]:
        """Critical findings: they stop the run."""
        return self._select("critical")

    @property
    def warnings(self) -> list[Finding]:
        """Findings that are shown and stop nothing."""
        return self._select("warning")

    def _select(self, severity: str) -> list[Finding]:
        return [f for f in self.findings if not f.passed and f.severity == severity]


def run_gate(
    settings: Settings, run_id: str, gate: str, *, can_hold: bool = False
) -> GateReport:
    """Judge a stage by its profile.

    Results of an earlier attempt of the same run on the same months are replaced.
    Months that an earlier gate holds are not judged any more.

    Args:
        settings: Where the warehouse, the suites and the state folder are.
        run_id: The run, in whose name the results go to `control.gate_results`.
        gate: One of `GATES`.
        can_hold: Whether a month that fails is held, with all later ones, if there are
            months before it to publish; else, and where a failure is of no month, the
            run ends.

    Raises:
        GateFailure: A critical check failed; results and data docs are written.
        RuleError: The profile or the rule rows are missing.
    """
    from jinta.gates.judge import build_docs

    with connect(settings, "publisher", run_id=run_id, stage=f"gate {gate}") as reader:
        rules = load_rules(reader, gate)
        profile = load_profile(reader, gate)
        if can_hold:
            profile = select_free_months(reader, run_id, profile)
        systems = _list_systems(reader, run_id)
    findings = _judge(settings, run_id, gate, rules, profile, systems)
    with connect(settings, "publisher", run_id=run_id, stage=f"gate {gate}") as writer:
        _record_findings(writer, run_id, gate, findings)
        held = hold_months(writer, run_id, findings) if can_hold else {}
    report = GateReport(gate, findings, build_docs(settings, gate), held)
    if report.failures and not held:
        raise _explain_failure(report)
    return report


def _judge(
    settings: Settings,
    run_id: str,
    gate: str,
    rules: Sequence[Rule],
    profile: Sequence[Observation],
    systems: Sequence[str],
) -> list[Finding]:
    from jinta.gates.judge import judge_frame

    findings = []
    for rule_set, (chosen, observations) in sorted(
        split_by_rule_set(rules, profile, systems).items()
    ):
        frame = make_frame(chosen, observations)
        outside = judge_frame(settings, run_id, gate, rule_set, chosen, frame)
        keys = frame[KEY_COLUMNS].to_numpy().tolist()
        for rule in chosen:
            broken = {tuple(keys[place]) for place in outside.get(rule.check_id, ())}
            findings += _collect_findings(rule, rule_set, observations, broken)
    return findings


def _collect_findings(
    rule: Rule,
    rule_set: str,
    observations: Sequence[Observation],
    broken: set[tuple[str, ...]],
) -> list[Finding]:
    looked_at = select_observations(rule, observations)
    if not looked_at and rule.is_required:
        return [
            Finding(
                check_id=rule.check_id,
                severity=rule.severity,
                passed=False,
                message=(
                    f"The check {rule.check_id} found nothing to look at: the profile "
                    f"holds no {rule.metric} of {rule.subject}."
                ),
                observed="nothing",
                expected=rule.expected,
            )
        ]
    outside = [item for item in looked_at if item.key in broken]
    if outside:
        return [describe(rule, item, observations) for item in outside]
    count = len(looked_at)
    whose = "" if rule_set == COMMON else f" by the rules of {rule_set}"
    return [
        Finding(
            check_id=rule.check_id,
            severity=rule.severity,
            passed=True,
            message=f"{count} observations within bounds{whose}."
            if count
            else "Nothing to compare with.",
            observed=f"{count} within bounds",
            expected=rule.expected,
        )
    ]


def _list_systems(connection: psycopg.Connection, run_id: str) -> list[str]:
    """List the source systems of the run."""
    rows = connection.execute(
        "select distinct system_name from control.loads where run_id = %s order by 1",
        [run_id],
    ).fetchall()
    return [row[0] for row in rows]


def _record_findings(
    connection: psycopg.Connection, run_id: str, gate: str, findings: list[Finding]
) -> None:
    connection.execute(
        """
        delete from control.gate_results
        where
            run_id = %s
            and gate = %s
            -- What other chunks of the run were found to be like stays.
            -- So does what a killed attempt held a month for.
            and (
                month is null
                or month in (
                    select month from control.run_months where held_reason is null
                )
            )
        """,
        [run_id, gate],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into control.gate_results (run_id, gate, check_id, month, subject, "
            "severity, passed, observed, expected, message) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    run_id,
                    gate,
                    finding.check_id,
                    finding.month,
                    finding.subject,
                    finding.severity,
                    finding.passed,
                    finding.observed,
                    finding.expected,
                    finding.message,
                )
                for finding in findings
            ],
        )


def _explain_failure(report: GateReport) -> GateFailure:
    failures = report.failures
    named = "\n".join(f"- {f.message}" for f in failures[:_NAMED_FAILURES])
    more = len(failures) - _NAMED_FAILURES
    count = f"{len(failures)} critical defect{'' if len(failures) == 1 else 's'}"
    cures = dict.fromkeys(_CURES.get(f.check_id, _CURE) for f in failures)
    return GateFailure(
        f"Gate {report.gate} found {count}, so nothing is published:\n{named}"
        + (f"\n- and {more} more" if more > 0 else ""),
        f"`jinta gates` shows all results. {'. '.join(cures)}, then run again; readers "
        f"keep seeing the last publication. Data docs: {report.data_docs}",
    )
