-- One row per month and source record: the account whose score it stands under.
create temporary table backtest_members as
select
    month,
    source_record_id,
    group_account_id

from {bridge} as shown_rows

where
    month = any(%(months)s)
    and {shown}
