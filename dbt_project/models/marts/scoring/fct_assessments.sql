with

assessments as (

    select * from {{ ref('int_indicators__assessments_resolved') }}

),

final as (

    select
        month,
        group_account_id,
        account_kind,
        item,
        assessment_id,
        points,
        assessed_by as manager_id,
        assessed_date,
        expires_date,
        reason

    from assessments

)

select * from final
