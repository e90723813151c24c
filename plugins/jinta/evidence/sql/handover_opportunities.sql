-- What is in the funnel for the accounts and prospects, and what the manager pursues
-- elsewhere.
select
    stages.group_account_id,
    stages.opportunity_id,
    stages.product_code,
    stages.stage,
    stages.entered_date,
    stages.expected_amount,
    stages.weighted_amount,
    stages.manager_id,
    stages.age_days

from marts.fct_opportunity_stages as stages

where
    stages.month = %(month)s
    and stages.is_current
    and stages.stage_kind = 'open'
    and (
        stages.group_account_id = any(%(accounts)s)
        or stages.group_account_id = any(%(prospects)s)
        or stages.manager_id = %(manager)s
    )

order by
    stages.weighted_amount desc nulls last,
    stages.system_name asc,
    stages.opportunity_id asc
