-- One row per reported month and account: its manager, and what was done for it.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

managers as (

    select * from {{ ref('int_customers__managers_posted') }}

),

visits as (

    select * from {{ ref('int_customers__visits_summed') }}

),

care as (

    select * from {{ ref('int_customers__care_summed') }}

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        managers.manager_kind,
        coalesce(managers.is_in_post, false) as is_manager_in_post,
        coalesce(visits.visits, 0) as visits,
        visits.last_visited_date,
        visits.next_step,
        coalesce(care.open_tasks, 0) as open_tasks,
        coalesce(care.open_processes, 0) as open_processes,
        coalesce(care.overdue_tasks, 0) as overdue_tasks,
        coalesce(care.complaints, 0) as complaints,
        coalesce(care.open_complaints, 0) as open_complaints,
        coalesce(care.praises, 0) as praises,
        coalesce(care.open_follow_ups, 0) as open_follow_ups,
        care.satisfaction_points,
        care.last_surveyed_date,
        coalesce(care.needs, 0) as needs,
        coalesce(care.needed_resources, 0) as needed_resources,
        coalesce(care.difficulties, 0) as difficulties,
        coalesce(care.solutions_used, 0) as solutions_used

    from accounts

    left join managers
        on
            accounts.month = managers.month
            and accounts.manager_id = managers.manager_id

    left join visits
        on
            accounts.month = visits.month
            and accounts.group_account_id = visits.group_account_id

    left join care
        on
            accounts.month = care.month
            and accounts.group_account_id = care.group_account_id

)

select * from final
