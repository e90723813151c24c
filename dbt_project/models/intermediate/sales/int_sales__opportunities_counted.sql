-- Open opportunities counted anew from what landed, by the last stage up to the end of
-- the month, and stages that lead to no opportunity: what the gate holds the funnel to.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

entered as (

    select * from {{ ref('int_sales__stages_entered') }}

),

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

rules as (

    select * from {{ ref('int_sales__stages_in_force') }}

),

-- The same order as that of the steps, from its end.
last_entered as (

    select
        months.month,
        entered.stage,
        opportunities.opportunity_id is not null as is_known,
        coalesce(opportunities.expected_amount, 0) as expected_amount,
        row_number() over (
            partition by months.month, entered.system_name, entered.opportunity_id
            order by
                entered.entered_date desc,
                length(entered.stage_change_id) desc,
                entered.stage_change_id desc
        ) as row_number

    from entered

    inner join months
        on entered.entered_date <= months.month_end_date

    left join opportunities
        on
            entered.system_name = opportunities.system_name
            and entered.opportunity_id = opportunities.opportunity_id

),

final as (

    select
        last_entered.month,
        count(*) as opportunities,
        count(*) filter (where not last_entered.is_known) as orphan_opportunities,
        count(*) filter (where last_entered.is_known and rules.stage_kind = 'open')
            as open_opportunities,
        coalesce(
            sum(last_entered.expected_amount) filter (where rules.stage_kind = 'open'),
            0
        ) as open_amount

    from last_entered

    left join rules
        on
            last_entered.month = rules.month
            and last_entered.stage = rules.stage

    where last_entered.row_number = 1

    group by last_entered.month

)

select * from final
