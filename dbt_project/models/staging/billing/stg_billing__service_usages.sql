with

source as (

    select * from {{ source('billing', 'service_usages') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('usage_month', look_back=window_months() | int - 1) }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        usage_month,
        account_id,
        service_code,
        ---------- numerics
        quantity,
        amount

    from source

)

select * from final
