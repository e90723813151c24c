-- Every content that readers saw of the month, and what the account's score was in it.
select
    shown.publication_id,
    shown.shown_from,
    shown.shown_until,
    shown.is_kept,
    shown.content_hash,
    scores.total_points,
    scores.value_rank,
    scores.raw_tier,
    scores.effective_tier

from marts.shown_months as shown

left join marts.fct_account_scores_as_shown as scores
    on
        shown.month = scores.month
        and shown.publication_id = scores.publication_id
        and shown.shown_from = scores.shown_from
        and scores.scorecard_id = %(scorecard)s
        and scores.group_account_id = %(account)s

where
    shown.mart = 'fct_account_scores'
    and shown.month = %(month)s

order by shown.shown_from
