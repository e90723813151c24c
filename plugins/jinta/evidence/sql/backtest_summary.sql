-- Every metric by version: its mean over the months, and its extremes.
select
    versions.scorecard_version,
    metrics.ranking,
    metrics.metric,
    metrics.subject,
    round(avg(metrics.value), 6) as mean,
    round(min(metrics.value), 6) as least,
    round(max(metrics.value), 6) as most,
    count(*) as months

from backtest_metrics as metrics

inner join (
    select distinct
        month,
        scorecard_version

    from backtest_scores
) as versions on metrics.month = versions.month

group by
    versions.scorecard_version, metrics.ranking, metrics.metric, metrics.subject

order by
    versions.scorecard_version, metrics.metric, metrics.subject, metrics.ranking
