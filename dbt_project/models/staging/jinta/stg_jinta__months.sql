-- The only model through which the rest learns which months a run reports.
with

run_months as (

    select * from {{ source('control', 'run_months') }}

),

final as (

    select
        run_months.month,
        (run_months.month + interval '1 month - 1 day')::date as month_end_date,
        run_months.as_of_date

    from run_months

)

select * from final
