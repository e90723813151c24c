"""Content hashes of candidate marts, and the storing of slices in `archive`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from jinta.errors import PublishError
from jinta.publish.marts import CANDIDATE_SCHEMA, SLICE_COLUMN, Mart, Relation

# Separators that text from a source hardly holds: between fields, between the items of
# an array, and what stands for a missing field or item.
_FIELD, _ITEM, _NULL, _NULL_ITEM = chr(31), chr(29), chr(30), chr(28)

# A table is analyzed after storing when it grew by more than one part in so many.
_ANALYZE_FRACTION = 10


@dataclass(frozen=True)
class Content:
    """What a candidate mart holds for one month, or as a whole (month None)."""

    mart: str
    month: date | None
    row_count: int
    content_hash: str
    rule_versions: tuple[str, ...] = ()


def hash_mart(
    connection: psycopg.Connection,
    mart: Mart,
    relation: Relation,
    months: Sequence[date],
    schema: str = CANDIDATE_SCHEMA,
) -> list[Content]:
    """Hash the content of a candidate mart, one entry per month to publish.

    The hash depends on the names of the columns and on the values of those that aren't
    volatile; not on the order of rows or columns, nor on how a number is padded. It
    adds up the MD5 of each row's text, so any engine can compute it in one pass.

    Args:
        connection: Of the publisher.
        mart: The mart.
        relation: Its table.
        months: The run's months; a month without rows counts as empty.
        schema: Where the table is.
    """
    columns = sorted(set(relation.columns) - mart.retired)
    texts = [
        _canonical_text(name, relation.columns[name])
        for name in columns
        if name not in mart.volatile
    ]
    query = sql.SQL(
        """
        with

        row_hashes as (

            select
                {month} as month,
                {versions} as rule_version,
                md5(concat_ws({separator}, {texts})) as row_hash
            from {table}
            {where}

        )

        select
            month,
            count(*),
            sum(('x' || substr(row_hash, 1, 15))::bit(60)::bigint),
            sum(('x' || substr(row_hash, 16, 15))::bit(60)::bigint),
            array_remove(array_agg(distinct rule_version), null)
        from row_hashes
        group by month
        """
    ).format(
        month=sql.Identifier("month") if mart.is_monthly else sql.SQL("null::date"),
        versions=_rule_version_text(relation),
        separator=sql.Literal(_FIELD),
        texts=sql.SQL(", ").join(texts),
        table=sql.Identifier(schema, relation.name),
        where=sql.SQL("where month = any({})").format(list(months))
        if mart.is_monthly
        else sql.SQL(""),
    )
    found = {row[0]: row[1:] for row in connection.execute(query)}
    wanted: list[date | None] = sorted(months) if mart.is_monthly else [None]
    contents = []
    for month in wanted:
        count, low, high, versions = found.get(month, (0, 0, 0, []))
        text = f"{','.join(columns)}|{count}|{low or 0}|{high or 0}"
        contents.append(
            Content(
                mart=mart.name,
                month=month,
                row_count=count,
                content_hash=hashlib.md5(
                    text.encode(), usedforsecurity=False
                ).hexdigest(),
                rule_versions=tuple(sorted(versions)),
            )
        )
    return contents


def store_slices(
    connection: psycopg.Connection,
    run_id: str,
    mart: Mart,
    relation: Relation,
    contents: Sequence[Content],
) -> dict[Content, int]:
    """Store what isn't stored yet, in one transaction; return each content's slice id.

    A slice of equal content is reused, whichever run stored it: a run killed after this
    call finds its own. Nobody sees a slice until a pointer names it.

    Raises:
        PublishError: The candidate holds a key twice, or changed meanwhile.
    """
    slices = _find_stored(connection, contents)
    missing = [content for content in contents if content not in slices]
    if not missing:
        return slices
    try:
        with connection.transaction():
            ids = [_register_slice(connection, run_id, content) for content in missing]
            inserted = _insert_rows(connection, mart, relation, missing, ids)
            expected = sum(content.row_count for content in missing)
            if inserted != expected:
                raise PublishError(
                    f"{CANDIDATE_SCHEMA}.{mart.name} changed while it was stored: "
                    f"{expected} rows were hashed, {inserted} inserted.",
                    "Find out who else writes to it, then publish again.",
                )
    except psycopg.errors.UniqueViolation as error:
        raise PublishError(
            f"{CANDIDATE_SCHEMA}.{mart.name} holds a key "
            f"({', '.join(mart.primary_key)}) twice: {error.diag.message_detail}",
            "Correct the model, or its config.meta.primary_key.",
        ) from error
    _analyze_archive(connection, mart, inserted)
    return slices | dict(zip(missing, ids, strict=True))


def _find_stored(
    connection: psycopg.Connection, contents: Sequence[Content]
) -> dict[Content, int]:
    """Find slices of equal content, the one that readers see now before others."""
    if not contents:
        return {}
    rows = connection.execute(
        """
        select
            slices.month,
            slices.content_hash,
            slices.slice_id
        from control.slices as slices
        left join control.pointers as pointers
            on slices.slice_id = pointers.slice_id
        where slices.mart = %s and slices.content_hash = any(%s)
        order by pointers.slice_id is null desc, slices.slice_id desc
        """,
        [contents[0].mart, [content.content_hash for content in contents]],
    )
    by_content = {(month, digest): slice_id for month, digest, slice_id in rows}
    return {
        content: by_content[key]
        for content in contents
        if (key := (content.month, content.content_hash)) in by_content
    }


def _register_slice(
    connection: psycopg.Connection, run_id: str, content: Content
) -> int:
    row = connection.execute(
        "insert into control.slices "
        "(mart, month, content_hash, row_count, rule_versions, run_id) "
        "values (%s, %s, %s, %s, %s, %s) returning slice_id",
        [
            content.mart,
            content.month,
            content.content_hash,
            content.row_count,
            list(content.rule_versions),
            run_id,
        ],
    ).fetchone()
    assert row is not None
    return row[0]


def _insert_rows(
    connection: psycopg.Connection,
    mart: Mart,
    relation: Relation,
    contents: Sequence[Content],
    ids: Sequence[int],
) -> int:
    """Insert rows in key order: a slice is then read from neighbouring pages."""
    kept = [name for name in relation.columns if name not in mart.retired]
    columns = sql.SQL(", ").join(map(sql.Identifier, kept))
    key = sql.SQL(", ").join(sql.Identifier("rows", name) for name in mart.primary_key)
    match = sql.SQL(
        "rows.month = slices.month" if mart.is_monthly else "slices.month is null"
    )
    query = sql.SQL(
        "insert into {archive} ({columns}, {slice_column}) "
        "select {selected}, slices.slice_id from {candidate} as rows "
        "inner join unnest(%s::date[], %s::bigint[]) as slices (month, slice_id) "
        "on {match} order by slices.slice_id, {key}"
    ).format(
        archive=sql.Identifier("archive", mart.name),
        columns=columns,
        slice_column=sql.Identifier(SLICE_COLUMN),
        selected=sql.SQL(", ").join(sql.Identifier("rows", name) for name in kept),
        candidate=sql.Identifier(CANDIDATE_SCHEMA, mart.name),
        match=match,
        key=key,
    )
    months = [content.month for content in contents]
    return connection.execute(query, [months, list(ids)]).rowcount


def _analyze_archive(connection: psycopg.Connection, mart: Mart, rows: int) -> None:
    table = sql.Identifier("archive", mart.name)
    row = connection.execute(
        "select reltuples from pg_class where oid = to_regclass(%s)",
        [table.as_string(connection)],
    ).fetchone()
    assert row is not None
    if rows * _ANALYZE_FRACTION > row[0]:
        connection.execute(sql.SQL("analyze {}").format(table))


def _canonical_text(name: str, data_type: str) -> sql.Composable:
    """Write a column as text in one way only, whatever the session's settings."""
    column = sql.Identifier(name)
    if data_type.endswith("[]"):
        items = "{column}"
        if data_type.startswith("numeric"):
            items = (
                "array(select trim_scale(element) from unnest({column}) "
                "with ordinality as elements (element, place) order by place)"
            )
        template = (
            "cardinality({column}) || {item} || "
            f"array_to_string({items}, {{item}}, {{null_item}})"
        )
    elif data_type.startswith("numeric"):
        template = "trim_scale({column})::text"
    elif data_type == "date":
        template = "to_char({column}, 'YYYY-MM-DD')"
    elif data_type.startswith("timestamp") and "with time zone" in data_type:
        template = "to_char({column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    elif data_type.startswith("timestamp"):
        template = "to_char({column}, 'YYYY-MM-DD HH24:MI:SS.US')"
    else:
        template = "{column}::text"
    text = sql.SQL(template).format(
        column=column,
        item=sql.Literal(_ITEM),
        null_item=sql.Literal(_NULL_ITEM),
    )
    return sql.SQL("coalesce({}, {})").format(text, sql.Literal(_NULL))


def _rule_version_text(relation: Relation) -> sql.Composable:
    """Name the rule version of a row, for marts that carry one."""
    if {"scorecard_id", "scorecard_version"} <= relation.columns.keys():
        return sql.SQL("scorecard_id || ' ' || scorecard_version")
    return sql.SQL("null::text")
