-- All feedback up to the run: ratios look a year back, open complaints further.
with

source as (

    select * from {{ source('crm', 'feedback') }}
    where
        {{ is_current_row() }}
        and feedback_month <= {{ last_run_month() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        feedback_id,
        account_id,
        ---------- text
        feedback_kind,
        topic,
        ---------- dates
        feedback_month,
        received_date,
        resolved_date

    from source

)

select * from final
