with

source as (

    select * from {{ source('crm', 'account_needs') }}

),

final as (

    select
        _system as system_name,
        need_id,
        account_id,
        recorded_date,
        need_kind,
        need_text,
        wants_informatization

    from source

    where {{ is_current_row() }}

)

select * from final
