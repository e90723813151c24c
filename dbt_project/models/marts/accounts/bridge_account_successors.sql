-- Every account is born with its senior record's id, so each record names one account
-- that may have been: it lives on, or its record is in another account now.
with

records as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

final as (

    select
        {{ group_account_id('records.source_record_id') }} as group_account_id_former,
        records.group_account_id,
        records.source_record_id,
        records.system_name,
        records.account_id as account_id_crm,
        not records.is_senior as has_ended

    from records

)

select * from final
