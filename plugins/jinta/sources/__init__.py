"""Where tables come from: the contract, `sources.yml`, connections and readers."""

from __future__ import annotations

from pathlib import Path

from jinta.errors import SourceError
from jinta.settings import Settings, load_settings
from jinta.sources.config import SourcesConfig, System, TableMapping
from jinta.sources.contract import Contract, load_contract
from jinta.sources.located_yaml import Problems
from jinta.sources.parsing import parse_sources

__all__ = [
    "Contract",
    "SourcesConfig",
    "System",
    "TableMapping",
    "load_contract",
    "load_sources",
    "read_sources",
]


def load_sources(path: Path, settings: Settings | None = None) -> SourcesConfig:
    """Read a `sources.yml` that must be right.

    Args:
        path: The file.
        settings: Where parameters and the contract come from; the environment's if
            None.

    Raises:
        SourceError: The file can't be read or has mistakes; the message lists all.
    """
    config, problems = read_sources(path, settings)
    if problems.found:
        raise SourceError(
            "\n".join(
                [f"{path} has {count_mistakes(problems)}:"]
                + [f"  {problem}" for problem in problems.found]
            ),
            "`jinta sources check` tries the file out.",
        )
    return config


def read_sources(
    path: Path, settings: Settings | None = None
) -> tuple[SourcesConfig, Problems]:
    """Read a `sources.yml` and what is wrong with it."""
    settings = settings or load_settings()
    path = Path(path).absolute()
    problems = Problems(path.name)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"The sources file {path} can't be read: {error}.",
            "Give the path of a UTF-8 text file; docs/sources.md describes it.",
        ) from error
    contract = load_contract(settings.dbt_project)
    config = parse_sources(path, text, contract, dict(settings.parameters), problems)
    return config, problems


def count_mistakes(problems: Problems) -> str:
    """Write `1 mistake`, `2 mistakes` and so on."""
    count = len(problems.found)
    return f"{count} mistake{'' if count == 1 else 's'}"
