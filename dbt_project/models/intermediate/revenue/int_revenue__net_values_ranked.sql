-- Revenue of the month less what serving the account cost, ranked like the score:
-- active identified accounts within their branch (S2-10, A.6.5). A month whose resource
-- costs didn't land has revenue only: what serving cost is unknown, not nothing.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

costs as (

    select * from {{ ref('int_revenue__costs_assigned') }}

),

-- What was idle counts as well: it tells that costs landed.
months_costed as (

    select distinct month

    from costs

),

costed as (

    select
        accounts.month,
        accounts.group_account_id,
        coalesce(accounts.branch_id, 'unknown') as branch_id,
        accounts.is_active
        and accounts.is_identified
        and months_costed.month is not null as is_ranked,
        coalesce(indicators.total_amount, 0) as revenue_amount,
        case
            when months_costed.month is not null
                then coalesce(costs.service_cost_amount, 0)
        end as service_cost_amount

    from accounts

    left join indicators
        on
            accounts.month = indicators.month
            and accounts.group_account_id = indicators.group_account_id

    left join costs
        on
            accounts.month = costs.month
            and accounts.group_account_id = costs.group_account_id

    left join months_costed
        on accounts.month = months_costed.month

),

valued as (

    select
        month,
        group_account_id,
        branch_id,
        is_ranked,
        revenue_amount,
        service_cost_amount,
        revenue_amount - service_cost_amount as net_value_amount

    from costed

),

final as (

    select
        month,
        group_account_id,
        branch_id,
        revenue_amount,
        service_cost_amount,
        net_value_amount,
        case
            when is_ranked
                then row_number() over (
                        partition by month, branch_id, is_ranked
                        order by net_value_amount desc, group_account_id asc
                    )
        end as net_value_rank,
        case
            when is_ranked
                then count(*) over (partition by month, branch_id, is_ranked)
        end as accounts_ranked

    from valued

)

select * from final
