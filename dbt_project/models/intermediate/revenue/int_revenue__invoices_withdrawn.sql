-- Invoices that credit notes took back whole by the end of a reported month (S3-03,
-- S4-02).
with

months as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

settlements as (

    select * from {{ ref('int_revenue__settlements_united') }}
    where settlement_kind = 'credit_note'

),

credited as (

    select
        months.month,
        settlements.invoice_id,
        sum(settlements.amount) as credited_amount

    from months

    inner join settlements
        on months.month >= settlements.month

    group by months.month, settlements.invoice_id

),

final as (

    select
        credited.month,
        credited.invoice_id

    from credited

    inner join invoices
        on
            credited.invoice_id = invoices.invoice_id
            and credited.month >= invoices.invoice_month
            and credited.credited_amount >= invoices.amount

)

select * from final
