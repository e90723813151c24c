with

source as (

    select * from {{ source('billing', 'line_bills') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('bill_month', look_back=window_months() | int - 1) }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        bill_month,
        line_id,
        item_code,
        ---------- numerics
        amount

    from source

)

select * from final
