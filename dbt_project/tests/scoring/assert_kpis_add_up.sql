-- What branches have in the numerator and the denominator is what all have together. A
-- key figure of the company alone has no branches. What is unknown adds nothing: a
-- branch without rows has 0 where another one, and so all of them, know no value.
with

kpis as (

    select * from {{ ref('fct_kpis') }}

)

select
    kpi_id,
    month,
    sum(numerator) filter (where branch_id <> 'all') as branches_numerator,
    sum(numerator) filter (where branch_id = 'all') as numerator,
    sum(denominator) filter (where branch_id <> 'all') as branches_denominator,
    sum(denominator) filter (where branch_id = 'all') as denominator

from kpis

group by kpi_id, month

having
    bool_or(branch_id <> 'all')
    and (
        coalesce(sum(numerator) filter (where branch_id <> 'all'), 0)
        <> coalesce(sum(numerator) filter (where branch_id = 'all'), 0)
        or coalesce(sum(denominator) filter (where branch_id <> 'all'), 0)
        <> coalesce(sum(denominator) filter (where branch_id = 'all'), 0)
    )
