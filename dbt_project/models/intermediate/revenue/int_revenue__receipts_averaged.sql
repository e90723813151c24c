-- Receipts of the reported month and those before it that the rules look at (S4-02).
-- Refunds are no receipts; the collection cycle counts what names its invoice, each
-- receipt as much as it is worth.
with

months as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

receipts as (

    select * from {{ ref('int_revenue__receipts_applied') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        attributed.group_account_id,
        count(*) as receipt_count,
        sum(receipts.amount) as received_amount,
        max(receipts.amount) as largest_receipt_amount,
        sum(receipts.amount) / count(*) as average_receipt_amount,
        sum(receipts.amount * receipts.collection_days)
        / sum(receipts.amount) filter (where receipts.collection_days is not null)
            as collection_cycle_days

    from months

    inner join receipts
        on
            months.month >= receipts.receipt_month
            and months.month
            < receipts.receipt_month
            + make_interval(months => months.receivable_months)

    inner join attributed
        on
            months.month = attributed.month
            and receipts.group_account_id = attributed.group_account_id_named

    where receipts.amount > 0

    group by months.month, attributed.group_account_id

)

select * from final
