with

source as (

    select * from {{ source('control', 'lead_updates') }}

),

final as (

    select
        ---------- ids
        update_id,
        lead_rule_id,
        account_id,
        ---------- text
        lead_status,
        outcome,
        updated_by,
        updated_at

    from source

)

select * from final
