"""What the judgements in the files weigh, before a run does (S4-03, A.6.4)."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from jinta.replay import open_replay
from jinta.report.rules import Rules
from jinta.settings import Settings

_WEIGHED = "int_scoring__judgements_weighed"
_SEEDS = ("ahp_matrices", "ahp_judgements")


def weigh_judgements(settings: Settings, rules: Rules) -> list[dict[str, Any]]:
    """Weigh the judgements of rule files by the model that the nightly run uses.

    Returns:
        A row per matrix, version and item: weight_pct (whole per cents that sum to
        100), lambda_max and consistency_ratio (null for fewer than three items).

    Raises:
        UsageError: Nothing has been published yet, so that no model is built.
    """
    with open_replay(settings, []) as replay:
        for seed in _SEEDS:
            replay.replace_rows(seed, rules[seed])
        replay.build([_WEIGHED])
        rows = replay.fetch(
            sql.SQL(
                "select ahp_id, ahp_version, item, weight_pct, "
                "round(lambda_max, 4), round(consistency_ratio, 4) "
                "from {} order by 1, 2, 4 desc, 3"
            ).format(replay.relation(_WEIGHED))
        )
    names = ("ahp_id", "version", "item", "weight_pct", "lambda_max")
    return [dict(zip((*names, "consistency_ratio"), row, strict=True)) for row in rows]


def find_outdated_cards(rules: Rules) -> list[str]:
    """Name cards that hold on although newer judgements than theirs are in force.

    A card has the weights of the judgements of its first month; those of a later
    version take effect only with a new version of the card.
    """
    return [
        f"{card['scorecard_id']} {card['version']} keeps its weights, although "
        f"{matrix['ahp_id']} {matrix['version']} holds from "
        f"{matrix['valid_from'][:7]}: write a version of the card with the new weights "
        "from that month on."
        for card in rules["scorecards"]
        for matrix in rules["ahp_matrices"]
        if card["ahp_id"] == matrix["ahp_id"]
        and card["valid_from"] < matrix["valid_from"]
        and (not card["valid_to"] or matrix["valid_from"] <= card["valid_to"])
    ]
