with

source as (

    select * from {{ source('crm', 'solution_uses') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        solution_id,
        account_id,
        used_date,
        ---------- text
        use_result

    from source

    where {{ is_current_row() }}

)

select * from final
