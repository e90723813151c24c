"""What the judgements in the files weigh, before a run does (S4-03, A.6.4)."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from psycopg import sql

from jinta.errors import RuleError
from jinta.replay import open_replay
from jinta.report.rules import Rules
from jinta.settings import Settings

_WEIGHED = "int_scoring__judgements_weighed"
_SEEDS = ("ahp_matrices", "ahp_judgements")
_CHECK = "judgements_consistent"
_DIGITS = Decimal("0.0001")


def weigh_judgements(settings: Settings, rules: Rules) -> list[dict[str, Any]]:
    """Weigh the judgements of rule files by the model that the nightly run uses.

    Returns:
        A row per matrix, version and item: weight_pct (whole per cents that sum to
        100), lambda_max, consistency_ratio (null where nothing measures it), and the
        verdict: "ok", or why the gate would refuse the judgements.

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
                "round(lambda_max, 4), consistency_ratio "
                "from {} order by 1, 2, 4 desc, 3"
            ).format(replay.relation(_WEIGHED))
        )
    most = _read_bound(settings)
    names = ("ahp_id", "version", "item", "weight_pct", "lambda_max")
    return [
        dict(zip(names, row, strict=False))
        | {
            "consistency_ratio": None if row[-1] is None else row[-1].quantize(_DIGITS),
            "verdict": _judge(row[-1], most),
        }
        for row in rows
    ]


def list_refused(weighed: list[dict[str, Any]]) -> list[str]:
    """List the judgements that the gate would refuse, each version once."""
    return list(
        dict.fromkeys(
            f"{row['ahp_id']} {row['version']}: the consistency ratio {row['verdict']}"
            for row in weighed
            if row["verdict"] != "ok"
        )
    )


def check_judgements(settings: Settings, rules: Rules) -> None:
    """Refuse judgements that contradict each other, as the nightly gate would.

    Raises:
        RuleError: Naming each version with its consistency ratio.
        UsageError: Nothing has been published yet, so that no model is built.
    """
    refused = list_refused(weigh_judgements(settings, rules))
    if refused:
        raise RuleError(
            "Judgements contradict each other:\n" + "\n".join(refused),
            "Mend them in dbt_project/seeds/rules/ahp_judgements.csv; "
            "`jinta rules judgements` shows what they weigh.",
        )


def _judge(ratio: Decimal | None, most: Decimal) -> str:
    if ratio is not None and ratio <= most:
        return "ok"
    # The bound lies just below the ratio that is too much.
    limit = most.quantize(Decimal("0.01"), ROUND_HALF_UP)
    told = "unknown" if ratio is None else f"{ratio:.4f}".rstrip("0").rstrip(".")
    return f"{told} is not below {limit}: refused"


def _read_bound(settings: Settings) -> Decimal:
    """Read the most that gate scores lets pass."""
    path = settings.dbt_project / "seeds" / "gates" / "gate_rules.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["check_id"] == _CHECK:
                return Decimal(row["max_value"])
    raise RuleError(f"{path} has no check {_CHECK}.", "Restore its row.")


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
