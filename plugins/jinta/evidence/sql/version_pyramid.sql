select
    tier,
    sum(accounts)::bigint as accounts,
    sum(revenue) as revenue,
    sum(raw_accounts)::bigint as raw_accounts,
    sum(raw_revenue) as raw_revenue

from marts.fct_value_pyramid

where
    scorecard_id = %(scorecard)s
    and month = %(month)s

group by tier

order by tier
