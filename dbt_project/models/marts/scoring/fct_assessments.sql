with

assessments as (

    select * from {{ ref('int_indicators__assessments_resolved') }}

),

finances as (

    select * from {{ ref('int_indicators__finances_compared') }}
    where is_latest_year

),

projects as (

    select * from {{ ref('int_revenue__projects_counted') }}

),

final as (

    select
        assessments.month,
        assessments.group_account_id,
        assessments.account_kind,
        assessments.item,
        assessments.assessment_id,
        assessments.points,
        assessments.assessed_by as manager_id,
        assessments.assessed_date,
        assessments.expires_date,
        assessments.reason,
        finances.fiscal_year,
        finances.average_sales_3y_amount,
        finances.sales_growth_3y_pct,
        projects.projects_3y

    from assessments

    left join finances
        on
            assessments.month = finances.month
            and assessments.group_account_id = finances.group_account_id

    left join projects
        on
            assessments.month = projects.month
            and assessments.group_account_id = projects.group_account_id

)

select * from final
