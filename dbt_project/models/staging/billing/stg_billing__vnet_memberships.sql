with

source as (

    select * from {{ source('billing', 'vnet_memberships') }}
    where {{ is_known_row() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        account_id,
        line_id,
        ---------- dates
        joined_date,
        left_date,
        {{ version_dates('_system, account_id, line_id') }},
        ---------- landing
        _first_load_id

    from source

)

select * from final
