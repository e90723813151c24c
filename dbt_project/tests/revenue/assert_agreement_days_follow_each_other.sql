-- Every day from an agreement's first to its last counts once, in months without a hole
-- (S4-09, F62).
with

agreement_months as (

    select * from {{ ref('fct_agreement_months') }}

),

spans as (

    select
        agreement_id,
        starts_date,
        ends_date,
        sum(service_days) as service_days,
        count(*) as month_count,
        {{ month_number('max(month)') }} - {{ month_number('min(month)') }} + 1
            as month_span,
        min(month) as first_month

    from agreement_months

    group by agreement_id, starts_date, ends_date

)

select
    agreement_id,
    starts_date,
    ends_date,
    service_days,
    month_count,
    month_span

from spans

where
    service_days <> greatest(ends_date - starts_date + 1, 0)
    or month_count <> month_span
    or first_month <> date_trunc('month', starts_date)
