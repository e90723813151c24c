-- Invoices with their account and the day from which on they are overdue, and the one
-- whose open amount each of them changes: its own, or that of the invoice that a credit
-- note takes back. A note for an invoice that is none, or a note itself, stands alone.
with

invoices as (

    select * from {{ ref('stg_billing__invoices') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

revenue_rules as (

    select * from {{ ref('revenue_rules') }}
    where revenue_rule_id = 'payment_days'

),

addressed as (

    select
        invoices.invoice_id,
        invoices.invoice_month,
        coalesce(records.group_account_id, 'unidentified-unknown') as group_account_id,
        coalesce(invoices.product_code, 'unknown') as product_code,
        invoices.invoiced_date,
        coalesce(
            invoices.due_date,
            invoices.invoiced_date + revenue_rules.rule_value::integer
        ) as due_date,
        invoices.amount,
        invoices.credited_invoice_id

    from invoices

    left join records
        on {{ refers_to('invoices', 'records', 'account_id') }}

    left join revenue_rules
        on {{ is_rule_in_force('revenue_rules', 'invoices.invoice_month') }}

),

final as (

    select
        addressed.invoice_id,
        coalesce(credited.invoice_id, addressed.invoice_id) as settled_invoice_id,
        addressed.invoice_month,
        -- The account is that of the invoice, whoever the note names.
        coalesce(credited.group_account_id, addressed.group_account_id)
            as group_account_id,
        addressed.product_code,
        addressed.invoiced_date,
        addressed.due_date,
        addressed.amount

    from addressed

    -- An invoice's key is unique, whatever system it comes from.
    left join addressed as credited
        on
            addressed.credited_invoice_id = credited.invoice_id
            and credited.credited_invoice_id is null
            and addressed.amount < 0

)

select * from final
