-- Branches come to the row of all, and both to what the accounts have in the funnel.
with

funnel as (

    select * from {{ ref('fct_sales_funnel') }}

),

stages as (

    select * from {{ ref('fct_opportunity_stages') }}
    where is_current and stage_kind = 'open'

),

weighted as (

    select * from {{ ref('int_sales__funnel_weighted') }}

),

shown as (

    select
        month,
        stage,
        sum(open_opportunities) filter (where branch_id <> 'all') as of_branches,
        sum(open_opportunities) filter (where branch_id = 'all') as of_all,
        sum(weighted_amount) filter (where branch_id <> 'all') as amount_of_branches,
        sum(weighted_amount) filter (where branch_id = 'all') as amount_of_all

    from funnel

    group by month, stage

),

listed as (

    select
        month,
        stage,
        count(*) as opportunities,
        sum(weighted_amount) as amount

    from stages

    group by month, stage

),

by_month as (

    select
        month,
        sum(weighted_amount) as amount

    from weighted

    group by month

),

months as (

    select
        month,
        sum(amount_of_all) as amount

    from shown

    group by month

)

select
    shown.month,
    shown.stage,
    shown.of_branches,
    shown.of_all,
    listed.opportunities

from shown

left join listed
    on
        shown.month = listed.month
        and shown.stage = listed.stage

where
    shown.of_branches <> shown.of_all
    or shown.amount_of_branches <> shown.amount_of_all
    or shown.of_all <> coalesce(listed.opportunities, 0)
    or shown.amount_of_all <> coalesce(listed.amount, 0)

union all

select
    months.month,
    'all stages' as stage,
    months.amount as of_branches,
    by_month.amount as of_all,
    null as opportunities

from months

left join by_month
    on months.month = by_month.month

where months.amount <> coalesce(by_month.amount, 0)
