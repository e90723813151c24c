-- Between its opening and the first stage that was noted, an opportunity was in the
-- first stage of all.
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

final as (

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

)

select * from final
