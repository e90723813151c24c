"""What a publication was computed from, and which published months it leaves stale."""

from __future__ import annotations

import psycopg

from jinta.settings import Settings
from jinta.warehouse import connect

# The mart that a month hands on to the next one (design decision 2).
CARRIED_MART = "fct_tier_latches"
IDENTITY_REASON = "accounts were merged or split since"
LINKS_REASON = "head offices or places on tax lists are told otherwise since"

_OTHER_IDENTITY = """
select distinct shown.month
from marts.bridge_account_records as shown
inner join intermediate.int_accounts__records_clustered as known
    on shown.source_record_id = known.source_record_id
where
    (shown.group_account_id, shown.is_senior, shown.match_basis)
    is distinct from
    (known.group_account_id, known.is_senior, known.match_basis)
"""

# Who heads whom and who is meant by a tax list is read off the latest names, too.
_OTHER_LINKS = """
with

shown as (

    select
        month,
        group_account_id,
        branch_id,
        parent_group_account_id,
        tax_rank
    from marts.dim_group_accounts
    where is_identified

),

list_years as (

    select distinct
        branch_id,
        ranking_year
    from intermediate.int_accounts__rankings_linked

),

branch_months as (

    select distinct
        month,
        branch_id
    from shown

),

lists as (

    select
        branch_months.month,
        branch_months.branch_id,
        max(list_years.ranking_year) as ranking_year
    from branch_months
    inner join list_years
        on
            branch_months.branch_id = list_years.branch_id
            and list_years.ranking_year <= extract(year from branch_months.month)
    group by branch_months.month, branch_months.branch_id

),

ranks as (

    select
        lists.month,
        rankings.branch_id,
        rankings.group_account_id,
        min(rankings.tax_rank) as tax_rank
    from lists
    inner join intermediate.int_accounts__rankings_linked as rankings
        on
            lists.branch_id = rankings.branch_id
            and lists.ranking_year = rankings.ranking_year
    group by lists.month, rankings.branch_id, rankings.group_account_id

)

select distinct shown.month
from shown
left join intermediate.int_accounts__heads_linked as heads
    on shown.group_account_id = heads.group_account_id
left join shown as heads_shown
    on
        shown.month = heads_shown.month
        and heads.parent_group_account_id = heads_shown.group_account_id
left join ranks
    on
        shown.month = ranks.month
        and shown.branch_id = ranks.branch_id
        and shown.group_account_id = ranks.group_account_id
where
    shown.parent_group_account_id is distinct from heads_shown.group_account_id
    or shown.tax_rank is distinct from ranks.tax_rank
"""
_CHECKS = {IDENTITY_REASON: _OTHER_IDENTITY, LINKS_REASON: _OTHER_LINKS}


def record_seeds(connection: psycopg.Connection, publication_id: int) -> None:
    """Record the latches that each month of a publication was computed from.

    Called before the pointers move. A month goes on from the one before as the run
    stored it, or else as it was published when the run began with the chunk.
    """
    connection.execute(
        """
        insert into control.publication_seeds (publication_id, month, seed_hash)
        select
            publications.publication_id,
            months.month,
            case
                when slices.slice_id is null then coalesce(seeds.seed_hash, '')
                when slices.row_count > 0 then slices.content_hash
                else ''
            end
        from control.publications as publications
        inner join (
            select distinct run_id, month
            from control.staged_slices
            where month is not null
        ) as months
            on publications.run_id = months.run_id
        left join control.staged_slices as before
            on
                months.run_id = before.run_id
                and before.mart = %(mart)s
                and (months.month - interval '1 month')::date = before.month
        left join control.slices as slices
            on before.slice_id = slices.slice_id
        left join control.staged_seeds as seeds
            on
                months.run_id = seeds.run_id
                and months.month = seeds.month
        where publications.publication_id = %(publication_id)s
        """,
        {"publication_id": publication_id, "mart": CARRIED_MART},
    )


def mark_stale_months(settings: Settings, publication_id: int) -> None:
    """Mark the months shown that are of another identity than the latest run's.

    Records are compared that both know. Each publication judges every month anew, so
    its marks say all there is to say; a call that was killed is made again.
    """
    with connect(settings, "transformer", stage="marks") as connection:
        if not _can_compare(connection):
            return
        marks = [
            (month, reason)
            for reason, query in _CHECKS.items()
            for (month,) in connection.execute(query)
        ]
    with connect(settings, "publisher", stage="marks") as connection:
        connection.execute(
            """
            insert into control.stale_marks (month, reason, publication_id)
            select marks.month, marks.reason, %(publication_id)s
            from unnest(%(months)s::date[], %(reasons)s::text[])
                as marks (month, reason)
            where not exists (
                select 1 from control.stale_marks as known
                where
                    known.month = marks.month
                    and known.reason = marks.reason
                    and known.publication_id = %(publication_id)s
            )
            """,
            {
                "months": [month for month, _ in marks],
                "reasons": [reason for _, reason in marks],
                "publication_id": publication_id,
            },
        )


def _can_compare(connection: psycopg.Connection) -> bool:
    row = connection.execute(
        "select to_regclass('marts.bridge_account_records') is not null "
        "and to_regclass('intermediate.int_accounts__records_clustered') is not null"
    ).fetchone()
    return row == (True,)
