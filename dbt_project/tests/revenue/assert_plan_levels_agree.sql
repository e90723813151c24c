-- Every level of the plan completes the same revenue of a class, that of its invoices,
-- in the month and in the year so far; a month of which none landed completes nothing
-- that is known (S2-21, S4-10, F63).
with

completions as (

    select * from {{ ref('fct_plan_completions') }}

),

invoices as (

    select * from {{ ref('int_revenue__invoices_classed') }}

),

months_invoiced as (

    select distinct month

    from invoices

    where invoice_month = month

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

    where invoice_month >= date_trunc('year', month)

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

left join months_invoiced
    on levels.month = months_invoiced.month

where
    levels.completed_amount is distinct from case
        when months_invoiced.month is not null
            then coalesce(invoiced.invoiced_amount, 0)
    end
    or levels.completed_amount_ytd is distinct from case
        when months_invoiced.month is not null
            then coalesce(invoiced.invoiced_amount_ytd, 0)
    end
