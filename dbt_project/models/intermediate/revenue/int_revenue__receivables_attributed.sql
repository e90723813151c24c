-- What was invoiced and received in the reported month and what is owed at its end, by
-- account (S4-01, S4-02).
with

receivables as (

    select * from {{ ref('int_revenue__receivables_summed') }}

),

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

receipts as (

    select * from {{ ref('int_revenue__receipts_applied') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

movements as (

    select
        statement_month as month,
        group_account_id,
        0 as invoiced_amount,
        0 as received_amount,
        open_amount,
        arrears_amount,
        credit_amount,
        open_invoices,
        overdue_invoices,
        oldest_due_date

    from receivables

    union all

    select
        invoice_month as month,
        group_account_id,
        amount as invoiced_amount,
        0 as received_amount,
        0 as open_amount,
        0 as arrears_amount,
        0 as credit_amount,
        0 as open_invoices,
        0 as overdue_invoices,
        null as oldest_due_date

    from invoices

    union all

    select
        receipt_month as month,
        group_account_id,
        0 as invoiced_amount,
        amount as received_amount,
        0 as open_amount,
        0 as arrears_amount,
        0 as credit_amount,
        0 as open_invoices,
        0 as overdue_invoices,
        null as oldest_due_date

    from receipts

),

final as (

    select
        attributed.month,
        attributed.group_account_id,
        sum(movements.invoiced_amount) as invoiced_amount,
        sum(movements.received_amount) as received_amount,
        sum(movements.open_amount) as open_amount,
        sum(movements.arrears_amount) as arrears_amount,
        sum(movements.credit_amount) as credit_amount,
        sum(movements.open_invoices)::bigint as open_invoices,
        sum(movements.overdue_invoices)::bigint as overdue_invoices,
        min(movements.oldest_due_date) as oldest_due_date

    from movements

    inner join attributed
        on
            movements.month = attributed.month
            and movements.group_account_id = attributed.group_account_id_named

    group by attributed.month, attributed.group_account_id

)

select * from final
