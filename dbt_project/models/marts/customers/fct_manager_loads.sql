with

managers as (

    select * from {{ ref('int_scoring__managers_loaded') }}

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
        manager_id,
        count(*) filter (where is_open) as open_tasks,
        count(*) filter (where is_overdue) as overdue_tasks

    from tasks

    group by month, manager_id

),

visits_counted as (

    select
        month,
        manager_id,
        count(*) as visits,
        count(distinct group_account_id) as accounts_visited

    from visits

    group by month, manager_id

),

final as (

    select
        managers.month,
        managers.coverage_rule_id,
        managers.manager_id,
        managers.branch_id,
        managers.department_id,
        managers.manager_kind,
        managers.experience_years,
        managers.is_listed,
        managers.is_in_post,
        managers.is_counted,
        managers.accounts,
        managers.accounts_per_manager,
        round(100.0 * managers.accounts / managers.accounts_per_manager, 2)
            as load_pct,
        round(100.0 * managers.total_load / {{ whole_load() }}, 2) as total_load_pct,
        managers.total_load > {{ whole_load() }} as is_overloaded,
        case
            when managers.is_counted
                then
                    greatest({{ whole_load() }} - managers.total_load, 0)
                    / ({{ whole_load() }} / managers.accounts_per_manager)
            else 0
        end::integer as free_places,
        managers.top_accounts,
        managers.top_accounts_served,
        coalesce(tasks_counted.open_tasks, 0) as open_tasks,
        coalesce(tasks_counted.overdue_tasks, 0) as overdue_tasks,
        coalesce(visits_counted.visits, 0) as visits,
        coalesce(visits_counted.accounts_visited, 0) as accounts_visited,
        managers.coverage_rule_version

    from managers

    left join tasks_counted
        on
            managers.month = tasks_counted.month
            and managers.manager_id = tasks_counted.manager_id

    left join visits_counted
        on
            managers.month = visits_counted.month
            and managers.manager_id = visits_counted.manager_id

)

select * from final
