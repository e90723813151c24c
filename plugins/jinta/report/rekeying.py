"""Account records whose key changed at the source: the account keeps its id.

A source that renumbers its records ends every old one and delivers a new one. Each pair
of old and new key is recorded as a steward's merge: the old record is the senior one,
so the account goes on under the id it had, and its history stays in one piece.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.settings import Settings, load_settings
from jinta.warehouse import connect

COLUMNS = ("old_account_id", "new_account_id")
_SHOWN = 5
# A pair that is merged already is left as it is.
_RECORD = """
insert into control.steward_decisions (
    decision_kind, account_id_left, account_id_right, decided_by, reason
)
select 'merge', pairs.old_key, pairs.new_key, %(by)s, %(reason)s
from unnest(%(old)s::text[], %(new)s::text[])
    with ordinality as pairs (old_key, new_key, position)
where
    'merge' is distinct from (
        select decided.decision_kind
        from control.steward_decisions as decided
        where
            least(decided.account_id_left, decided.account_id_right)
            = least(pairs.old_key, pairs.new_key)
            and greatest(decided.account_id_left, decided.account_id_right)
            = greatest(pairs.old_key, pairs.new_key)
        order by decided.decision_id desc
        limit 1
    )
order by pairs.position
"""


def rekey(
    system: Annotated[
        str, typer.Argument(help="The system whose records were renumbered.")
    ],
    mapping: Annotated[
        Path, typer.Argument(help=f"CSV with the columns {' and '.join(COLUMNS)}.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who decides.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with every decision.")
    ],
) -> None:
    """Keep the accounts of records whose keys changed at the source."""
    pairs = read_pairs(mapping)
    settings = load_settings()
    count = rekey_accounts(settings, system, pairs, decided_by=by, reason=reason)
    make_console(soft_wrap=True).print(
        f"{count:,} records of {system} keep their accounts under new keys"
        + (
            f" ({len(pairs) - count:,} pairs were decided before)."
            if count < len(pairs)
            else "."
        )
        + " The next run applies it.",
        markup=False,
        highlight=False,
    )


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Read old and new keys.

    Raises:
        UsageError: The file can't be read, lacks a column, or its pairs make no sense:
            an empty key, a key that stays, or one that stands twice on a side.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(COLUMNS) - set(reader.fieldnames or ())
            rows = [] if missing else list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} can't be read: {error}.", "Save it as CSV in UTF-8."
        ) from error
    if missing:
        raise UsageError(
            f"{path} lacks the columns {', '.join(sorted(missing))}.",
            f"Its header must name {' and '.join(COLUMNS)}.",
        )
    old, new = COLUMNS
    pairs = [((row[old] or "").strip(), (row[new] or "").strip()) for row in rows]
    problems = _find_problems(pairs)
    if problems:
        raise UsageError(
            f"{path} makes no sense:\n" + "\n".join(f"  {p}" for p in problems),
            "Each old key has one new key, and each new key one old key. Nothing was "
            "recorded.",
        )
    return pairs


def rekey_accounts(
    settings: Settings,
    system: str,
    pairs: list[tuple[str, str]],
    *,
    decided_by: str,
    reason: str,
) -> int:
    """Record that records live on under new keys: all pairs, or none.

    The new records may not have landed yet; the old ones must have. A pair that is
    decided already is left as it is, so that a file can be given again.

    Args:
        settings: Whose warehouse.
        system: The system whose records were renumbered.
        pairs: Old and new key of each record.
        decided_by: Who decides.
        reason: Why.

    Returns:
        How many decisions were recorded.

    Raises:
        UsageError: An old key is unknown to the system, a key is another system's, or
            name or reason is blank.
    """
    if not decided_by.strip() or not reason.strip():
        raise UsageError(
            "A decision needs who made it and why.", "Fill --by and --reason."
        )
    old = [pair[0] for pair in pairs]
    new = [pair[1] for pair in pairs]
    with connect(settings, "owner", stage="rekey") as connection:
        _check_keys(connection, system, old, new)
        cursor = connection.execute(
            _RECORD,
            {
                "by": decided_by.strip(),
                "reason": f"renumbered in {system}: {reason.strip()}",
                "old": old,
                "new": new,
            },
        )
        return cursor.rowcount


def _find_problems(pairs: list[tuple[str, str]]) -> list[str]:
    if not pairs:
        return ["it holds no pair"]
    problems = [
        f"line {line}: a key is empty"
        if not (old and new)
        else f"line {line}: {old} stays {new}"
        for line, (old, new) in enumerate(pairs, start=2)
        if not (old and new) or old == new
    ]
    for side, what in ((0, "old"), (1, "new")):
        counted = Counter(pair[side] for pair in pairs if pair[side])
        problems += [
            f"the {what} key {key} stands {count} times"
            for key, count in counted.items()
            if count > 1
        ]
    return problems


def _check_keys(
    connection: psycopg.Connection, system: str, old: list[str], new: list[str]
) -> None:
    try:
        rows = connection.execute(
            "select distinct account_id, _system from raw.crm__accounts "
            "where account_id = any(%s)",
            [old + new],
        ).fetchall()
    except psycopg.errors.UndefinedTable:
        rows = []
    known = {key for key, owner in rows if owner == system}
    unknown = [key for key in old if key not in known]
    if unknown:
        raise UsageError(
            f"{len(unknown):,} old keys never landed from {system}: "
            f"{', '.join(unknown[:_SHOWN])}{' …' if len(unknown) > _SHOWN else ''}.",
            "Compare them with the source's former keys. Nothing was recorded.",
        )
    shared = sorted({key for key, owner in rows if owner != system})
    if shared:
        raise UsageError(
            f"{len(shared):,} keys stand in another system too: "
            f"{', '.join(shared[:_SHOWN])}{' …' if len(shared) > _SHOWN else ''}.",
            "Map the systems' keys so that they differ, for example with a prefix. "
            "Nothing was recorded.",
        )
