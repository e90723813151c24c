with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

tasks as (

    select * from {{ ref('stg_crm__tasks') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        tasks.system_name,
        tasks.task_id,
        attributed.group_account_id,
        tasks.account_id as account_id_crm,
        tasks.task_kind,
        tasks.task_name,
        tasks.manager_id,
        tasks.opened_date,
        tasks.due_date,
        case
            when tasks.closed_date <= months.month_end_date then tasks.closed_date
        end as closed_date,
        case
            when tasks.closed_date <= months.month_end_date then tasks.task_result
        end as task_result,
        coalesce(tasks.closed_date > months.month_end_date, true) as is_open,
        coalesce(tasks.closed_date > months.month_end_date, true)
        and coalesce(tasks.due_date < months.month_end_date, false) as is_overdue,
        least(tasks.closed_date, months.month_end_date) - tasks.opened_date as open_days

    from months

    inner join tasks
        on
            months.month_end_date >= tasks.opened_date
            and coalesce(months.month <= tasks.closed_date, true)

    left join records
        on {{ refers_to('tasks', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
