"""Commands that write and check evidence packs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from jinta.console import make_console
from jinta.errors import JintaError, UsageError
from jinta.evidence.account_pack import collect_account_pack
from jinta.evidence.account_page import build_account_parts
from jinta.evidence.cli import Personal, show_now, write_page
from jinta.evidence.html import Html, document, element
from jinta.evidence.rebuild import describe_rebuild
from jinta.evidence.signing import verify as verify_text
from jinta.evidence.version_pack import collect_version_pack
from jinta.evidence.version_page import build_version_parts
from jinta.report.rules import DEFAULT_SCORECARD
from jinta.runs.ledger import parse_month
from jinta.settings import Settings, load_settings


def evidence(
    account: Annotated[
        str | None,
        typer.Argument(help="Group account id, CRM number or part of a name."),
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Month such as 2025-12; the last one if empty.")
    ] = None,
    scorecard: Annotated[str, typer.Option(help="The scorecard.")] = DEFAULT_SCORECARD,
    version: Annotated[
        str | None, typer.Option(help="Write the pack of this version instead.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="The file to write.")
    ] = None,
    rebuild: Annotated[
        bool,
        typer.Option(help="Build the month again from raw and compare the hashes."),
    ] = True,
    personal: Personal = False,
    draws: Annotated[
        int, typer.Option(min=10, help="Random draws of a version's robustness.")
    ] = 1000,
) -> None:
    """Write the evidence pack of an account or a rule version as one HTML file.

    `jinta verify FILE` checks that a pack was not changed.
    """
    settings = load_settings()
    if (account is None) == (version is None):
        raise UsageError(
            "Name either an account or a --version.",
            "`jinta evidence ACCOUNT --html FILE` or `jinta evidence --version V "
            "--html FILE`.",
        )
    if html is None:
        raise UsageError("No file is named.", "Add --html FILE.")
    options = {"is_personal": personal, "is_rebuilt": rebuild}
    chosen = parse_month(month, "--month")
    if account is not None:
        pack = collect_account_pack(settings, account, chosen, scorecard, **options)
        title = f"Evidence pack of {pack['account']['group_account_id']}"
        _write(settings, html, title, build_account_parts(pack), pack["rebuild"])
        return
    assert version is not None
    pack = collect_version_pack(
        settings, scorecard, version, chosen, draws=draws, **options
    )
    title = f"Evidence pack of {scorecard} {version}"
    _write(settings, html, title, build_version_parts(pack), pack["rebuild"])


def verify(
    file: Annotated[Path, typer.Argument(help="Evidence pack or hand-over page.")],
) -> None:
    """Check the signature of a page; one that was changed ends with exit code 1."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} can't be read: {error}.",
            "Name one HTML file; the pages of packs are signed, CSV files aren't.",
        ) from error
    verdict = verify_text(text, load_settings().evidence_key)
    if not verdict.is_intact:
        raise JintaError(f"{file}: {verdict.text}", "Ask for the file anew.")
    make_console(soft_wrap=True).print(f"{file}: {verdict.text}", markup=False)


def _write(
    settings: Settings,
    file: Path,
    title: str,
    parts: list[Html],
    compared: list[dict[str, Any]] | None,
) -> None:
    """Write a pack; one whose rebuild differs is written too, and ends with exit 1."""
    write_page(settings, file, document(title, *parts, _build_foot(settings)))
    make_console(soft_wrap=True).print(describe_rebuild(compared), markup=False)
    if compared and not all(row["is_equal"] for row in compared):
        raise typer.Exit(code=1)


def _build_foot(settings: Settings) -> str:
    """Say when it was written, and what the signature in the last line proves."""
    proves = (
        "HMAC-SHA-256 with the key of this warehouse: it proves that the file is "
        "unchanged and that someone who holds the key wrote it"
        if settings.evidence_key
        else "SHA-256: it proves that the file is unchanged, not who wrote it"
    )
    return element(
        "p",
        f"Written {show_now()}. The last line of the file is its {proves}. Check it "
        "with `jinta verify FILE`.",
        class_="soft",
    )
