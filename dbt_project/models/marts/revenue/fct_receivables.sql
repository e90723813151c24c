with

receivables as (

    select * from {{ ref('int_revenue__receivables_attributed') }}

),

measured as (

    select * from {{ ref('int_indicators__receivables_measured') }}

),

statements as (

    select * from {{ ref('int_revenue__statements_summed') }}

),

keys as (

    select
        month,
        group_account_id

    from receivables

    union

    select
        month,
        group_account_id

    from measured

    union

    select
        month,
        group_account_id

    from statements

),

final as (

    select
        keys.month,
        keys.group_account_id,
        coalesce(receivables.invoiced_amount, 0) as invoiced_amount,
        coalesce(receivables.received_amount, 0) as received_amount,
        coalesce(receivables.open_amount, 0) as open_amount,
        coalesce(receivables.arrears_amount, 0) as arrears_amount,
        coalesce(receivables.credit_amount, 0) as credit_amount,
        round(
            100 * receivables.arrears_amount / nullif(receivables.open_amount, 0), 2
        ) as arrears_rate_pct,
        coalesce(receivables.open_invoices, 0) as open_invoices,
        coalesce(receivables.overdue_invoices, 0) as overdue_invoices,
        receivables.oldest_due_date,
        measured.largest_receipt_amount,
        round(measured.average_receipt_amount, 2) as average_receipt_amount,
        round(measured.collection_cycle_days, 2) as collection_cycle_days,
        round(measured.average_arrears_amount, 2) as average_arrears_amount,
        round(measured.average_arrears_rate_pct, 2) as average_arrears_rate_pct,
        statements.stated_receivable_amount,
        statements.stated_arrears_amount

    from keys

    left join receivables
        on
            keys.month = receivables.month
            and keys.group_account_id = receivables.group_account_id

    left join measured
        on
            keys.month = measured.month
            and keys.group_account_id = measured.group_account_id

    left join statements
        on
            keys.month = statements.month
            and keys.group_account_id = statements.group_account_id

)

select * from final
