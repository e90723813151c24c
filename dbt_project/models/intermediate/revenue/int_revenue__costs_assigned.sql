-- Service cost of the month by account, and `idle` beside: what resources cost without
-- serving anybody. All rows of a month sum to its resource costs, to the cent (S2-10).
with

activities as (

    select * from {{ ref('int_revenue__activities_costed') }}

),

costs as (

    select * from {{ ref('int_revenue__costs_split') }}

),

final as (

    select
        month,
        group_account_id,
        sum(cost_amount) as service_cost_amount

    from costs

    group by month, group_account_id

    union all

    select
        month,
        'idle' as group_account_id,
        sum(cost_amount) as service_cost_amount

    from activities

    where not is_assigned

    group by month

)

select * from final
