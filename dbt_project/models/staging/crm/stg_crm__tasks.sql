with

source as (

    select * from {{ source('crm', 'tasks') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        task_id,
        account_id,
        manager_id,
        ---------- text
        task_kind,
        task_name,
        task_result,
        ---------- dates
        opened_date,
        due_date,
        closed_date

    from source

    where {{ is_current_row() }}

)

select * from final
