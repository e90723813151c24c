with

net_values as (

    select * from {{ ref('int_revenue__net_values_ranked') }}

),

rules as (

    select * from {{ ref('net_value_rules') }}

),

net_value_tiers as (

    select * from {{ ref('net_value_tiers') }}

),

cost_flags as (

    select * from {{ ref('cost_flags') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

scored as (

    select
        net_values.month,
        net_values.group_account_id,
        net_values.revenue_amount,
        net_values.service_cost_amount,
        net_values.net_value_amount,
        net_values.net_value_rank,
        net_values.accounts_ranked,
        tiers.effective_tier as score_tier,
        tiers.tier_band as score_tier_band,
        rules.net_value_rule_id,
        rules.version

    from net_values

    inner join rules
        on {{ is_rule_in_force('rules', 'net_values.month') }}

    left join tiers
        on
            rules.scorecard_id = tiers.scorecard_id
            and net_values.month = tiers.month
            and net_values.group_account_id = tiers.group_account_id

),

final as (

    select
        scored.month,
        scored.group_account_id,
        scored.revenue_amount,
        scored.service_cost_amount,
        scored.net_value_amount,
        round(100 * scored.service_cost_amount / nullif(scored.revenue_amount, 0), 2)
            as cost_share_pct,
        scored.net_value_rank,
        net_value_tiers.net_value_tier,
        scored.score_tier,
        scored.score_tier_band,
        cost_flags.cost_flag,
        case
            when scored.service_cost_amount is not null
                then (cost_flags.cost_flag is not distinct from 'expensive')::integer
        end as expensive_accounts,
        scored.version as net_value_rule_version

    from scored

    left join net_value_tiers
        on
            scored.net_value_rule_id = net_value_tiers.net_value_rule_id
            and scored.version = net_value_tiers.version
            and scored.net_value_rank
            > round(net_value_tiers.share_from_pct * scored.accounts_ranked / 100)
            and scored.net_value_rank
            <= round(net_value_tiers.share_to_pct * scored.accounts_ranked / 100)

    -- Shares are compared as products, so that no revenue is no division by zero.
    left join cost_flags
        on
            scored.net_value_rule_id = cost_flags.net_value_rule_id
            and scored.version = cost_flags.version
            and scored.score_tier_band = cost_flags.tier_band
            and net_value_tiers.net_value_tier
            = any(string_to_array(cost_flags.net_value_tiers, ' '))
            and scored.service_cost_amount * 100
            * case cost_flags.comparison when 'at_least' then 1 else -1 end
            >= cost_flags.cost_share_pct * scored.revenue_amount
            * case cost_flags.comparison when 'at_least' then 1 else -1 end
            and case cost_flags.comparison
                when 'at_least' then scored.service_cost_amount > 0
                else scored.revenue_amount > 0
            end

)

select * from final
