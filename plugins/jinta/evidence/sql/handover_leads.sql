-- Leads of the accounts and prospects, and those of others that the manager works on.
select
    leads.group_account_id,
    leads.lead_rule_id,
    leads.lead_name,
    leads.lead_name_zh,
    leads.lead_action,
    leads.priority,
    leads.lead_status,
    leads.outcome,
    leads.assigned_to,
    leads.due_date

from marts.fct_leads as leads

where
    leads.month = %(month)s
    and (
        leads.group_account_id = any(%(accounts)s)
        or leads.group_account_id = any(%(prospects)s)
        or leads.assigned_to = %(manager)s
    )

order by leads.group_account_id, leads.lead_rule_id
