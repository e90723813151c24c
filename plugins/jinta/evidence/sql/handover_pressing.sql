-- The manager's work list, the most pressing first.
select
    matters.place,
    matters.group_account_id,
    matters.account_name,
    matters.account_id_crm,
    matters.matter_kind,
    matters.matter_id,
    matters.is_own_account,
    matters.what_to_do,
    matters.noted_date,
    matters.due_date,
    matters.amount,
    matters.satisfaction_points,
    matters.days_since_visit,
    matters.weight

from marts.fct_pressing_matters as matters

where
    matters.month = %(month)s
    and (
        matters.manager_id = %(manager)s
        or matters.manager_id_left = %(manager)s
    )

order by matters.place
