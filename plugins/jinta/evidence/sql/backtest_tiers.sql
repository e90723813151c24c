-- Capture by tier. The score's tiers are those published. Every other ranking gives as
-- many places of each band in each partition to its own best; where equal values stand
-- at a border, each has a part of the places left. Chance is the expected value.
insert into backtest_metrics (month, ranking, metric, subject, value)
with

outcomes as (

    select * from backtest_outcomes where month = %(month)s

),

bands as (

    select
        partition_id,
        tier_band,
        count(*)::numeric as accounts,
        sum(count(*)) over (partition by partition_id order by band_order)
            as place_to

    from outcomes

    group by partition_id, tier_band, band_order

),

tied as (

    select
        outcomes.partition_id,
        rankings.ranking,
        rankings.value,
        count(*)::numeric as accounts,
        sum(outcomes.future_amount) as future_amount,
        count(*) filter (where outcomes.is_churned)::numeric as churned

    from outcomes

    cross join
        lateral (
            values
            ('revenue', outcomes.revenue),
            ('random', outcomes.random),
            ('perfect', outcomes.future_amount),
            ('chance', 0)
        ) as rankings (ranking, value)

    group by outcomes.partition_id, rankings.ranking, rankings.value

),

placed as (

    select
        partition_id,
        ranking,
        accounts,
        future_amount,
        churned,
        sum(accounts) over (partition by partition_id, ranking order by value desc)
            as place_to

    from tied

),

parts as (

    select
        placed.ranking,
        bands.tier_band as subject,
        least(placed.place_to, bands.place_to)
        - greatest(
            placed.place_to - placed.accounts, bands.place_to - bands.accounts
        ) as accounts,
        placed.accounts as tied_accounts,
        placed.future_amount,
        placed.churned

    from placed

    inner join bands
        on
            placed.partition_id = bands.partition_id
            and placed.place_to > bands.place_to - bands.accounts
            and placed.place_to - placed.accounts < bands.place_to

),

captured as (

    select
        ranking,
        subject,
        sum(accounts) as accounts,
        sum(future_amount * accounts / tied_accounts) as future_amount,
        sum(churned * accounts / tied_accounts) as churned

    from parts

    group by ranking, subject

    union all

    select
        'score' as ranking,
        tiers.subject,
        count(*)::numeric as accounts,
        sum(outcomes.future_amount) as future_amount,
        count(*) filter (where outcomes.is_churned)::numeric as churned

    from outcomes

    -- A band of one tier has the tier's name and is counted once.
    cross join
        lateral (
            select outcomes.tier_band as subject
            union
            select outcomes.raw_tier as subject
        ) as tiers

    group by tiers.subject

),

totals as (

    select
        count(*)::numeric as accounts,
        sum(future_amount) as future_amount,
        count(*) filter (where is_churned)::numeric as churned

    from outcomes

)

select
    %(month)s::date as month,
    captured.ranking,
    metrics.metric,
    captured.subject,
    metrics.value

from captured

cross join totals

cross join
    lateral (
        values
        ('tier_accounts_pct', 100 * captured.accounts / totals.accounts),
        (
            'revenue_capture_pct',
            100 * captured.future_amount / nullif(totals.future_amount, 0)
        ),
        ('churn_capture_pct', 100 * captured.churned / nullif(totals.churned, 0)),
        (
            'lift',
            captured.future_amount * totals.accounts
            / nullif(captured.accounts * totals.future_amount, 0)
        )
    ) as metrics (metric, value)

where metrics.value is not null
