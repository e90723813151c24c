"""Spoils one input of a subject's profile and lets the real gate judge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql

from jinta.gates.judge import judge_frame
from jinta.gates.rules import Observation, load_rules, make_frame
from jinta.replay import open_replay
from jinta.warehouse import connect
from tests.integration.conftest import Company


def find_broken(
    systems: Company,
    profiles: Sequence[str],
    parents: Sequence[str],
    spoilt: Mapping[str, str],
) -> set[str]:
    """Return the checks of gate candidate that find the spoilt profiles broken.

    Args:
        systems: The published test company; it stays as it is.
        profiles: Profile models that are measured anew.
        parents: What they read: taken as published, but for what is spoilt.
        spoilt: Query on `{}` that takes the place of a parent.
    """
    observations = _measure(systems, profiles, parents, spoilt)
    own = {item.metric for item in observations}
    with connect(systems.settings, "publisher") as connection:
        rules = [
            rule
            for rule in load_rules(connection, "candidate")
            if rule.rule_set == "*" and rule.metric in own
        ]
    frame = make_frame(rules, observations)
    outside = judge_frame(systems.settings, "spoilt", "candidate", "*", rules, frame)
    return {check_id for check_id, places in outside.items() if places}


def _measure(
    systems: Company,
    profiles: Sequence[str],
    parents: Sequence[str],
    spoilt: Mapping[str, str],
) -> list[Observation]:
    months = systems.rows("select distinct month from marts.fct_account_scores")
    found = []
    with open_replay(systems.settings, sorted(month for (month,) in months)) as replay:
        for name in parents:
            query = sql.SQL(spoilt.get(name, "select * from {}"))
            replay.replace(name, query.format(replay.original(name)))
        replay.build(list(profiles))
        for name in profiles:
            found += replay.fetch(
                sql.SQL(
                    "select month, system_name, subject, metric, value from {}"
                ).format(replay.relation(name))
            )
    return [Observation(*row) for row in found]
