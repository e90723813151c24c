-- What the months before the run's months hand on. A chain of reported months begins at
-- a month whose predecessor the run doesn't report; it goes on from what is published.
with

source as (

    select * from {{ source('control', 'carried_tier_latches') }}

),

run_months as (

    select * from {{ source('control', 'run_months') }}

),

first_months as (

    select
        run_months.month,
        (run_months.month - interval '1 month')::date as month_before

    from run_months

    left join run_months as earlier
        on (run_months.month - interval '1 month')::date = earlier.month

    where earlier.month is null

),

final as (

    select
        source.scorecard_id,
        first_months.month,
        source.group_account_id,
        source.tier_band,
        source.months_outside

    from source

    inner join first_months
        on source.month = first_months.month_before

)

select * from final
