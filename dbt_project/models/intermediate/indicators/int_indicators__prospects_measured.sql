-- Items of the prospects' scorecard (S3-04, A.6.3).
with

prospects as (

    select * from {{ ref('int_accounts__prospects_mastered') }}

),

assessments as (

    select * from {{ ref('int_indicators__assessments_resolved') }}
    where item = 'potential_need'

),

final as (

    select
        prospects.month,
        prospects.group_account_id,
        prospects.asset_amount,
        prospects.turnover_amount,
        case
            when prospects.turnover_before_amount > 0
                then
                    100
                    * (prospects.turnover_amount - prospects.turnover_before_amount)
                    / prospects.turnover_before_amount
        end as development_speed_pct,
        assessments.points as potential_need_points

    from prospects

    left join assessments
        on
            prospects.month = assessments.month
            and prospects.group_account_id = assessments.group_account_id

)

select * from final
