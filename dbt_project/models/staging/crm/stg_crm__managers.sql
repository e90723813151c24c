with

source as (

    select * from {{ source('crm', 'managers') }}

),

final as (

    select
        _system as system_name,
        manager_id,
        branch_id

    from source

    where {{ is_current_row() }}

)

select * from final
