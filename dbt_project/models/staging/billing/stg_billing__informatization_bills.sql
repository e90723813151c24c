with

source as (

    select * from {{ source('billing', 'informatization_bills') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('bill_month', look_back=window_months() | int - 1) }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        bill_id,
        bill_month,
        account_id,
        product_code,
        ---------- numerics
        amount

    from source

)

select * from final
