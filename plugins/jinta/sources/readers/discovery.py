"""Finds the files of a pattern and opens them, compressed or not."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from jinta.errors import SourceError
from jinta.sources.readers.base import FileInput

_CHUNK = 1 << 20
# A compressed file that inflates more than this is a bomb or a mistake.
MAX_INFLATION = 1_000
_EXCEL_SUFFIXES = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class FoundFile:
    """A file that a pattern found, with what identifies its state on disk."""

    path: Path
    name: str
    size: int
    modified_ns: int

    @property
    def is_excel(self) -> bool:
        """Whether it is a workbook by its name."""
        return self.path.suffix.lower() in _EXCEL_SUFFIXES

    def check_unchanged(self) -> None:
        """Make sure that nobody has written to the file since it was found.

        Raises:
            SourceError: Somebody has.
        """
        state = self.path.stat()
        if (state.st_size, state.st_mtime_ns) != (self.size, self.modified_ns):
            raise SourceError(
                f"{self.name} changed while it was being read.",
                "Let deliveries appear under their final name only when complete "
                "(write elsewhere, then rename), and run again.",
            )


def find_files(root: Path, patterns: tuple[str, ...]) -> list[FoundFile]:
    """Find the files of some patterns, in the order of their names.

    Hidden files and the lock files of office programs are left out.
    """
    found: dict[Path, FoundFile] = {}
    for pattern in patterns:
        for path in _expand(root, pattern):
            if path.name.startswith((".", "~$")) or not path.is_file():
                continue
            state = path.stat()
            found[path] = FoundFile(
                path, _name(path, root), state.st_size, state.st_mtime_ns
            )
    return sorted(found.values(), key=lambda file: file.name)


def identify_file(file: FoundFile) -> FileInput:
    """Hash what is in a file: the same content has the same id under every name.

    Raises:
        SourceError: The file is cut off or damaged.
    """
    digest = hashlib.sha256()
    if file.is_excel:
        with file.path.open("rb") as stream:
            while data := stream.read(_CHUNK):
                digest.update(data)
    else:
        with open_file(file) as stream:
            while data := stream.read(_CHUNK):
                digest.update(data)
    return FileInput(file.name, digest.hexdigest()[:16])


@contextmanager
def open_file(file: FoundFile) -> Iterator[BinaryIO]:
    """Open a file for reading, decompressing it by what it is, not by its name.

    Raises:
        SourceError: The file is cut off, damaged or inflates without end.
    """
    try:
        with _open_decompressed(file) as stream:
            yield stream
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(file, str(error)) from error
    except zipfile.BadZipFile as error:
        raise _damaged(file, str(error)) from error
    except OSError as error:
        if "Invalid data stream" in str(error):
            raise _damaged(file, str(error)) from error
        raise


@contextmanager
def _open_decompressed(file: FoundFile) -> Iterator[BinaryIO]:
    with file.path.open("rb") as raw:
        magic = raw.read(6)
        raw.seek(0)
        if magic.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(raw) as archive:
                member = _choose_member(file, archive)
                with archive.open(member) as stream:
                    yield _limit(file, stream)
        elif magic.startswith(b"\x1f\x8b"):
            with gzip.open(raw) as stream:
                yield _limit(file, stream)
        elif magic.startswith(b"BZh"):
            with bz2.open(raw) as stream:
                yield _limit(file, stream)
        elif magic.startswith(b"\xfd7zXZ\x00"):
            with lzma.open(raw) as stream:
                yield _limit(file, stream)
        else:
            yield raw


def _limit(file: FoundFile, stream: object) -> BinaryIO:
    limited = _Limited(file, cast(BinaryIO, stream))
    return cast(BinaryIO, io.BufferedReader(limited, _CHUNK))


class _Limited(io.RawIOBase):
    """A decompressed stream that refuses to inflate without end."""

    def __init__(self, file: FoundFile, stream: BinaryIO) -> None:
        self._file = file
        self._stream = stream
        self._left = max(file.size * MAX_INFLATION, 1 << 26)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise SourceError(
                f"{self._file.name} inflates to more than {MAX_INFLATION} times its "
                "size: it looks like a decompression bomb.",
                "Check where it comes from; if it is sound, deliver it uncompressed.",
            )
        buffer[: len(data)] = data
        return len(data)


def _choose_member(file: FoundFile, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise SourceError(
            f"{file.name} holds {len(members)} files, and one is expected.",
            "Deliver one table per archive.",
        )
    if members[0].flag_bits & 1:
        raise SourceError(
            f"{file.name} is encrypted.", "Deliver it without a password."
        )
    return members[0]


def _damaged(file: FoundFile, detail: str) -> SourceError:
    return SourceError(
        f"{file.name} is cut off or damaged: {detail}.",
        "Nothing of it was landed. Ask for it again, and check its size at the sender.",
    )


def _expand(root: Path, pattern: str) -> Iterator[Path]:
    path = Path(pattern).expanduser()
    if path.is_absolute():
        yield from Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    else:
        yield from root.glob(pattern)


def _name(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()
