"""Who hands over names nobody, unless the auditor asks (S2-06, S2-17)."""

from datetime import date

from jinta.evidence.handover_pack import collect_handover
from jinta.evidence.handover_page import build_handover_parts
from jinta.evidence.html import document
from tests.integration.evidence import world

APRIL = date(2024, 4, 1)
SHOP = f"{world.TRADER}米线馆个体工商户"


def write(pack):
    return document("Hand-over", *build_handover_parts(pack))


def test_without_being_asked_for_a_hand_over_names_nobody(published):
    """A business of one's own bears a person's name; the contacts' are there, too."""
    pack = collect_handover(published, "m7", None, APRIL)
    page = write(pack)
    assert len(pack["accounts"]) > 1
    for name in world.PERSONAL:
        assert name not in page, name
    assert "米线馆" not in page
    assert "person-" in page


def test_the_auditor_reads_whom_to_call(published):
    pack = collect_handover(published, "m7", None, APRIL, is_personal=True)
    page = write(pack)
    for name in (world.MANAGER, world.CONTACT, world.PHONE, SHOP):
        assert name in page, name
    assert all(row["is_complete"] for row in pack["checks"])
