"""A hand-made candidate: three marts small enough to reason about."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date

from jinta.settings import Settings
from jinta.warehouse import connect
from jinta.warehouse.lease import LEASE

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
AS_OF = date(2026, 3, 5)


def make_node(name, materialized="table", parents=(), columns=None, **meta):
    """A model as dbt's manifest describes it, as far as publishing reads it."""
    return {
        "resource_type": "model",
        "schema": "candidate",
        "name": name,
        "alias": name,
        "config": {
            "materialized": materialized,
            "meta": {"visible_by": "everyone", **meta},
        },
        "columns": columns or {},
        "depends_on": {"nodes": [f"model.jinta.{parent}" for parent in parents]},
    }


def make_manifest(*nodes):
    nodes = nodes or (
        # The view comes first, to see that it is created after what it reads.
        make_node("a_points", "view", parents=["fct_scores", "dim_rules"]),
        make_node(
            "fct_scores",
            slice="month",
            primary_key=["month", "account_id"],
            columns={"built_at": {"config": {"meta": {"volatile": True}}}},
        ),
        make_node("dim_rules", slice="whole", primary_key=["rule_id"]),
    )
    return {"nodes": {f"model.jinta.{node['name']}": node for node in nodes}}


def start_run(settings: Settings, run_id: str, months=(JANUARY, FEBRUARY)) -> None:
    """Open a run that builds these months, and give it the lease."""
    with connect(settings, "owner") as connection:
        connection.execute("delete from control.run_months")
        connection.execute(
            "insert into control.runs (run_id, kind, sources_path, requested, status) "
            "values (%s, 'nightly', '-', '{}', 'running') on conflict do nothing",
            [run_id],
        )
        connection.execute(
            "insert into control.leases (lease_name, run_id, holder, expires_at) "
            "values (%s, %s, 'a test', now() + interval '1 hour') "
            "on conflict (lease_name) do update set run_id = excluded.run_id",
            [LEASE, run_id],
        )
        for month in months:
            connection.execute(
                "insert into control.run_months values (%s, %s, %s)",
                [month, AS_OF, run_id],
            )


@contextmanager
def as_transformer(settings: Settings):
    with connect(settings, "transformer") as connection:
        yield connection.execute


def build_candidate(settings: Settings, rows, rules=(("r1", "one"),)) -> None:
    """Build the candidate marts anew from (month, account, points, note) rows."""
    with as_transformer(settings) as execute:
        execute(
            "drop table if exists candidate.fct_scores, candidate.dim_rules cascade"
        )
        execute(
            "create table candidate.fct_scores (month date, account_id text, "
            "points numeric(16, 2), tags text[], built_at timestamptz)"
        )
        for month, account_id, points, *tags in rows:
            execute(
                "insert into candidate.fct_scores values (%s, %s, %s, %s, now())",
                [month, account_id, points, tags],
            )
        execute("create table candidate.dim_rules (rule_id text, title text)")
        for rule in rules:
            execute("insert into candidate.dim_rules values (%s, %s)", rule)
        execute(
            "create view candidate.a_points as select month, account_id, title, "
            "'candidate.x'::text as literal from candidate.fct_scores "
            "cross join candidate.dim_rules"
        )
        execute("comment on table candidate.fct_scores is 'One row per score (得分).'")
        execute("comment on column candidate.fct_scores.points is 'Points (分数).'")
        execute("comment on view candidate.a_points is 'One row per point.'")


def fetch(settings: Settings, query: str, role: str = "reporter", parameters=()):
    with connect(settings, role) as connection:
        return connection.execute(query, parameters or None).fetchall()


ROWS = [
    (JANUARY, "a", 10, "x"),
    (JANUARY, "b", 20),
    (FEBRUARY, "a", 11, "x", "y"),
    (FEBRUARY, "b", 21),
]
