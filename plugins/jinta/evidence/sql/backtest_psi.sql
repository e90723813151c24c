-- Population stability index between a month and a later one: the sum over bins of
-- (later share - share) * ln(later share / share). Bins of a value are the tenths of
-- the earlier month, equal borders once; bins of a tier are the tiers. An empty bin
-- counts as half an account.
insert into backtest_metrics (month, ranking, metric, subject, value)
with

scores as (

    select * from backtest_scores where month in (%(month)s, %(later)s)

),

borders as (

    select
        array(
            select distinct border
            from unnest(
                percentile_disc(array[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
                within group (order by score)
            ) as borders (border)
            order by border
        ) as score_borders,
        array(
            select distinct border
            from unnest(
                percentile_disc(array[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
                within group (order by revenue)
            ) as borders (border)
            order by border
        ) as revenue_borders

    from scores

    where month = %(month)s

),

binned as (

    select
        scores.month = %(later)s as is_later,
        bins.ranking,
        bins.bin

    from scores

    cross join borders

    cross join
        lateral (
            values
            ('score', width_bucket(scores.score, borders.score_borders)::text),
            ('revenue', width_bucket(scores.revenue, borders.revenue_borders)::text),
            ('raw_tier', scores.raw_tier),
            ('effective_tier', scores.effective_tier)
        ) as bins (ranking, bin)

),

counted as (

    select
        ranking,
        bin,
        greatest(count(*) filter (where not is_later), 0.5) as accounts,
        greatest(count(*) filter (where is_later), 0.5) as later_accounts

    from binned

    group by ranking, bin

),

totals as (

    select
        count(*) filter (where month = %(month)s)::numeric as accounts,
        count(*) filter (where month = %(later)s)::numeric as later_accounts

    from scores

)

select
    %(month)s::date as month,
    counted.ranking,
    'psi' as metric,
    %(lag)s as subject,
    sum(
        (
            counted.later_accounts / totals.later_accounts
            - counted.accounts / totals.accounts
        )
        * ln(
            (counted.later_accounts / totals.later_accounts)
            / (counted.accounts / totals.accounts)
        )
    ) as value

from counted

cross join totals

where
    totals.accounts > 0
    and totals.later_accounts > 0

group by counted.ranking
