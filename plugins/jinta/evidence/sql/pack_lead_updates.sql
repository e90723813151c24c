select
    lead_rule_id,
    account_id,
    coalesce(lead_status, update_kind) as lead_status,
    coalesce(outcome, feedback, lesson) as outcome,
    {person}(updated_by) as updated_by,
    updated_at,
    updated_at <= %(known_at)s as is_known

from control.lead_updates

where account_id = any(%(records)s)

order by update_id
