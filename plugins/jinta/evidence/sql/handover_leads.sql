select
    leads.group_account_id,
    leads.lead_rule_id,
    leads.lead_name,
    leads.lead_name_zh,
    leads.lead_action,
    leads.priority,
    leads.lead_status,
    leads.outcome

from marts.fct_leads as leads

where
    leads.month = %(month)s
    and leads.group_account_id = any(%(accounts)s)

order by leads.group_account_id, leads.lead_rule_id
