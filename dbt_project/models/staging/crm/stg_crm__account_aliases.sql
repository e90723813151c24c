with

source as (

    select * from {{ source('crm', 'account_aliases') }}

),

final as (

    select
        _system as system_name,
        account_id,
        alias

    from source

    where {{ is_current_row() }}

)

select * from final
