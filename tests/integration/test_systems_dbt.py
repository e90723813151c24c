"""The test company through dbt itself; elsewhere it's built by the compiled SQL."""

from tests.running import SYSTEMS, read_hashes, run_pipeline


def test_dbt_shows_the_same_and_its_tests_of_data_pass(copy_warehouse, systems):
    settings = copy_warehouse()
    run_pipeline(settings, SYSTEMS, "2024-01", "2024-03")
    assert read_hashes(settings) == read_hashes(systems.settings)
