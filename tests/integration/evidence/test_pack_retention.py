"""Evidence of a month stays while readers see the month, whatever is pruned."""

from datetime import date

import pytest

from jinta.evidence.account_pack import collect_account_pack
from jinta.publish import prune
from tests.integration.evidence import world
from tests.running import read_rows, run_pipeline

FEBRUARY = date(2024, 2, 1)


@pytest.fixture(scope="module")
def pruned(make_quick_warehouse, tmp_path_factory):
    """Four months published; the last two twice more, and all but the last pruned."""
    settings = make_quick_warehouse()
    sources = world.write_world(tmp_path_factory.mktemp("world"))
    run_pipeline(settings, sources, world.MONTHS[0], world.MONTHS[-1])
    run_pipeline(settings, sources, world.MONTHS[-2], world.MONTHS[-1])
    run_pipeline(settings, sources, world.MONTHS[-2], world.MONTHS[-1])
    assert prune(settings, keep_publications=1, keep_days=0).publications == 1
    return settings


def test_a_month_that_readers_see_from_an_old_publication_has_its_evidence(pruned):
    shown = read_rows(
        pruned,
        "select distinct publication_id from control.pointers where mart = "
        "'fct_account_scores' order by 1",
        "publisher",
    )
    assert shown == [(1,), (3,)]
    pack = collect_account_pack(pruned, "d1", FEBRUARY, "group_account_value")
    assert pack["rebuild"]
    assert all(row["is_equal"] for row in pack["rebuild"])
