with

managers as (

    select * from {{ ref('int_customers__managers_posted') }}

),

final as (

    select
        month,
        manager_id,
        branch_id,
        department_id,
        manager_kind,
        counties,
        industries,
        experience_years,
        posted_date,
        left_date,
        is_in_post

    from managers

)

select * from final
