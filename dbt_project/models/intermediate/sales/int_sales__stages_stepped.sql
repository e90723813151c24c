-- The way of each opportunity, a row per step. Whose it is depends on the month.
with

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

entered as (

    select * from {{ ref('int_sales__stages_entered') }}

),

final as (

    select
        opportunities.system_name,
        opportunities.opportunity_id,
        row_number() over steps as step_number,
        opportunities.product_code,
        opportunities.manager_id,
        opportunities.account_id is null and opportunities.prospect_id is not null
            as is_from_prospect,
        opportunities.opened_date,
        coalesce(opportunities.expected_amount, 0) as expected_amount,
        entered.stage,
        entered.entered_date,
        lead(entered.stage) over steps as next_stage,
        lead(entered.entered_date) over steps as left_date

    from entered

    inner join opportunities
        on
            entered.system_name = opportunities.system_name
            and entered.opportunity_id = opportunities.opportunity_id

    -- Changes of one day come in the order of their numbers: 9 before 10.
    window
        steps as (
            partition by opportunities.system_name, opportunities.opportunity_id
            order by
                entered.entered_date,
                length(entered.stage_change_id),
                entered.stage_change_id
        )

)

select * from final
