-- Names are those of today for all months, so that a new name restates none.
with

branches as (

    select * from {{ ref('int_accounts__branches_listed') }}

),

listed as (

    select * from {{ ref('stg_crm__branches') }}

),

-- Where systems share a branch, the first of them names it.
named as (

    select
        branch_id,
        branch_name,
        province_name,
        city_name,
        row_number() over (
            partition by branch_id order by system_name collate "C"
        ) as row_number

    from listed

),

final as (

    select
        branches.branch_id,
        coalesce(named.branch_name, branches.branch_id) as branch_name,
        named.province_name,
        named.city_name,
        named.branch_id is not null as is_listed

    from branches

    left join named
        on branches.branch_id = named.branch_id and named.row_number = 1

    where branches.branch_id is not null

)

select * from final
