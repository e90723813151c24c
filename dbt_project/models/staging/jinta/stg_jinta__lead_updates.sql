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
        update_kind,
        lead_status,
        outcome,
        feedback,
        case_title,
        lesson,
        ---------- people and dates
        assigned_to,
        due_date,
        updated_by,
        updated_at

    from source

)

select * from final
