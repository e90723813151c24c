"""Decides how much of a source one landing reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from jinta.errors import SourceError
from jinta.landing.ledger import History, LandedFile
from jinta.landing.merging import Scope
from jinta.landing.raw_tables import LOOK_BACK_MONTHS, add_months, next_month
from jinta.sources.config import LoadMode, System, TableMapping
from jinta.sources.contract import ContractTable
from jinta.sources.readers import (
    FileInput,
    FoundFile,
    Slice,
    find_files,
    identify_file,
)


@dataclass
class Plan:
    """What one landing of one table reads.

    Attributes:
        mode: The load mode, as the ledger names it.
        scope: What is read completely.
        slice: Which rows of a database; all if None.
        files: Which files, in the order in which they count.
        told: Files that are not read, as the ledger records them.
        notes: What people should know about that.
    """

    mode: str
    scope: Scope
    slice: Slice | None = None
    files: list[tuple[FoundFile, FileInput]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan_load(
    system: System,
    mapping: TableMapping,
    table: ContractTable,
    history: History,
    as_of: date,
    months: list[date] | None,
) -> Plan:
    """Plan a landing from the mapping and what landed before.

    Args:
        system: The source system.
        mapping: Where the table comes from.
        table: Its contract.
        history: What landed before.
        as_of: Nothing after its month is read.
        months: The run's months; None means up to the as-of date.
    """
    fingerprint = mapping.fingerprint(table)
    if mapping.load.mode == "files":
        return _plan_files(system, mapping, history, fingerprint)
    if mapping.load.mode == "month":
        is_new = history.last_month is None
        is_edited = not is_new and history.fingerprint != fingerprint
        # What models read from its beginning on has to be there from its beginning on.
        if is_edited or (is_new and (not months or table.spread.reads == "onward")):
            return _plan_all_months(mapping, history, as_of)
        return _plan_months(mapping, history, as_of, months)
    if mapping.load.mode == "watermark":
        return _plan_watermark(mapping.load, history, fingerprint)
    plan = Plan("snapshot", Scope("all"))
    if system.kind == "files":
        _take_distinct_files(plan, _list_files(system, mapping), history.withdrawn)
    return plan


def _plan_all_months(mapping: TableMapping, history: History, as_of: date) -> Plan:
    until = next_month(as_of.replace(day=1))
    limits = ((None, _write_month(until, mapping)),)
    plan = Plan(
        "month", Scope("until", until=until), Slice(mapping.load.column or "", limits)
    )
    if history.last_month is not None:
        plan.notes.append("the mapping changed: every month is read again")
    return plan


def _plan_months(
    mapping: TableMapping,
    history: History,
    as_of: date,
    months: list[date] | None,
) -> Plan:
    last = as_of.replace(day=1)
    if months:
        chosen = sorted(
            {
                add_months(m, -back)
                for m in months
                for back in range(LOOK_BACK_MONTHS + 1)
            }
        )
        chosen = [month for month in chosen if month <= last]
        if not chosen:
            raise SourceError(
                f"{mapping.name}: the months asked for begin in {months[0]:%Y-%m}, "
                f"after the as-of date {as_of}.",
                "Ask for months up to the as-of date.",
            )
    else:
        assert history.last_month is not None  # else every month is read
        first = min(add_months(history.last_month, -mapping.load.overlap_months), last)
        count = (last.year - first.year) * 12 + last.month - first.month
        chosen = [add_months(first, i) for i in range(count + 1)]
    limits = tuple(
        (_write_month(first, mapping), _write_month(next_month(final), mapping))
        for first, final in _join_months(chosen)
    )
    column = mapping.load.column or ""
    return Plan("month", Scope("months", months=tuple(chosen)), Slice(column, limits))


def _join_months(months: list[date]) -> list[tuple[date, date]]:
    """First and last month of each unbroken stretch."""
    stretches: list[tuple[date, date]] = []
    for month in months:
        if stretches and next_month(stretches[-1][1]) == month:
            stretches[-1] = (stretches[-1][0], month)
        else:
            stretches.append((month, month))
    return stretches


def _write_month(month: date, mapping: TableMapping) -> str:
    """The first day of a month as the source writes its months."""
    for column in mapping.columns.values():
        if column.column == mapping.load.column and column.formats:
            return month.strftime(column.formats[0])
    return month.isoformat()


def _plan_watermark(load: LoadMode, history: History, fingerprint: str) -> Plan:
    plan = Plan("watermark", Scope("none"))
    mark = history.watermark
    if mark is None or history.fingerprint != fingerprint or history.mode != plan.mode:
        return plan
    low = _lower_mark(mark, load)
    plan.slice = Slice(load.column or "", ((low, None),))
    return plan


def _lower_mark(mark: Any, load: LoadMode) -> str:
    value, kind = mark["value"], mark["kind"]
    if kind == "number":
        if not isinstance(load.overlap, int):
            raise SourceError(
                f"The watermark {load.column} is a number, and its overlap a time.",
                "Write the overlap as a number.",
            )
        return f"{Decimal(value) - load.overlap:f}"
    if not isinstance(load.overlap, timedelta):
        raise SourceError(
            f"The watermark {load.column} is a moment, and its overlap a number.",
            "Write the overlap like `2 days`.",
        )
    separator = "T" if "T" in value else " "
    lowered = datetime.fromisoformat(value) - load.overlap
    if kind == "date":
        return lowered.date().isoformat()
    return lowered.isoformat(separator)


def _list_files(system: System, mapping: TableMapping) -> list[FoundFile]:
    found = find_files(system.root, mapping.files)
    if not found:
        raise SourceError(
            f"{mapping.name}: no file in {system.root} is named like "
            f"{' or '.join(mapping.files)}.",
            "Check `root` and `files`, and whether the delivery came.",
        )
    return found


def _take_distinct_files(
    plan: Plan, found: list[FoundFile], withdrawn: frozenset[str]
) -> None:
    """Read each content once, whatever its names; what was withdrawn not at all."""
    first_names: dict[str, str] = {}
    for file in found:
        identity = identify_file(file)
        if identity.content_id in withdrawn:
            plan.notes.append(f"{identity.name} is withdrawn: skipped")
        elif identity.content_id in first_names:
            _tell_duplicate(plan, identity, first_names[identity.content_id])
        else:
            first_names[identity.content_id] = file.name
            plan.files.append((file, identity))


def _plan_files(
    system: System, mapping: TableMapping, history: History, fingerprint: str
) -> Plan:
    """Each content once: only files that are new, changed or mapped differently.

    Where a file is taken back all others are read again, because one of them may hold
    another row under the same key.
    """
    plan = Plan("files", Scope("files"))
    taken_back = [
        f for f in history.files.values() if f.content_id in history.withdrawn
    ]
    in_force = {
        name: file for name, file in history.files.items() if file not in taken_back
    }
    found = _identify_files(system, mapping, history, is_required=not taken_back)
    # A file whose content changed no longer holds what landed from it.
    now = {identity.name: identity.content_id for _, identity in found}
    holders = {
        file.content_id: file.name
        for file in in_force.values()
        if now.get(file.name, file.content_id) == file.content_id
    }
    replaced = sorted(history.withdrawn) if taken_back else []
    plan.told += [_tell_withdrawn(plan, file) for file in taken_back]
    for file, identity in found:
        known = in_force.get(file.name)
        holder = holders.setdefault(identity.content_id, file.name)
        if holder != file.name:
            if (file.name, identity.content_id) not in history.duplicates:
                _tell_duplicate(plan, identity, holder)
            continue
        is_same = known == LandedFile(file.name, identity.content_id, fingerprint)
        if is_same and not taken_back:
            continue
        if known is not None:
            replaced.append(known.content_id)
            _tell_anew(plan, known, identity, is_same=is_same)
        plan.files.append((file, identity))
    _tell_gone(plan, sorted(set(in_force) - set(now)))
    plan.scope = Scope("files", file_ids=tuple(replaced))
    return plan


def _identify_files(
    system: System, mapping: TableMapping, history: History, *, is_required: bool
) -> list[tuple[FoundFile, FileInput]]:
    """The files that are there, but for those that were withdrawn."""
    if is_required:
        found = _list_files(system, mapping)
    else:
        found = find_files(system.root, mapping.files)
    identified = [(file, identify_file(file)) for file in found]
    return [
        (file, identity)
        for file, identity in identified
        if identity.content_id not in history.withdrawn
    ]


def _tell_anew(
    plan: Plan, known: LandedFile, identity: FileInput, *, is_same: bool
) -> None:
    if not is_same:
        what = "changed" if known.content_id != identity.content_id else "is mapped"
        plan.notes.append(f"{identity.name} {what} anew: its rows are replaced")


def _tell_gone(plan: Plan, gone: list[str]) -> None:
    if gone:
        plan.notes.append(
            f"{', '.join(gone[:5])}{' …' if len(gone) > 5 else ''} "
            "no longer there: what landed from it stays"
        )


def _tell_withdrawn(plan: Plan, file: LandedFile) -> dict[str, Any]:
    note = f"{file.name} is withdrawn: its rows end, the other files are read again"
    plan.notes.append(note)
    return {
        "name": file.name,
        "id": file.content_id,
        "status": "withdrawn",
        "rows": 0,
        "notes": [note],
    }


def _tell_duplicate(plan: Plan, identity: FileInput, holder: str) -> None:
    note = f"{identity.name} is the same as {holder}: skipped"
    plan.notes.append(note)
    plan.told.append(
        {
            "name": identity.name,
            "id": identity.content_id,
            "status": "duplicate",
            "rows": 0,
            "notes": [note],
        }
    )
