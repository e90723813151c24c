select
    steps.group_account_id,
    steps.step_order,
    steps.step_name,
    steps.department,
    steps.person_id,
    steps.buying_factor,
    steps.attitude_grade

from marts.dim_buying_steps as steps

where
    steps.month = %(month)s
    and steps.group_account_id = any(%(accounts)s)

order by steps.group_account_id, steps.step_order, steps.step_id
