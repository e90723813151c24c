-- What branches have in the numerator and the denominator is what all have together. A
-- key figure of the company alone has no branches.
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
        sum(numerator) filter (where branch_id <> 'all')
        is distinct from sum(numerator) filter (where branch_id = 'all')
        or sum(denominator) filter (where branch_id <> 'all')
        is distinct from sum(denominator) filter (where branch_id = 'all')
    )
