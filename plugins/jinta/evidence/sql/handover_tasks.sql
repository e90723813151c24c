-- Open tasks and processes of the accounts, and those of other accounts that the
-- manager is in charge of.
select
    tasks.group_account_id,
    tasks.account_id_crm,
    tasks.task_id,
    tasks.task_kind,
    tasks.task_name,
    tasks.manager_id,
    tasks.opened_date,
    tasks.due_date,
    tasks.is_overdue,
    tasks.open_days

from marts.fct_tasks as tasks

where
    tasks.month = %(month)s
    and tasks.is_open
    and (
        tasks.group_account_id = any(%(accounts)s)
        or tasks.manager_id = %(manager)s
    )

order by tasks.due_date asc nulls last, tasks.system_name asc, tasks.task_id asc
