-- The gains (Lorenz) curve in twenty steps: the share of the revenue to come, and of
-- the accounts that will churn, among the best 5, 10, … 100 %% of the accounts. A step
-- that ends within equal values takes a part of them.
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

tied as (

    select
        month,
        ranking,
        value,
        count(*)::numeric as accounts,
        sum(future_amount) as future_amount,
        count(*) filter (where is_churned)::numeric as churned

    from rankings

    group by month, ranking, value

),

placed as (

    select
        month,
        ranking,
        accounts,
        future_amount,
        churned,
        sum(accounts) over (partition by ranking order by value desc) as place_to,
        sum(accounts) over (partition by ranking) as all_accounts

    from tied

),

steps as (

    select
        placed.month,
        placed.ranking,
        step,
        (
            least(placed.place_to, step * placed.all_accounts / 20)
            - greatest(
                placed.place_to - placed.accounts,
                (step - 1) * placed.all_accounts / 20
            )
        ) / placed.accounts as part,
        placed.future_amount,
        placed.churned

    from placed

    cross join
        lateral generate_series(
            floor((placed.place_to - placed.accounts) * 20 / placed.all_accounts)
            ::integer + 1,
            ceil(placed.place_to * 20 / placed.all_accounts)::integer
        ) as step

),

summed as (

    select
        month,
        ranking,
        step,
        sum(part * future_amount) as future_amount,
        sum(part * churned) as churned

    from steps

    group by month, ranking, step

),

added_up as (

    select
        month,
        ranking,
        step,
        100 * sum(future_amount) over so_far
        / nullif(sum(future_amount) over all_of_it, 0) as revenue_gain_pct,
        100 * sum(churned) over so_far
        / nullif(sum(churned) over all_of_it, 0) as churn_gain_pct

    from summed

    window
        so_far as (partition by ranking order by step),
        all_of_it as (partition by ranking)

)

select
    added_up.month,
    added_up.ranking,
    metrics.metric,
    lpad((added_up.step * 5)::text, 3, '0') as subject,
    metrics.value

from added_up

cross join
    lateral (
        values
        ('revenue_gain_pct', added_up.revenue_gain_pct),
        ('churn_gain_pct', added_up.churn_gain_pct)
    ) as metrics (metric, value)

where metrics.value is not null
