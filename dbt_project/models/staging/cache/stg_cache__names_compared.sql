with

source as (

    select * from {{ source('cache', 'names_compared') }}

),

final as (

    select
        signature,
        partners,
        agreements

    from source

)

select * from final
