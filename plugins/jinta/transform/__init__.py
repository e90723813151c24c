"""dbt, run in process: one invocation per stage (design decision 10)."""

from jinta.transform.runner import hash_seeds, load_manifest, run_dbt

__all__ = ["hash_seeds", "load_manifest", "run_dbt"]
