-- All receipts up to the run: what was paid long ago is not owed now.
with

source as (

    select * from {{ source('billing', 'receipts') }}
    where
        {{ is_current_row() }}
        and receipt_month <= {{ last_run_month() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        receipt_id,
        receipt_month,
        account_id,
        invoice_id,
        ---------- dates
        received_date,
        ---------- numerics
        amount

    from source

)

select * from final
