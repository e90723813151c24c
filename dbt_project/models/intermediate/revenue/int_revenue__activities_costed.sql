-- What each activity cost in the month and how much of it was done; `idle` is what
-- resources cost without being used (stages 1 and 2; S2-10, A.6.5).
with

resources as (

    select * from {{ ref('int_revenue__resources_split') }}

),

volumes as (

    select * from {{ ref('int_revenue__volumes_summed') }}

),

costs_summed as (

    select
        month,
        activity_code,
        sum(driver_volume) as resource_volume,
        sum(cost_amount) as cost_amount

    from resources

    group by month, activity_code

),

volumes_counted as (

    select
        month,
        activity_code,
        sum(driver_volume) as driver_volume,
        count(*) as accounts

    from volumes

    group by month, activity_code

),

final as (

    select
        coalesce(costs_summed.month, volumes_counted.month) as month,
        coalesce(costs_summed.activity_code, volumes_counted.activity_code)
            as activity_code,
        coalesce(costs_summed.resource_volume, 0) as resource_volume,
        coalesce(costs_summed.cost_amount, 0) as cost_amount,
        coalesce(volumes_counted.driver_volume, 0) as driver_volume,
        coalesce(volumes_counted.accounts, 0) as accounts,
        -- An activity that nobody logged has cost without a customer: idle as well.
        volumes_counted.activity_code is not null
        and coalesce(costs_summed.activity_code, '') <> 'idle' as is_assigned

    from costs_summed

    full join volumes_counted
        on
            costs_summed.month = volumes_counted.month
            and costs_summed.activity_code = volumes_counted.activity_code

)

select * from final
