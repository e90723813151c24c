"""Files with data of customers: whoever writes them reads them, and nobody else."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone reads, whole or not at all.

    A file of that name is replaced, whatever its mode was; folders that lack are made
    for their owner alone, others stay as they are. A pipe or a terminal, such as
    /dev/stdout, is written to.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    make_private_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
        file.write(data)
    unfinished.replace(path)


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above that lack, for their owner alone."""
    if folder.exists():
        return
    make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
