"""Readers: every kind of source as batches of Arrow rows, each row with its place."""

from __future__ import annotations

from jinta.sources.config import TableMapping
from jinta.sources.readers.base import (
    BrokenRow,
    FileInput,
    Notes,
    RawBatch,
    Reader,
    Slice,
    SourceColumn,
    match_columns,
    normalise_name,
)
from jinta.sources.readers.discovery import FoundFile, find_files, identify_file

__all__ = [
    "BrokenRow",
    "FileInput",
    "FoundFile",
    "Notes",
    "RawBatch",
    "Reader",
    "Slice",
    "SourceColumn",
    "find_files",
    "identify_file",
    "match_columns",
    "normalise_name",
    "open_file_reader",
]


def open_file_reader(
    found: FoundFile, file: FileInput, mapping: TableMapping
) -> Reader:
    """Open a file by its kind: a workbook or delimited text."""
    kind = mapping.format.kind or ("excel" if found.is_excel else "csv")
    if kind == "excel":
        from jinta.sources.readers.excel import ExcelReader

        return ExcelReader(found, file, mapping.format, mapping.source_columns)
    from jinta.sources.readers.csv_files import CsvReader

    return CsvReader(found, file, mapping.format, mapping.source_columns)
