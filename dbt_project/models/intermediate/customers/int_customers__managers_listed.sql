-- One row per reported month, coverage rule and manager: whether the rule counts them.
with

coverage_rules as (

    select * from {{ ref('coverage_rules') }}

),

managers as (

    select * from {{ ref('int_customers__managers_posted') }}

),

-- A manager whose kind the source doesn't tell is counted for every rule.
final as (

    select
        managers.month,
        managers.manager_id,
        managers.branch_id,
        managers.department_id,
        managers.manager_kind,
        managers.counties,
        managers.industries,
        managers.experience_years,
        managers.is_in_post,
        coverage_rules.coverage_rule_id,
        managers.manager_kind is null
        or managers.manager_kind = any(
            string_to_array(coverage_rules.manager_kinds, ' ')
        ) as is_of_kind

    from managers

    inner join coverage_rules
        on {{ is_rule_in_force('coverage_rules', 'managers.month') }}

)

select * from final
