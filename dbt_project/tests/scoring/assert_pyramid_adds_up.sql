-- Every tier of every branch holds the accounts and the revenue that the scores put
-- there, by effective and by raw tier, and its share of the branch's ranked accounts.
with

pyramid as (

    select * from {{ ref('fct_value_pyramid') }}

),

accounts as (

    select * from {{ ref('dim_group_accounts') }}

),

indicators as (

    select * from {{ ref('fct_account_indicators') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

placed as (

    select
        scores.scorecard_id,
        scores.scorecard_version,
        scores.month,
        coalesce(accounts.branch_id, 'unknown') as branch_id,
        scores.effective_tier,
        scores.raw_tier,
        scores.value_rank is not null as is_ranked,
        indicators.total_amount

    from scores

    inner join accounts
        on
            scores.month = accounts.month
            and scores.group_account_id = accounts.group_account_id

    inner join indicators
        on
            scores.month = indicators.month
            and scores.group_account_id = indicators.group_account_id

),

branches as (

    select
        scorecard_id,
        scorecard_version,
        month,
        branch_id,
        count(*) filter (where is_ranked) as ranked_accounts,
        sum(total_amount) filter (where is_ranked) as ranked_revenue

    from placed

    group by scorecard_id, scorecard_version, month, branch_id

),

counted as (

    select
        branches.scorecard_id,
        branches.month,
        branches.branch_id,
        tier_rules.tier,
        branches.ranked_accounts as branch_accounts,
        branches.ranked_revenue as branch_revenue,
        {%- for kind in ['effective', 'raw'] %}
        count(*) filter (where placed.{{ kind }}_tier = tier_rules.tier)
            as {{ kind }}_accounts,
        coalesce(
            sum(placed.total_amount) filter (
                where placed.{{ kind }}_tier = tier_rules.tier
            ),
            0
        ) as {{ kind }}_revenue,
        {%- endfor %}
        count(*) filter (
            where placed.effective_tier = tier_rules.tier and placed.is_ranked
        ) as ranked_accounts,
        coalesce(
            sum(placed.total_amount) filter (
                where placed.effective_tier = tier_rules.tier and placed.is_ranked
            ),
            0
        ) as ranked_revenue

    from branches

    inner join tier_rules
        on
            branches.scorecard_id = tier_rules.scorecard_id
            and branches.scorecard_version = tier_rules.version

    inner join placed
        on
            branches.scorecard_id = placed.scorecard_id
            and branches.month = placed.month
            and branches.branch_id = placed.branch_id

    group by
        branches.scorecard_id,
        branches.month,
        branches.branch_id,
        tier_rules.tier,
        branches.ranked_accounts,
        branches.ranked_revenue

)

select
    coalesce(counted.scorecard_id, pyramid.scorecard_id) as scorecard_id,
    coalesce(counted.month, pyramid.month) as month,
    coalesce(counted.branch_id, pyramid.branch_id) as branch_id,
    coalesce(counted.tier, pyramid.tier) as tier,
    counted.effective_accounts,
    pyramid.accounts,
    counted.effective_revenue,
    pyramid.revenue,
    counted.raw_accounts as counted_raw_accounts,
    pyramid.raw_accounts,
    counted.raw_revenue as counted_raw_revenue,
    pyramid.raw_revenue,
    pyramid.account_share_pct,
    pyramid.revenue_share_pct

from counted

full join pyramid
    on
        counted.scorecard_id = pyramid.scorecard_id
        and counted.month = pyramid.month
        and counted.branch_id = pyramid.branch_id
        and counted.tier = pyramid.tier

where
    counted.effective_accounts is distinct from pyramid.accounts
    or counted.effective_revenue is distinct from pyramid.revenue
    or counted.raw_accounts is distinct from pyramid.raw_accounts
    or counted.raw_revenue is distinct from pyramid.raw_revenue
    or round(100.0 * counted.ranked_accounts / nullif(counted.branch_accounts, 0), 4)
    is distinct from pyramid.account_share_pct
    or round(100.0 * counted.ranked_revenue / nullif(counted.branch_revenue, 0), 4)
    is distinct from pyramid.revenue_share_pct
