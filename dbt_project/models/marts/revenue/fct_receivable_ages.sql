with

balances as (

    select * from {{ ref('int_revenue__balances_aged') }}

),

final as (

    select
        month,
        group_account_id,
        age_band,
        band_order,
        open_invoices,
        open_amount

    from balances

)

select * from final
