"""The gates between stages (design decision 9).

Each stage profiles its tables in one scan; a suite of Great Expectations judges the
profile by bounds that are rule rows. What is critical stops the run before anything is
published.
"""

from jinta.gates.gate import GATES, GateReport, run_gate
from jinta.gates.rules import Finding

__all__ = ["GATES", "Finding", "GateReport", "run_gate"]
