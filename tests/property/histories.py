"""What may happen to a warehouse between two looks at it, and who plays it.

An event names rows by numbers that are taken modulo what there is, so that any numbers
make a history.
"""

from __future__ import annotations

import os
import shutil
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from jinta import runs
from jinta.errors import JintaError, SourceError, UsageError
from jinta.gates.holding import hold_months
from jinta.publish.marts import read_marts
from jinta.publish.publication import rollback
from jinta.replay import open_replay
from jinta.report.decisions import Override, add_override
from jinta.report.leads import update_lead
from jinta.report.rule_editing import NewVersion, write_new_version
from jinta.report.stewards import DecisionKind, record_decision
from jinta.runs.stale import list_stale_months
from jinta.settings import Settings
from jinta.warehouse import connect
from tests.compiled_builds import CompiledProject, build_from
from tests.property.worlds import ACCOUNTS, BILLS, MONTHS, World
from tests.running import read_hashes, run_pipeline

CARD = "group_account_value"
TIERS = ("A1", "B2", "C")
# The exit code of a process whose run ended as none should.
BROKEN = 3
# Rounds in which restated months may make others stale.
ROUNDS = 6


class Told(JintaError):
    """A run was told to fail."""


@dataclass(frozen=True)
class Bill:
    """A bill comes, late or not; or one that is there changes or is taken back."""

    what: str
    table: int
    row: int
    month: int
    fen: int

    def play(self, player: Player) -> None:
        """Change the files; the next run finds it."""
        rows = player.world.tables[BILLS[self.table % len(BILLS)]]
        row = rows[self.row % len(rows)]
        amount = f"{Decimal(self.fen) / 100:.2f}"
        months = player.world.months
        if self.what == "change":
            row["amount"] = amount
        elif self.what == "remove":
            rows.remove(row)
        elif "bill_id" in row:
            new = {"bill_id": f"late-{player.number()}", "amount": amount}
            rows.append(row | new | {"bill_month": months[self.month % len(months)]})


@dataclass(frozen=True)
class Record:
    """An account record changes, or a second one of its organisation comes."""

    what: str
    row: int
    other: int

    def play(self, player: Player) -> None:
        """Change the files; the next run finds it."""
        rows = player.world.tables["accounts"]
        row = rows[self.row % len(rows)]
        if self.what == "employees":
            row["employees"] = str(10 + self.other * 40)
        elif self.what == "level":
            row["informatization_level"] = str(self.other % 6)
        elif self.what == "code":
            row["credit_code"] = rows[self.other % len(rows)]["credit_code"]
        elif self.what == "manager":
            row["manager_id"] = "mym" if row["manager_id"] == "mqj" else "mqj"
        elif self.what == "second":
            number = player.number()
            created = f"2024-0{1 + self.other % 4}-10"
            rows.append(row | {"account_id": f"b{number:02d}", "created_date": created})
        elif len(rows) > len(ACCOUNTS) // 2:
            rows.remove(row)


@dataclass(frozen=True)
class Line:
    """A line is closed or lives again, or changes to another account."""

    row: int
    month: int
    account: int

    def play(self, player: Player) -> None:
        """Change the files; the next run finds it."""
        rows = player.world.tables["subscriptions"]
        row = rows[self.row % len(rows)]
        if self.account % 3 == 0:
            accounts = player.world.tables["accounts"]
            row["account_id"] = accounts[self.account % len(accounts)]["account_id"]
        else:
            closed = f"2024-0{1 + self.month % 5}-20"
            row["closed_date"] = "" if row["closed_date"] else closed


@dataclass(frozen=True)
class Grade:
    """An influence grade is decided, for a month that may be long over."""

    account: int
    grade: int
    month: int

    def play(self, player: Player) -> None:
        """Change the files; the next run finds it."""
        rows = player.world.tables["policy_influences"]
        rows.append(
            rows[self.account % len(rows)]
            | {
                "decided_date": f"2024-0{1 + self.month % 5}-{10 + len(rows)}",
                "influence_grade": str(1 + self.grade % 5),
            }
        )


@dataclass(frozen=True)
class NextMonth:
    """A month is over and billed, and the as-of date moves."""

    def play(self, player: Player) -> None:
        """Change the files; the next run finds it."""
        player.world.advance()


@dataclass(frozen=True)
class Decision:
    """A steward decides on two records."""

    kind: str
    left: int
    right: int

    def play(self, player: Player) -> None:
        """Record it, unless it makes no sense yet."""
        rows = player.world.tables["accounts"]
        record_decision(
            player.settings,
            DecisionKind(self.kind),
            rows[self.left % len(rows)]["account_id"],
            rows[self.right % len(rows)]["account_id"],
            decided_by="steward",
            reason="a history",
        )


@dataclass(frozen=True)
class Word:
    """An owner overrides a tier, or a manager says what became of a lead."""

    account: int
    tier: int
    first: int
    months: int

    def play(self, player: Player) -> None:
        """Record it, unless the account is unknown yet, or never was such a lead."""
        rows = player.world.tables["accounts"]
        account = rows[self.account % len(rows)]["account_id"]
        if self.months == 0:
            update_lead(
                *(player.settings, "L1", account, "won"),
                updated_by="m1",
                outcome="sold",
            )
            return
        first = self.first % len(MONTHS)
        last = min(first + self.months - 1, len(MONTHS) - 1)
        add_override(
            player.settings,
            Override(
                account,
                TIERS[self.tier % len(TIERS)],
                date.fromisoformat(MONTHS[first]),
                date.fromisoformat(MONTHS[last]),
                "owner",
                "a history",
                CARD,
            ),
        )


@dataclass(frozen=True)
class Rules:
    """The owner writes a version of the scorecard that holds from a month on."""

    month: int
    weight: int

    def play(self, player: Player) -> None:
        """Write it, unless a version of that month or a later one is there."""
        write_new_version(
            player.settings.dbt_project / "seeds" / "rules",
            NewVersion(
                rule_id=CARD,
                version=f"v{player.number()}",
                valid_from=date.fromisoformat(MONTHS[self.month % len(MONTHS)]),
                approver="owner",
                recorded_at=date(2024, 1, 1),
                weights={"unified_payment_amount": Decimal(5 + self.weight)},
                is_balanced=True,
            ),
        )


@dataclass(frozen=True)
class Run:
    """A nightly run or a backfill, perhaps one that does not get to its end.

    Attributes:
        which: `nightly`, or which months a backfill builds.
        first: The first month asked for; None for no range.
        last: The last one.
        is_cut: Whether every month is a chunk of its own.
        fate: `ends`, `fails`, `dies` or `holds` a month back.
        at: The stage or month in which that happens.
    """

    which: str
    first: int | None
    last: int
    is_cut: bool
    fate: str
    at: int

    def play(self, player: Player) -> None:
        """Deliver what there is, and run."""
        player.world.write()
        asked: dict[str, str] = {}
        if self.which != "nightly":
            on_failure = "before" if self.fate == "holds" else "none"
            asked = {"kind": "backfill", "which": self.which, "on_failure": on_failure}
        months = player.world.months
        span: list[str] = []
        if self.first is not None:
            ends = sorted((self.first % len(months), self.last % len(months)))
            span = [months[end][:7] for end in ends]
        settings = replace(player.settings, chunk_rows=1 if self.is_cut else 20_000_000)
        player.run(settings, span, asked, self.fate, self.at)


@dataclass(frozen=True)
class Rollback:
    """Readers are shown an earlier publication again."""

    back: int

    def play(self, player: Player) -> None:
        """Roll back, if there is something to go back to."""
        with connect(player.settings, "publisher") as connection:
            rows = connection.execute(
                "select publication_id from control.publications order by 1 desc"
            ).fetchall()
        if rows:
            rollback(player.settings, rows[self.back % len(rows)][0], "a history")


@dataclass
class Player:
    """Plays events on a warehouse of its own.

    Attributes:
        settings: The warehouse, with a copy of the rule rows that may be edited.
        project: What runs build from.
        world: The source system.
        told: What was played, to be read when a property doesn't hold.
    """

    settings: Settings
    project: CompiledProject
    world: World
    told: list[str] = field(default_factory=list)
    _number: int = 0
    _hold_from: int | None = None

    def number(self) -> int:
        """A number that wasn't given out before."""
        self._number += 1
        return self._number

    def play(self, events: list[Any]) -> None:
        """Play events; what makes no sense at its moment is left out."""
        for event in events:
            try:
                event.play(self)
            except (UsageError, SourceError, Told) as error:
                self.told.append(f"{event}: {error}")
            except JintaError as error:
                if "a version" not in str(error) and "no publication" not in str(error):
                    raise
                self.told.append(f"{event}: {error}")
            else:
                self.told.append(f"{event}")

    def run(
        self,
        settings: Settings,
        span: list[str],
        asked: dict[str, str],
        fate: str = "ends",
        at: int = 0,
    ) -> int | None:
        """Run the pipeline to the end that it is told to come to."""
        if fate == "dies":
            self._die_in(settings, span, asked, at)
            return None
        self._hold_from = at if fate == "holds" else None
        stage = at if fate == "fails" else None
        with build_from(self.project, self._judge), _stop_in(stage, is_kill=False):
            return run_pipeline(settings, self.world.sources, *span, **asked)

    def settle(self) -> None:
        """Land all, build what is missing, restate what is stale until nothing is."""
        self.world.write()
        backfill = {"kind": "backfill"}
        self.run(self.settings, [], backfill | {"which": "missing"})
        for _ in range(ROUNDS):
            if not self.list_stale():
                return
            self.run(self.settings, [], backfill | {"which": "stale"})

    def list_stale(self) -> dict[date, str]:
        """Months that are stale, with the reasons."""
        with connect(self.settings, "publisher") as connection:
            return list_stale_months(connection, self.settings.dbt_project)

    def rebuild(self) -> int:
        """Force all months; how many slices of months differ from what was shown."""
        before = read_hashes(self.settings)
        self.run(self.settings, [], {"kind": "backfill", "which": "all"})
        after = read_hashes(self.settings)
        return sum(before.get(key) != digest for key, digest in after.items())

    def list_shown(self) -> dict[tuple[str, str], str]:
        """Content hash of every month's mart that readers see."""
        hashes = read_hashes(self.settings)
        return {key: digest for key, digest in hashes.items() if key[1] is not None}

    def pass_once(self) -> dict[tuple[str, str], str]:
        """The same for one pass over the same landing log, with nothing remembered."""
        months = sorted({date.fromisoformat(month) for _, month in self.list_shown()})
        as_of = date(2024, self.world.month_count + 1, 5)
        manifest = self.project.manifest(self.settings.database)
        marts = [
            mart.name
            for mart in read_marts(manifest)
            if mart.is_monthly and not mart.is_view
        ]
        with (
            build_from(self.project, self._judge),
            open_replay(self.settings, months, as_of_date=as_of) as replay,
        ):
            for table in ("names_read", "names_compared", "pairs_scored"):
                replay.replace_rows(f"cache.{table}", [])
            replay.build(marts)
            return {
                (mart, str(month)): digest
                for mart in marts
                for month, digest in replay.hash(mart).items()
            }

    def _judge(
        self, settings: Settings, run_id: str, gate: str, *, can_hold: bool = False
    ) -> Any:
        """Stand in for the gates: let pass, or hold months from one on."""
        held: dict[date, str] = {}
        if can_hold and self._hold_from is not None and gate == "indicators":
            with connect(settings, "publisher", run_id=run_id) as connection:
                month = date.fromisoformat(MONTHS[1 + self._hold_from % 4])
                finding = SimpleNamespace(
                    passed=False, severity="critical", month=month, message="told to"
                )
                held = hold_months(connection, run_id, [finding])
        return SimpleNamespace(findings=[], failures=[], held=held)

    def _die_in(
        self, settings: Settings, span: list[str], asked: dict[str, str], at: int
    ) -> None:
        """Run in a process of its own that is killed in a stage; it may end before."""
        child = os.fork()
        if child == 0:
            code = BROKEN
            try:
                with build_from(self.project, self._judge), _stop_in(at, is_kill=True):
                    run_pipeline(settings, self.world.sources, *span, **asked)
                code = 0
            except (UsageError, SourceError):
                code = 0
            finally:
                if code:
                    traceback.print_exc()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        ended_with = os.waitstatus_to_exitcode(status)
        self.told.append(f"the process ended with {ended_with}")
        assert ended_with in {0, -signal.SIGKILL}, self.told


@contextmanager
def _stop_in(at: int | None, *, is_kill: bool) -> Iterator[None]:
    """Let a run fail, or its process be killed, in its n-th stage.

    Odd numbers do so when the stage's work is done and not yet noted.
    """
    enter = runs.enter_stage
    count = 0

    @contextmanager
    def enter_and_stop(*arguments: Any) -> Iterator[Any]:
        nonlocal count
        with enter(*arguments) as detail:
            if detail is None:
                yield detail
                return
            count += 1
            is_here = at is not None and count == 1 + at // 2
            if is_here and at % 2 == 0:
                _stop(is_kill=is_kill)
            yield detail
            if is_here:
                _stop(is_kill=is_kill)

    with patch("jinta.runs.enter_stage", enter_and_stop):
        yield


def _stop(*, is_kill: bool) -> None:
    if is_kill:
        os.kill(os.getpid(), signal.SIGKILL)
    message = "told to fail"
    raise Told(message)


def copy_project(settings: Settings, folder: Path) -> Settings:
    """Give a warehouse a dbt project of its own, whose rule rows may be edited."""
    shutil.copytree(
        settings.dbt_project,
        folder / "dbt_project",
        ignore=shutil.ignore_patterns("target", "logs"),
    )
    for name in ("demo", "expectations", "plugins"):
        (folder / name).symlink_to(settings.checkout / name)
    return replace(settings, checkout=folder)
