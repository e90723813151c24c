"""The test company with all source systems, published once for all modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jinta.gates.gate import run_gate
from jinta.settings import Settings
from tests.compiled_builds import CompiledProject, build_from
from tests.conftest import copy_template
from tests.running import SYSTEMS, read_rows, run_pipeline


@dataclass(frozen=True)
class Company:
    """A published warehouse of the test company.

    Attributes:
        settings: Its warehouse; months 2024-01 to 2024-03 are published.
        sources: Its sources file.
    """

    settings: Settings
    sources: Path

    def rows(self, query: str, role: str = "auditor") -> list[tuple[Any, ...]]:
        """Read what readers see."""
        return read_rows(self.settings, query, role)


@pytest.fixture(scope="session")
def systems(server: Settings, project: CompiledProject) -> Iterator[Company]:
    """The test company, published through all stages and gates; leave it as it is.

    It is built by the compiled SQL; `test_systems_dbt` does it through dbt.
    """
    with copy_template(server, project) as make:
        settings = make()
        with build_from(project, run_gate):
            run_pipeline(settings, SYSTEMS, "2024-01", "2024-03")
        yield Company(settings, SYSTEMS)
