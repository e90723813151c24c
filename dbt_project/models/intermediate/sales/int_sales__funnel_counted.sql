-- Open opportunities at the end of the month by stage, of each branch and of all.
with

stages as (

    select * from {{ ref('int_sales__stages_dated') }}
    where stage_kind = 'open'

),

final as (

    select
        month,
        case when grouping(branch_id) = 1 then 'all' else branch_id end as branch_id,
        stage,
        count(*) filter (where is_current)::integer as open_opportunities,
        count(*) filter (where is_current and is_from_prospect)::integer
            as open_from_prospects,
        count(*) filter (where entered_date >= month)::integer as entered_in_month,
        coalesce(sum(expected_amount) filter (where is_current), 0) as open_amount,
        coalesce(sum(weighted_amount) filter (where is_current), 0)
            as weighted_amount,
        round(avg(days_in_stage) filter (where is_current), 1) as mean_days_in_stage,
        max(days_in_stage) filter (where is_current) as most_days_in_stage,
        round(avg(age_days) filter (where is_current), 1) as mean_age_days

    from stages

    group by grouping sets ((month, branch_id, stage), (month, stage))

)

select * from final
