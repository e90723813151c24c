with

source as (

    select * from {{ source('registry', 'policy_influences') }}

),

final as (

    select
        _system as system_name,
        account_id,
        decided_date,
        influence_grade,
        decided_by,
        reason

    from source

    where {{ is_current_row() }}

)

select * from final
