{{ config(materialized='view') }}

-- The change of every account, added up from its indicators.
with

point_changes as (

    select * from {{ ref('fct_point_changes') }}

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        min(old_month) as old_month,
        min(old_scorecard_version) as old_scorecard_version,
        min(scorecard_version) as scorecard_version,
        min(account_change) as account_change,
        bool_and(is_exact) as is_exact,
        sum(old_points)::integer as old_total_points,
        sum(new_points)::integer as new_total_points,
        sum(changed_points)::integer as changed_points,
        sum(facts_points)::integer as facts_points,
        sum(missingness_points)::integer as missingness_points,
        sum(rules_points)::integer as rules_points,
        sum(identity_points)::integer as identity_points

    from point_changes

    group by scorecard_id, month, group_account_id

)

select * from final
