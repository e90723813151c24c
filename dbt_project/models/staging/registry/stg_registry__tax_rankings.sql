with

source as (

    select * from {{ source('registry', 'tax_rankings') }}

),

final as (

    select
        _system as system_name,
        ranking_year,
        branch_id,
        tax_rank,
        organisation_name,
        {{ clean_code('credit_code') }} as credit_code

    from source

    where {{ is_current_row() }}

)

select * from final
