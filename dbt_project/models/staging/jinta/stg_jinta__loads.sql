-- The loads that the run knows, with the files that they read.
with

source as (

    select * from {{ source('control', 'loads') }}
    where load_id <= {{ known_load_id() }}

),

final as (

    select
        load_id,
        system_name,
        table_name,
        as_of_date,
        files

    from source

)

select * from final
