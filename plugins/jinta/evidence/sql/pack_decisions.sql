select
    decision_id,
    decision_kind,
    account_id_left,
    account_id_right,
    {person}(decided_by) as decided_by,
    reason,
    decided_at,
    decided_at <= %(known_at)s as is_known

from control.steward_decisions

where
    account_id_left = any(%(records)s)
    or account_id_right = any(%(records)s)

order by decision_id
