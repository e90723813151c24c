-- One row per month and class: its revenue, and whether it is open at the month's end.
-- An account whose records fell apart or came together is divided by records.
create temporary table backtest_revenue as
with

members as (

    select
        bridge.month,
        bridge.group_account_id,
        classes.class_id,
        count(*) as records,
        bool_or(bridge.is_active) as is_open

    from marts.bridge_account_records as bridge

    inner join backtest_classes as classes
        on bridge.source_record_id = classes.source_record_id

    group by bridge.month, bridge.group_account_id, classes.class_id

),

divided as (

    select
        month,
        group_account_id,
        class_id,
        is_open,
        records::numeric
        / sum(records) over (partition by month, group_account_id) as share

    from members

)

select
    divided.month,
    divided.class_id,
    sum(coalesce(indicators.total_amount, 0) * divided.share) as amount,
    bool_or(divided.is_open) as is_open

from divided

inner join marts.fct_account_indicators as indicators
    on
        divided.month = indicators.month
        and divided.group_account_id = indicators.group_account_id

group by divided.month, divided.class_id
