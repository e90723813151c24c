with

source as (

    select * from {{ source('crm', 'managers') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        manager_id,
        branch_id,
        department_id,
        ---------- text
        manager_kind,
        counties,
        industries,
        ---------- numerics
        experience_years,
        ---------- dates
        posted_date,
        left_date

    from source

    where {{ is_current_row() }}

)

select * from final
