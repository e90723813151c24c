with

costs as (

    select * from {{ ref('int_revenue__costs_split') }}

),

final as (

    select
        month,
        group_account_id,
        activity_code,
        driver_volume,
        cost_amount

    from costs

)

select * from final
