with

source as (

    select * from {{ source('crm', 'branches') }}

),

final as (

    select
        _system as system_name,
        branch_id,
        branch_name,
        province_name,
        city_name

    from source

    where {{ is_current_row() }}

)

select * from final
