select
    scores.scorecard_version,
    scores.partition_id,
    scores.x_points,
    scores.y_points,
    scores.z_points,
    scores.w_points,
    scores.total_points,
    scores.completeness_pct,
    scores.is_provisional,
    scores.value_rank,
    scores.population,
    scores.raw_tier,
    scores.suggested_tier,
    scores.effective_tier,
    scores.override_id,
    scores.override_reason,
    {person}(scores.override_approver) as override_approver,
    scores.override_valid_to,
    indicators.total_amount,
    indicators.total_amount_3m,
    indicators.unified_payment_rows,
    indicators.member_bill_rows,
    indicators.informatization_rows,
    indicators.leased_lines,
    indicators.member_lines

from marts.fct_account_scores as scores

inner join marts.fct_account_indicators as indicators
    on
        scores.month = indicators.month
        and scores.group_account_id = indicators.group_account_id

where
    scores.scorecard_id = %(scorecard)s
    and scores.month = %(month)s
    and scores.group_account_id = %(account)s
