with

source as (

    select * from {{ source('finance', 'resource_uses') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('use_month') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        use_month,
        resource_id,
        activity_code,
        ---------- numerics
        driver_volume

    from source

)

select * from final
