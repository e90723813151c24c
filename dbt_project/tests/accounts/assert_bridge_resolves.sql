-- Every account of a month has as many records in the bridge as it says, and every
-- record of the bridge stands in an account of its month. Prospects have records of
-- their own, which no fact refers to.
with

accounts as (

    select * from {{ ref('dim_group_accounts') }}
    where account_kind = 'account'

),

records as (

    select * from {{ ref('bridge_account_records') }}

),

records_counted as (

    select
        records.month,
        records.group_account_id,
        count(*) as record_count

    from records

    group by
        records.month,
        records.group_account_id

)

select
    coalesce(accounts.month, records_counted.month) as month,
    coalesce(accounts.group_account_id, records_counted.group_account_id)
        as group_account_id,
    accounts.record_count,
    records_counted.record_count as records_in_bridge

from accounts

full outer join records_counted
    on
        accounts.month = records_counted.month
        and accounts.group_account_id = records_counted.group_account_id

where
    accounts.record_count is distinct from coalesce(records_counted.record_count, 0)
