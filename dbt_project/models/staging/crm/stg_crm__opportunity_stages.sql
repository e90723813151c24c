with

source as (

    select * from {{ source('crm', 'opportunity_stages') }}

),

final as (

    select
        _system as system_name,
        stage_change_id,
        opportunity_id,
        entered_date,
        stage

    from source

    where {{ is_current_row() }}

)

select * from final
