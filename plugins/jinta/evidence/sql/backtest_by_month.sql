select
    metrics.month,
    versions.scorecard_version,
    metrics.ranking,
    metrics.metric,
    metrics.subject,
    round(metrics.value, 6) as value

from backtest_metrics as metrics

inner join (
    select distinct
        month,
        scorecard_version

    from backtest_scores
) as versions on metrics.month = versions.month

order by metrics.month, metrics.metric, metrics.subject, metrics.ranking
