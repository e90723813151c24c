-- Items of the customers' scorecard (S3-05); the nature counts for prospects too
-- (A.6.3).
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

profiles as (

    select * from {{ ref('int_indicators__profiles_resolved') }}

),

grades as (

    select * from {{ ref('int_indicators__features_graded') }}
    where feature = 'enterprise_nature'

),

assessments as (

    select * from {{ ref('int_indicators__assessments_resolved') }}

),

transactions as (

    select * from {{ ref('int_indicators__transactions_measured') }}

),

points as (

    select
        month,
        group_account_id,
        max(points) filter (where item = 'strength') as strength_points,
        max(points) filter (where item = 'growth') as growth_points,
        max(points) filter (where item = 'relationship') as relationship_points,
        max(points) filter (where item = 'strategic_importance')
            as strategic_importance_points

    from assessments

    group by month, group_account_id

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        grades.grade as nature_grade,
        points.strength_points,
        points.growth_points,
        transactions.profit_contribution_amount,
        points.relationship_points,
        points.strategic_importance_points

    from accounts

    left join profiles
        on
            accounts.month = profiles.month
            and accounts.group_account_id = profiles.group_account_id

    left join grades
        on
            accounts.month = grades.month
            and coalesce(profiles.enterprise_nature, accounts.ownership)
            = grades.feature_value

    left join transactions
        on
            accounts.month = transactions.month
            and accounts.group_account_id = transactions.group_account_id

    left join points
        on
            accounts.month = points.month
            and accounts.group_account_id = points.group_account_id

)

select * from final
