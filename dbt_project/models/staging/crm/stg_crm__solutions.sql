with

source as (

    select * from {{ source('crm', 'solutions') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        solution_id,
        ---------- text
        solution_name,
        industry,
        product_codes,
        need_served,
        ---------- dates
        published_date,
        retired_date

    from source

    where {{ is_current_row() }}

)

select * from final
