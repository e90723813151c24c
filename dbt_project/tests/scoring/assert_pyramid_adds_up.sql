-- The tiers of a pyramid hold every account and all its revenue, by effective tier and
-- by raw tier. Shares are rounded to four decimals: their sum may miss 100 by half a
-- unit per tier.
with

pyramid as (

    select * from {{ ref('fct_value_pyramid') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

),

indicators as (

    select * from {{ ref('fct_account_indicators') }}

),

pyramid_sums as (

    select
        scorecard_id,
        month,
        sum(accounts) as accounts,
        sum(raw_accounts) as raw_accounts,
        sum(revenue) as revenue,
        sum(raw_revenue) as raw_revenue

    from pyramid

    group by scorecard_id, month

),

score_sums as (

    select
        scores.scorecard_id,
        scores.month,
        count(*) as accounts,
        sum(indicators.total_amount) as revenue

    from scores

    inner join indicators
        on
            scores.month = indicators.month
            and scores.group_account_id = indicators.group_account_id

    group by scores.scorecard_id, scores.month

),

share_sums as (

    select
        scorecard_id,
        month,
        count(*) filter (
            where abs(share_pct - 100) > 0.00005 * tiers
        ) as branches_off

    from (
        select
            scorecard_id,
            month,
            branch_id,
            sum(account_share_pct) as share_pct,
            count(*) as tiers
        from pyramid
        group by scorecard_id, month, branch_id
    ) as branches

    group by scorecard_id, month

)

select
    score_sums.scorecard_id,
    score_sums.month,
    score_sums.accounts,
    pyramid_sums.accounts as pyramid_accounts,
    pyramid_sums.raw_accounts as pyramid_raw_accounts,
    score_sums.revenue,
    pyramid_sums.revenue as pyramid_revenue,
    pyramid_sums.raw_revenue as pyramid_raw_revenue,
    share_sums.branches_off

from score_sums

left join pyramid_sums
    on
        score_sums.scorecard_id = pyramid_sums.scorecard_id
        and score_sums.month = pyramid_sums.month

left join share_sums
    on
        score_sums.scorecard_id = share_sums.scorecard_id
        and score_sums.month = share_sums.month

where
    score_sums.accounts is distinct from pyramid_sums.accounts
    or score_sums.accounts is distinct from pyramid_sums.raw_accounts
    or score_sums.revenue is distinct from pyramid_sums.revenue
    or score_sums.revenue is distinct from pyramid_sums.raw_revenue
    or share_sums.branches_off > 0
