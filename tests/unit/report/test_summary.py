"""The summary of a run names tiers and scorecard as the rules do."""

from __future__ import annotations

import io
from datetime import date

from rich.console import Console

from jinta.report.summary import render_summary

TIERS = {"gold": 3, "silver": 5, "other": 0}


def make_summary(pyramid):
    return {
        "landed": [],
        "gates": [],
        "stages": [],
        "stale": {},
        "held": [],
        "status": "done",
        "publication_id": None,
        "pyramid": pyramid,
    }


def test_tiers_stand_in_the_order_of_the_scorecard_under_its_name():
    """Tiers of any name, best first, though `other` comes before `silver` by letter."""
    pyramid = [
        {
            "month": date(2025, month, 1),
            "scorecard_name": "Metals",
            "scorecard_name_zh": "金属",
            "tier": tier,
            "tier_order": order,
            "accounts": accounts,
            "revenue": 10 * accounts,
        }
        for month in (1, 2)
        for order, (tier, accounts) in enumerate(TIERS.items(), 1)
    ]
    console = Console(width=100, record=True, file=io.StringIO())
    render_summary(make_summary(pyramid), console)
    text = console.export_text()
    assert "Metals (金属)" in text
    found = [
        line.split()
        for line in text.splitlines()
        if line.split()[:1] and line.split()[0] in TIERS
    ]
    assert [line[0] for line in found] == ["gold", "silver", "other"]
    assert [line[1] for line in found] == ["3", "5", "0"]
