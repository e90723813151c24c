-- Who entered a stage in the months that the rule looks back on, and who went on from
-- it by the end of the month: to a later stage or to a sale, not to a loss.
with

rules as (

    select * from {{ ref('int_sales__stages_in_force') }}

),

steps as (

    select * from {{ ref('int_sales__stages_stepped') }}

),

placed as (

    select * from {{ ref('int_sales__opportunities_placed') }}

),

entered as (

    select
        rules.month,
        placed.branch_id,
        steps.stage,
        coalesce(
            next_rules.stage_kind in ('open', 'won')
            and next_rules.stage_order > rules.stage_order,
            false
        ) as has_gone_on,
        coalesce(next_rules.stage_kind in ('lost', 'withdrawn'), false) as has_ended

    from steps

    inner join rules
        on
            steps.stage = rules.stage
            and steps.entered_date <= rules.month_end_date
            and steps.entered_date >= rules.conversion_from_date
            and rules.stage_kind = 'open'

    inner join placed
        on
            rules.month = placed.month
            and steps.system_name = placed.system_name
            and steps.opportunity_id = placed.opportunity_id

    -- The next stage, if it is known at the end of the month.
    left join rules as next_rules
        on
            rules.month = next_rules.month
            and steps.next_stage = next_rules.stage
            and steps.left_date <= next_rules.month_end_date

),

final as (

    select
        month,
        case when grouping(branch_id) = 1 then 'all' else branch_id end as branch_id,
        stage,
        count(*)::integer as entered_count,
        count(*) filter (where has_gone_on)::integer as gone_on_count,
        count(*) filter (where has_ended)::integer as ended_count

    from entered

    group by grouping sets ((month, branch_id, stage), (month, stage))

)

select * from final
