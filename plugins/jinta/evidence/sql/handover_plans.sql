-- What is planned for the accounts, and what the manager plans for others, with the
-- visit that goes with it.
select
    plans.group_account_id,
    plans.account_id_crm,
    plans.plan_id,
    plans.manager_id,
    plans.goal,
    plans.product_code,
    plans.due_date,
    plans.is_overdue,
    plans.helper_ids,
    plans.planned_visit_date,
    plans.visit_status

from marts.fct_customer_plans as plans

where
    plans.month = %(month)s
    and plans.is_open
    and (
        plans.group_account_id = any(%(accounts)s)
        or plans.manager_id = %(manager)s
    )

order by plans.due_date asc nulls last, plans.system_name asc, plans.plan_id asc
