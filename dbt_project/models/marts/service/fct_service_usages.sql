with

usages as (

    select * from {{ ref('int_service__usages_compared') }}

),

final as (

    select
        month,
        group_account_id,
        service_code,
        quantity,
        amount,
        amount_before,
        change_pct,
        is_used,
        is_new,
        is_lost

    from usages

)

select * from final
