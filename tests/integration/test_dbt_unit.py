"""All unit tests of the dbt project, on the relations of an empty warehouse."""

from jinta.landing import ensure_raw
from jinta.transform.runner import invoke_dbt


def test_every_dbt_unit_test_passes(warehouse):
    """Each input must exist: dbt asks the database for its columns."""
    ensure_raw(warehouse)
    invoke_dbt(warehouse, ["seed"], run_id="unit", stage="seeds")
    invoke_dbt(
        warehouse,
        ["run", "--exclude", "path:models/profiles"],
        run_id="unit",
        stage="relations",
    )
    results = invoke_dbt(
        warehouse, ["test", "--select", "test_type:unit"], run_id="unit", stage="tests"
    )
    assert len(results) >= 30
    assert {str(result.status) for result in results} == {"pass"}
