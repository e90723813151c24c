with

source as (

    select * from {{ source('billing', 'line_status_changes') }}
    where
        _last_load_id is null
        and {{ in_run_months('change_month', look_back=window_months() | int - 1) }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        change_id,
        change_month,
        line_id,
        ---------- text
        changed_date,
        line_status

    from source

)

select * from final
