with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

finances as (

    select * from {{ ref('int_indicators__finances_compared') }}

),

final as (

    select
        finances.month,
        finances.group_account_id,
        finances.fiscal_year,
        finances.is_latest_year,
        finances.reported_date,
        finances.sales_amount as annual_sales_amount,
        finances.profit_amount as annual_profit_amount,
        finances.asset_amount,
        finances.sales_growth_pct as annual_sales_growth_pct,
        finances.profit_growth_pct as annual_profit_growth_pct,
        finances.average_sales_3y_amount,
        finances.sales_growth_3y_pct

    from finances

    inner join accounts
        on
            finances.month = accounts.month
            and finances.group_account_id = accounts.group_account_id

)

select * from final
