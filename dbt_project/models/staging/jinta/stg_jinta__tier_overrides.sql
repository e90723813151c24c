with

source as (

    select * from {{ source('control', 'tier_overrides') }}
    where {{ is_known_decision('recorded_at') }}

),

final as (

    select
        ---------- ids
        override_id,
        account_id,
        scorecard_id,
        ---------- text
        tier,
        approver,
        reason,
        ---------- dates
        valid_from,
        valid_to,
        recorded_at

    from source

)

select * from final
