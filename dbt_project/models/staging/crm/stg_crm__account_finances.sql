with

source as (

    select * from {{ source('crm', 'account_finances') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        account_id,
        fiscal_year,
        ---------- numerics
        sales_amount,
        profit_amount,
        asset_amount,
        annual_budget_amount,
        telecom_budget_amount,
        ---------- dates
        reported_date

    from source

    where {{ is_current_row() }}

)

select * from final
