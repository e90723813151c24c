-- Each resource's cost is split over its activities and idleness, and each month's
-- costs over accounts and idleness, to the cent (S2-10, A.6.5, F60).
with

costs as (

    select * from {{ ref('stg_finance__resource_costs') }}

),

resources as (

    select * from {{ ref('int_revenue__resources_split') }}

),

assigned as (

    select * from {{ ref('int_revenue__costs_assigned') }}

),

parts as (

    select
        cost_month as month,
        resource_id as cost_object,
        amount as spent_amount,
        0 as split_amount

    from costs

    union all

    select
        month,
        resource_id as cost_object,
        0 as spent_amount,
        cost_amount as split_amount

    from resources

    union all

    select
        cost_month as month,
        'all accounts and idle' as cost_object,
        amount as spent_amount,
        0 as split_amount

    from costs

    union all

    select
        month,
        'all accounts and idle' as cost_object,
        0 as spent_amount,
        service_cost_amount as split_amount

    from assigned

)

select
    month,
    cost_object,
    sum(spent_amount) as spent_amount,
    sum(split_amount) as split_amount

from parts

group by month, cost_object

having sum(spent_amount) <> sum(split_amount)
