select
    override_id,
    account_id,
    tier,
    valid_from,
    valid_to,
    {person}(approver) as approver,
    reason,
    recorded_at,
    recorded_at <= %(known_at)s as is_known

from control.tier_overrides

where
    scorecard_id = %(scorecard)s
    and account_id = any(%(records)s)

order by override_id
