-- All changes up to the run: who left long ago is not a member now.
with

source as (

    select * from {{ source('billing', 'line_status_changes') }}
    where
        {{ is_current_row() }}
        and change_month <= {{ last_run_month() }}

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
