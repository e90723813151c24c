with

source as (

    select * from {{ source('crm', 'blacklist') }}

),

final as (

    select
        _system as system_name,
        blacklist_id,
        account_id,
        listed_date,
        delisted_date

    from source

    where {{ is_current_row() }}

)

select * from final
