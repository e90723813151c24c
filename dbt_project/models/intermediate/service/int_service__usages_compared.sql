-- A service that was used before and is not used now is lost, unless nobody's use of
-- the month has come yet.
with

usages as (

    select * from {{ ref('int_service__usages_summed') }}

),

landed as (

    select distinct month

    from usages

    where usage_month = month

),

dated as (

    select
        usages.month,
        usages.group_account_id,
        usages.service_code,
        usages.quantity,
        usages.amount,
        usages.quantity > 0 or usages.amount > 0 as has_use,
        usages.usage_month = usages.month as is_now

    from usages

    inner join landed
        on usages.month = landed.month

),

compared as (

    select
        month,
        group_account_id,
        service_code,
        coalesce(sum(quantity) filter (where is_now), 0) as quantity,
        coalesce(sum(amount) filter (where is_now), 0) as amount,
        -- The mean of the months before in which the account had the service.
        round(avg(amount) filter (where not is_now), 2) as amount_before,
        coalesce(bool_or(has_use) filter (where is_now), false) as is_used,
        coalesce(bool_or(has_use) filter (where not is_now), false) as was_used

    from dated

    group by month, group_account_id, service_code

),

final as (

    select
        month,
        group_account_id,
        service_code,
        quantity,
        amount,
        amount_before,
        round(100 * (amount - amount_before) / nullif(amount_before, 0), 2)
            as change_pct,
        is_used,
        was_used and not is_used as is_lost,
        is_used and not was_used as is_new

    from compared

)

select * from final
