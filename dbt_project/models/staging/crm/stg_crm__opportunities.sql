with

source as (

    select * from {{ source('crm', 'opportunities') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        opportunity_id,
        account_id,
        prospect_id,
        product_code,
        manager_id,
        ---------- dates
        opened_date,
        ---------- numerics
        expected_amount

    from source

    where {{ is_current_row() }}

)

select * from final
