-- How scores and tiers came out, by scorecard.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

judgements as (

    select * from {{ ref('int_scoring__judgements_weighed') }}

),

published as (

    select * from {{ source('control', 'published_metrics') }}
    where metric = 'mean_points'

),

ranked as (

    select
        scores.scorecard_id,
        scores.month,
        scores.total_points,
        scores.completeness_pct,
        scores.is_provisional,
        tiers.override_id

    from scores

    inner join tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.month = tiers.month
            and scores.group_account_id = tiers.group_account_id

    where tiers.population is not null

),

shapes as (

    select
        scorecard_id,
        month,
        count(*)::numeric as ranked_accounts,
        round(avg(total_points) / 100, 4) as mean_points,
        round(avg(completeness_pct), 4) as mean_completeness_pct,
        round(100.0 * count(*) filter (where is_provisional) / count(*), 4)
            as provisional_pct,
        round(100.0 * count(override_id) / count(*), 4) as overridden_pct,
        round(100.0 * count(distinct total_points) / count(*), 4) as distinct_points_pct

    from ranked

    group by scorecard_id, month

),

compared as (

    select
        shapes.scorecard_id,
        shapes.month,
        shapes.ranked_accounts,
        shapes.mean_points,
        shapes.mean_completeness_pct,
        shapes.provisional_pct,
        shapes.overridden_pct,
        shapes.distinct_points_pct,
        coalesce(before.mean_points, published.value) as mean_points_before

    from shapes

    left join shapes as before
        on
            shapes.scorecard_id = before.scorecard_id
            and before.month = (shapes.month - interval '1 month')::date

    left join published
        on
            shapes.scorecard_id = published.subject
            and published.month = (shapes.month - interval '1 month')::date

),

measured as (

    select
        compared.month,
        compared.scorecard_id as subject,
        metrics.metric,
        metrics.value

    from compared

    cross join
        lateral (
            values
            ('ranked_accounts', compared.ranked_accounts),
            ('mean_points', compared.mean_points),
            ('mean_points_before', compared.mean_points_before),
            (
                'mean_points_change_pct',
                round(
                    100 * (compared.mean_points - compared.mean_points_before)
                    / nullif(compared.mean_points_before, 0),
                    2
                )
            ),
            ('mean_completeness_pct', compared.mean_completeness_pct),
            ('provisional_pct', compared.provisional_pct),
            ('overridden_pct', compared.overridden_pct),
            ('distinct_points_pct', compared.distinct_points_pct)
        ) as metrics (metric, value)

    union all

    select
        months.month,
        'scorecards' as subject,
        'scorecards_in_force' as metric,
        count(distinct shapes.scorecard_id) as value

    from months

    left join shapes
        on months.month = shapes.month

    group by months.month

    union all

    -- All versions, so that none is approved whose judgements contradict each other.
    -- What can't be measured is as bad as judgements at random, whose ratio is 1.
    select distinct
        months.month,
        'judgements ' || judgements.ahp_id || ' ' || judgements.ahp_version as subject,
        'consistency_ratio' as metric,
        coalesce(round(judgements.consistency_ratio, 6), 1) as value

    from months

    cross join judgements

    where months.month = (select max(last_months.month) from months as last_months)

),

final as (

    select
        month,
        '' as system_name,
        subject,
        metric,
        value

    from measured

    where value is not null

)

select * from final
