-- Invoices that may be open at a month-end that is looked at: what was settled before
-- the first of them is left out, so that work doesn't grow with history (S4-01, S4-02).
with

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

settlements as (

    select * from {{ ref('int_revenue__settlements_united') }}

),

rules as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

first_months as (

    select min(month - make_interval(months => receivable_months - 1)) as month

    from rules

),

settlements_summed as (

    select
        invoice_id,
        sum(amount) as amount,
        max(month) as last_month

    from settlements

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

    left join settlements_summed
        on invoices.invoice_id = settlements_summed.invoice_id

    where
        invoices.invoice_id = invoices.settled_invoice_id
        and (
            coalesce(invoices.amount <> settlements_summed.amount, true)
            or greatest(invoices.invoice_month, settlements_summed.last_month)
            > first_months.month
        )

)

select * from final
