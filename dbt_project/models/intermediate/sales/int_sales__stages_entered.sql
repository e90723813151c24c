-- Between its opening and the first stage that was noted, an opportunity was in the
-- first stage of all. A stage that is noted again is not entered again.
with

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

stages as (

    select * from {{ ref('stg_crm__opportunity_stages') }}

),

first_noted as (

    select
        system_name,
        opportunity_id,
        min(entered_date) as entered_date

    from stages

    group by system_name, opportunity_id

),

noted as (

    select
        system_name,
        opportunity_id,
        stage_change_id,
        entered_date,
        stage

    from stages

    union all

    select
        opportunities.system_name,
        opportunities.opportunity_id,
        '' as stage_change_id,
        opportunities.opened_date as entered_date,
        'obtained' as stage

    from opportunities

    left join first_noted
        on
            opportunities.system_name = first_noted.system_name
            and opportunities.opportunity_id = first_noted.opportunity_id

    where coalesce(first_noted.entered_date > opportunities.opened_date, true)

),

-- Changes of one day come in the order of their numbers: 9 before 10.
preceded as (

    select
        system_name,
        opportunity_id,
        stage_change_id,
        entered_date,
        stage,
        lag(stage) over (
            partition by system_name, opportunity_id
            order by entered_date, length(stage_change_id), stage_change_id
        ) as stage_before

    from noted

),

final as (

    select
        system_name,
        opportunity_id,
        stage_change_id,
        entered_date,
        stage

    from preceded

    where stage is distinct from stage_before

)

select * from final
