with

source as (

    select * from {{ source('crm', 'buying_steps') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        step_id,
        account_id,
        person_id,
        ---------- text
        step_name,
        department,
        buying_factor,
        ---------- numerics
        step_order,
        attitude_grade,
        ---------- dates
        recorded_date,
        ended_date

    from source

    where {{ is_current_row() }}

)

select * from final
