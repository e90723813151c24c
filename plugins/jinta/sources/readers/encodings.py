"""Finds out how a text file is encoded.

A byte order mark decides. Without one: text that is valid UTF-8 is UTF-8; text with a
zero byte in every other place is UTF-16; valid GB18030 that is mostly everyday Chinese
is GB18030; the rest is Windows-1252, or UTF-8 if only a little of it went bad.
`format: {encoding: …}` overrides all of this.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO

OpenStream = Callable[[], AbstractContextManager[BinaryIO]]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
# Letters are counted in this much of the file only.
_SAMPLE = 1 << 22
# Share of the letters beyond ASCII …
_MAX_DAMAGE_UTF8 = 0.05  # … that may be broken in what is still UTF-8,
_MAX_DAMAGE_CHINESE = 0.02  # … or in what is still GB18030,
_MIN_CHINESE = 0.7  # … and that must be Chinese in GB18030.


def detect_encoding(open_stream: OpenStream) -> str:
    """Find the encoding of a text file, as Python names it.

    Args:
        open_stream: Opens the decompressed file, any number of times.
    """
    with open_stream() as stream:
        head = stream.read(_SAMPLE)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    wide = _detect_wide(head)
    if wide:
        return wide
    if _is_valid("utf-8", open_stream):
        return "utf-8"
    if not head.isascii():
        damage, _ = _judge(head, "utf-8")
        chinese_damage, chinese = _judge(head, "gb18030")
        if chinese_damage <= _MAX_DAMAGE_CHINESE and chinese >= _MIN_CHINESE:
            return "gb18030"
        return "utf-8" if damage <= _MAX_DAMAGE_UTF8 else "cp1252"
    return "gb18030" if _is_valid("gb18030", open_stream) else "cp1252"


def _is_valid(encoding: str, open_stream: OpenStream) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with open_stream() as stream:
            while data := stream.read(_CHUNK):
                decoder.decode(data)
            decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _judge(head: bytes, encoding: str) -> tuple[float, float]:
    """Of the letters beyond ASCII: the share that broke, and that is Chinese."""
    foreign = [c for c in head.decode(encoding, "replace") if c > "\x7f"]
    if not foreign:
        return 0.0, 0.0
    chinese = sum(
        "\u4e00" <= c <= "\u9fff"
        or "\u3000" <= c <= "\u303f"
        or "\uff00" <= c < "\ufffd"
        for c in foreign
    )
    return foreign.count("\ufffd") / len(foreign), chinese / len(foreign)


def _detect_wide(head: bytes) -> str | None:
    """UTF-16 without a mark: latin text has a zero in every other byte."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None
