-- What each account owes less its credit is all that it was invoiced less all that it
-- paid, to the cent, and its arrears are part of it (S4-02, F65).
with

receivables as (

    select * from {{ ref('fct_receivables') }}

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
        group_account_id,
        invoice_month as month,
        amount

    from invoices

    union all

    select
        group_account_id,
        receipt_month as month,
        -amount as amount

    from receipts

),

moved as (

    select
        attributed.month,
        attributed.group_account_id,
        sum(movements.amount) as amount

    from attributed

    inner join movements
        on
            attributed.group_account_id_named = movements.group_account_id
            and attributed.month >= movements.month

    group by attributed.month, attributed.group_account_id

)

select
    coalesce(moved.month, receivables.month) as month,
    coalesce(moved.group_account_id, receivables.group_account_id) as group_account_id,
    moved.amount,
    receivables.open_amount,
    receivables.credit_amount,
    receivables.arrears_amount

from moved

full join receivables
    on
        moved.month = receivables.month
        and moved.group_account_id = receivables.group_account_id

where
    coalesce(moved.amount, 0)
    <> coalesce(receivables.open_amount - receivables.credit_amount, 0)
    or receivables.arrears_amount > receivables.open_amount
    or receivables.arrears_amount < 0
