-- The manager's work list, the most pressing first. Of a manager who has left it stands
-- in lists of others, so places are counted anew.
select
    row_number() over in_order as place,
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

window
    in_order as (
        order by
            matters.weight desc,
            matters.due_date asc nulls last,
            coalesce(matters.amount, 0) desc,
            matters.account_name collate "C" asc,
            matters.what_to_do collate "C" asc,
            matters.matter_kind asc,
            matters.system_name collate "C" asc,
            matters.matter_id collate "C" asc
    )

order by place
