select
    cut_offs.tier,
    cut_offs.rank_from,
    cut_offs.rank_to,
    cut_offs.points_needed

from marts.fct_tier_cut_offs as cut_offs

inner join marts.fct_account_scores as scores
    on
        cut_offs.scorecard_id = scores.scorecard_id
        and cut_offs.month = scores.month
        and cut_offs.partition_id = scores.partition_id

where
    scores.scorecard_id = %(scorecard)s
    and scores.month = %(month)s
    and scores.group_account_id = %(account)s

order by cut_offs.tier_order
