-- At every level of the plan all figures are placed, each once (S4-07, S2-21).
with

plan_figures as (

    select * from {{ ref('stg_finance__plan_figures') }}

),

placed as (

    select * from {{ ref('int_revenue__plans_placed') }}

),

planned as (

    select
        plan_level,
        sum(planned_amount) as planned_amount

    from plan_figures

    group by plan_level

),

placed_summed as (

    select
        plan_level,
        sum(planned_amount) as placed_amount

    from placed

    group by plan_level

)

select
    coalesce(planned.plan_level, placed_summed.plan_level) as plan_level,
    planned.planned_amount,
    placed_summed.placed_amount

from planned

full join placed_summed
    on planned.plan_level = placed_summed.plan_level

where planned.planned_amount is distinct from placed_summed.placed_amount
