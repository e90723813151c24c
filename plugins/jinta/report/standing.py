"""Why an account is not ranked: now a customer, closed, or nobody known."""

from __future__ import annotations

from typing import Any

import psycopg

Row = dict[str, Any]


def fetch_standing(
    cursor: psycopg.Cursor[Row], account: Row, key: dict[str, Any]
) -> Row:
    """Return what keeps an account out of the ranks in a month.

    Args:
        cursor: Of the reporter; rows are dictionaries.
        account: Its row of `dim_group_accounts`.
        key: Its `id` and the `month`.

    Returns:
        Whether it is identified and active, the day it was closed, and for a prospect
        under `customer` who it became, how that is known, and since which month; null
        where it became none.
    """
    rows = cursor.execute(_CUSTOMER, key).fetchall()
    return {
        "is_identified": account["is_identified"],
        "is_active": account["is_active"],
        "closed_date": account["closed_date"],
        "customer": dict(rows[0]) if rows else None,
    }


# Since the first month after the last one in which it was not yet that customer. Where
# there is no such month, it may have been the customer before.
_CUSTOMER = """
with

prospects as (

    select *
    from marts.dim_prospects
    where group_account_id = %(id)s and month <= %(month)s

),

current as (

    select *
    from prospects
    where month = %(month)s and converted_group_account_id is not null

),

before as (

    select max(prospects.month) as last_month
    from prospects
    cross join current
    where
        prospects.converted_group_account_id
        is distinct from current.converted_group_account_id

)

select
    current.converted_group_account_id as group_account_id,
    customers.account_name,
    current.conversion_basis,
    min(prospects.month) as since_month,
    before.last_month is null as is_since_earlier
from current
cross join before
inner join prospects
    on prospects.month > coalesce(before.last_month, '-infinity')
left join marts.dim_group_accounts as customers
    on
        current.month = customers.month
        and current.converted_group_account_id = customers.group_account_id
group by 1, 2, 3, 5
"""


def write_standing(standing: Row) -> str:
    """Write why an account is not ranked; empty if nothing is known to keep it out."""
    parts = []
    customer = standing["customer"]
    if customer is not None:
        name = customer["account_name"]
        parts.append(
            f"customer {customer['group_account_id']}"
            f"{f' {name}' if name else ''} since {customer['since_month']:%Y-%m}"
            f"{' or before' if customer['is_since_earlier'] else ''}"
            f", by {customer['conversion_basis']}"
        )
    if standing["closed_date"] is not None:
        parts.append(f"closed on {standing['closed_date']}")
    if not standing["is_identified"]:
        parts.append("not identified: it holds what belongs to nobody known")
    if not parts and not standing["is_active"]:
        parts.append("no longer active")
    return "; ".join(parts)
