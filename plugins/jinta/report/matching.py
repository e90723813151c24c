"""How well records were matched, measured against a list of who is who.

The demo province keeps such a list aside; a company can label a sample of its own
records and measure on that.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from psycopg.rows import dict_row
from rich.table import Table

from jinta.console import make_console
from jinta.errors import UsageError
from jinta.report.rekeying import rekey
from jinta.settings import Settings, load_settings
from jinta.warehouse import connect

app = typer.Typer(no_args_is_help=True, help="Look at how records were matched.")
app.command("rekey")(rekey)

# Pairs of records that share an account, are one organisation, or wait for a steward.
PAIRS_SQL = """
with members as (
    select
        truth.account_id,
        truth.organisation_id,
        clustered.source_record_id,
        clustered.group_account_id
    from truth
    inner join intermediate.int_accounts__records_clustered as clustered
        on truth.account_id = clustered.account_id
),

merged as (
    select
        lefts.source_record_id as left_id,
        rights.source_record_id as right_id,
        lefts.organisation_id = rights.organisation_id as is_true
    from members as lefts
    inner join members as rights
        on
            lefts.group_account_id = rights.group_account_id
            and lefts.source_record_id < rights.source_record_id
),

true_pairs as (
    select
        lefts.source_record_id as left_id,
        rights.source_record_id as right_id
    from members as lefts
    inner join members as rights
        on
            lefts.organisation_id = rights.organisation_id
            and lefts.source_record_id < rights.source_record_id
),

queued as (
    select
        pairs.source_record_id_left as left_id,
        pairs.source_record_id_right as right_id,
        lefts.organisation_id = rights.organisation_id as is_true
    from intermediate.int_accounts__pairs_judged as pairs
    inner join members as lefts
        on pairs.source_record_id_left = lefts.source_record_id
    inner join members as rights
        on pairs.source_record_id_right = rights.source_record_id
    where pairs.verdict = 'review' and not pairs.is_same_account
)

select
    (select count(*) from members) as records,
    (select count(*) from true_pairs) as true_pairs,
    (select count(*) from merged) as merged_pairs,
    (select count(*) from merged where is_true) as merged_true_pairs,
    (select count(*) from queued) as queued_pairs,
    (select count(*) from queued where is_true) as queued_true_pairs
"""


SUCCESSOR_SQL = """
select
    successors.group_account_id_former,
    successors.group_account_id,
    successors.has_ended,
    successors.system_name,
    successors.account_id_crm,
    accounts.account_name,
    accounts.branch_id,
    accounts.month as last_month
from marts.bridge_account_successors as successors
left join marts.dim_group_accounts_current as accounts
    on successors.group_account_id = accounts.group_account_id
where successors.group_account_id_former = %s
"""


@dataclass(frozen=True)
class MatchQuality:
    """Pairs of records as they were merged or queued, and as they should be.

    Attributes:
        records: Records that the list names and the warehouse knows.
        true_pairs: Pairs of them that are one organisation.
        merged_pairs: Pairs that were merged.
        merged_true_pairs: Merged pairs that are one organisation.
        queued_pairs: Pairs that wait for a steward.
        queued_true_pairs: Waiting pairs that are one organisation.
    """

    records: int
    true_pairs: int
    merged_pairs: int
    merged_true_pairs: int
    queued_pairs: int
    queued_true_pairs: int

    @property
    def precision(self) -> float:
        """Share of the merged pairs that are one organisation."""
        return self.merged_true_pairs / self.merged_pairs if self.merged_pairs else 1.0

    @property
    def recall(self) -> float:
        """Share of the pairs that are one organisation that were merged."""
        return self.merged_true_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def recall_with_queue(self) -> float:
        """Share of them that were merged or wait for a steward."""
        found = self.merged_true_pairs + self.queued_true_pairs
        return found / self.true_pairs if self.true_pairs else 1.0


@app.callback()
def _open_matching() -> None:
    """Look at how records were matched."""


@app.command("measure")
def measure(
    truth: Annotated[
        Path | None,
        typer.Option(
            help="CSV or Parquet: account_id and organisation_id; the demo's if empty."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure precision and recall of the last run's matching."""
    settings = load_settings()
    path = truth or settings.home / "demo" / "truth" / "records.parquet"
    quality = measure_matching(settings, path)
    if as_json:
        shares = {
            name: round(getattr(quality, name), 4)
            for name in ("precision", "recall", "recall_with_queue")
        }
        typer.echo(json.dumps({**asdict(quality), **shares}))
    else:
        make_console().print(render_quality(quality))


@app.command("resolve")
def resolve(
    group_account_id: Annotated[
        str, typer.Argument(metavar="ID", help="An account's id, as once shown.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell which account stands for an id now; it may have ended long ago."""
    found = resolve_account(load_settings(), group_account_id)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, default=str))
        return
    console = make_console()
    verb = "has ended; it lives on in" if found["has_ended"] else "stands for itself:"
    name = found["account_name"] or "no account of the last month"
    console.print(
        f"{group_account_id} {verb} {found['group_account_id']} ({name}). "
        f"It was born with record {found['account_id_crm']} of "
        f"{found['system_name']}.",
        markup=False,
    )


def resolve_account(settings: Settings, group_account_id: str) -> dict[str, Any]:
    """Return the account that an id stands for now, and the record it was born with.

    Args:
        settings: Whose warehouse.
        group_account_id: `g` and sixteen hexadecimal digits.

    Raises:
        UsageError: Nothing has been published, or no account ever bore the id.
    """
    try:
        with (
            connect(settings, "reporter", stage="resolve") as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            found = cursor.execute(SUCCESSOR_SQL, [group_account_id.strip()]).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise UsageError(
            "Nothing has been published yet.", "Run `make nightly` first."
        ) from error
    if found is None:
        raise UsageError(
            f"No account was ever called {group_account_id}.",
            "Ids look like g0123456789abcdef; marts.bridge_account_successors has all.",
        )
    return found


def measure_matching(settings: Settings, truth: Path) -> MatchQuality:
    """Compare the accounts that the last run derived with who is who.

    Args:
        settings: Whose warehouse.
        truth: File with a record's key in `account_id` and what it truly is in
            `organisation_id`. Records that it doesn't name are left out.

    Raises:
        UsageError: The file can't be read, or accounts have not been built.
    """
    rows = _read_truth(truth)
    with connect(settings, "transformer", stage="measure") as connection:
        connection.execute(
            "create temporary table truth (account_id text, organisation_id text)"
            " on commit drop"
        )
        with connection.cursor().copy("copy truth from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute("analyze truth")
        try:
            found = connection.execute(PAIRS_SQL).fetchone()
        except psycopg.errors.UndefinedTable as error:
            raise UsageError(
                "No accounts have been built yet.", "Run `make nightly` first."
            ) from error
    assert found is not None
    return MatchQuality(*found)


def render_quality(quality: MatchQuality) -> Table:
    """Lay the measures out for people."""
    table = Table(title="Matching against who is who", title_justify="left")
    table.add_column("measure")
    table.add_column("value", justify="right")
    for name, value in (
        ("records", f"{quality.records:,}"),
        ("pairs that are one organisation", f"{quality.true_pairs:,}"),
        ("merged pairs", f"{quality.merged_pairs:,}"),
        ("waiting pairs", f"{quality.queued_pairs:,}"),
        ("precision of merged pairs", f"{quality.precision:.4f}"),
        ("recall of merged pairs", f"{quality.recall:.4f}"),
        ("recall of merged and waiting pairs", f"{quality.recall_with_queue:.4f}"),
    ):
        table.add_row(name, value)
    return table


def _read_truth(path: Path) -> list[tuple[Any, ...]]:
    import pyarrow as pa
    from pyarrow import csv, parquet

    columns = ["account_id", "organisation_id"]
    try:
        if path.suffix == ".parquet":
            table = parquet.read_table(path, columns=columns)
        else:
            options = csv.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns, pa.string()),
            )
            table = csv.read_csv(path, convert_options=options)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise UsageError(
            f"{path} can't be read: {error}",
            "It must be CSV or Parquet with columns account_id and organisation_id.",
        ) from error
    texts = table.select(columns).cast(
        pa.schema([(name, pa.string()) for name in columns])
    )
    return list(zip(*(texts[name].to_pylist() for name in columns), strict=True))
