"""Signatures: any change of the content shows."""

import pytest

from jinta.errors import UsageError
from jinta.evidence.signing import sign, verify

PAGE = "<!DOCTYPE html>\n<p>等级 A1</p>\n"


@pytest.mark.parametrize("key", ["", "secret"])
def test_an_untouched_file_is_intact(key):
    verdict = verify(sign(PAGE, key), key)
    assert verdict.is_intact
    assert verdict.method == ("hmac-sha256" if key else "sha256")
    assert ("not prove who" in verdict.text) is not bool(key)


@pytest.mark.parametrize("key", ["", "secret"])
@pytest.mark.parametrize("place", [0, 20, len(PAGE) - 3])
def test_any_changed_character_is_found(key, place):
    signed = sign(PAGE, key)
    changed = signed[:place] + "x" + signed[place + 1 :]
    assert not verify(changed, key).is_intact


def test_line_ends_of_a_transfer_don_t_matter():
    assert verify(sign(PAGE).replace("\n", "\r\n")).is_intact


def test_another_key_did_not_sign_it():
    assert not verify(sign(PAGE, "one"), "other").is_intact


def test_a_plain_hash_does_not_pass_for_a_key():
    """Whoever has no key can still change a page and hash it anew."""
    verdict = verify(sign(PAGE), "secret")
    assert (verdict.is_intact, verdict.method) == (False, "sha256")
    assert "Not signed with the key" in verdict.text


def test_a_keyed_file_needs_the_key():
    with pytest.raises(UsageError, match="signed with a key") as caught:
        verify(sign(PAGE, "secret"))
    assert "JINTA_EVIDENCE_KEY" in caught.value.cure


@pytest.mark.parametrize("text", [PAGE, "", sign(PAGE) + "<p>more</p>\n"])
def test_a_file_without_its_last_line_is_no_pack(text):
    with pytest.raises(UsageError, match="no signature"):
        verify(text)
