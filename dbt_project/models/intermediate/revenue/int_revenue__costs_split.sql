-- Service costs by account and activity, to the cent (stage 3; S2-10, A.6.5).
with

activities as (

    select * from {{ ref('int_revenue__activities_costed') }}
    where is_assigned

),

volumes as (

    select * from {{ ref('int_revenue__volumes_summed') }}

),

shares as (

    select
        volumes.month,
        volumes.group_account_id,
        volumes.activity_code,
        volumes.driver_volume,
        activities.driver_volume as driver_volume_total,
        activities.cost_amount * 100 as cost_cents

    from volumes

    inner join activities
        on
            volumes.month = activities.month
            and volumes.activity_code = activities.activity_code

),

final as (

    select
        month,
        group_account_id,
        activity_code,
        driver_volume,
        {{ split_cents(
            'cost_cents', 'driver_volume', 'driver_volume_total',
            ['month', 'activity_code'], ['group_account_id'],
        ) }} as cost_amount

    from shares

)

select * from final
