with

source as (

    select * from {{ source('crm', 'key_persons') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        person_id,
        account_id,
        ---------- text
        department,
        post,
        role,
        contact_way,
        ---------- people
        person_name,
        person_phone,
        ---------- numerics
        influence_grade,
        attitude_grade,
        ---------- dates
        recorded_date,
        left_date

    from source

    where {{ is_current_row() }}

)

select * from final
