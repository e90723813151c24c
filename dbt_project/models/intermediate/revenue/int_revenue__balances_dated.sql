-- What is open of each invoice, and from which month's end to which (S4-01, S4-02).
-- Payments on account have one balance per account. Positive is owed to us, negative is
-- a credit; what is settled has no row.
with

unsettled as (

    select * from {{ ref('int_revenue__invoices_unsettled') }}

),

settlements as (

    select * from {{ ref('int_revenue__settlements_united') }}

),

movements as (

    select
        invoice_id,
        group_account_id,
        invoice_month as month,
        amount

    from unsettled

    union all

    select
        unsettled.invoice_id,
        unsettled.group_account_id,
        settlements.month,
        -settlements.amount as amount

    from settlements

    inner join unsettled
        on settlements.invoice_id = unsettled.invoice_id

    union all

    select
        '' as invoice_id,
        group_account_id,
        month,
        -amount as amount

    from settlements

    where invoice_id is null

),

months_summed as (

    select
        invoice_id,
        group_account_id,
        month,
        sum(amount) as amount

    from movements

    group by invoice_id, group_account_id, month

),

balances as (

    select
        invoice_id,
        group_account_id,
        month as from_month,
        coalesce(lead(month) over invoice_months, 'infinity'::date) as to_month,
        sum(amount) over invoice_months as balance_amount

    from months_summed

    window invoice_months as (
        partition by invoice_id, group_account_id
        order by month
    )

),

final as (

    select
        balances.invoice_id,
        balances.group_account_id,
        balances.from_month,
        balances.to_month,
        unsettled.due_date,
        balances.balance_amount

    from balances

    left join unsettled
        on balances.invoice_id = unsettled.invoice_id

    where balances.balance_amount <> 0

)

select * from final
