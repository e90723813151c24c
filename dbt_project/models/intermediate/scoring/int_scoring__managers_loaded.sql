-- One row per reported month, coverage rule and manager who is in post and of a kind
-- that the rule counts, or whom a key account names; total_load is of all rules.
with

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_ranked') }}

),

coverage_rules as (

    select * from {{ ref('coverage_rules') }}

),

listed as (

    select * from {{ ref('int_customers__managers_listed') }}

),

held as (

    select
        month,
        coverage_rule_id,
        manager_id,
        count(*) as accounts,
        count(*) filter (where is_served_tier) as top_accounts,
        count(*) filter (where is_served_tier and is_within_load)
            as top_accounts_served,
        sum(load_share)::bigint as rule_load

    from key_accounts

    where manager_id is not null

    group by month, coverage_rule_id, manager_id

),

joined as (

    select
        coalesce(listed.month, held.month) as month,
        coalesce(listed.coverage_rule_id, held.coverage_rule_id) as coverage_rule_id,
        coalesce(listed.manager_id, held.manager_id) as manager_id,
        listed.branch_id,
        listed.department_id,
        listed.manager_kind,
        listed.experience_years,
        listed.manager_id is not null as is_listed,
        coalesce(listed.is_in_post, false) as is_in_post,
        coalesce(listed.is_in_post and listed.is_of_kind, false) as is_counted,
        coalesce(held.accounts, 0) as accounts,
        coalesce(held.top_accounts, 0) as top_accounts,
        coalesce(held.top_accounts_served, 0) as top_accounts_served,
        coalesce(
            sum(held.rule_load) over (
                partition by
                    coalesce(listed.month, held.month),
                    coalesce(listed.manager_id, held.manager_id)
            ),
            0
        )::bigint as total_load

    from listed

    full outer join held
        on
            listed.month = held.month
            and listed.coverage_rule_id = held.coverage_rule_id
            and listed.manager_id = held.manager_id

),

final as (

    select
        joined.month,
        joined.coverage_rule_id,
        joined.manager_id,
        joined.branch_id,
        joined.department_id,
        joined.manager_kind,
        joined.experience_years,
        joined.is_listed,
        joined.is_in_post,
        joined.is_counted,
        coverage_rules.accounts_per_manager,
        coverage_rules.version as coverage_rule_version,
        joined.accounts,
        joined.total_load,
        joined.top_accounts,
        -- Who is not in post serves nobody.
        case when joined.is_in_post then joined.top_accounts_served else 0 end
            as top_accounts_served

    from joined

    inner join coverage_rules
        on
            joined.coverage_rule_id = coverage_rules.coverage_rule_id
            and {{ is_rule_in_force('coverage_rules', 'joined.month') }}

    where joined.is_counted or joined.accounts > 0

)

select * from final
