-- How the facts of any source system find an account record by its key.
with

records as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

final as (

    select
        records.system_name,
        records.account_id,
        records.source_record_id,
        records.group_account_id,
        -- The cluster's branch is the one of its senior member.
        seniors.branch_id,
        records.is_only_system,
        records.other_systems

    from records

    inner join records as seniors
        on
            records.group_account_id = seniors.group_account_id
            and seniors.is_senior

)

select * from final
