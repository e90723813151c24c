-- The financial indicators of an account (财务类, S4-02): missing without a receipt or an
-- invoice to read them from.
with

receipts as (

    select * from {{ ref('int_revenue__receipts_averaged') }}

),

arrears as (

    select * from {{ ref('int_revenue__arrears_averaged') }}

),

final as (

    select
        coalesce(arrears.month, receipts.month) as month,
        coalesce(arrears.group_account_id, receipts.group_account_id)
            as group_account_id,
        receipts.largest_receipt_amount,
        receipts.average_receipt_amount,
        receipts.collection_cycle_days,
        arrears.average_arrears_amount,
        arrears.average_arrears_rate_pct

    from arrears

    full join receipts
        on
            arrears.month = receipts.month
            and arrears.group_account_id = receipts.group_account_id

)

select * from final
