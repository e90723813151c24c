-- All visits up to the run: the last one may be long ago.
with

source as (

    select * from {{ source('crm', 'visits') }}
    where
        {{ is_current_row() }}
        and visit_month <= {{ last_run_month() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        visit_id,
        account_id,
        manager_id,
        person_id,
        ---------- text
        visit_purpose,
        visit_summary,
        next_step,
        ---------- dates
        visit_month,
        visited_date,
        next_step_date

    from source

)

select * from final
