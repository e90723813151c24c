select
    leads.lead_rule_id,
    leads.lead_rule_version,
    leads.lead_name,
    leads.lead_name_zh,
    leads.lead_action,
    leads.priority,
    leads.lead_status,
    leads.outcome,
    leads.evidence,
    leads.manager_id

from marts.fct_leads as leads

where
    leads.month = %(month)s
    and leads.group_account_id = %(account)s

order by leads.lead_rule_id
