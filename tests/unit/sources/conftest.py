from pathlib import Path

import pytest

from jinta.settings import CHECKOUT
from jinta.sources.contract import load_contract
from jinta.sources.located_yaml import Problems
from jinta.sources.parsing import parse_sources


@pytest.fixture(scope="session")
def contract():
    return load_contract(CHECKOUT / "dbt_project")


@pytest.fixture
def parse(contract):
    """Parse a sources file; returns the config and its problems as text."""

    def run(text, parameters=None):
        problems = Problems("sources.yml")
        config = parse_sources(
            Path("/data/sources.yml"), text, contract, parameters or {}, problems
        )
        return config, [str(problem) for problem in problems.found]

    return run
