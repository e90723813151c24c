-- A stage without a rule would take its opportunities out of the funnel, a version
-- without a chance, a first stage or an end would be none.
with

stages as (

    select * from {{ ref('int_sales__stages_entered') }}

),

funnel_rules as (

    select * from {{ ref('funnel_rules') }}

),

funnel_stages as (

    select * from {{ ref('funnel_stages') }}

),

used as (

    select distinct stage

    from stages

),

kinds as (

    select
        funnel_rule_id,
        version,
        count(*) filter (where stage_kind = 'open') as open_stages,
        count(*) filter (where stage_kind = 'won') as won_stages,
        count(distinct stage_order) as places,
        count(*) as stages,
        bool_and(win_probability_pct between 0 and 100) as are_chances

    from funnel_stages

    group by funnel_rule_id, version

)

select
    funnel_rules.funnel_rule_id,
    funnel_rules.version,
    used.stage as problem

from funnel_rules

cross join used

left join funnel_stages
    on
        funnel_rules.funnel_rule_id = funnel_stages.funnel_rule_id
        and funnel_rules.version = funnel_stages.version
        and used.stage = funnel_stages.stage

where funnel_stages.stage is null

union all

select
    funnel_rules.funnel_rule_id,
    funnel_rules.version,
    'no sound order of stages' as problem

from funnel_rules

left join kinds
    on
        funnel_rules.funnel_rule_id = kinds.funnel_rule_id
        and funnel_rules.version = kinds.version

where
    coalesce(kinds.open_stages, 0) < funnel_rules.top_stages
    or kinds.won_stages <> 1
    or kinds.places <> kinds.stages
    or not kinds.are_chances
