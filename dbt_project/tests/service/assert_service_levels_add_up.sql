-- Every call stands once under a branch and a queue, and once more under all.
with

levels as (

    select * from {{ ref('fct_service_levels') }}

),

calls as (

    select * from {{ ref('int_service__calls_addressed') }}

),

shown as (

    select
        month,
        service_class,
        tier_band,
        coalesce(sum(calls) filter (where branch_id <> 'all'), 0) as of_branches,
        coalesce(sum(calls) filter (where branch_id = 'all'), 0) as of_all,
        coalesce(sum(answered_in_time) filter (where branch_id <> 'all'), 0)
            as in_time_of_branches,
        coalesce(sum(answered_in_time) filter (where branch_id = 'all'), 0)
            as in_time_of_all

    from levels

    group by month, service_class, tier_band

),

shown_months as (

    select
        month,
        sum(of_all) as calls

    from shown

    group by month

),

landed as (

    select
        month,
        count(*) as calls

    from calls

    group by month

)

select
    month,
    service_class,
    tier_band,
    of_branches,
    of_all

from shown

where of_branches <> of_all or in_time_of_branches <> in_time_of_all

union all

select
    landed.month,
    'all classes' as service_class,
    'all tiers' as tier_band,
    landed.calls as of_branches,
    coalesce(shown_months.calls, 0) as of_all

from landed

left join shown_months
    on landed.month = shown_months.month

where landed.calls is distinct from shown_months.calls
