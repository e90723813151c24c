"""Builds the province's source systems, once for the same request."""

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import pyarrow as pa

from demo import boss, crm, files, truth
from demo.databases import (
    COPY_ROWS,
    copy_table,
    create_partition,
    create_schema,
    open_system,
    read_stamp,
)
from demo.dirt import Fault
from demo.lines import format_month
from demo.province import Province, make_province
from demo.systems import Made, list_ddl, make_systems
from demo.traits import MONTHS
from jinta.settings import Settings

LOCK = 5_314_207
# Databases that hold nothing but what the modules of `demo.systems` fill.
FURTHER_SYSTEMS = ("erp", "callcentre")


@dataclass(frozen=True)
class Demo:
    """What a build made.

    Attributes:
        folder: Where files and truth lie.
        accounts: True organisations.
        records: The CRM's records of them.
        lines: Lines that lived in the 24 months.
        bills: Rows of the line bills.
        digest: Hash of all content of databases and files.
        seconds: How long the build took.
    """

    folder: Path
    accounts: int
    records: int
    lines: int
    bills: int
    digest: str
    seconds: float

    @property
    def files(self) -> Path:
        """Folder of the files that the offices keep."""
        return self.folder / "files"

    @property
    def truth(self) -> Path:
        """Folder of what only tests may know."""
        return self.folder / "truth"


def ensure_demo(
    settings: Settings,
    accounts: int = 2_000,
    months: int = MONTHS,
    seed: int = 7,
    *,
    is_anew: bool = False,
) -> Demo:
    """Build the source systems, unless they stand as they are asked for.

    Args:
        settings: In whose state folder; the databases lie on its embedded server.
        accounts: True organisations.
        months: Months of billing up to December 2025, 24 at most.
        seed: Seed of every choice; the same one gives the same content.
        is_anew: Build even if they stand: what `demo.changes` did is gone.
    """
    stamp = write_stamp(accounts, months, seed)
    with open_system(settings, "boss") as billing:
        # Two processes may ask at once: one builds, the other one waits and finds it.
        billing.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        found = None if is_anew else _find_build(settings, billing, stamp)
        return found or _build(settings, billing, stamp, accounts, months, seed)


def write_stamp(accounts: int, months: int, seed: int) -> str:
    """Tell what a build is made from: the request and the code that makes it."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    request = {"accounts": accounts, "months": months, "seed": seed}
    return json.dumps(request | {"code": code.hexdigest()[:16]}, sort_keys=True)


def _find_build(
    settings: Settings, billing: psycopg.Connection, stamp: str
) -> Demo | None:
    folder = settings.home / "demo"
    try:
        noted = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if noted["stamp"] != stamp or read_stamp(billing, "boss") != stamp:
        return None
    for system in ("crm", *FURTHER_SYSTEMS):
        with open_system(settings, system) as connection:
            if read_stamp(connection, system) != stamp:
                return None
    return Demo(folder=folder, **noted["demo"])


def _build(
    settings: Settings,
    billing: psycopg.Connection,
    stamp: str,
    accounts: int,
    months: int,
    seed: int,
) -> Demo:
    started = time.perf_counter()
    folder = settings.home / "demo"
    (folder / "build.json").unlink(missing_ok=True)
    province = make_province(accounts, months, seed)
    digest = Digest()
    made = make_systems(province, seed)
    _build_crm(settings, province, made, stamp, digest)
    _build_further(settings, made, stamp, digest)
    with _replace_folder(folder / "files") as place:
        faults = write_files(province, place)
        digest.add_files(place)
    told, bills = _build_billing(billing, province, stamp, digest)
    faults += province.faults + province.billing.faults + list(made.faults)
    with _replace_folder(folder / "truth") as place:
        truth.write_truth(province, told, faults, place)
    demo = {
        "accounts": accounts,
        "records": len(province.records),
        "lines": len(province.billing.lines),
        "bills": bills,
        "digest": digest.text,
        "seconds": round(time.perf_counter() - started, 1),
    }
    billing.commit()
    noted = json.dumps({"stamp": stamp, "demo": demo})
    (folder / "build.json").write_text(noted, encoding="utf-8")
    return Demo(folder=folder, **demo)


class Digest:
    """A hash of tables and files that is the same for the same content."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def add_table(self, name: str, rows: pa.Table) -> None:
        """Add a table, whatever pieces it lies in."""
        self._hash.update(name.encode())
        for batch in rows.combine_chunks().to_batches(max_chunksize=COPY_ROWS):
            self._hash.update(batch.serialize())

    def add_files(self, folder: Path) -> None:
        """Add the files of a folder, byte by byte."""
        for path in sorted(folder.iterdir()):
            self._hash.update(path.name.encode())
            self._hash.update(path.read_bytes())

    @property
    def text(self) -> str:
        """The hash as text."""
        return self._hash.hexdigest()


def _build_crm(
    settings: Settings, province: Province, made: Made, stamp: str, digest: Digest
) -> None:
    with open_system(settings, "crm") as connection:
        create_schema(connection, "crm", crm.DDL | list_ddl("crm"), {}, stamp)
        for name, rows in {**province.crm, **made.tables.get("crm", {})}.items():
            copy_table(connection, "crm", name, rows)
            digest.add_table(name, rows)
        connection.execute("analyze")


def _build_further(settings: Settings, made: Made, stamp: str, digest: Digest) -> None:
    for system in FURTHER_SYSTEMS:
        with open_system(settings, system) as connection:
            create_schema(connection, system, list_ddl(system), {}, stamp)
            for name, rows in made.tables.get(system, {}).items():
                copy_table(connection, system, name, rows)
                digest.add_table(name, rows)
            connection.execute("analyze")


def _build_billing(
    connection: psycopg.Connection, province: Province, stamp: str, digest: Digest
) -> tuple[list, int]:
    """Write billing month by month, so that memory holds one at a time."""
    create_schema(connection, "boss", boss.DDL, boss.PARTITIONED, stamp)
    for name, rows in boss.make_standing_tables(province.billing).items():
        copy_table(connection, "boss", name, rows)
        digest.add_table(name, rows)
    told, bills = [], 0
    for month, tables, true_amounts in boss.iterate_months(province.billing):
        for name in boss.PARTITIONED:
            create_partition(connection, "boss", name, format_month(month))
        for name, rows in tables.items():
            copy_table(connection, "boss", name, rows)
            digest.add_table(name, rows)
        bills += tables["usr_acct_item"].num_rows
        told.append(true_amounts)
    connection.execute("analyze")
    return told, bills


def write_files(province: Province, folder: Path) -> list[Fault]:
    """Write the offices' files and say which of their rows break the contract."""
    return [
        *files.write_ledger(province.ledger, folder),
        *files.write_rankings(province.rankings, folder),
        *files.write_influences(province.influences, folder),
    ]


@contextmanager
def _replace_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder that takes the old one's place when it is complete."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    yield fresh
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def describe(demo: Demo) -> str:
    """Say in one line what stands there."""
    shown = asdict(demo)
    return (
        f"{shown['accounts']:,} organisations, {shown['records']:,} records, "
        f"{shown['lines']:,} lines, {shown['bills']:,} line bills in {demo.folder} "
        f"({demo.seconds} s, content {demo.digest})"
    )
