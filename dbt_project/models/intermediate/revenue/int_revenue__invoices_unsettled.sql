-- Invoices that may be open at a month-end that is looked at: what was settled before
-- the first of them is left out, so that work doesn't grow with history (S4-01, S4-02).
with

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

receipts as (

    select * from {{ ref('int_revenue__receipts_applied') }}

),

rules as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

first_months as (

    select min(month - make_interval(months => receivable_months - 1)) as month

    from rules

),

receipts_summed as (

    select
        invoice_id,
        sum(amount) as amount,
        max(receipt_month) as last_month

    from receipts

    where invoice_id is not null

    group by invoice_id

),

final as (

    select
        invoices.invoice_id,
        invoices.group_account_id,
        invoices.invoice_month,
        invoices.due_date,
        invoices.amount

    from invoices

    cross join first_months

    left join receipts_summed
        on invoices.invoice_id = receipts_summed.invoice_id

    where
        coalesce(invoices.amount <> receipts_summed.amount, true)
        or greatest(invoices.invoice_month, receipts_summed.last_month)
        > first_months.month

)

select * from final
