with

source as (

    select * from {{ source('finance', 'plan_figures') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        plan_id,
        plan_month,
        department_id,
        manager_id,
        product_code,
        ---------- text
        plan_level,
        revenue_class,
        ---------- dates
        approved_date,
        ---------- numerics
        planned_amount

    from source

    where {{ is_current_row() }}

)

select * from final
