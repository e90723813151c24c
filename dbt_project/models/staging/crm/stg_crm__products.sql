with

source as (

    select * from {{ source('crm', 'products') }}
    where {{ is_known_row() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        product_code,
        ---------- text
        product_name,
        product_name_en,
        product_family,
        ---------- dates
        launched_date,
        {{ version_dates('_system, product_code') }},
        ---------- landing
        _first_load_id

    from source

)

select * from final
