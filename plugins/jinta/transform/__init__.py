"""dbt, run in process: one invocation per stage (design decision 10)."""

from jinta.transform.runner import hash_seeds, load_manifest, run_dbt
from jinta.transform.variables import project_vars

__all__ = ["hash_seeds", "load_manifest", "project_vars", "run_dbt"]
