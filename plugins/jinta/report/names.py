"""Measure the name normaliser on a list of names whose brand words are known.

The same models and rule rows run as in a build, in a database of their own, so that a
measurement neither reads nor changes the warehouse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import sql
from psycopg.rows import dict_row

from jinta.errors import JintaError
from jinta.settings import Settings, load_settings
from jinta.transform.runner import invoke_dbt
from jinta.warehouse import connect, ensure_warehouse

DATABASE = "jinta_names"
INPUT_MODEL = "int_accounts__names_collected"
OUTPUT_MODEL = "int_accounts__names_normalised"

app = typer.Typer(
    help="Try and measure how organisation names are read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@dataclass(frozen=True)
class BrandMeasure:
    """How well brand words were told on a labelled list.

    Attributes:
        names: Names on the list.
        labelled: Names that have a brand word.
        given: Names a brand word was given for.
        correct: Names whose brand word was given as labelled.
        mistakes: Name, labelled and given brand word, where they differ.
    """

    names: int
    labelled: int
    given: int
    correct: int
    mistakes: list[tuple[str, str | None, str | None]]

    @property
    def precision(self) -> float:
        """Correct brand words per brand word given."""
        return self.correct / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Correct brand words per name that has one."""
        return self.correct / self.labelled if self.labelled else 1.0


def read_labels(path: Path) -> dict[str, str | None]:
    """Read a list of names: one a line, followed by a blank and its brand word if any.

    Args:
        path: UTF-8 text file.

    Raises:
        JintaError: The file can't be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise JintaError(
            f"{path} can't be read: {error}", "Name a UTF-8 text file of names."
        ) from error
    labels: dict[str, str | None] = {}
    for line in lines:
        name, _, brand = line.strip().rpartition(" ")
        if line.strip():
            labels[name.strip() or brand] = brand if name else None
    return labels


def normalise_names(
    settings: Settings, names: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Run the names through the normaliser's models.

    Args:
        settings: Of a database for this alone: its names are replaced by these.
        names: Texts to read, blank ones are left out.

    Returns:
        The row of `int_accounts__names_normalised` of each text.
    """
    ensure_warehouse(settings)
    texts = sorted({name for name in names if name.strip()})
    with connect(settings, "transformer") as connection:
        table = sql.Identifier("intermediate", INPUT_MODEL)
        for statement in (
            "drop table if exists {} cascade",
            "create table {} (name_text text not null)",
        ):
            connection.execute(sql.SQL(statement).format(table))
        copy_in = sql.SQL("copy {} from stdin").format(table)
        with connection.cursor().copy(copy_in) as copy:
            for text in texts:
                copy.write_row([text])
        connection.execute(sql.SQL("analyze {}").format(table))
    invoke_dbt(
        settings,
        [
            "build",
            *("--select", f"+{OUTPUT_MODEL}"),
            *("--exclude", f"+{INPUT_MODEL}"),
            *("--resource-type", "model", "--resource-type", "seed"),
        ],
        run_id="names",
        stage="names",
    )
    with connect(settings, "transformer") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        table = sql.Identifier("intermediate", OUTPUT_MODEL)
        rows = cursor.execute(sql.SQL("select * from {}").format(table)).fetchall()
    return {row["name_text"]: row for row in rows}


def scratch_settings() -> Settings:
    """Return settings of the database that names are tried in."""
    return replace(load_settings(), database=DATABASE)


def measure_brands(
    labels: Mapping[str, str | None], brands: Mapping[str, str | None]
) -> BrandMeasure:
    """Compare the brand words given with the labelled ones."""
    pairs = [(name, label, brands.get(name)) for name, label in labels.items()]
    return BrandMeasure(
        names=len(pairs),
        labelled=sum(label is not None for _, label, _ in pairs),
        given=sum(given is not None for _, _, given in pairs),
        correct=sum(label is not None and label == given for _, label, given in pairs),
        mistakes=[pair for pair in pairs if pair[1] != pair[2]],
    )


@app.command("measure")
def measure_file(
    path: Annotated[Path, typer.Argument(help="Names with their brand words.")],
    mistakes: Annotated[bool, typer.Option(help="List what was read wrongly.")] = False,
) -> None:
    """Print precision and recall of brand words on a labelled list."""
    labels = read_labels(path)
    rows = normalise_names(scratch_settings(), labels)
    measure = measure_brands(
        labels, {name: row["brand_word"] for name, row in rows.items()}
    )
    if mistakes:
        for name, label, given in measure.mistakes:
            typer.echo(f"{name}  is {label or 'none'}, read as {given or 'none'}")
    typer.echo(
        f"{measure.names} names, {measure.labelled} with a brand word: "
        f"precision {measure.precision:.3f}, recall {measure.recall:.3f}"
    )


@app.command("show")
def show_names(
    names: Annotated[list[str], typer.Argument(help="Names to read.")],
) -> None:
    """Print what the normaliser reads in a few names."""
    rows = normalise_names(scratch_settings(), names)
    for name in names:
        for column, value in rows.get(name, {}).items():
            if value is not None:
                typer.echo(f"{column:16} {value}")
        typer.echo()
