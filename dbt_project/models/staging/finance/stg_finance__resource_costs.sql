with

source as (

    select * from {{ source('finance', 'resource_costs') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('cost_month') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        cost_month,
        resource_id,
        ---------- text
        resource_name,
        resource_kind,
        ---------- numerics
        capacity_volume,
        amount

    from source

)

select * from final
