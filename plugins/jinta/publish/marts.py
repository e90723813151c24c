"""What is to be published: the marts of the dbt manifest and their relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from jinta.errors import PublishError

CANDIDATE_SCHEMA = "candidate"
SLICE_COLUMN = "_slice_id"

# By what rows may be shown, and the column that tells it unless the mart names another.
VISIBLE_BY = {
    "account": "group_account_id",
    "manager": "manager_id",
    "branch": "branch_id",
    "everyone": None,
    "head_office": None,
}

# What `<mart>_as_shown` says of each row, beside the mart's own columns.
SHOWN_COLUMNS = ("publication_id", "shown_from", "shown_until")


@dataclass(frozen=True)
class Mart:
    """One mart model of the dbt project.

    Attributes:
        name: Its relation in `candidate`, and the view readers see in `marts`.
        slice: What one slice holds: a `month`, or the `whole` mart.
        primary_key: Columns that tell its rows apart.
        is_view: Whether it is a view over other marts, stored nowhere.
        volatile: Columns that may differ between equal runs; not part of the hash.
        retired: Columns that readers shall no longer see.
        personal: Columns that name a person; who is not the auditor sees pseudonyms.
        visible_by: By what a row is shown to readers who don't see everything.
        visible_column: The column that holds it: the account, branch or manager.
        reads: Names of the marts it selects from.
    """

    name: str
    slice: str
    primary_key: tuple[str, ...]
    is_view: bool = False
    volatile: frozenset[str] = frozenset()
    retired: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    visible_by: str = "everyone"
    visible_column: str | None = None
    reads: tuple[str, ...] = ()

    @property
    def is_monthly(self) -> bool:
        """Whether it is stored month by month."""
        return self.slice == "month" and not self.is_view


@dataclass
class Relation:
    """A table or view as the database catalog describes it.

    Attributes:
        name: Its name within the schema.
        is_view: Whether it is a view.
        comment: Its description, if any.
        columns: Type of each column by name, in order.
        column_comments: Description of each described column.
    """

    name: str
    is_view: bool
    comment: str | None
    columns: dict[str, str] = field(default_factory=dict)
    column_comments: dict[str, str] = field(default_factory=dict)


def read_marts(manifest: Mapping[str, Any]) -> list[Mart]:
    """Read the marts from dbt's manifest, each after the marts it reads.

    Raises:
        PublishError: A mart's `config.meta` doesn't say how it is sliced, keyed and to
            whom it is visible.
    """
    nodes = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] == CANDIDATE_SCHEMA
    }
    names = {unique_id: _name_node(node) for unique_id, node in nodes.items()}
    marts = [
        _read_mart(node, [names[d] for d in _list_parents(node) if d in names])
        for _, node in sorted(nodes.items())
    ]
    return _order_by_dependency(marts)


def describe_relations(
    connection: psycopg.Connection, schema: str
) -> dict[str, Relation]:
    """Describe the tables and views of a schema, by name."""
    rows = connection.execute(
        """
        select
            relations.relname,
            relations.relkind = 'v',
            obj_description(relations.oid, 'pg_class'),
            columns.attname,
            format_type(columns.atttypid, columns.atttypmod),
            col_description(relations.oid, columns.attnum)
        from pg_class as relations
        left join pg_attribute as columns
            on
                relations.oid = columns.attrelid
                and columns.attnum > 0
                and not columns.attisdropped
        where
            relations.relnamespace = to_regnamespace(%s)::oid
            and relations.relkind in ('r', 'p', 'v')
        order by relations.relname, columns.attnum
        """,
        [schema],
    ).fetchall()
    relations: dict[str, Relation] = {}
    for name, is_view, comment, column, data_type, column_comment in rows:
        relation = relations.setdefault(name, Relation(name, is_view, comment))
        if column is not None:
            relation.columns[column] = data_type
            if column_comment:
                relation.column_comments[column] = column_comment
    return relations


def check_candidates(marts: list[Mart], candidates: Mapping[str, Relation]) -> None:
    """Check that every mart was built as the manifest describes it.

    Raises:
        PublishError: A mart is missing, of another kind, or lacks a key column or the
            one its rows are shown by.
    """
    for mart in marts:
        relation = candidates.get(mart.name)
        if relation is None or relation.is_view != mart.is_view:
            kind = "view" if mart.is_view else "table"
            raise PublishError(
                f"{CANDIDATE_SCHEMA}.{mart.name} is not there as a {kind}.",
                "Build the stage candidate again; it makes every mart.",
            )
        _check_visible_column(mart, relation)
        if mart.is_view:
            continue
        lacking = [c for c in mart.primary_key if c not in relation.columns]
        taken = (SLICE_COLUMN, *(SHOWN_COLUMNS if mart.is_monthly else ()))
        if lacking or not relation.columns.keys().isdisjoint(taken):
            raise PublishError(
                f"{CANDIDATE_SCHEMA}.{mart.name} has columns "
                f"{', '.join(relation.columns)}, which don't fit its primary key "
                f"({', '.join(mart.primary_key)}).",
                "Correct config.meta.primary_key in the model's YAML; the names "
                f"{', '.join(taken)} are taken.",
            )


def _check_visible_column(mart: Mart, relation: Relation) -> None:
    """Refuse a mart without the column its rows are shown by.

    Raises:
        PublishError: The column is not there.
    """
    if mart.visible_column and mart.visible_column not in relation.columns:
        raise PublishError(
            f"{CANDIDATE_SCHEMA}.{mart.name} is visible by {mart.visible_by}, but has "
            f"no column {mart.visible_column}.",
            "Correct config.meta.visible_by in the model's YAML; `visible_by: "
            f"{{{mart.visible_by}: <column>}}` names another column.",
        )


def _read_visibility(name: str, said: Any) -> tuple[str, str | None]:
    """Read `visible_by`: a word, or a mapping of the word to the column.

    Raises:
        PublishError: It is missing or no such word.
    """
    pairs = list(said.items()) if isinstance(said, Mapping) else [(said, None)]
    word, column = pairs[0] if len(pairs) == 1 else (None, None)
    if not isinstance(word, str) or word not in VISIBLE_BY:
        raise PublishError(
            f"The mart {name} doesn't say to whom its rows are visible.",
            "Set config.meta.visible_by in its YAML to one of "
            f"{', '.join(VISIBLE_BY)} (docs/operations.md, Readers).",
        )
    return word, column or VISIBLE_BY[word]


def _read_mart(node: Mapping[str, Any], reads: list[str]) -> Mart:
    config = node.get("config") or {}
    meta = config.get("meta") or node.get("meta") or {}
    name = _name_node(node)
    is_view = config.get("materialized") == "view"
    sliced = meta.get("slice", "whole" if is_view else None)
    primary_key = tuple(meta.get("primary_key") or ())
    is_keyed = is_view or (
        bool(primary_key) and (sliced != "month" or "month" in primary_key)
    )
    if sliced not in ("month", "whole") or not is_keyed:
        raise PublishError(
            f"The mart {name} doesn't say how it is sliced and keyed.",
            "Set config.meta in its YAML: `slice: month` or `slice: whole`, and "
            "`primary_key: [...]`, which holds `month` if it is sliced by month.",
        )
    visible_by, visible_column = _read_visibility(name, meta.get("visible_by"))
    return Mart(
        name=name,
        slice=sliced,
        primary_key=primary_key,
        is_view=is_view,
        volatile=frozenset(_list_marked(node, "volatile")),
        retired=frozenset(meta.get("retired_columns") or ()),
        personal=frozenset(_list_marked(node, "personal")),
        visible_by=visible_by,
        visible_column=visible_column,
        reads=tuple(reads),
    )


def _name_node(node: Mapping[str, Any]) -> str:
    return node.get("alias") or node["name"]


def _list_parents(node: Mapping[str, Any]) -> list[str]:
    return list((node.get("depends_on") or {}).get("nodes") or [])


def _list_marked(node: Mapping[str, Any], mark: str) -> list[str]:
    return [
        name
        for name, column in (node.get("columns") or {}).items()
        if ((column.get("config") or {}).get("meta") or column.get("meta") or {}).get(
            mark
        )
    ]


def _order_by_dependency(marts: list[Mart]) -> list[Mart]:
    """Order marts after those they read; dbt guarantees that there is no cycle."""
    by_name = {mart.name: mart for mart in marts}
    ordered: dict[str, Mart] = {}

    def add(mart: Mart) -> None:
        for parent in mart.reads:
            if parent not in ordered:
                add(by_name[parent])
        ordered.setdefault(mart.name, mart)

    for mart in marts:
        add(mart)
    return list(ordered.values())
