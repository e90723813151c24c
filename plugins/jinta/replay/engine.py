"""Build dbt models as temporary tables, with any of their inputs replaced.

Models are pure functions of what they read (design decision 2). So what would be, what
was, and why it differs are all the same question: the same SQL on other inputs. A
replay takes the compiled SQL of the models, reads temporary relations where inputs are
replaced, and vanishes with its session. It needs no lease, writes nothing that others
see, and can't be published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from jinta.errors import UsageError
from jinta.publish.marts import SLICE_COLUMN, describe_relations, read_marts
from jinta.publish.slices import hash_mart
from jinta.settings import Settings
from jinta.transform.compiled import load_compiled
from jinta.warehouse import connect

RUN_MONTHS = "control.run_months"
LATCHES = "control.carried_tier_latches"
LATCHES_MART = "fct_tier_latches"
_MAX_NAME = 63

# A temporary table can't be read in parallel, and JIT costs more than it brings here.
_SESSION = "set jit = off; set work_mem = '256MB'; set temp_buffers = '256MB'"


class Replay:
    """One private rebuild; open it with `open_replay`."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        manifest: Mapping[str, Any],
        months: Sequence[date],
    ) -> None:
        """Start with no input replaced and nothing built."""
        self.connection = connection
        self.months = sorted(months)
        self._manifest = manifest
        self._nodes = {_name_node(node): node for node in _list_nodes(manifest)}
        self._ids = {
            unique_id: _name_node(node)
            for part in ("nodes", "sources")
            for unique_id, node in manifest[part].items()
        }
        self._made: dict[str, sql.Identifier] = {}

    def replace(
        self, name: str, query: sql.Composable, parameters: Sequence[Any] = ()
    ) -> None:
        """Let models read a query's rows instead of a relation's.

        Args:
            name: A model or seed, or a source as `schema.table`; it must not have
                been built or replaced before.
            query: Returns at least the columns that models read.
            parameters: For the placeholders of the query.

        Raises:
            UsageError: There is no such relation, or it stands already.
        """
        table = self._claim(name)
        cursor = psycopg.ClientCursor(self.connection)
        text = sql.SQL("create temporary table {} as {}").format(table, query)
        cursor.execute(text, list(parameters) or None)
        self.connection.execute(sql.SQL("analyze {}").format(table))
        self._made[name] = table

    def replace_rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Let models read these rows instead of a seed's or a source's.

        Args:
            name: As for `replace`.
            rows: By column, as text or JSON values; an empty text is null, columns
                left out are null.
        """
        cleaned = [
            {key: value for key, value in row.items() if value != ""} for row in rows
        ]
        query = sql.SQL("select * from jsonb_populate_recordset(null::{}, {})").format(
            self.original(name), sql.Literal(Jsonb(cleaned))
        )
        self.replace(name, query)

    def build(self, names: Iterable[str]) -> None:
        """Build models, with all models before them that aren't there yet."""
        for name in names:
            self._require(name)
            self._build(name)

    def forget(self, name: str) -> None:
        """Drop what stands for a relation, and all that was built from it.

        In the same session it can be replaced, and they can be built, once more.
        """
        self._require(name)
        gone = {name}
        for made in self._made:
            parents = self._nodes[made].get("depends_on", {}).get("nodes", [])
            if gone & {self._ids[parent] for parent in parents}:
                gone.add(made)
        # What was made first is read by what was made later.
        for made in [made for made in reversed(self._made) if made in gone]:
            table = self._made.pop(made)
            row = self.connection.execute(
                "select relkind = 'v' from pg_class where oid = to_regclass(%s)",
                [table.as_string(self.connection)],
            ).fetchone()
            kind = sql.SQL("view" if row and row[0] else "table")
            self.connection.execute(sql.SQL("drop {} {}").format(kind, table))

    def relation(self, name: str) -> sql.Identifier:
        """Return what stands for a relation in this replay: a temporary table or it."""
        return self._made.get(name) or self.original(name)

    def original(self, name: str) -> sql.Identifier:
        """Return the real relation: where the nightly run keeps it."""
        node = self._require(name)
        return sql.Identifier(node["schema"], _identifier(node))

    def fetch(
        self, query: sql.Composable, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Run a query in the replay's session and return its rows."""
        return self.connection.execute(query, list(parameters) or None).fetchall()

    def hash(self, name: str) -> dict[date | None, str]:
        """Hash a built mart by month, as publishing hashes its slices."""
        marts = {mart.name: mart for mart in read_marts(self._manifest)}
        row = self.connection.execute(
            "select pg_my_temp_schema()::regnamespace::text"
        ).fetchone()
        assert row is not None
        made = describe_relations(self.connection, row[0])[_temporary_name(name)]
        contents = hash_mart(
            self.connection, marts[name], made, self.months, schema=row[0]
        )
        return {content.month: content.content_hash for content in contents}

    def _build(self, name: str) -> None:
        node = self._nodes[name]
        if name in self._made or node["resource_type"] != "model":
            return
        parents = [self._ids[parent] for parent in node["depends_on"]["nodes"]]
        for parent in parents:
            self._build(parent)
        is_view = node["config"]["materialized"] == "view"
        table = self._claim(name)
        self.connection.execute(
            sql.SQL("create temporary {} {} as {}").format(
                sql.SQL("view" if is_view else "table"),
                table,
                sql.SQL(self._redirect(node["compiled_code"], parents)),
            )
        )
        if not is_view:
            self.connection.execute(sql.SQL("analyze {}").format(table))
        self._made[name] = table

    def _redirect(self, text: str, parents: Iterable[str]) -> str:
        """Let the SQL read what stands for its parents in this replay."""
        for parent in parents:
            made = self._made.get(parent)
            if made is not None:
                relation = self._nodes[parent]["relation_name"]
                text = text.replace(relation, made.as_string(self.connection))
        return text

    def _claim(self, name: str) -> sql.Identifier:
        self._require(name)
        if name in self._made:
            raise UsageError(
                f"{name} stands already in this replay.",
                "Replace inputs before what is built from them, and once only.",
            )
        return sql.Identifier("pg_temp", _temporary_name(name))

    def _require(self, name: str) -> Mapping[str, Any]:
        if name not in self._nodes:
            raise UsageError(
                f"There is no relation {name} in the dbt project.",
                "Name a model or seed, or a source as schema.table.",
            )
        return self._nodes[name]


@contextmanager
def open_replay(
    settings: Settings,
    months: Sequence[date],
    *,
    as_of_date: date | None = None,
    known_load_id: int | None = None,
    known_at: datetime | None = None,
    publication_id: int | None = None,
) -> Iterator[Replay]:
    """Open a replay of some months.

    Args:
        settings: Whose warehouse.
        months: First days of the months to build.
        as_of_date: Day whose matching rules hold; None takes the last publication's.
        known_load_id: Last load that exists for the replay; None knows all.
        known_at: Last moment whose human decisions exist for it; None knows all.
        publication_id: Stands for the three of them: what this publication knew, and
            the tier latches that it went on from.

    Yields:
        The replay; its tables vanish afterwards.

    Raises:
        UsageError: There is no such publication.
    """
    manifest = load_compiled(settings)
    with connect(settings, "transformer", stage="replay", autocommit=True) as session:
        session.execute(_SESSION)
        known = _read_publication(session, publication_id)
        replay = Replay(session, manifest, months)
        replay.replace_rows(
            RUN_MONTHS,
            [
                {
                    "month": month.isoformat(),
                    "as_of_date": (as_of_date or known[0]).isoformat(),
                    "run_id": "replay",
                    "known_load_id": known_load_id or known[1],
                    "known_at": (known_at or known[2] or "infinity"),
                }
                for month in replay.months
            ],
        )
        _carry_latches(replay, publication_id)
        yield replay


def _read_publication(
    connection: psycopg.Connection[Any], publication_id: int | None
) -> tuple[date, int, str | None]:
    """As-of date, last load and last decision that a publication knew."""
    row = connection.execute(
        "select as_of_date, landed_through_load_id, known_at::text "
        "from control.publications where %(id)s::bigint is null "
        "or publication_id = %(id)s order by publication_id desc limit 1",
        {"id": publication_id},
    ).fetchone()
    if row is None:
        raise UsageError(
            f"There is no publication {publication_id}."
            if publication_id
            else "Nothing has been published yet.",
            "`jinta publications` lists them; `make nightly` makes the first.",
        )
    if publication_id is None:
        return row[0], 2**63 - 1, None
    kept = connection.execute(
        "select 1 from control.publication_slices where publication_id = %s limit 1",
        [publication_id],
    ).fetchone()
    if kept is None:
        raise UsageError(
            f"What publication {publication_id} showed was pruned: the state that its "
            "tiers go on from is not there any more.",
            "`jinta publications` lists those that are kept; the seed "
            "publication_retention says for how long.",
        )
    return row


def _carry_latches(replay: Replay, publication_id: int | None) -> None:
    """Go on from the latches that readers see, or that a publication showed."""
    mart = sql.Literal(LATCHES_MART)
    shown = sql.SQL("control.pointers where mart = {}").format(mart)
    if publication_id is not None:
        shown = sql.SQL(
            "control.publication_slices where mart = {} and publication_id = {}"
        ).format(mart, sql.Literal(publication_id))
    replay.replace(
        LATCHES,
        sql.SQL(
            "select latches.scorecard_id, shown.month, latches.group_account_id, "
            "latches.tier_band, latches.months_outside "
            "from (select month, slice_id from {shown}) as shown "
            "inner join {archive} as latches on shown.slice_id = latches.{slice}"
        ).format(
            shown=shown,
            archive=sql.Identifier("archive", LATCHES_MART),
            slice=sql.Identifier(SLICE_COLUMN),
        ),
    )


def _list_nodes(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*manifest["nodes"].values(), *manifest["sources"].values()]


def _name_node(node: Mapping[str, Any]) -> str:
    if node["resource_type"] == "source":
        return f"{node['schema']}.{_identifier(node)}"
    return node["name"]


def _identifier(node: Mapping[str, Any]) -> str:
    return node.get("identifier") or node.get("alias") or node["name"]


def _temporary_name(name: str) -> str:
    return name.replace(".", "__")[:_MAX_NAME]
