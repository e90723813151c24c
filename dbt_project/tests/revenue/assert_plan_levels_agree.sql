-- Every level of the plan completes the same revenue of a class, that of its invoices,
-- in the month and in the year so far (S2-21, S4-10, F63).
with

completions as (

    select * from {{ ref('fct_plan_completions') }}

),

invoices as (

    select * from {{ ref('int_revenue__invoices_classed') }}

),

levels as (

    select
        month,
        plan_level,
        revenue_class,
        sum(completed_amount) as completed_amount,
        sum(completed_amount_ytd) as completed_amount_ytd

    from completions

    group by month, plan_level, revenue_class

),

invoiced as (

    select
        month,
        revenue_class,
        coalesce(
            sum(amount) filter (where invoice_month = month), 0
        ) as invoiced_amount,
        sum(amount) as invoiced_amount_ytd

    from invoices

    group by month, revenue_class

)

select
    levels.month,
    levels.plan_level,
    levels.revenue_class,
    levels.completed_amount,
    levels.completed_amount_ytd,
    invoiced.invoiced_amount,
    invoiced.invoiced_amount_ytd

from levels

left join invoiced
    on
        levels.month = invoiced.month
        and levels.revenue_class = invoiced.revenue_class

where
    levels.completed_amount <> coalesce(invoiced.invoiced_amount, 0)
    or levels.completed_amount_ytd <> coalesce(invoiced.invoiced_amount_ytd, 0)
