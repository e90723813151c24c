-- What lessens an invoice's open amount: receipts, and credit notes that take it back.
-- Without an invoice it is a payment on account (S4-01, S4-02).
with

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

receipts as (

    select * from {{ ref('int_revenue__receipts_applied') }}

),

final as (

    select
        'receipt' as settlement_kind,
        receipt_id as settlement_id,
        invoice_id,
        group_account_id,
        receipt_month as month,
        amount

    from receipts

    union all

    select
        'credit_note' as settlement_kind,
        invoice_id as settlement_id,
        settled_invoice_id as invoice_id,
        group_account_id,
        invoice_month as month,
        -amount as amount

    from invoices

    where settled_invoice_id <> invoice_id

)

select * from final
