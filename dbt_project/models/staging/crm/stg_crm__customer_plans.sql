with

source as (

    select * from {{ source('crm', 'customer_plans') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        plan_id,
        account_id,
        manager_id,
        helper_ids,
        product_code,
        ---------- text
        goal,
        ---------- dates
        recorded_date,
        due_date,
        planned_visit_date,
        closed_date

    from source

    where {{ is_current_row() }}

)

select * from final
