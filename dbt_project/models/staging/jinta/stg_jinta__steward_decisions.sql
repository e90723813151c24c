with

source as (

    select * from {{ source('control', 'steward_decisions') }}
    where {{ is_known_decision('decided_at') }}

),

final as (

    select
        decision_id,
        decision_kind,
        -- A decision has no direction: the pair is kept in one order.
        least(account_id_left, account_id_right) as account_id_left,
        greatest(account_id_left, account_id_right) as account_id_right,
        decided_by,
        reason,
        decided_at

    from source

)

select * from final
