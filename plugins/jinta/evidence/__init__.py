"""Judging rules and proving results: backtest, dedupe dividend, evidence packs."""
