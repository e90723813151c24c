with

source as (

    select * from {{ source('finance', 'activity_volumes') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('volume_month') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        volume_month,
        activity_code,
        account_id,
        ---------- numerics
        driver_volume

    from source

)

select * from final
