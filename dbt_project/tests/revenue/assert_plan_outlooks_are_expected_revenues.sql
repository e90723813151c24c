-- At each of the four levels of the plan a later month expects what all accounts do
-- (S4-09).
with

outlooks as (

    select * from {{ ref('fct_plan_outlooks') }}

),

expected_revenues as (

    select * from {{ ref('fct_expected_revenues') }}

),

levels as (

    select
        month,
        planned_month,
        plan_level,
        sum(expected_amount) as expected_amount

    from outlooks

    group by month, planned_month, plan_level

),

plan_levels (plan_level) as (

    values ('company'), ('department'), ('person'), ('product')

),

accounts_summed as (

    select
        expected_revenues.month,
        expected_revenues.expected_month as planned_month,
        plan_levels.plan_level,
        sum(expected_revenues.expected_amount) as expected_amount

    from expected_revenues

    cross join plan_levels

    group by
        expected_revenues.month,
        expected_revenues.expected_month,
        plan_levels.plan_level

)

select
    coalesce(levels.month, accounts_summed.month) as month,
    coalesce(levels.planned_month, accounts_summed.planned_month) as planned_month,
    coalesce(levels.plan_level, accounts_summed.plan_level) as plan_level,
    levels.expected_amount,
    accounts_summed.expected_amount as expected_of_accounts

from levels

full join accounts_summed
    on
        levels.month = accounts_summed.month
        and levels.planned_month = accounts_summed.planned_month
        and levels.plan_level = accounts_summed.plan_level

where
    coalesce(levels.expected_amount, 0)
    <> coalesce(accounts_summed.expected_amount, 0)
