{{ config(materialized='view') }}

-- The long shape for people and BI: reads marts only, so that it stays true of them.
with

accounts as (

    select * from {{ ref('fct_account_deliveries') }}

),

deliveries as (

    select * from {{ ref('dim_source_deliveries') }}

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        deliveries.delivery_id,
        deliveries.table_name,
        deliveries.system_name,
        deliveries.file_name,
        deliveries.landed_date,
        deliveries.load_ids,
        deliveries.source_month,
        listed.source_rows

    from accounts

    cross join
        lateral unnest(accounts.delivery_ids, accounts.source_rows) as listed (
            delivery_id, source_rows
        )

    inner join deliveries
        on
            accounts.month = deliveries.month
            and listed.delivery_id = deliveries.delivery_id

)

select * from final
