with

source as (

    select * from {{ source('crm', 'competitor_products') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        competitor_product_id,
        account_id,
        ---------- text
        competitor_name,
        product_name,
        ---------- numerics
        lines_in_use,
        monthly_amount,
        ---------- dates
        recorded_date,
        contract_end_date,
        ended_date

    from source

    where {{ is_current_row() }}

)

select * from final
