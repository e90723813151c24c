-- Receipts with the invoice they pay: it says whose they are. A receipt for no invoice,
-- or for one that nobody knows, is a payment on account of who paid it; the refund of a
-- credit note goes with the invoice that the note takes back (S4-02).
with

receipts as (

    select * from {{ ref('stg_billing__receipts') }}

),

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

final as (

    select
        receipts.receipt_id,
        receipts.receipt_month,
        invoices.settled_invoice_id as invoice_id,
        coalesce(
            invoices.group_account_id, records.group_account_id, 'unidentified-unknown'
        ) as group_account_id,
        receipts.received_date,
        case
            when invoices.invoiced_date is not null
                then greatest(receipts.received_date - invoices.invoiced_date, 0)
        end as collection_days,
        receipts.amount

    from receipts

    -- An invoice's key is unique, whatever system it comes from.
    left join invoices
        on receipts.invoice_id = invoices.invoice_id

    left join records
        on {{ refers_to('receipts', 'records', 'account_id') }}

)

select * from final
