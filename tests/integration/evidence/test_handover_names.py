"""Who hands over names nobody, unless the auditor asks (S2-06, S2-17)."""

from datetime import date

from jinta.evidence.handover_files import write_files
from jinta.evidence.handover_pack import collect_handover
from jinta.evidence.handover_page import build_handover_parts
from jinta.evidence.html import document
from tests.integration.evidence import world

APRIL = date(2024, 4, 1)
SHOP = f"{world.TRADER}米线馆个体工商户"


def write(pack):
    return document("Hand-over", *build_handover_parts(pack))


def test_without_being_asked_for_a_hand_over_names_nobody(published, tmp_path):
    """A business of one's own bears a person's name; the contacts' are there, too."""
    pack = collect_handover(published, "m7", None, APRIL)
    write_files(pack, tmp_path)
    files = [path.read_text(encoding="utf-8-sig") for path in tmp_path.iterdir()]
    assert len(pack["accounts"]) > 1
    for text in (write(pack), "".join(files)):
        for name in world.PERSONAL:
            assert name not in text, name
        assert "米线馆" not in text
        assert "person-" in text
        # What a company tells of itself is nobody's.
        assert world.PLACE in text
        assert world.PLACE_PHONE in text


def test_the_auditor_reads_whom_to_call(published):
    pack = collect_handover(published, "m7", None, APRIL, is_personal=True)
    page = write(pack)
    shop = (SHOP, world.HOME, world.HOME_PHONE)
    for name in (world.MANAGER, world.CONTACT, world.PHONE, *shop):
        assert name in page, name
    assert all(row["is_complete"] for row in pack["checks"])
