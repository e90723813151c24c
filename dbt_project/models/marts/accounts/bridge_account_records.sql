with

records as (

    select * from {{ ref('int_accounts__records_versioned') }}

),

final as (

    select
        records.month,
        records.source_record_id,
        records.group_account_id,
        records.system_name,
        records.account_id as account_id_crm,
        records.account_name as account_name_crm,
        records.is_senior,
        records.is_active,
        records.match_basis

    from records

)

select * from final
