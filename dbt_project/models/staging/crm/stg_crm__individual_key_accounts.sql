with

source as (

    select * from {{ source('crm', 'individual_key_accounts') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        customer_id,
        branch_id,
        manager_id,
        line_id,
        account_id,
        ---------- text
        card_grade,
        key_account_grade,
        initial_consumption_grade,
        consumption_grade,
        joining_channel,
        payment_method,
        ---------- dates
        granted_date,
        ended_date

    from source

    where {{ is_current_row() }}

)

select * from final
