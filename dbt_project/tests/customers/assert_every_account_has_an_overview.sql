-- Guards S2-16: account 360 has the accounts of the month, each once, and its counts
-- are those of the detail marts.
with

accounts as (

    select * from {{ ref('dim_group_accounts') }}
    where account_kind = 'account'

),

overviews as (

    select * from {{ ref('fct_account_overviews') }}

),

tasks as (

    select * from {{ ref('fct_tasks') }}

),

visits as (

    select * from {{ ref('fct_visits') }}

),

tasks_counted as (

    select
        month,
        group_account_id,
        count(*) filter (where is_open) as open_tasks

    from tasks

    group by month, group_account_id

),

visits_counted as (

    select
        month,
        group_account_id,
        count(*) as visits

    from visits

    group by month, group_account_id

)

select
    coalesce(accounts.month, overviews.month) as month,
    coalesce(accounts.group_account_id, overviews.group_account_id)
        as group_account_id,
    overviews.open_tasks,
    overviews.open_processes,
    overviews.visits

from accounts

full outer join overviews
    on
        accounts.month = overviews.month
        and accounts.group_account_id = overviews.group_account_id

left join tasks_counted
    on
        overviews.month = tasks_counted.month
        and overviews.group_account_id = tasks_counted.group_account_id

left join visits_counted
    on
        overviews.month = visits_counted.month
        and overviews.group_account_id = visits_counted.group_account_id

where
    accounts.group_account_id is null
    or overviews.group_account_id is null
    or overviews.open_tasks + overviews.open_processes
    <> coalesce(tasks_counted.open_tasks, 0)
    or overviews.visits <> coalesce(visits_counted.visits, 0)
