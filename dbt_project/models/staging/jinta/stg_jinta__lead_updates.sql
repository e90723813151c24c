with

source as (

    select * from {{ source('control', 'lead_updates') }}
    where {{ is_known_decision('updated_at') }}

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
