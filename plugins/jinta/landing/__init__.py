"""Lands source tables in `raw`, exactly once, with a ledger (design decision 8)."""

from __future__ import annotations

from jinta.landing.ledger import LoadResult
from jinta.landing.months import complete_months
from jinta.landing.systems import ensure_raw, land_system

__all__ = ["LoadResult", "complete_months", "ensure_raw", "land_system"]
