with

source as (

    select * from {{ source('callcentre', 'calls') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('call_month') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        call_month,
        call_id,
        account_id,
        queue_code,
        ---------- what happened
        called_date,
        is_answered,
        wait_seconds,
        handle_seconds,
        call_back_hours

    from source

)

select * from final
