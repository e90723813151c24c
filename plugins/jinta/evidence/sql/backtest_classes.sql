-- One row per source record with its class: records that never changed their account
-- are one class per account, every other record is a class of its own. So revenue is
-- followed through merges and splits that happened between the months.
create temporary table backtest_classes as
with

owners as (

    select
        source_record_id,
        group_account_id

    from marts.bridge_account_records

    union all

    select
        source_record_id,
        group_account_id

    from backtest_members

)

select
    source_record_id,
    case
        when min(group_account_id) = max(group_account_id)
            then min(group_account_id)
        else 'record ' || source_record_id
    end as class_id

from owners

group by source_record_id
