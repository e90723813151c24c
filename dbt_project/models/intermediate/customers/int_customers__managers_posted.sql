-- One row per reported month and manager who was ever in post by the month's end.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

managers as (

    select * from {{ ref('stg_crm__managers') }}

),

-- Accounts name a manager by number alone. Where systems share a number, whoever is in
-- post goes first; the system's name ends the tie.
ranked as (

    select
        months.month,
        managers.manager_id,
        managers.branch_id,
        managers.department_id,
        managers.manager_kind,
        managers.counties,
        managers.industries,
        managers.experience_years,
        managers.posted_date,
        case
            when managers.left_date <= months.month_end_date then managers.left_date
        end as left_date,
        coalesce(months.month_end_date < managers.left_date, true) as is_in_post,
        row_number() over (
            partition by months.month, managers.manager_id
            order by
                coalesce(months.month_end_date < managers.left_date, true) desc,
                managers.system_name asc
        ) as row_number

    from months

    inner join managers
        on coalesce(months.month_end_date >= managers.posted_date, true)

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

    from ranked

    where row_number = 1

)

select * from final
