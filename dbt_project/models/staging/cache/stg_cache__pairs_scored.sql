with

source as (

    select * from {{ source('cache', 'pairs_scored') }}

),

final as (

    select
        content_key,
        score,
        verdict,
        match_basis,
        evidence

    from source

)

select * from final
