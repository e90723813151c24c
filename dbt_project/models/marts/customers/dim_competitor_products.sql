with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

competitor_products as (

    select * from {{ ref('stg_crm__competitor_products') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        competitor_products.system_name,
        competitor_products.competitor_product_id,
        attributed.group_account_id,
        competitor_products.account_id as account_id_crm,
        competitor_products.competitor_name,
        competitor_products.product_name,
        competitor_products.lines_in_use,
        competitor_products.monthly_amount,
        competitor_products.contract_end_date,
        competitor_products.contract_end_date - months.month_end_date
            as days_to_contract_end,
        competitor_products.recorded_date

    from months

    inner join competitor_products
        on
            months.month_end_date >= competitor_products.recorded_date
            and coalesce(
                months.month_end_date < competitor_products.ended_date, true
            )

    left join records
        on {{ refers_to('competitor_products', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
