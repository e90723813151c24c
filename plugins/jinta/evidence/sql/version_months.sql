-- The published months that a version scored, newest first.
select distinct month

from marts.fct_account_scores

where
    scorecard_id = %(scorecard)s
    and scorecard_version = %(version)s

order by month desc
