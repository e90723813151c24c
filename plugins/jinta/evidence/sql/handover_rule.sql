select
    rules.version,
    rules.agreement_days,
    rules.competitor_contract_days,
    rules.unvisited_days,
    rules.visit_history_months,
    rules.introduced_accounts

from rules.handover_rules as rules

where
    rules.valid_from <= %(month)s
    and coalesce(rules.valid_to >= %(month)s, true)

order by rules.handover_rule_id

limit 1
