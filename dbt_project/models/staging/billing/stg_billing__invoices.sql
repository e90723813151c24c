-- All invoices up to the run: what is open now was invoiced long ago.
with

source as (

    select * from {{ source('billing', 'invoices') }}
    where
        {{ is_current_row() }}
        and invoice_month <= {{ last_run_month() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        invoice_id,
        invoice_month,
        account_id,
        agreement_id,
        product_code,
        credited_invoice_id,
        ---------- dates
        invoiced_date,
        due_date,
        ---------- numerics
        amount

    from source

)

select * from final
