-- In a month whose resource costs landed every account has a cost and a net value, and
-- in one without them none has: unknown is not nothing (S2-10, A.6.5, F60).
with

net_values as (

    select * from {{ ref('fct_account_net_values') }}

),

resource_costs as (

    select * from {{ ref('stg_finance__resource_costs') }}

),

months_costed as (

    select distinct cost_month as month

    from resource_costs

)

select
    net_values.month,
    net_values.group_account_id,
    net_values.service_cost_amount,
    net_values.net_value_amount,
    net_values.net_value_tier,
    net_values.cost_flag

from net_values

left join months_costed
    on net_values.month = months_costed.month

where
    (net_values.service_cost_amount is null) = (months_costed.month is not null)
    or (net_values.net_value_amount is null) = (months_costed.month is not null)
    or (
        months_costed.month is null
        and coalesce(
            net_values.net_value_rank::text,
            net_values.net_value_tier,
            net_values.cost_flag
        ) is not null
    )
