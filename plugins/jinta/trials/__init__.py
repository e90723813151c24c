"""Trying rules before they are approved: what-if, robustness, and the log of trials."""
