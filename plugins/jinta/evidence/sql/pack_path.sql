-- The account in every published month, under the id that it had there.
select
    scores.month,
    scores.group_account_id,
    scores.scorecard_version,
    scores.total_points,
    scores.value_rank,
    scores.population,
    scores.raw_tier,
    scores.suggested_tier,
    scores.effective_tier,
    indicators.total_amount

from marts.bridge_account_records as bridge

inner join marts.fct_account_scores as scores
    on
        bridge.month = scores.month
        and bridge.group_account_id = scores.group_account_id
        and scores.scorecard_id = %(scorecard)s

inner join marts.fct_account_indicators as indicators
    on
        scores.month = indicators.month
        and scores.group_account_id = indicators.group_account_id

where bridge.source_record_id = 'r' || substr(%(account)s, 2)

order by scores.month
