"""The change bridge: a difference of scores, split exactly by ordered replay (goal 2).

From one state to another, in this order: the old facts under the new identity by the
old rules (identity), the new values by the old rules (facts, or missingness where one
side is missing), the new rules (rules). What a step changes is its part, so the parts
add up to the difference whatever happened at once. The build's own SQL computes the
steps: a replay of the old month, and the mart `fct_point_changes` on what it gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, LiteralString

from psycopg import sql
from psycopg.abc import Query
from psycopg.rows import dict_row

from jinta.errors import TransformError
from jinta.replay import Replay, open_replay
from jinta.report.changes_sql import (
    COPIED_STATE,
    POINT_BRIDGE,
    POSED_POINTS,
    POSED_TIERS,
    REGROUPED_RECORDS,
    SCORE_BRIDGE,
    WRONG_SUMS,
)
from jinta.report.states import State
from jinta.settings import Settings

PARTS = ("facts", "missingness", "rules", "identity")


@dataclass
class ChangeBridge:
    """An open bridge between two states; its tables vanish with its replay.

    Attributes:
        old: Where it begins.
        new: Where it ends.
        replay: The session that holds `score_bridge` (one row per account),
            `point_bridge` (one row per account and indicator) and `fct_tier_changes`.
        is_regrouped: Whether records changed accounts, so that the old month was
            replayed with the new identity.
    """

    old: State
    new: State
    replay: Replay
    is_regrouped: bool

    def fetch(self, query: Query, **parameters: Any) -> list[dict[str, Any]]:
        """Run a query in the bridge's session, rows by column."""
        with self.replay.connection.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(query, parameters or None).fetchall())


@contextmanager
def open_bridge(settings: Settings, old: State, new: State) -> Iterator[ChangeBridge]:
    """Split every account's difference between two states of one scorecard.

    Args:
        settings: Whose warehouse.
        old: The state that is explained from.
        new: The state that is explained to.

    Yields:
        The bridge, with all accounts of either state.

    Raises:
        TransformError: The parts of an account don't add up to its difference.
    """
    with open_replay(settings, [old.month], publication_id=old.computed_by) as replay:
        _copy_states(replay, old, new)
        is_regrouped = _is_regrouped(replay)
        if is_regrouped:
            _regroup_old_facts(replay, old)
        else:
            _keep_old_facts(replay)
        _split_points(replay, old, new)
        _sum_scores(replay)
        _compare_tiers(replay, old, new)
        bridge = ChangeBridge(old, new, replay, is_regrouped)
        _check_sums(bridge)
        yield bridge


def label_old(old: State, new: State) -> date:
    """Tell two publications of one month apart: the older poses as the month before."""
    if old.month < new.month:
        return old.month
    return (new.month - timedelta(days=1)).replace(day=1)


def _execute(replay: Replay, query: Query, **parameters: Any) -> None:
    replay.connection.execute(query, parameters or None)


def _copy_states(replay: Replay, old: State, new: State) -> None:
    """Copy what either state showed: the marts as known then."""
    for side, state in (("old", old), ("new", new)):
        card = sql.SQL("scorecard_id = {}").format(sql.Literal(state.scorecard_id))
        for table, mart, is_wanted in (
            ("scores", "fct_account_scores", card),
            ("cut_offs", "fct_tier_cut_offs", card),
            ("indicators", "fct_account_indicators", sql.SQL("true")),
            ("records", "bridge_account_records", sql.SQL("true")),
        ):
            query = sql.SQL(COPIED_STATE).format(
                table=sql.Identifier(f"{side}_{table}"),
                is_wanted=is_wanted,
                mart=sql.Identifier("marts", f"{mart}_as_shown"),
                month=sql.Literal(state.month),
                shown_at=sql.Literal(state.shown_at),
            )
            replay.connection.execute(query)
            replay.connection.execute(
                sql.SQL("analyze {}").format(sql.Identifier(f"{side}_{table}"))
            )


def _is_regrouped(replay: Replay) -> bool:
    """Whether a record is in another account; counted, which takes one hash join."""
    row = replay.connection.execute(
        "select count(*) from old_records inner join new_records "
        "on old_records.source_record_id = new_records.source_record_id "
        "where old_records.group_account_id <> new_records.group_account_id"
    ).fetchone()
    return row is not None and row[0] > 0


def _keep_old_facts(replay: Replay) -> None:
    """Without moved records, the old facts under the new identity are the old state."""
    _execute(
        replay,
        "create temporary view replayed_scores as "
        "select group_account_id, points, bands from old_scores",
    )
    _execute(
        replay,
        "create temporary view replayed_indicators as select * from old_indicators",
    )


def _regroup_old_facts(replay: Replay, old: State) -> None:
    """Score the old facts by the old rules under the new identity.

    The records keep what they were; only the account they belong to is the new one. A
    record that the new state doesn't know stays where it was.
    """
    _fix_version(replay, old)
    replay.build(["int_accounts__records_current"])
    replay.replace(
        "int_accounts__records_clustered",
        sql.SQL(REGROUPED_RECORDS).format(
            records=replay.relation("int_accounts__records_current")
        ),
    )
    replay.build(["int_scoring__accounts_scored", "fct_account_indicators"])
    replay.connection.execute(
        sql.SQL(
            "create temporary table replayed_scores as "
            "select group_account_id, points, bands from {} where scorecard_id = {}"
        ).format(
            replay.relation("int_scoring__accounts_scored"),
            sql.Literal(old.scorecard_id),
        )
    )
    replay.connection.execute(
        sql.SQL(
            "create temporary table replayed_indicators as select * from {}"
        ).format(replay.relation("fct_account_indicators"))
    )
    for name in ("int_scoring__accounts_scored", "fct_account_indicators"):
        replay.forget(name)


def _fix_version(replay: Replay, old: State) -> None:
    """Let the version that scored the old state hold, whatever is in force now."""
    replay.replace(
        "scorecards",
        sql.SQL(
            "select (jsonb_populate_record(cards, "
            """'{{"valid_from": "-infinity", "valid_to": null}}')).* """
            "from {} as cards where scorecard_id = {} and version = {}"
        ).format(
            replay.original("scorecards"),
            sql.Literal(old.scorecard_id),
            sql.Literal(old.scorecard_version),
        ),
    )


def _split_points(replay: Replay, old: State, new: State) -> None:
    """Let the mart of changes tell facts, missingness and rules apart; add identity."""
    _pose(replay, POSED_POINTS, old, new, values=_list_indicators(replay))
    replay.build(["dim_indicators", "dim_scorecard_bands", "fct_point_changes"])
    replay.connection.execute(
        sql.SQL(POINT_BRIDGE).format(
            changes=replay.relation("fct_point_changes"),
            bands=replay.relation("dim_scorecard_bands"),
            indicators=replay.relation("dim_indicators"),
            card=sql.Literal(new.scorecard_id),
            versions=sql.Literal([old.scorecard_version, new.scorecard_version]),
        )
    )
    _execute(replay, "analyze point_bridge")


def _pose(
    replay: Replay,
    posed: Mapping[str, LiteralString],
    old: State,
    new: State,
    **parts: sql.Composable,
) -> None:
    """Let the marts of changes read two states as two months of what they read."""
    for name, query in posed.items():
        replay.replace(
            name,
            sql.SQL(query).format(
                card=sql.Literal(new.scorecard_id),
                old=sql.Literal(label_old(old, new)),
                new=sql.Literal(new.month),
                old_version=sql.Literal(old.scorecard_version),
                new_version=sql.Literal(new.scorecard_version),
                **parts,
            ),
        )


def _list_indicators(replay: Replay) -> sql.Composable:
    """The columns of the indicators, as the dictionary numbers them."""
    rows = replay.fetch(
        sql.SQL("select indicator_id from {} order by position").format(
            replay.original("indicators")
        )
    )
    return sql.SQL(", ").join(sql.Identifier(row[0]) for row in rows)


def _sum_scores(replay: Replay) -> None:
    """Add up the indicators of each account and say what became of it."""
    _execute(replay, SCORE_BRIDGE)
    _execute(replay, "analyze score_bridge")


def _compare_tiers(replay: Replay, old: State, new: State) -> None:
    """Let the mart of tier changes compare the tiers of the two states."""
    replay.forget("fct_account_scores")
    _pose(replay, POSED_TIERS, old, new)
    replay.build(["fct_tier_changes"])


def _check_sums(bridge: ChangeBridge) -> None:
    """Every account's parts are its difference, and its sides what was published."""
    wrong = bridge.fetch(WRONG_SUMS)
    if wrong:
        raise TransformError(
            f"The parts of {len(wrong)} accounts don't add up to their change, such as "
            f"{wrong[0]['account']}.",
            "This is a defect of jinta: please report it with both publications.",
        )
