select
    lead_rule_id,
    account_id,
    lead_status,
    outcome,
    {person}(updated_by) as updated_by,
    updated_at,
    updated_at <= %(known_at)s as is_known

from control.lead_updates

where account_id = any(%(records)s)

order by update_id
