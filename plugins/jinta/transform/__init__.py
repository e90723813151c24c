"""dbt, run in process: one invocation per stage (design decision 10)."""

from jinta.transform.runner import load_manifest, run_dbt

__all__ = ["load_manifest", "run_dbt"]
