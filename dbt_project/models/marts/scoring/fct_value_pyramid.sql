-- Every tier of every branch has a row, so that charts have no holes.
with

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

months_mastered as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

accounts as (

    select
        scores.scorecard_id,
        scores.scorecard_version,
        scores.month,
        coalesce(months_mastered.branch_id, 'unknown') as branch_id,
        scores.total_amount,
        tiers.raw_tier,
        tiers.effective_tier,
        tiers.population is not null as is_ranked

    from scores

    inner join tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.month = tiers.month
            and scores.group_account_id = tiers.group_account_id

    inner join months_mastered
        on
            scores.month = months_mastered.month
            and scores.group_account_id = months_mastered.group_account_id

),

counted as (

    select
        scorecard_id,
        scorecard_version,
        month,
        branch_id,
        effective_tier as tier,
        count(*) as accounts,
        sum(total_amount) as revenue,
        0 as raw_accounts,
        0 as raw_revenue,
        count(*) filter (where is_ranked) as ranked_accounts,
        sum(total_amount) filter (where is_ranked) as ranked_revenue

    from accounts

    group by scorecard_id, scorecard_version, month, branch_id, effective_tier

    union all

    select
        scorecard_id,
        scorecard_version,
        month,
        branch_id,
        raw_tier as tier,
        0 as accounts,
        0 as revenue,
        count(*) as raw_accounts,
        sum(total_amount) as raw_revenue,
        0 as ranked_accounts,
        0 as ranked_revenue

    from accounts

    group by scorecard_id, scorecard_version, month, branch_id, raw_tier

    union all

    select distinct
        accounts.scorecard_id,
        accounts.scorecard_version,
        accounts.month,
        accounts.branch_id,
        tier_rules.tier,
        0 as accounts,
        0 as revenue,
        0 as raw_accounts,
        0 as raw_revenue,
        0 as ranked_accounts,
        0 as ranked_revenue

    from accounts

    inner join tier_rules
        on
            accounts.scorecard_id = tier_rules.scorecard_id
            and accounts.scorecard_version = tier_rules.version

),

summed as (

    select
        scorecard_id,
        scorecard_version,
        month,
        branch_id,
        tier,
        sum(accounts)::bigint as accounts,
        sum(revenue) as revenue,
        sum(raw_accounts)::bigint as raw_accounts,
        sum(raw_revenue) as raw_revenue,
        sum(ranked_accounts)::bigint as ranked_accounts,
        coalesce(sum(ranked_revenue), 0) as ranked_revenue

    from counted

    group by scorecard_id, scorecard_version, month, branch_id, tier

),

final as (

    select
        scorecard_id,
        month,
        branch_id,
        tier,
        accounts,
        revenue,
        round(
            100.0 * ranked_accounts / nullif(sum(ranked_accounts) over branches, 0), 4
        ) as account_share_pct,
        round(
            100.0 * ranked_revenue
            / nullif(sum(ranked_revenue) over branches, 0),
            4
        ) as revenue_share_pct,
        raw_accounts,
        raw_revenue,
        scorecard_version

    from summed

    window branches as (partition by scorecard_id, month, branch_id)

)

select * from final
