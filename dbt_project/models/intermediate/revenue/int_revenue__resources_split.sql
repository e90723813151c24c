-- Resource costs by activity, to the cent (作业成本, stage 1; S2-10, A.6.5): each
-- activity gets its share of the hours, and hours that nothing took are idle. Cents
-- that rounding down leaves go to the largest remainders; of equal ones to the first by
-- name.
with

costs as (

    select * from {{ ref('stg_finance__resource_costs') }}

),

uses as (

    select * from {{ ref('stg_finance__resource_uses') }}

),

uses_summed as (

    select
        use_month,
        resource_id,
        activity_code,
        sum(driver_volume) as driver_volume

    from uses

    where driver_volume > 0

    group by use_month, resource_id, activity_code

),

used as (

    select
        use_month,
        resource_id,
        sum(driver_volume) as driver_volume

    from uses_summed

    group by use_month, resource_id

),

-- More hours than a resource has are as if it had them.
shares as (

    select
        costs.cost_month as month,
        costs.resource_id,
        uses_summed.activity_code,
        uses_summed.driver_volume,
        greatest(costs.capacity_volume, used.driver_volume) as capacity_volume,
        costs.amount * 100 as cost_cents

    from costs

    inner join uses_summed
        on
            costs.cost_month = uses_summed.use_month
            and costs.resource_id = uses_summed.resource_id

    inner join used
        on
            costs.cost_month = used.use_month
            and costs.resource_id = used.resource_id

    union all

    select
        costs.cost_month as month,
        costs.resource_id,
        'idle' as activity_code,
        case
            when used.resource_id is null then 1
            else costs.capacity_volume - used.driver_volume
        end as driver_volume,
        case when used.resource_id is null then 1 else costs.capacity_volume end
            as capacity_volume,
        costs.amount * 100 as cost_cents

    from costs

    left join used
        on
            costs.cost_month = used.use_month
            and costs.resource_id = used.resource_id

    where
        used.resource_id is null
        or costs.capacity_volume > used.driver_volume

),

final as (

    select
        month,
        resource_id,
        activity_code,
        driver_volume,
        {{ split_cents(
            'cost_cents', 'driver_volume', 'capacity_volume',
            ['month', 'resource_id'], ['activity_code'],
        ) }} as cost_amount

    from shares

)

select * from final
