"""The world of this folder, published once."""

import pytest

from jinta.warehouse import connect
from tests.integration.evidence import world
from tests.running import run_pipeline


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    return world.write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def published(make_warehouse, sources):
    """The four months published, after a decision and an override by people."""
    settings = make_warehouse()
    asked = f"{world.MANAGER} asked {world.CONTACT}, {world.DECIDER} ({world.MOBILE})"
    with connect(settings, "owner") as connection:
        connection.execute(
            "insert into control.steward_decisions (decision_kind, account_id_left, "
            "account_id_right, decided_by, reason) "
            "values ('merge', 'd1', 'd2', %s, %s)",
            [world.STEWARD, f"{asked}: one plant"],
        )
        connection.execute(
            "insert into control.tier_overrides (account_id, scorecard_id, tier, "
            "valid_from, valid_to, approver, reason) values "
            "('d1', 'group_account_value', 'A1', '2024-04-01', '2024-12-31', %s, %s)",
            [world.APPROVER, f"Agreed with {world.MANAGER} for the new kiln"],
        )
    run_pipeline(settings, sources, world.MONTHS[0], world.MONTHS[-1])
    return settings
