with

source as (

    select * from {{ source('crm', 'surveys') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        survey_id,
        account_id,
        ---------- text
        weakest_topic,
        follow_up,
        ---------- numerics
        satisfaction_points,
        ---------- dates
        surveyed_date,
        follow_up_due_date,
        follow_up_date

    from source

    where {{ is_current_row() }}

)

select * from final
