-- What is in the funnel for each account at the end of the month (A.6.4, S4-12).
with

stages as (

    select * from {{ ref('int_sales__stages_dated') }}
    where is_current and stage_kind = 'open'

),

final as (

    select
        month,
        group_account_id,
        count(*)::integer as open_opportunities,
        sum(expected_amount) as open_amount,
        sum(weighted_amount) as weighted_amount

    from stages

    group by month, group_account_id

)

select * from final
