-- Carried into the next month; the warehouse's DDL names the storage and columns too.
with

latches as (

    select * from {{ ref('int_scoring__latches_held') }}

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        tier_band,
        months_outside

    from latches

)

select * from final
