with

source as (

    select * from {{ source('crm', 'prospects') }}

),

final as (

    select
        ---------- ids
        {{ record_id('_system', "'prospect' || chr(31) || prospect_id") }}
            as source_record_id,
        _system as system_name,
        prospect_id,
        branch_id,
        manager_id,
        {{ clean_code('credit_code') }} as credit_code,
        converted_account_id,
        ---------- text
        prospect_name,
        county_name,
        industry,
        enterprise_nature,
        ---------- numerics
        employees,
        asset_amount,
        turnover_amount,
        turnover_before_amount,
        ---------- dates
        created_date,
        closed_date,
        converted_date

    from source

    where {{ is_current_row() }}

)

select * from final
