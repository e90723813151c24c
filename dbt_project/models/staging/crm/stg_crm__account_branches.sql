with

source as (

    select * from {{ source('crm', 'account_branches') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        account_branch_id,
        account_id,
        ---------- text
        account_branch_name,
        county_name,
        ---------- numerics
        employees,
        ---------- dates
        recorded_date,
        closed_date

    from source

    where {{ is_current_row() }}

)

select * from final
