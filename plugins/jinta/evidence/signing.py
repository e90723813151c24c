"""The last line of a pack: a hash of all before it, or a keyed one.

A hash alone proves that the file is whole: whoever changes the file can write a new
one. Only a key that is kept from those who could change files (`JINTA_EVIDENCE_KEY`)
proves that someone who knows it wrote the file.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from jinta.errors import UsageError

_MARK = "<!-- jinta evidence"
_LINE = re.compile(
    r"<!-- jinta evidence (sha256|hmac-sha256) ([0-9a-f]{64}) -->\n?\Z", re.ASCII
)


@dataclass(frozen=True)
class Verdict:
    """What checking a pack's last line came to.

    Attributes:
        is_intact: Whether the content is what the line was made from.
        method: `sha256` proves integrity only, `hmac-sha256` that the key's holder
            wrote it.
        text: The verdict in words.
    """

    is_intact: bool
    method: str
    text: str


def sign(document: str, key: str = "") -> str:
    """Return the document with its signature as the last line.

    Args:
        document: The page, which has no signature yet.
        key: Makes the signature prove who wrote it; empty for a plain hash.
    """
    content = _canonical(document)
    method = "hmac-sha256" if key else "sha256"
    return f"{content}{_MARK} {method} {_digest(content, method, key)} -->\n"


def verify(signed: str, key: str = "") -> Verdict:
    """Check a signed document.

    Raises:
        UsageError: It bears no signature, or one that needs the key.
    """
    text = _unify_ends(signed)
    found = _LINE.search(text)
    if found is None:
        raise UsageError(
            "The file bears no signature in its last line: it is no evidence pack, or "
            "its end is missing.",
            "Take the file as `jinta evidence` wrote it.",
        )
    method, digest = found[1], found[2]
    if method == "hmac-sha256" and not key:
        raise UsageError(
            "The file is signed with a key.",
            "Set JINTA_EVIDENCE_KEY to the key that it was signed with.",
        )
    if method == "sha256" and key:
        # Whoever changes a page can hash it anew: only the key proves who wrote it.
        return Verdict(False, method, "Not signed with the key, though one is set.")
    own = _digest(text[: found.start()], method, key)
    is_intact = hmac.compare_digest(own, digest)
    return Verdict(is_intact, method, _describe(is_intact, method))


def _describe(is_intact: bool, method: str) -> str:
    if not is_intact:
        reason = " or was signed with another key" if method == "hmac-sha256" else ""
        return f"Changed: the content does not fit its signature{reason}."
    if method == "hmac-sha256":
        return "Intact, and written by someone who holds the key."
    return (
        "Intact: the content fits its hash. Without a key this does not prove who "
        "wrote it."
    )


def _digest(content: str, method: str, key: str) -> str:
    data = content.encode()
    if method == "hmac-sha256":
        return hmac.new(key.encode(), data, hashlib.sha256).hexdigest()
    return hashlib.sha256(data).hexdigest()


def _canonical(document: str) -> str:
    """Unify line ends, so that a transfer as text breaks no signature."""
    return _unify_ends(document).rstrip("\n") + "\n"


def _unify_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
