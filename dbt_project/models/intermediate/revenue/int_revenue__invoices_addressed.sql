-- Invoices with their account and the month from whose end on they are overdue.
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

final as (

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
        invoices.amount

    from invoices

    left join records
        on {{ refers_to('invoices', 'records', 'account_id') }}

    left join revenue_rules
        on {{ is_rule_in_force('revenue_rules', 'invoices.invoice_month') }}

)

select * from final
