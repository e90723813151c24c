-- One row per judged month and ranked account: what came of it in the months after.
-- Churned is who is closed when the horizon ends, and who paid something in the last
-- three months and nothing in the whole horizon.
create temporary table backtest_outcomes as
with

account_classes as (

    select distinct
        members.month,
        members.group_account_id,
        classes.class_id

    from backtest_members as members

    inner join backtest_classes as classes
        on members.source_record_id = classes.source_record_id

    where members.month = any(%(judged)s)

),

followed as (

    select
        account_classes.month,
        account_classes.group_account_id,
        sum(later.amount) as future_amount,
        bool_or(later.is_open) filter (
            where later.month
            = account_classes.month + make_interval(months => %(horizon)s)
        ) as is_open

    from account_classes

    inner join backtest_revenue as later
        on
            account_classes.class_id = later.class_id
            and later.month > account_classes.month
            and later.month
            <= account_classes.month + make_interval(months => %(horizon)s)

    group by account_classes.month, account_classes.group_account_id

)

select
    scores.month,
    scores.scorecard_version,
    scores.group_account_id,
    scores.partition_id,
    scores.score,
    scores.revenue,
    scores.random,
    scores.raw_tier,
    scores.tier_band,
    scores.band_order,
    coalesce(followed.future_amount, 0) as future_amount,
    not coalesce(followed.is_open, false)
    or (scores.revenue > 0 and coalesce(followed.future_amount, 0) <= 0) as is_churned

from backtest_scores as scores

left join followed
    on
        scores.month = followed.month
        and scores.group_account_id = followed.group_account_id

where scores.month = any(%(judged)s)
