-- The grades of words in force in each reported month (S3-05, S4-02).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

grades as (

    select * from {{ ref('feature_grades') }}

),

final as (

    select
        months.month,
        grades.feature,
        grades.feature_value,
        grades.grade

    from months

    inner join grades
        on {{ is_rule_in_force('grades', 'months.month') }}

)

select * from final
