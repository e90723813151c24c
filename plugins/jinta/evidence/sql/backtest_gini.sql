-- Gini by month and ranking. Equal values share the middle of their ranks, which is
-- what any order among them comes to on average.
insert into backtest_metrics (month, ranking, metric, subject, value)
with

rankings as (

    select
        outcomes.month,
        rankings.ranking,
        rankings.value,
        outcomes.future_amount,
        outcomes.is_churned

    from backtest_outcomes as outcomes

    cross join
        lateral (
            values
            ('score', outcomes.score),
            ('revenue', outcomes.revenue),
            ('random', outcomes.random),
            ('perfect', outcomes.future_amount)
        ) as rankings (ranking, value)

    where outcomes.month = %(month)s

),

placed as (

    select
        month,
        ranking,
        future_amount,
        is_churned,
        count(*) over (partition by ranking) as accounts,
        rank() over (partition by ranking order by value desc)
        + (count(*) over (partition by ranking, value) - 1) / 2.0 as place

    from rankings

),

summed as (

    select
        month,
        ranking,
        count(*)::numeric as accounts,
        sum(future_amount) as future_amount,
        sum((accounts + 1 - 2 * place) * future_amount) as weighted_amount,
        count(*) filter (where is_churned)::numeric as churned,
        sum(place) filter (where is_churned) as churned_places

    from placed

    group by month, ranking

),

measured as (

    select
        month,
        ranking,
        accounts,
        future_amount,
        churned,
        case
            when future_amount > 0 then weighted_amount / (accounts * future_amount)
        end as concentration,
        case
            when churned > 0 and churned < accounts
                then
                    2 * (churned_places - churned * (churned + 1) / 2)
                    / (churned * (accounts - churned))
                    - 1
        end as churn_gini

    from summed

)

select
    measured.month,
    measured.ranking,
    metrics.metric,
    '' as subject,
    metrics.value

from measured

cross join
    lateral (
        values
        ('accounts', measured.accounts),
        ('future_amount', measured.future_amount),
        ('churned', measured.churned),
        ('concentration', measured.concentration),
        (
            'gini',
            measured.concentration
            / nullif(
                (
                    select perfect.concentration
                    from measured as perfect
                    where perfect.ranking = 'perfect'
                ),
                0
            )
        ),
        ('churn_gini', measured.churn_gini)
    ) as metrics (metric, value)

where metrics.value is not null
